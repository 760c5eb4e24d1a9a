"""Judging the pictures of all cameras with a few threads, fairly, the newest first."""
