"""Queries of the export: finally judged candidates, with what people said and saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from api.areas import within
from api.cameras.tables import CameraVersion
from api.candidates.tables import CandidateRecord, CandidateState, CandidateUpdate
from api.cases.tables import Case, CaseState
from api.evidence.tables import EvidenceRecord, StoredObject
from api.review.tables import Decision, Verdict
from api.users.tables import Organisation

VERDICT_OF = {
    CandidateState.EXPORTED: Verdict.CONFIRM,
    CandidateState.REJECTED: Verdict.REJECT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A candidate whose judgement is final."""

    record: CandidateRecord
    decision: Decision  # the last one that holds
    update: CandidateUpdate  # the evidence that was judged
    camera: CameraVersion | None  # as it was when the act began


def path_of(session: Session, organisation_id: str) -> str | None:
    """The path of a node of the tree; none: there is no such node."""
    return session.scalar(select(Organisation.path).where(Organisation.id == organisation_id))


def reviewed(
    session: Session,
    *,
    area: str,
    since: datetime | None,
    now: datetime,
    after: int,
    limit: int,
) -> tuple[list[Reviewed], int | None]:
    """Finally judged candidates by number, and the number to go on after; none: that was all.

    A case that was withdrawn, or is in review again, says nothing final.
    """
    row = CandidateRecord
    query = (
        select(row)
        .where(
            within(row.organisation_path, area),
            row.number > after,
            row.state.in_(VERDICT_OF),
            row.undo_until.is_(None) | (row.undo_until <= now),
            row.integrity_frozen.is_(None),
            row.evidence_deleted_at.is_(None),
            ~exists().where(
                Case.candidate_id == row.id,
                Case.state.in_([CaseState.WITHDRAWN, CaseState.RETURNED]),
            ),
        )
        .order_by(row.number)
        .limit(limit)
    )
    if since is not None:
        query = query.where(
            exists().where(Decision.candidate_id == row.id, Decision.decided_at >= since)
        )
    records = list(session.scalars(query))
    found = [one for record in records if (one := _with_judgement(session, record, since))]
    return found, records[-1].number if len(records) == limit else None


def _with_judgement(
    session: Session, record: CandidateRecord, since: datetime | None
) -> Reviewed | None:
    decision = session.scalars(
        select(Decision)
        .where(
            Decision.candidate_id == record.id,
            Decision.undone_at.is_(None),
            Decision.verdict == VERDICT_OF[CandidateState(record.state)],
        )
        .order_by(Decision.decided_at.desc())
        .limit(1)
    ).one_or_none()
    if decision is None or (since is not None and decision.decided_at < since):
        return None
    update = session.get_one(CandidateUpdate, (record.id, decision.update))
    version = update.camera_version_id
    return Reviewed(
        record=record,
        decision=decision,
        update=update,
        camera=session.get(CameraVersion, version) if version is not None else None,
    )


def deleted_items(session: Session, update: CandidateUpdate) -> Iterator[str]:
    """Names of items of an update whose bytes retention has deleted."""
    yield from session.scalars(
        select(EvidenceRecord.name)
        .join(StoredObject, StoredObject.sha256 == EvidenceRecord.sha256)
        .where(
            EvidenceRecord.candidate_id == update.candidate_id,
            EvidenceRecord.update == update.update,
            StoredObject.deleted_at.is_not(None),
        )
    )
