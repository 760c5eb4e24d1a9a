"""The one place where the API reads the time, so that tests can say what time it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(tz=UTC)


def _now(request: Request) -> datetime:
    instant: datetime = request.app.state.now()
    return instant


Now = Annotated[datetime, Depends(_now)]
