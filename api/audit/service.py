"""Writing the hash-chained log, and checking that it is unbroken."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.audit.tables import AuditEntry
from api.database import next_number
from api.principal import Principal
from pipeline.evidence.canonical import canonical_json

NO_PREVIOUS = "0" * 64  # stands for the entry before the first
CHECK_BATCH = 1000  # entries read at once; keeps the memory of a check small


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """What a check of the log found."""

    entries: int  # that were read
    broken_at: int | None  # number of the first entry that does not hold; none: all hold
    problem: str = ""
    head_sha256: str = NO_PREVIOUS  # of the last entry that holds


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
    number = next_number(session, "audit")
    previous = session.scalar(select(AuditEntry.sha256).order_by(AuditEntry.number.desc()).limit(1))
    entry = AuditEntry(
        number=number,
        at=now,
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


def digest_of(entry: AuditEntry) -> str:
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


def check_chain(session: Session) -> ChainCheck:
    """Read the whole log and name the first entry that was changed, removed or put in between."""
    expected_number, previous = 1, NO_PREVIOUS
    while True:
        batch = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.number >= expected_number)
            .order_by(AuditEntry.number)
            .limit(CHECK_BATCH)
        ).all()
        for entry in batch:
            problem = _problem(entry, expected_number, previous)
            if problem:
                return ChainCheck(
                    entries=expected_number,
                    broken_at=expected_number,
                    problem=problem,
                    head_sha256=previous,
                )
            expected_number, previous = expected_number + 1, entry.sha256
        if len(batch) < CHECK_BATCH:
            return ChainCheck(entries=expected_number - 1, broken_at=None, head_sha256=previous)
        session.expunge_all()


def _problem(entry: AuditEntry, expected_number: int, previous: str) -> str:
    if entry.number != expected_number:
        return f"entry {expected_number} is missing"
    if entry.previous_sha256 != previous:
        return f"entry {entry.number} does not follow the one before it"
    if digest_of(entry) != entry.sha256:
        return f"entry {entry.number} was changed"
    return ""
