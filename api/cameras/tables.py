"""Tables of cameras, their versions, legality gates, evidence bases and live pictures.

A camera's zones, permits and gates are data with history: every change is a new version, and a
judgement asks for the version that held at the time of the act.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, Instant, Json


class CameraRecord(Base):
    """A registered camera; what may change over time is in its versions."""

    __tablename__ = "cameras"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    box_id: Mapped[str | None] = mapped_column(ForeignKey("boxes.id"), index=True)
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    coord_sys: Mapped[str] = mapped_column(String(16), default="WGS84")
    mount: Mapped[str] = mapped_column(String(16), default="fixed")  # fixed, mobile, ptz, dome
    owner_organisation: Mapped[str] = mapped_column(String(200), default="")  # LAW-70
    sharing_basis: Mapped[str] = mapped_column(Text, default="")
    permitted_purposes: Mapped[list[str]] = mapped_column(Json, default=list)  # of Violation
    created_at: Mapped[datetime] = mapped_column(Instant)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)


class CameraVersion(Base):
    """One version of a camera's view: the core's `Camera` as JSON, zones and permits included."""

    __tablename__ = "camera_versions"
    __table_args__ = (
        UniqueConstraint("camera_id", "number"),
        Index("ix_camera_versions_as_of", "camera_id", "valid_from"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"))
    number: Mapped[int]  # from 1, for each camera
    valid_from: Mapped[datetime] = mapped_column(Instant)  # until the next one's
    settings: Mapped[dict[str, Any]] = mapped_column(Json)  # pipeline.camera.Camera
    changed_by: Mapped[str] = mapped_column(String(200))  # a person's name, or what imported it
    source: Mapped[str] = mapped_column(String(16), default="centre")  # VersionSource
    note: Mapped[str] = mapped_column(Text, default="")


class CameraGate(Base):
    """One legality condition of a camera, with the time in which it was met (LAW-01 to LAW-05)."""

    __tablename__ = "camera_gates"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), index=True)
    # legal_review, technical_review, maintenance, sign, publication
    gate: Mapped[str] = mapped_column(String(32))
    met_from: Mapped[datetime] = mapped_column(Instant)
    met_until: Mapped[datetime | None] = mapped_column(Instant)
    document: Mapped[str] = mapped_column(String(200), default="")
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class EvidenceBasis(Base):
    """A law or administrative regulation that lets camera records prove a violation (LAW-07)."""

    __tablename__ = "evidence_bases"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    jurisdiction: Mapped[str] = mapped_column(String(32))  # organisation id: it and all below
    violation: Mapped[str] = mapped_column(String(32))
    document: Mapped[str] = mapped_column(String(300))
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    is_enabled: Mapped[bool] = mapped_column(Boolean, default=True)


class CameraPicture(Base):
    """The newest redacted picture of a camera, for the grid and the zone editor."""

    __tablename__ = "camera_pictures"

    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), primary_key=True)
    captured_at: Mapped[datetime] = mapped_column(Instant)
    media_type: Mapped[str] = mapped_column(String(100))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    # When somebody last looked at it, to within half a minute; then its box is asked for a new one.
    looked_at: Mapped[datetime | None] = mapped_column(Instant)
