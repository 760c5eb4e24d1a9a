"""Routes of the log and of the access register: lists, checks, CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from api.audit import repository
from api.audit.export import log_csv, register_csv
from api.audit.register import Purpose, check_register
from api.audit.repository import LogFilter, RegisterFilter
from api.audit.schemas import (
    AccessPage,
    AccessView,
    AuditPage,
    AuditView,
    CheckView,
    HeadView,
)
from api.audit.service import Head, append, check_chain, head_of
from api.clock import Now
from api.database import ReadSession, WriteSession
from api.errors import BadRequest
from api.instants import PlausibleInstant
from api.paging import DEFAULT_PAGE, Cursor, Limit, decode_cursor, encode_cursor
from api.principal import Principal
from api.problems import problems
from api.state import CurrentDatabase
from api.users.access import allow
from api.users.tables import Role

router = APIRouter(tags=["audit"])

Overseer = Annotated[Principal, Depends(allow(Role.AUDITOR, Role.SUPERVISOR, Role.ADMIN))]
Word = Annotated[str | None, Query(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
Digest = Annotated[str | None, Query(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[int | None, Query(ge=1, le=2**53)]
# Entries of one check: about two seconds (11,000 a second on one busy core); go on from the head.
MAX_CHECKED = 20_000
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "CSV in UTF-8."}
}


def _log_filter(
    *,
    subject_kind: Word = None,
    subject_id: Word = None,
    actor_id: Word = None,
    action: Word = None,
    since: Annotated[PlausibleInstant | None, Query()] = None,
    until: Annotated[PlausibleInstant | None, Query()] = None,
) -> LogFilter:
    return LogFilter(
        subject_kind=subject_kind,
        subject_id=subject_id,
        actor_id=actor_id,
        action=action,
        since=since,
        until=until,
    )


def _register_filter(
    *,
    user_id: UUID | None = None,
    candidate_id: UUID | None = None,
    purpose: Purpose | None = None,
    since: Annotated[PlausibleInstant | None, Query()] = None,
    until: Annotated[PlausibleInstant | None, Query()] = None,
) -> RegisterFilter:
    return RegisterFilter(
        user_id=user_id, candidate_id=candidate_id, purpose=purpose, since=since, until=until
    )


WantedEntries = Annotated[LogFilter, Depends(_log_filter)]
WantedAccesses = Annotated[RegisterFilter, Depends(_register_filter)]


@router.get("/audit", operation_id="list_audit", responses=problems(400, 401, 403, 422))
def list_audit(
    *,
    caller: Overseer,
    session: ReadSession,
    wanted: WantedEntries,
    limit: Limit = DEFAULT_PAGE,
    cursor: Cursor = None,
) -> AuditPage:
    """What happened in the caller's area, the newest first."""
    before = _number_of(cursor)
    found = repository.entries(session, caller, wanted, limit=limit + 1, before=before)
    return AuditPage(
        items=[AuditView.of(entry) for entry in found[:limit]],
        next=encode_cursor(found[limit - 1].number) if len(found) > limit else None,
    )


@router.get("/audit/head", operation_id="get_audit_head", responses=problems(401, 403))
def get_audit_head(_caller: Overseer, session: ReadSession) -> HeadView:
    """The log's newest entry, to be kept outside of this system."""
    head = head_of(session)
    return HeadView(number=head.number, sha256=head.sha256)


@router.get("/audit/check", operation_id="check_audit", responses=problems(400, 401, 403, 422))
def check_audit(
    *,
    _caller: Overseer,
    session: ReadSession,
    after_number: Number = None,
    after_sha256: Digest = None,
    kept_number: Number = None,
    kept_sha256: Digest = None,
) -> CheckView:
    """Whether the log is unbroken, and the first entry that does not hold.

    A long log is checked in several calls: go on with the `head` of the answer as `after_...`.
    `kept_...` is a head that was put away earlier: the log must still hold it.
    """
    check = check_chain(
        session,
        after=_head(after_number, after_sha256, "after"),
        kept=_head(kept_number, kept_sha256, "kept"),
        at_most=MAX_CHECKED,
    )
    at_the_end = check.next_number is None and not check.problem
    return CheckView.of(check, check_register(session) if at_the_end else "")


@router.get(
    "/audit/export",
    operation_id="export_audit",
    response_class=StreamingResponse,
    responses={**problems(401, 403, 422), **CSV},
)
def export_audit(
    *,
    caller: Overseer,
    database: CurrentDatabase,
    session: WriteSession,
    now: Now,
    wanted: WantedEntries,
) -> StreamingResponse:
    """The log of the caller's area as CSV, the oldest first. That it was exported is logged."""
    _log_export(session, caller, "audit.exported", now)
    return _csv(log_csv(database, caller, wanted), f"audit-{now:%Y%m%d-%H%M%S}.csv")


@router.get(
    "/access-register",
    operation_id="list_accesses",
    responses=problems(400, 401, 403, 422),
)
def list_accesses(
    *,
    caller: Overseer,
    session: ReadSession,
    wanted: WantedAccesses,
    limit: Limit = DEFAULT_PAGE,
    cursor: Cursor = None,
) -> AccessPage:
    """Who opened which original in the caller's area, the newest first."""
    before = _number_of(cursor)
    found = repository.accesses(session, caller, wanted, limit=limit + 1, before=before)
    return AccessPage(
        items=[AccessView.of(entry) for entry in found[:limit]],
        next=encode_cursor(found[limit - 1].audit_number) if len(found) > limit else None,
    )


@router.get(
    "/access-register/export",
    operation_id="export_accesses",
    response_class=StreamingResponse,
    responses={**problems(401, 403, 422), **CSV},
)
def export_accesses(
    *,
    caller: Overseer,
    database: CurrentDatabase,
    session: WriteSession,
    now: Now,
    wanted: WantedAccesses,
) -> StreamingResponse:
    """The access register of the caller's area as CSV. That it was exported is logged."""
    _log_export(session, caller, "access_register.exported", now)
    return _csv(register_csv(database, caller, wanted), f"access-register-{now:%Y%m%d-%H%M%S}.csv")


def _number_of(cursor: str | None) -> int | None:
    return int(str(decode_cursor(cursor, int)[0])) if cursor else None


def _head(number: int | None, sha256: str | None, what: str) -> Head | None:
    if number is None and sha256 is None:
        return None
    if number is None or sha256 is None:
        raise BadRequest("half_a_head", f"Give {what}_number and {what}_sha256 together.")
    return Head(number=number, sha256=sha256)


def _log_export(session: Session, caller: Principal, action: str, now: datetime) -> None:
    append(
        session,
        actor=caller,
        action=action,
        subject_kind="user",
        subject_id=caller.id,
        organisation_path=caller.organisation_path,
        now=now,
    )


def _csv(content: Iterator[bytes], name: str) -> StreamingResponse:
    return StreamingResponse(
        content,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
