"""Cameras, their zones and legality gates, with history."""
