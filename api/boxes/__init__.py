"""Enrolled boxes, their manifests' numbers, gaps and status."""
