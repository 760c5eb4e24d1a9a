"""Writing the hash-chained log, and checking that it is unbroken."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from api.audit.tables import AuditEntry
from api.database import Counter, next_number
from api.principal import Principal
from pipeline.evidence.canonical import canonical_json

SERIES = "audit"  # the counter that numbers the entries
NO_PREVIOUS = "0" * 64  # stands for the entry before the first
CHECK_BATCH = 1000  # entries read at once; keeps the memory of a check small


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest entry of the log at some time: whoever keeps it can prove what came before."""

    number: int  # 0: the log is empty
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """What a check of the log found."""

    entries: int  # that hold, of those that were read
    broken_at: int | None  # number of the first entry that does not hold; none: all hold
    problem: str = ""
    head: Head  # the last entry that holds
    next_number: int | None = None  # where to go on; none: the end was reached


def append(
    session: Session,
    *,
    actor: Principal,
    action: str,
    subject_kind: str,
    subject_id: str,
    organisation_path: str,
    now: datetime,
    details: Mapping[str, JsonValue] | None = None,
) -> AuditEntry:
    """Add one entry, in the caller's transaction: what is logged happened, and the reverse.

    The counter's row is locked until the transaction ends, so that entries get their numbers and
    links in one order. Call it late in the transaction.
    """
    number = next_number(session, SERIES)
    previous = session.scalar(select(AuditEntry.sha256).order_by(AuditEntry.number.desc()).limit(1))
    entry = AuditEntry(
        number=number,
        at=now.astimezone(UTC),  # as it comes back, so that the digest is the same
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_name=actor.name,
        organisation_path=organisation_path,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        details=dict(details or {}),
        previous_sha256=previous or NO_PREVIOUS,
    )
    entry.sha256 = digest_of(entry)
    session.add(entry)
    session.flush()
    return entry


def digest_of(entry: AuditEntry | Row[Any]) -> str:
    """SHA-256, in hexadecimal, of the canonical JSON of everything in an entry but its digest."""
    content: dict[str, Any] = {
        "number": entry.number,
        "at": entry.at.isoformat(timespec="microseconds"),
        "actor_kind": entry.actor_kind,
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "organisation_path": entry.organisation_path,
        "action": entry.action,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "details": entry.details,
        "previous_sha256": entry.previous_sha256,
    }
    return hashlib.sha256(canonical_json(content)).hexdigest()


def head_of(session: Session) -> Head:
    """The newest entry's number and digest."""
    newest = session.execute(
        select(AuditEntry.number, AuditEntry.sha256).order_by(AuditEntry.number.desc()).limit(1)
    ).one_or_none()
    return Head(number=newest.number, sha256=newest.sha256) if newest else _BEFORE_THE_FIRST


def check_chain(
    session: Session,
    *,
    after: Head | None = None,
    kept: Head | None = None,
    at_most: int | None = None,
) -> ChainCheck:
    """Read the log and name the first entry that was changed, removed or put in between.

    A chain alone does not show that its end was cut off or that all of it was written anew; the
    counter shows the first, and a head that somebody kept elsewhere shows both.

    Args:
        session: Where to read.
        after: Begin behind this entry, which has been checked before. None: at the first.
        kept: A head that was exported earlier; the log must still hold it.
        at_most: Entries to read, rounded up to whole batches; none: all.
    """
    holds = after or _BEFORE_THE_FIRST
    first, problem, is_end = holds.number + 1, "", False
    while not problem and not is_end:
        # Plain columns and no objects: what the session may hold already proves nothing.
        batch = session.execute(
            select(*AuditEntry.__table__.columns)
            .where(AuditEntry.number > holds.number)
            .order_by(AuditEntry.number)
            .limit(CHECK_BATCH)
        ).all()
        for entry in batch:
            problem = _problem(entry, holds, kept)
            if problem:
                break
            holds = Head(number=entry.number, sha256=entry.sha256)
        is_end = len(batch) < CHECK_BATCH
        if at_most is not None and holds.number - first + 1 >= at_most:
            break
    if is_end and not problem:
        problem = _cut_off(session, holds, kept)
    return ChainCheck(
        entries=holds.number - first + 1,
        broken_at=holds.number + 1 if problem else None,
        problem=problem,
        head=holds,
        next_number=None if problem or is_end else holds.number + 1,
    )


def _problem(entry: Row[Any], before: Head, kept: Head | None) -> str:
    expected = before.number + 1
    if entry.number != expected:
        return f"entry {expected} is missing"
    if entry.previous_sha256 != before.sha256:
        return f"entry {expected} does not follow the one before it"
    if digest_of(entry) != entry.sha256:
        return f"entry {expected} was changed"
    if kept is not None and kept.number == expected and kept.sha256 != entry.sha256:
        return f"entry {expected} is not the one whose digest was kept"
    return ""


def _cut_off(session: Session, holds: Head, kept: Head | None) -> str:
    given = session.scalar(select(Counter.value).where(Counter.name == SERIES)) or 0
    last = max(given, kept.number if kept else 0)
    if last <= holds.number:
        return ""
    return f"entries {holds.number + 1} to {last} are missing"


_BEFORE_THE_FIRST = Head(number=0, sha256=NO_PREVIOUS)
