"""Fixtures of retention: review's, and the timer's work."""

from __future__ import annotations

import pytest

from api.retention.deleting import Retention
from tests.api.reviewing import (  # noqa: F401 - pytest finds fixtures by name
    hand_over,
    legal,
    machine_token,
    make_machine,
    operator,
    reviewer,
    second,
    settle,
    settlement,
    world,
)


@pytest.fixture
def retention(database, store, settings, now):
    """The timer's work, done when a test wants it."""
    return Retention(database=database, store=store, settings=settings.retention, now=now)
