"""Quarters of an hour in SQL, on both databases; local hours from them, for any time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

# Every zone's offset is a multiple of it, so quarters add up to local hours everywhere.
QUARTER = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class quarter_of(FunctionElement[int]):  # noqa: N801 - named as SQL functions are
    """The number of the quarter of an hour since 1970 in which an instant lies."""

    type = Integer()
    inherit_cache = True
    name = "quarter_of"

    def __init__(self, column: InstrumentedAttribute[datetime] | ColumnElement[datetime]) -> None:
        super().__init__(column)


@compiles(quarter_of, "sqlite")
def _on_sqlite(element: quarter_of, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return (
        f"(CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER) / 900)"
    )


@compiles(quarter_of, "postgresql")
def _on_postgresql(element: quarter_of, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    inside = compiler.process(element.clauses, **options)
    return f"CAST(floor(extract(epoch from {inside}) / 900) AS INTEGER)"


def start_of(quarter: int) -> datetime:
    """The instant at which a quarter begins.

    >>> start_of(4).isoformat()
    '1970-01-01T01:00:00+00:00'
    """
    return _EPOCH + quarter * QUARTER
