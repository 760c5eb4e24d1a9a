"""Tables as CSV that a spreadsheet opens as what they are: text is never a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from pydantic import BaseModel

# So that spreadsheets take the bytes for UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# OWASP: a cell that begins so may be run as a formula.
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterable[BaseModel], columns: Iterable[str]) -> str:
    """Rows with a header line; members of a member are named `member.part`."""
    target = io.StringIO()
    names = list(columns)
    target.write(BYTE_ORDER_MARK)
    writer = csv.writer(target)
    writer.writerow(names)
    for row in rows:
        content = row.model_dump(mode="json")
        writer.writerow([_cell(_value(content, name)) for name in names])
    return target.getvalue()


def _value(content: Mapping[str, object], name: str) -> object:
    first, _, rest = name.partition(".")
    value = content.get(first)
    if not rest:
        return value
    return _value(value, rest) if isinstance(value, Mapping) else None


def _cell(value: object) -> object:
    """A value as a cell.

    >>> _cell("=1+1"), _cell(-3), _cell(None)
    ("'=1+1", -3, '')
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_BEGINNINGS):
        return f"'{value}"
    return value
