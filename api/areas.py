"""Narrowing a query to the caller's part of the organisation tree."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, literal, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from api.principal import Principal

Path = InstrumentedAttribute[str] | ColumnElement[str]


def within(column: Path, path: str) -> ColumnElement[bool]:
    """Whether an organisation path is the given node or lies below it.

    Compares characters and not by LIKE, which ignores case on SQLite.

    >>> from sqlalchemy import column
    >>> print(within(column("path", String), "110000/"))
    (substr(path, 1, length(:param_1)) = :param_1)
    """
    return _BeginsWith(column, literal(path, String)) if path else true()


def in_area(column: Path, caller: Principal) -> ColumnElement[bool]:
    """Whether a row belongs to the caller's area."""
    return within(column, caller.organisation_path)


class _BeginsWith(FunctionElement[bool]):
    """Whether a text begins with another one."""

    type = Boolean()
    inherit_cache = True
    name = "begins_with"


@compiles(_BeginsWith)
def _by_characters(element: _BeginsWith, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    text, beginning = (compiler.process(part, **options) for part in element.clauses)
    return f"(substr({text}, 1, length({beginning})) = {beginning})"


@compiles(_BeginsWith, "postgresql")
def _by_operator(element: _BeginsWith, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    # Its planner knows how many rows this keeps; of a function it would guess one in 200, and then
    # sort half a queue rather than read its beginning.
    text, beginning = (compiler.process(part, **options) for part in element.clauses)
    return f"({text} ^@ {beginning})"
