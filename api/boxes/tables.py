"""Tables of enrolled boxes, the numbers of their manifests, their gaps and status."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, Instant, Json


class EnrolmentCode(Base):
    """A one-time code with which one named box may enrol; kept as a digest."""

    __tablename__ = "enrolment_codes"

    code_sha256: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    box_id: Mapped[str] = mapped_column(String(64), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))  # none: by command
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class BoxRecord(Base):
    """A box: its key, its token's digest, and how it was when it last spoke."""

    __tablename__ = "boxes"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    token_sha256: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    enrolled_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    software: Mapped[str] = mapped_column(String(200), default="")
    # The box's clock minus the centre's at its last status, in seconds.
    clock_difference_seconds: Mapped[float | None]
    status: Mapped[dict[str, Any] | None] = mapped_column(Json)  # the last BoxStatus


class BoxKey(Base):
    """A public key of a box, with the time in which it was the box's; old manifests stay valid."""

    __tablename__ = "box_keys"

    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of public_key
    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.id"), index=True)
    public_key: Mapped[str] = mapped_column(String(64))
    registered_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    # Every number of this key up to here has come, or the box has said that it never will.
    complete_through: Mapped[int] = mapped_column(BigInteger, default=0)
    # Every gap from the first one told of under this key up to here is known; none: no gap yet.
    gaps_through: Mapped[int | None] = mapped_column(BigInteger)


class BoxManifest(Base):
    """One number of a box's chain that has come."""

    __tablename__ = "box_manifests"

    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.id"), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)  # a new key begins at 1 again
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    previous_sha256: Mapped[str] = mapped_column(String(64))
    candidate_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    update: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(Instant)


class BoxGap(Base):
    """What a box says it had to drop, or did not see."""

    __tablename__ = "box_gaps"
    __table_args__ = (Index("ix_box_gaps_camera", "camera_id", "reason", "began_at"),)

    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.id"), primary_key=True)
    # The box's key when it told; a box on a new disk, and so with a new key, counts from 1 again.
    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    reason: Mapped[str] = mapped_column(String(32))
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    camera_id: Mapped[str | None] = mapped_column(String(64))
    began_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    detail: Mapped[str] = mapped_column(Text, default="")
    received_at: Mapped[datetime] = mapped_column(Instant)
