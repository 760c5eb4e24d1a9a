"""Tables of stored objects and of the evidence items that refer to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKeyConstraint, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, Instant


class StoredObject(Base):
    """Verified bytes in the store, by their SHA-256; two items with the same bytes share them."""

    __tablename__ = "stored_objects"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    stored_at: Mapped[datetime] = mapped_column(Instant)
    verified_at: Mapped[datetime] = mapped_column(Instant)  # last time its bytes were hashed
    locked_until: Mapped[datetime | None] = mapped_column(Instant)  # in the case bucket
    # Set before retention deletes the bytes; the row stays, and names the certificate (LAW-73).
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)
    deletion_reason: Mapped[str] = mapped_column(String(64), default="")  # the rule
    deletion_id: Mapped[UUID | None] = mapped_column(Uuid)  # of retention's Deletion


class EvidenceRecord(Base):
    """One item of one update's evidence set."""

    __tablename__ = "evidence_items"
    __table_args__ = (
        ForeignKeyConstraint(
            ["candidate_id", "update"],
            ["candidate_updates.candidate_id", "candidate_updates.update"],
        ),
        Index("ix_evidence_items_sha256", "sha256"),
    )

    candidate_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    update: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    sm3: Mapped[str | None] = mapped_column(String(64))
    captured_at: Mapped[datetime] = mapped_column(Instant)
    is_original: Mapped[bool] = mapped_column(Boolean)
    is_redacted: Mapped[bool] = mapped_column(Boolean)  # may be shown without a stated purpose
    derived_from: Mapped[str | None] = mapped_column(Text)
