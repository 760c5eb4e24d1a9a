"""Table of deletions: what retention took, begun before the bytes go, complete after."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, Instant, Json


class Deletion(Base):
    """Evidence of one candidate being deleted, or deleted; then with its certificate.

    Written before the first byte goes, so that whatever happens meanwhile is seen and ended.
    """

    __tablename__ = "deletions"
    __table_args__ = (Index("ix_deletions_open", "completed_at", "leased_until"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    # In the order of completion.
    number: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    candidate_id: Mapped[UUID] = mapped_column(ForeignKey("candidates.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))
    organisation_path: Mapped[str] = mapped_column(String(400), index=True)
    rule: Mapped[str] = mapped_column(String(32))
    plan: Mapped[dict[str, Any]] = mapped_column(Json)  # what is to go, and by which rule
    begun_at: Mapped[datetime] = mapped_column(Instant)
    # Until then the process that began it, or took it up, is at it; others keep away.
    leased_until: Mapped[datetime] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    certificate: Mapped[dict[str, Any] | None] = mapped_column(Json)
    sha256: Mapped[str | None] = mapped_column(String(64))  # of the certificate's canonical JSON
    audit_number: Mapped[int | None] = mapped_column(BigInteger)  # the log's entry with the digest
