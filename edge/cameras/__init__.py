"""Keeping many cameras running: one supervisor, states, back-off, restart budgets, a watchdog."""
