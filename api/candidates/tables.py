"""Tables of candidates: what came from the boxes, and where each one stands."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, Instant, Json


class CandidateState(StrEnum):
    """Where a candidate stands; domain guide, section 9, up to its hand-over.

    What happens after the hand-over is the case's state.
    """

    PENDING_REVIEW = "pending_review"
    NEED_MORE = "need_more"
    CONFIRMED = "confirmed"  # by the operator; can still be undone
    SECOND_REVIEW = "second_review"
    LEGAL_REVIEW = "legal_review"
    EXPORTED = "exported"  # a case exists
    REJECTED = "rejected"
    MERGED = "merged"  # it turned out to be a part of another one
    EXPIRED = "expired"


class EvidenceUse(StrEnum):
    """What the record may be used for."""

    LEAD_ONLY = "lead_only"
    PENALTY_EVIDENCE = "penalty_evidence"


class CandidateRecord(Base):
    """One candidate as of its newest update. The queue is an index over this table."""

    __tablename__ = "candidates"
    __table_args__ = (
        # The queue in its own order, and as filtered by violation or camera. The path at the end
        # lets a small organisation find its own in a large city's queue without reading rows.
        Index(
            "ix_candidates_queue",
            "state",
            "priority",
            "due_at",
            "id",
            "organisation_path",
            "received_at",
        ),
        Index(
            "ix_candidates_queue_violation",
            "state",
            "violation",
            "priority",
            "due_at",
            "id",
            "organisation_path",
        ),
        Index(
            "ix_candidates_queue_camera",
            "state",
            "camera_id",
            "priority",
            "due_at",
            "id",
            "organisation_path",
        ),
        # What retention may look at next, in the order of its walk.
        Index("ix_candidates_retention", "state", "evidence_deleted_at", "received_at", "id"),
        Index("ix_candidates_spot", "camera_id", "violation", "started_at"),
        # Everything that counts outcomes reads this index and no row.
        Index(
            "ix_candidates_outcome",
            "received_at",
            "camera_id",
            "violation",
            "state",
            "organisation_path",
            "started_at",
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, unique=True)  # in the order of arrival
    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.id"))
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"))
    organisation_path: Mapped[str] = mapped_column(String(400), index=True)  # of the camera, then
    violation: Mapped[str] = mapped_column(String(32))
    subtype: Mapped[str] = mapped_column(String(64))
    zone_id: Mapped[str] = mapped_column(String(64))
    episode_state: Mapped[str] = mapped_column(String(16))  # open, ended
    started_at: Mapped[datetime] = mapped_column(Instant)
    fired_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    recurrence_of: Mapped[UUID | None] = mapped_column(Uuid)
    merged_into: Mapped[UUID | None] = mapped_column(Uuid)
    update: Mapped[int]  # the newest that has come
    template_complete: Mapped[bool] = mapped_column(Boolean)
    score: Mapped[float]

    state: Mapped[str] = mapped_column(String(16), default=CandidateState.PENDING_REVIEW)
    # Raised by every change of state or claim; a decision names the one it was made on.
    version: Mapped[int] = mapped_column(default=1)
    priority: Mapped[int]  # smaller is sooner: 0 urgent, 1 raised, 2 normal, 3 batch
    priority_reasons: Mapped[list[str]] = mapped_column(Json)  # codes: why it stands where it does
    due_at: Mapped[datetime] = mapped_column(Instant)  # a first judgement is wanted by then
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    received_at: Mapped[datetime] = mapped_column(Instant, index=True)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    evidence_use: Mapped[str] = mapped_column(String(32), default=EvidenceUse.LEAD_ONLY)
    evidence_use_reasons: Mapped[list[str]] = mapped_column(Json)
    # What the automatic pre-check found wrong (LAW-20): it informs, people decide.
    quality_flags: Mapped[list[str]] = mapped_column(Json, default=list)
    policy: Mapped[list[str]] = mapped_column(Json)  # stages it needs: operator, second, legal
    # What somebody found broken in its evidence; while set, it cannot be confirmed (LAW-23).
    integrity_frozen: Mapped[str | None] = mapped_column(Text)
    hold: Mapped[bool] = mapped_column(Boolean, default=False)  # LAW-54
    # When retention took its evidence; none: there is some, or some has come since.
    evidence_deleted_at: Mapped[datetime | None] = mapped_column(Instant)
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    undo_until: Mapped[datetime | None] = mapped_column(Instant, index=True)  # of the last decision


class CandidateUpdate(Base):
    """One submission of a candidate, exactly as it came; never changed."""

    __tablename__ = "candidate_updates"

    candidate_id: Mapped[UUID] = mapped_column(ForeignKey("candidates.id"), primary_key=True)
    update: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(Json)  # pipeline.candidate.Candidate
    manifest: Mapped[str] = mapped_column(Text)  # text of manifest.json, to the byte
    signature: Mapped[str] = mapped_column(Text)
    notice: Mapped[str] = mapped_column(Text)
    manifest_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    camera_version_id: Mapped[UUID | None] = mapped_column(Uuid)  # that held when the act began
    is_supplement: Mapped[bool] = mapped_column(Boolean, default=False)  # came after the freeze
    received_at: Mapped[datetime] = mapped_column(Instant)
