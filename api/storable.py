"""Whether a row fits its columns, said before a database says it in words of its own."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import BigInteger, Integer, String, inspect

from api.database import Base
from api.errors import Unprocessable

_INTEGER_BITS = 31  # PostgreSQL's integer; SQLite takes 63 everywhere
_BIG_INTEGER_BITS = 63


def require_storable(row: Base) -> None:
    """Refuse values that one of the databases would refuse or cut.

    Raises:
        Unprocessable: A text is too long or holds NUL, or a number is too large.
    """
    for attribute in inspect(type(row)).column_attrs:
        problem = _problem(attribute.columns[0].type, getattr(row, attribute.key))
        if problem:
            raise Unprocessable(
                "value_not_storable", f"{attribute.key} {problem}.", field=attribute.key
            )


def _problem(kind: Any, value: object) -> str:  # noqa: ANN401 - any column's type
    if isinstance(value, str):
        if "\0" in value:
            return "holds the character NUL"
        if isinstance(kind, String) and kind.length is not None and len(value) > kind.length:
            return f"has {len(value)} characters, more than {kind.length}"
    elif isinstance(value, int) and isinstance(kind, Integer):
        bits = _BIG_INTEGER_BITS if isinstance(kind, BigInteger) else _INTEGER_BITS
        if value.bit_length() > bits:
            return "is too large a number"
    elif isinstance(value, dict | list) and "\\u0000" in json.dumps(value):
        return "holds the character NUL"
    return ""
