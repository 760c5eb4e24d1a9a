"""People, roles, organisations, sessions and tokens."""
