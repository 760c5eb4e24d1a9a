"""Cursors: where a list goes on, as an opaque text."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from api.errors import BadRequest

MAX_PAGE = 200  # items of one answer
DEFAULT_PAGE = 50
MAX_CURSOR_CHARACTERS = 400  # ours have about 100

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Items of one page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=MAX_CURSOR_CHARACTERS, description="`next` of the page before."),
]


def encode_cursor(*keys: int | str | datetime | UUID) -> str:
    """The sort keys of a page's last item as one text.

    >>> decode_cursor(encode_cursor(3, "x"), int, str)
    (3, 'x')
    """
    plain = [
        key.astimezone(UTC).isoformat()
        if isinstance(key, datetime)
        else key
        if isinstance(key, int)
        else str(key)
        for key in keys
    ]
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type[int | str | datetime | UUID]) -> tuple[object, ...]:
    """The sort keys back, each of the kind asked for.

    Raises:
        BadRequest: It is no cursor of such a list.
    """
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = list(json.loads(text))
        return tuple(_as(kind, value) for kind, value in zip(kinds, values, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise BadRequest(
            "cursor_unknown",
            "This cursor is not one of this list. Take `next` of a page, or begin without one.",
        ) from error


def _as(kind: type[int | str | datetime | UUID], value: object) -> object:
    if kind is int:
        # Beyond 64 bits no database has a key; a bool is an int to Python only.
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
            raise TypeError("not a number")
        return value
    if not isinstance(value, str) or "\0" in value:
        raise TypeError("not a text")
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("an instant without its zone")
        return instant.astimezone(UTC)
    return UUID(value) if kind is UUID else value
