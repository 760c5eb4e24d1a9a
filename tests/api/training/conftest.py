"""Fixtures of the export: review's, with a world whose pictures are real."""

from __future__ import annotations

from tests.api.reviewing import (  # noqa: F401 - pytest finds fixtures by name
    operator,
    reviewer,
    settle,
    settlement,
)
