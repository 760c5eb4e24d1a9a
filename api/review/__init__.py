"""Claims and decisions of people."""
