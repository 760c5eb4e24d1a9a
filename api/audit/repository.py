"""Queries over the log and the access register, within the caller's area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.areas import in_area
from api.audit.tables import AccessEntry, AuditEntry
from api.principal import Principal

Rows = TypeVar("Rows", bound=Select[Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which entries are asked for; none: no matter."""

    subject_kind: str | None = None
    subject_id: str | None = None
    actor_id: str | None = None
    action: str | None = None
    since: datetime | None = None  # and at this instant
    until: datetime | None = None  # and not at this instant


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFilter:
    """Which rows of the register are asked for; none: no matter."""

    user_id: UUID | None = None
    candidate_id: UUID | None = None
    purpose: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def entries(
    session: Session,
    caller: Principal,
    wanted: LogFilter,
    *,
    limit: int,
    before: int | None = None,
    after: int | None = None,
) -> Sequence[AuditEntry]:
    """Entries of the log: the newest first, or the oldest first behind the number `after`."""
    statement = select(AuditEntry).where(
        _of_caller(AuditEntry.organisation_path, caller),
        *_equal(AuditEntry.subject_kind, wanted.subject_kind),
        *_equal(AuditEntry.subject_id, wanted.subject_id),
        *_equal(AuditEntry.actor_id, wanted.actor_id),
        *_equal(AuditEntry.action, wanted.action),
        *_between(AuditEntry.at, wanted.since, wanted.until),
    )
    return session.scalars(_paged(statement, AuditEntry.number, limit, before, after)).all()


def accesses(
    session: Session,
    caller: Principal,
    wanted: RegisterFilter,
    *,
    limit: int,
    before: int | None = None,
    after: int | None = None,
) -> Sequence[AccessEntry]:
    """Rows of the register: the newest first, or the oldest first behind a log number."""
    statement = select(AccessEntry).where(
        _of_caller(AccessEntry.organisation_path, caller),
        *_equal(AccessEntry.user_id, wanted.user_id),
        *_equal(AccessEntry.candidate_id, wanted.candidate_id),
        *_equal(AccessEntry.purpose, wanted.purpose),
        *_between(AccessEntry.at, wanted.since, wanted.until),
    )
    return session.scalars(_paged(statement, AccessEntry.audit_number, limit, before, after)).all()


def _of_caller(column: InstrumentedAttribute[str], caller: Principal) -> ColumnElement[bool]:
    # What belongs to no node, a refused login of nobody, is for those who see the whole tree.
    own = in_area(column, caller)
    return or_(own, column == "") if caller.organisation_path.count("/") == 1 else own


def _equal(column: InstrumentedAttribute[Any], value: object) -> list[ColumnElement[bool]]:
    return [] if value is None else [column == value]


def _between(
    column: InstrumentedAttribute[datetime], since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    lower = [] if since is None else [column >= since]
    return lower if until is None else [*lower, column < until]


def _paged(
    statement: Rows,
    number: InstrumentedAttribute[int],
    limit: int,
    before: int | None,
    after: int | None,
) -> Rows:
    if after is not None:
        return statement.where(number > after).order_by(number).limit(limit)
    if before is not None:
        statement = statement.where(number < before)
    return statement.order_by(number.desc()).limit(limit)
