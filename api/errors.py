"""Every error the API answers with, as one tree; each becomes problem+json (RFC 9457).

    ApiError
    ├── BadRequest          400  the request cannot be understood
    ├── Unauthenticated     401  nobody is logged in, or the token is unknown
    ├── Forbidden           403  known, but without the right
    ├── NotFound            404  not there, or not in the caller's area
    ├── Conflict            409  the state of things does not allow it now
    ├── Gone                410  it was there
    ├── TooLarge            413  more bytes than allowed
    ├── Unprocessable       422  understood, and wrong
    ├── Locked              423  frozen: its integrity is in doubt, or a hold is on it
    ├── TooManyRequests     429  too often
    └── Unavailable         503  the database or the store does not answer; try again

`code` is stable and for programs; `detail` is for people: the first sentence says what is wrong,
the rest what to do. `fields` carries what a program needs besides.
"""
# ruff: noqa: N818 - a name says what happened, as StopIteration does

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pydantic import JsonValue


class ApiError(Exception):
    """Base of every answer that is not a success.

    Args:
        code: Stable, snake_case, for programs.
        detail: For people.
        retry_after_seconds: For 429 and 503: when a new try makes sense.
        fields: Further members of the problem document.
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Error"

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        retry_after_seconds: int | None = None,
        **fields: JsonValue,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
        self.fields = fields


class BadRequest(ApiError):
    """The request cannot be understood."""

    status, title = 400, "Bad request"


class Unauthenticated(ApiError):
    """Nobody is logged in, or the token is unknown, expired or revoked."""

    status, title = 401, "Not authenticated"


class Forbidden(ApiError):
    """Known, but without the right."""

    status, title = 403, "Forbidden"


class NotFound(ApiError):
    """Not there, or not in the caller's area: both look the same."""

    status, title = 404, "Not found"


class Conflict(ApiError):
    """The state of things does not allow it now."""

    status, title = 409, "Conflict"


class Gone(ApiError):
    """It was there; retention or withdrawal took it."""

    status, title = 410, "Gone"


class TooLarge(ApiError):
    """More bytes than allowed."""

    status, title = 413, "Too large"


class Unprocessable(ApiError):
    """Understood, and wrong."""

    status, title = 422, "Unprocessable"


class Locked(ApiError):
    """Frozen: its integrity is in doubt, or a hold is on it."""

    status, title = 423, "Locked"


class TooManyRequests(ApiError):
    """Too often."""

    status, title = 429, "Too many requests"


class Unavailable(ApiError):
    """The database or the store does not answer; nothing was changed."""

    status, title = 503, "Unavailable"
