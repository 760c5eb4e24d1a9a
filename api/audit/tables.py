"""Tables of the hash-chained log and of the access register."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, Instant, Json


class AuditEntry(Base):
    """One thing that happened. Rows are only ever added; each holds the digest of the one before.

    `sha256` is that of the canonical JSON of every other column.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject_kind", "subject_id", "number"),)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # from 1
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    actor_kind: Mapped[str] = mapped_column(String(16))  # user, machine, box, system
    actor_id: Mapped[str] = mapped_column(String(64), index=True)
    actor_name: Mapped[str] = mapped_column(String(200))
    organisation_path: Mapped[str] = mapped_column(String(400))  # whose matter it is
    action: Mapped[str] = mapped_column(String(64), index=True)  # candidate.confirmed, user.created
    subject_kind: Mapped[str] = mapped_column(String(32))  # candidate, case, user, camera ...
    subject_id: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    previous_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))


class AccessEntry(Base):
    """Who opened which unredacted original, when and what for (LAW-71); rows are only added."""

    __tablename__ = "access_register"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    user_name: Mapped[str] = mapped_column(String(200))
    organisation_path: Mapped[str] = mapped_column(String(400))
    candidate_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    item_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(32))  # domain guide: purpose_code
    reason: Mapped[str] = mapped_column(Text)
    audit_number: Mapped[int] = mapped_column(BigInteger)  # the log's entry that says the same
