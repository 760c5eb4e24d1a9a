"""Stamping: an outside authority's word on when a manifest existed (RFC 3161)."""
