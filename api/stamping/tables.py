"""Table of time stamps: wanted at ingest, brought by a timer, kept for good."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, Instant


class ManifestStamp(Base):
    """The stamp of one manifest, or how it stands with it."""

    __tablename__ = "manifest_stamps"
    __table_args__ = (Index("ix_manifest_stamps_waiting", "stamped_at", "next_try_at"),)

    manifest_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    candidate_id: Mapped[UUID] = mapped_column(Uuid)
    update: Mapped[int]
    wanted_at: Mapped[datetime] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    last_problem: Mapped[str] = mapped_column(Text, default="")
    stamped_at: Mapped[datetime | None] = mapped_column(Instant)  # as the authority says
    authority: Mapped[str] = mapped_column(Text, default="")
    content: Mapped[bytes | None] = mapped_column(LargeBinary)  # its answer, to the byte
