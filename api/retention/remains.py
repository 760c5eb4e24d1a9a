"""What is left of evidence that retention deleted, for the pages of candidates and cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.candidates.tables import CandidateRecord
from api.errors import Gone
from api.evidence.tables import EvidenceRecord, StoredObject
from api.retention import repository
from api.retention.rules import Rule
from api.retention.schemas import DeletedView, DeletionBrief

MAX_DELETIONS = 50  # shown; an advertisement that goes on after its rejection has one a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """Which items of a set are gone, by name, and the deletions of the candidate's evidence."""

    deleted: dict[str, DeletedView]
    deletions: list[DeletionBrief]

    def require_all(self, items: Sequence[EvidenceRecord]) -> None:
        """Refuse what needs every byte of a set.

        Raises:
            Gone: `fields` says since when, by which rule and by which deletion.
        """
        gone = [self.deleted[item.name] for item in items if item.name in self.deleted]
        if gone:
            first = gone[0]
            raise Gone(
                "evidence_deleted",
                f"Retention deleted {len(gone)} of {len(items)} files of this evidence set. Their"
                " digests and the certificate of deletion remain.",
                deleted_at=first.at.isoformat(),
                rule=first.rule.value,
                deletion_id=str(first.deletion_id) if first.deletion_id else None,
            )


def remains_of(session: Session, candidate_id: UUID, items: Sequence[EvidenceRecord]) -> Remains:
    """What is gone of some items of one candidate."""
    deletions = repository.deletions_of(session, candidate_id, MAX_DELETIONS)
    digests = {item.sha256 for item in items}
    rows = session.scalars(
        select(StoredObject).where(
            StoredObject.sha256.in_(digests), StoredObject.deleted_at.is_not(None)
        )
    )
    by_digest = {
        stored.sha256: DeletedView(
            at=stored.deleted_at, rule=Rule(stored.deletion_reason), deletion_id=stored.deletion_id
        )
        for stored in rows
        if stored.deleted_at is not None
    }
    # Bytes that another record still needs are none of this one's any more.
    record = session.get(CandidateRecord, candidate_id)
    if record is not None and record.evidence_deleted_at is not None and deletions:
        last = deletions[-1]
        released = DeletedView(
            at=record.evidence_deleted_at, rule=Rule(last.rule), deletion_id=last.id
        )
        by_digest = {sha256: by_digest.get(sha256, released) for sha256 in digests}
    return Remains(
        deleted={item.name: by_digest[item.sha256] for item in items if item.sha256 in by_digest},
        deletions=[
            DeletionBrief.model_validate(deletion, from_attributes=True) for deletion in deletions
        ],
    )
