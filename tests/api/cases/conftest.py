"""Fixtures of the review desk; see tests/api/reviewing.py."""

from __future__ import annotations

from tests.api.reviewing import (  # noqa: F401 - pytest finds fixtures by name
    hand_over,
    legal,
    live,
    machine_token,
    make_machine,
    operator,
    reviewer,
    second,
    settle,
    settlement,
    world,
)
