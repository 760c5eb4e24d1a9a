"""Every failure as problem+json (RFC 9457), without a stack, a statement or a secret in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, cast

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, JsonValue
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    ProgrammingError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from api.errors import ApiError, Conflict, Unauthenticated, Unavailable, Unprocessable
from pipeline.exchange import CENTRE_TOO_OLD, WIRE_REVISION, WIRE_REVISION_HEADER

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:streetcase:problem:"  # docs/api.md lists the codes
MAX_PROBLEMS_SHOWN = 20  # of a body that does not fit; the first ones say enough
RETRY_SECONDS = 5  # until the database or the store is asked again
UPDATE_RETRY_SECONDS = 900  # until a newer box asks whether the centre has been updated
MAX_DIGITS = 10  # of a box's revision; more are none
UNREADABLE_MANIFEST = "manifest_invalid"
BEARER, SESSION = 'Bearer realm="streetcase"', 'Session realm="streetcase"'
UNDEFINED_TABLE = "42P01"  # SQLSTATE of PostgreSQL: the migrations have not run yet

log = structlog.get_logger()

# Titles and codes of what Starlette itself answers with.
_TITLES = {400: "Bad request", 404: "Not found", 405: "Method not allowed", 413: "Too large"}
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_DETAILS = {
    404: "There is nothing here. Check the address.",
    405: "This address does not know the method. `Allow` lists those it knows.",
}


class Problem(BaseModel):
    """The document of every answer that is not a success."""

    type: Annotated[str, Field(examples=[TYPE_PREFIX + "not_found"])]
    title: str
    status: int
    detail: Annotated[str, Field(description="For people: what is wrong, then what to do.")]
    code: Annotated[str, Field(description="Stable, for programs.")]
    fields: Annotated[dict[str, JsonValue], Field(description="What a program needs besides.")]
    request_id: Annotated[str, Field(description="As in X-Request-Id and in the centre's log.")]


def problems(*statuses: int | str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": _TITLES_OF_ERRORS.get(status, "Anything else than a success"),
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def problem_response(
    request_id: str,
    *,
    status: int,
    title: str,
    code: str,
    detail: str,
    fields: Mapping[str, JsonValue] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """One problem document as an answer."""
    problem = Problem(
        type=TYPE_PREFIX + code,
        title=title,
        status=status,
        detail=detail,
        code=code,
        fields=dict(fields or {}),
        request_id=request_id,
    )
    return JSONResponse(
        problem.model_dump(mode="json"), status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def unexpected(request_id: str) -> JSONResponse:
    """The answer to a fault of ours; what it was stands in the log under the request's id."""
    return problem_response(
        request_id,
        status=500,
        title="Internal error",
        code="internal_error",
        detail="Something went wrong here, and nothing was changed. Tell the centre's"
        " administrator the request id.",
    )


def install(app: FastAPI) -> None:
    """Have the application answer every failure with a problem document."""
    # Starlette types a handler by the base class of exceptions.
    handlers = {
        ApiError: _api_error,
        RequestValidationError: _invalid,
        HTTPException: _http,
        SQLAlchemyError: _database,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, cast("Any", handler))


def _request_id(request: Request) -> str:
    return str(request.scope.get("request_id", ""))


def _api_error(request: Request, error: ApiError) -> JSONResponse:
    if error.code == UNREADABLE_MANIFEST and _is_newer(request):
        return _centre_too_old(request, error.detail)
    headers = {}
    if error.status == Unauthenticated.status:
        headers["WWW-Authenticate"] = _challenge(error)
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if error.status == Unavailable.status:
        log.warning("unavailable", code=error.code, cause=str(error.__cause__ or ""))
    return problem_response(
        _request_id(request),
        status=error.status,
        title=error.title,
        code=error.code,
        detail=error.detail,
        fields=error.fields,
        headers=headers,
    )


def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    """Each field at fault with its place; never what was sent, which may be a secret."""
    found = error.errors()
    if _is_newer(request):
        first = found[0]
        return _centre_too_old(request, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
    shown: list[JsonValue] = [
        {
            "at": ".".join(str(part) for part in problem["loc"]),
            "problem": str(problem["msg"]).removeprefix("Value error, "),
        }
        for problem in found[:MAX_PROBLEMS_SHOWN]
    ]
    return problem_response(
        _request_id(request),
        status=422,
        title="Unprocessable",
        code="invalid_request",
        detail=f"The request does not fit: {len(found)} problem(s). `fields.errors` says where.",
        fields={"errors": shown},
    )


def _is_newer(request: Request) -> bool:
    """Whether a box speaks a newer version of the messages than this centre."""
    said = request.headers.get(WIRE_REVISION_HEADER, "")
    return (
        said.isascii() and said.isdigit() and len(said) < MAX_DIGITS and int(said) > WIRE_REVISION
    )


def _centre_too_old(request: Request, reason: str) -> JSONResponse:
    """What a newer box is told: nothing is wrong, and nothing may be thrown away."""
    revision = int(request.headers[WIRE_REVISION_HEADER])
    log.warning("centre_too_old", box_wire=revision, centre_wire=WIRE_REVISION, reason=reason)
    return problem_response(
        _request_id(request),
        status=Conflict.status,
        title=Conflict.title,
        code=CENTRE_TOO_OLD,
        detail=f"This box speaks revision {revision} of the messages, this centre {WIRE_REVISION},"
        " and cannot read this one. Update the centre; the box keeps what it has and sends it"
        " again.",
        fields={"box_wire": revision, "centre_wire": WIRE_REVISION, "reason": reason},
        headers={"Retry-After": str(UPDATE_RETRY_SECONDS)},
    )


def _challenge(error: ApiError) -> str:
    """How to be known here (RFC 9110, 15.5.2); no scheme for which browsers open a window."""
    if error.code == "token_unknown":
        return f'{BEARER}, error="invalid_token"'
    return BEARER if error.code == "token_missing" else SESSION


def _http(request: Request, error: HTTPException) -> JSONResponse:
    status = error.status_code
    return problem_response(
        _request_id(request),
        status=status,
        title=_TITLES.get(status, "Error"),
        code=_CODES.get(status, f"http_{status}"),
        detail=_DETAILS.get(status, str(error.detail)),
        headers=error.headers,
    )


def _database(request: Request, error: SQLAlchemyError) -> JSONResponse:
    """A database that is away is the caller's to retry; anything else is a fault of ours."""
    request_id = _request_id(request)
    if _is_unstorable(error):
        log.warning("value_not_storable", kind=type(error).__name__)
        return problem_response(
            request_id,
            status=Unprocessable.status,
            title=Unprocessable.title,
            code="value_not_storable",
            detail="A value is too long, too large or holds a character that cannot be kept.",
        )
    if not is_database_away(error):
        log.error("database_error", kind=type(error).__name__, exc_info=error)
        return unexpected(request_id)
    log.warning("database_away", kind=type(error).__name__, cause=str(getattr(error, "orig", "")))
    return problem_response(
        request_id,
        status=Unavailable.status,
        title=Unavailable.title,
        code="database_unavailable",
        detail="The database does not answer; nothing was changed. Try again.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def is_database_away(error: BaseException) -> bool:
    """Whether a new try may succeed: not reached, locked for too long, or not yet migrated."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error, ProgrammingError):
        return getattr(error.orig, "sqlstate", None) == UNDEFINED_TABLE
    # The drivers' OperationalError and InterfaceError; by name, as each driver has its own.
    return type(error).__name__ in {"OperationalError", "InterfaceError"}


def _is_unstorable(error: SQLAlchemyError) -> bool:
    """Whether the database, or the way to it, refuses a value that the request brought."""
    if isinstance(error, DataError):
        return True
    if isinstance(error, DBAPIError) or not isinstance(error, StatementError):
        return False
    # An instant in the year 1 or 9999 leaves Python's range on its way to UTC.
    return isinstance(error.orig, OverflowError)


def _titles(kind: type[ApiError]) -> dict[int | str, str]:
    found: dict[int | str, str] = {kind.status: kind.title}
    for child in kind.__subclasses__():
        found |= _titles(child)
    return found


_TITLES_OF_ERRORS = _titles(ApiError)
