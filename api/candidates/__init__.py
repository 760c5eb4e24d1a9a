"""Candidates as they come in, and the queue of those to judge."""
