"""Figures over candidates and decisions."""
