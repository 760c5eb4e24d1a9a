"""Instants that requests bring: with their zone, and such as every calendar and database bears."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

from pipeline.evidence.manifest import FIRST_YEAR, LAST_YEAR


def _in_utc(instant: datetime) -> datetime:
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        # At the ends of the calendar a change of zone overflows.
        raise ValueError(f"must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return instant.astimezone(UTC)


PlausibleInstant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
