"""What arrives, as rows of tables."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.candidates import ingest_repository as repository
from api.candidates.tables import CandidateRecord, CandidateUpdate
from api.database import insert_new
from api.errors import Unavailable
from api.evidence.store import Expected
from api.evidence.tables import EvidenceRecord, StoredObject
from api.retention.repository import is_in_progress
from api.storable import require_storable
from pipeline.candidate import Candidate, EvidenceItem, ItemKind
from pipeline.exchange import Submission

DELETION_RETRY_SECONDS = 60  # most deletions take seconds


def require_recordable(submission: Submission) -> None:
    """Refuse what no table could hold, before any query carries it to a database.

    Raises:
        Unprocessable: A value does not fit its column.
    """
    candidate = submission.candidate
    require_storable(CandidateRecord(**facts_of(candidate)))
    require_storable(update_row(submission))
    for item in candidate.evidence:
        require_storable(item_row(candidate, item))


def facts_of(candidate: Candidate) -> dict[str, Any]:
    """What the record takes over from the newest update, by column."""
    return {
        "update": candidate.update,
        "camera_id": candidate.camera_id,
        "violation": candidate.violation.value,
        "subtype": candidate.subtype.value,
        "zone_id": candidate.zone_id,
        "episode_state": candidate.state.value,
        "started_at": candidate.started_at,
        "fired_at": candidate.fired_at,
        "last_seen_at": candidate.last_seen_at,
        "ended_at": candidate.ended_at,
        "recurrence_of": candidate.recurrence_of,
        "template_complete": candidate.template is not None and candidate.template.complete,
        "score": candidate.explanation.score,
    }


def content_of(candidate: Candidate) -> dict[str, JsonValue]:
    """A candidate as a table keeps it."""
    content: dict[str, JsonValue] = json.loads(candidate.model_dump_json())
    return content


def update_row(submission: Submission) -> CandidateUpdate:
    """An update exactly as it came; what the centre adds is still missing."""
    candidate = submission.candidate
    return CandidateUpdate(
        candidate_id=candidate.candidate_id,
        update=candidate.update,
        content=content_of(candidate),
        manifest=submission.manifest,
        signature=submission.signature,
        notice=submission.notice,
        manifest_sha256=candidate.manifest_sha256,
    )


def item_row(candidate: Candidate, item: EvidenceItem) -> EvidenceRecord:
    """One item of an update's evidence set."""
    return EvidenceRecord(
        candidate_id=candidate.candidate_id,
        update=candidate.update,
        name=item.name,
        kind=item.kind.value,
        role=item.role,
        media_type=item.media_type,
        size_bytes=item.size_bytes,
        sha256=item.sha256,
        sm3=item.sm3,
        captured_at=item.captured_at,
        is_original=item.is_original,
        is_redacted=item.kind is ItemKind.REDACTED,
        derived_from=item.derived_from,
    )


def note_stored(session: Session, expected: Expected, now: datetime) -> bool:
    """Note that the store has a file and that its bytes were digested now.

    Returns:
        Whether retention had deleted it before. It may have done so after the digest was taken: the
        caller looks whether it is there.

    Raises:
        Unavailable: Retention is deleting it at this moment.
    """
    known = repository.locked_file(session, expected.sha256)
    if known is None:
        fresh = StoredObject(
            sha256=expected.sha256,
            size_bytes=expected.size_bytes,
            media_type=expected.media_type,
            stored_at=now,
            verified_at=now,
        )
        insert_new(session, fresh)  # another box may have brought the same at the same time
        return False
    if known.deleted_at is None:
        known.verified_at = now
        return False
    if is_in_progress(session, known.deletion_id):
        raise Unavailable(
            "evidence_being_deleted",
            "A file with these bytes is being deleted with an older record. Submit again later.",
            retry_after_seconds=DELETION_RETRY_SECONDS,
        )
    known.deleted_at, known.deletion_reason, known.deletion_id = None, "", None
    known.stored_at = known.verified_at = now
    return True
