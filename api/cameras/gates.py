"""Legality gates of a camera: what was met from when to when, on which document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, JsonValue
from sqlalchemy.orm import Session

from api.audit.service import append
from api.cameras import repository
from api.cameras.service import camera_seen_by
from api.cameras.tables import CameraGate
from api.errors import Conflict, NotFound, Unprocessable
from api.principal import Principal
from api.texts import Label, Note
from pipeline.errors import GeometryError
from pipeline.geometry import Polygon

Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]  # degrees
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]  # degrees


class GateKind(StrEnum):
    """One legality condition of a camera."""

    LEGAL_REVIEW = "legal_review"
    TECHNICAL_REVIEW = "technical_review"
    MAINTENANCE = "maintenance"
    SIGN = "sign"
    PUBLICATION = "publication"
    FILING = "filing"  # LAW-10; reported when missing, decides nothing about evidence


class GateDetails(BaseModel):
    """What a gate rests on; which of them are needed depends on its kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Label = ""  # who reviewed or maintained
    url: HttpUrl | None = None  # where the location is published
    photo: Label = ""  # of the sign: its key or digest
    standards: Annotated[tuple[Label, ...], Field(max_length=20)] = ()
    # Of a mobile unit: the published area, as corners.
    area: Annotated[
        tuple[tuple[Longitude, Latitude], ...] | None, Field(min_length=3, max_length=200)
    ] = None
    note: Note = ""


# What a gate of a kind cannot be without.
_NEEDED: dict[GateKind, tuple[str, ...]] = {
    GateKind.LEGAL_REVIEW: ("document", "by"),
    GateKind.TECHNICAL_REVIEW: ("document", "by"),
    GateKind.MAINTENANCE: ("by", "met_until"),  # until the next one is due
    GateKind.SIGN: ("photo",),
    GateKind.PUBLICATION: ("url",),
    GateKind.FILING: ("document",),
}


def record_gate(
    session: Session,
    *,
    actor: Principal,
    camera_id: str,
    kind: GateKind,
    met_from: datetime,
    met_until: datetime | None,
    document: str,
    details: GateDetails,
    now: datetime,
) -> CameraGate:
    """Write down that a camera meets a condition for a time.

    Raises:
        Unprocessable: Something is missing for this kind, or the times are in the wrong order.
        NotFound: The camera is not there, or not in the actor's area.
    """
    given = {
        "document": document,
        "by": details.by,
        "photo": details.photo,
        "url": details.url,
        "met_until": met_until,
    }
    missing: list[JsonValue] = [name for name in _NEEDED[kind] if not given[name]]
    if missing:
        raise Unprocessable(
            "gate_incomplete",
            f"A gate {kind.value} needs {' and '.join(_NEEDED[kind])}.",
            missing=missing,
        )
    if met_until is not None and met_until <= met_from:
        raise Unprocessable("gate_times", "met_until lies before met_from. Give a later time.")
    if details.area is not None:
        try:
            Polygon.from_points(details.area)
        except GeometryError as error:
            raise Unprocessable("gate_area", f"The published area: {error}.") from error
    _, organisation = camera_seen_by(session, actor, camera_id, to_change=True)
    gate = CameraGate(
        id=uuid4(),
        camera_id=camera_id,
        gate=kind.value,
        met_from=met_from,
        met_until=met_until,
        document=document,
        details=details.model_dump(mode="json", exclude_defaults=True),
        recorded_by=actor.name,
        recorded_at=now,
    )
    session.add(gate)
    session.flush()
    _log(session, actor, "camera.gate_recorded", gate, path=organisation.path, now=now)
    return gate


def end_gate(
    session: Session,
    *,
    actor: Principal,
    camera_id: str,
    gate_id: UUID,
    met_until: datetime,
    now: datetime,
) -> CameraGate:
    """Shorten the time of a gate, also for the past: a sign that was found missing.

    A longer time is another gate, recorded anew.

    Raises:
        NotFound: The camera or the gate is not there, or not in the actor's area.
        Conflict: The gate ends before that already.
        Unprocessable: The new end lies before the gate's beginning.
    """
    _, organisation = camera_seen_by(session, actor, camera_id, to_change=True)
    gate = repository.gate(session, camera_id, gate_id)
    if gate is None:
        raise NotFound("gate_unknown", f"The camera {camera_id} has no gate {gate_id}.")
    if met_until < gate.met_from:
        raise Unprocessable("gate_times", "met_until lies before met_from. Give a later time.")
    if gate.met_until is not None and met_until > gate.met_until:
        raise Conflict(
            "gate_ended", "The gate ends before that already. Record a new one for a longer time."
        )
    gate.met_until = met_until
    session.flush()
    _log(session, actor, "camera.gate_ended", gate, path=organisation.path, now=now)
    return gate


def gates_of(session: Session, camera_ids: Iterable[str]) -> dict[str, list[CameraGate]]:
    """Every gate that was ever recorded for the cameras, by camera, in the order of time."""
    ids = list(camera_ids)
    found: dict[str, list[CameraGate]] = {id_: [] for id_ in ids}
    for gate in repository.gates(session, ids):
        found[gate.camera_id].append(gate)
    return found


def gate_met_at(gates: Iterable[CameraGate], kind: GateKind, at: datetime) -> CameraGate | None:
    """The gate of a kind that a camera met at an instant, as far as was known at that instant.

    What was recorded later does not count, whatever time it claims: a later approval must not
    legalise earlier frames (LAW-05). A gate that was shortened later is shorter for every frame.
    """
    for gate in gates:
        begins = max(gate.met_from, gate.recorded_at)
        ends = gate.met_until
        if gate.gate == kind and begins <= at and (ends is None or at < ends):
            return gate
    return None


def _log(
    session: Session,
    actor: Principal,
    action: str,
    gate: CameraGate,
    *,
    path: str,
    now: datetime,
) -> None:
    append(
        session,
        actor=actor,
        action=action,
        subject_kind="camera",
        subject_id=gate.camera_id,
        organisation_path=path,
        now=now,
        details={
            "gate_id": str(gate.id),
            "gate": gate.gate,
            "met_from": gate.met_from.isoformat(),
            "met_until": gate.met_until.isoformat() if gate.met_until else None,
            "document": gate.document,
        },
    )
