"""Retention: deleting evidence after its period, with a certificate of what went and why."""
