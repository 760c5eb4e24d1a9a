"""Confirmed violations, their life and what the party may see."""
