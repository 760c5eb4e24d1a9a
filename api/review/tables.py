"""Tables of decisions and review policies."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, Instant, Json


class Stage(StrEnum):
    """Who judges at which point."""

    OPERATOR = "operator"
    SECOND = "second"
    LEGAL = "legal"


class Verdict(StrEnum):
    """What a person decided."""

    CONFIRM = "confirm"
    REJECT = "reject"
    NEED_MORE = "need_more"
    RECUSE = "recuse"  # judges nothing: this person may not judge this candidate (LAW-44)


class Decision(Base):
    """One judgement by one named person. Never changed; an undone one says when it was undone."""

    __tablename__ = "decisions"
    # What one person decided on one candidate is asked for each candidate of the queue. An index by
    # person alone would tempt a planner to read all that somebody decided in years.
    # Everything that counts decisions reads the second index and no row.
    __table_args__ = (
        Index("ix_decisions_candidate", "candidate_id", "user_id"),
        Index(
            "ix_decisions_pace",
            "decided_at",
            "stage",
            "verdict",
            "undone_at",
            "organisation_path",
            "due_at",
            "seconds_to_decide",
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)  # chosen by the client: idempotent
    candidate_id: Mapped[UUID] = mapped_column(ForeignKey("candidates.id"))
    version: Mapped[int]  # of the candidate that the person judged
    update: Mapped[int]  # of the candidate that the person saw
    stage: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str] = mapped_column(String(16))
    checklist: Mapped[dict[str, bool] | None] = mapped_column(Json)  # authentic, clear ...
    reason: Mapped[str | None] = mapped_column(String(64))  # code of a rejection
    missing: Mapped[list[str]] = mapped_column(Json, default=list)  # codes: what need_more asks for
    note: Mapped[str] = mapped_column(Text, default="")
    fact: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # corrected by the person
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    user_name: Mapped[str] = mapped_column(String(200))
    organisation_path: Mapped[str] = mapped_column(String(400))  # of the candidate
    due_at: Mapped[datetime] = mapped_column(Instant)  # of the candidate, when it was decided
    decided_at: Mapped[datetime] = mapped_column(Instant)
    seconds_to_decide: Mapped[float | None]  # from claim to decision
    undone_at: Mapped[datetime | None] = mapped_column(Instant)


class ReviewPolicy(Base):
    """Which stages a candidate needs, by violation and area; the longest matching path wins."""

    __tablename__ = "review_policies"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    violation: Mapped[str | None] = mapped_column(String(32))  # none: all
    organisation_path: Mapped[str] = mapped_column(String(400))
    stages: Mapped[list[str]] = mapped_column(Json)  # of Stage, operator first
    valid_from: Mapped[datetime] = mapped_column(Instant)
    valid_to: Mapped[datetime | None] = mapped_column(Instant)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
