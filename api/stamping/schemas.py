"""What is told of a manifest's time stamp."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel


class StampView(BaseModel):
    """An outside authority's word on when a manifest existed, or how it stands with it."""

    stamped_at: datetime | None  # by the authority's clock; none: it waits
    authority: str
    tries: int
    problem: str  # of the last try; empty: none, or it is stamped
