"""Fixtures of stamping: review's."""

from __future__ import annotations

from tests.api.reviewing import (  # noqa: F401 - pytest finds fixtures by name
    hand_over,
    machine_token,
    make_machine,
    operator,
    reviewer,
    settle,
    settlement,
    world,
)
