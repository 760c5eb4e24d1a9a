"""Tables of cases: confirmed violations handed to case systems."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, Instant, Json


class CaseState(StrEnum):
    """Where a case stands; domain guide, section 9, from its hand-over on."""

    EXPORTED = "exported"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    CORRECTING = "correcting"
    RECHECK = "recheck"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Case(Base):
    """One confirmed violation with its frozen evidence set."""

    __tablename__ = "cases"
    __table_args__ = (Index("ix_cases_state_number", "state", "number"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    candidate_id: Mapped[UUID] = mapped_column(ForeignKey("candidates.id"), unique=True)
    organisation_path: Mapped[str] = mapped_column(String(400), index=True)
    camera_id: Mapped[str] = mapped_column(String(64), index=True)
    violation: Mapped[str] = mapped_column(String(32))
    subtype: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)
    updated_at: Mapped[datetime] = mapped_column(Instant)  # of its last change of state
    state: Mapped[str] = mapped_column(String(16), default=CaseState.EXPORTED)
    frozen_update: Mapped[int]  # of the candidate: the set the people judged
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    evidence_use: Mapped[str] = mapped_column(String(32))
    evidence_use_reasons: Mapped[list[str]] = mapped_column(Json)
    legal_bases: Mapped[list[str]] = mapped_column(Json)  # ids of rows, by the time of the act
    inquiry_code_sha256: Mapped[str] = mapped_column(String(64), unique=True)  # LAW-40
    withdraw_reason: Mapped[str | None] = mapped_column(String(32))
    withdraw_note: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str | None] = mapped_column(String(32))
    last_sequence: Mapped[int] = mapped_column(default=0)  # of its newest event


class CaseCallback(Base):
    """What a case system reported back; idempotent on its own id."""

    __tablename__ = "case_callbacks"
    __table_args__ = (UniqueConstraint("token_id", "callback_id"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    token_id: Mapped[UUID] = mapped_column(ForeignKey("machine_tokens.id"))
    callback_id: Mapped[str] = mapped_column(String(100))  # chosen by the case system
    status: Mapped[str] = mapped_column(String(32))
    reported_at: Mapped[datetime] = mapped_column(Instant)  # by the case system's clock
    received_at: Mapped[datetime] = mapped_column(Instant)
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    result: Mapped[str] = mapped_column(Text, default="")
