"""The access register: who opened which unredacted original, when and what for (LAW-71)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.audit.service import append
from api.audit.tables import AccessEntry, AuditEntry
from api.errors import Forbidden
from api.principal import Principal, PrincipalKind

ACTION = "original.opened"
MIN_REASON_CHARACTERS = 4  # "复查现场" says something; fewer do not
MAX_REASON_CHARACTERS = 2000
CHECK_BATCH = 1000  # rows read at once


class Purpose(StrEnum):
    """What an original may be opened for; domain guide, section 10: purpose_code."""

    REVIEW = "review"
    SECOND_REVIEW = "second_review"
    LEGAL_REVIEW = "legal_review"
    RECHECK = "recheck"
    COMPLAINT = "complaint"
    COURT = "court"
    AUDIT = "audit"
    TRAINING_APPROVED = "training_approved"


def register_access(
    session: Session,
    *,
    actor: Principal,
    candidate_id: UUID,
    organisation_path: str,
    item_name: str,
    sha256: str,
    purpose: Purpose | None,
    reason: str,
    now: datetime,
) -> AccessEntry:
    """Write down that somebody opens an original, in the transaction that lets them.

    Raises:
        Forbidden: No purpose, no reason worth the name, or the caller is no person.
    """
    reason = reason.strip()
    if actor.kind is not PrincipalKind.USER:
        raise Forbidden("people_only", "Originals are opened by people only.")
    if purpose is None or not MIN_REASON_CHARACTERS <= len(reason) <= MAX_REASON_CHARACTERS:
        raise Forbidden(
            "purpose_missing",
            "An original is opened for a stated purpose. Give `purpose` and a `reason` of"
            f" {MIN_REASON_CHARACTERS} to {MAX_REASON_CHARACTERS} characters.",
        )
    entry = AccessEntry(
        id=uuid4(),
        at=now,
        user_id=UUID(actor.id),
        user_name=actor.name,
        organisation_path=organisation_path,
        candidate_id=candidate_id,
        item_name=item_name,
        sha256=sha256,
        purpose=purpose.value,
        reason=reason,
    )
    logged = append(
        session,
        actor=actor,
        action=ACTION,
        subject_kind="candidate",
        subject_id=str(candidate_id),
        organisation_path=organisation_path,
        now=now,
        details=_facts(entry),
    )
    entry.audit_number = logged.number
    session.add(entry)
    session.flush()
    return entry


def check_register(session: Session) -> str:
    """Whether the register says what the log says; the first difference in words, or nothing."""
    for logged, entry in _pairs(session):
        if entry is None:
            return f"the register lacks the access of log entry {logged.number}"
        if _facts(entry) != logged.details or entry.at != logged.at:
            return f"the register's row of log entry {logged.number} was changed"
    known = select(AuditEntry.number).where(AuditEntry.action == ACTION)
    stray = session.scalar(
        select(AccessEntry.audit_number).where(AccessEntry.audit_number.not_in(known)).limit(1)
    )
    return "" if stray is None else f"the register has a row that log entry {stray} does not know"


def _pairs(session: Session) -> Iterator[tuple[AuditEntry, AccessEntry | None]]:
    number = 0
    while True:
        batch = session.execute(
            select(AuditEntry, AccessEntry)
            .outerjoin(AccessEntry, AccessEntry.audit_number == AuditEntry.number)
            .where(AuditEntry.action == ACTION, AuditEntry.number > number)
            .order_by(AuditEntry.number)
            .limit(CHECK_BATCH)
            .execution_options(populate_existing=True)
        ).all()
        for row in batch:
            yield row[0], row[1]
        if len(batch) < CHECK_BATCH:
            return
        number = batch[-1][0].number
        session.expunge_all()


def _facts(entry: AccessEntry) -> dict[str, JsonValue]:
    return {
        "access_id": str(entry.id),
        "user_id": str(entry.user_id),
        "user_name": entry.user_name,
        "item_name": entry.item_name,
        "sha256": entry.sha256,
        "purpose": entry.purpose,
        "reason": entry.reason,
    }
