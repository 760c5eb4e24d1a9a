"""The facts of a camera that stand outside its versions: owner, box, position, mount, purposes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from api.cameras.tables import CameraRecord
from pipeline.violations import Violation


class Mount(StrEnum):
    """How a camera is mounted. There is no covert kind, and none may be added (LAW-26)."""

    FIXED = "fixed"
    MOBILE = "mobile"
    PTZ = "ptz"
    DOME = "dome"


class CoordinateSystem(StrEnum):
    """In which system a position is; GCJ-02 is for showing on a map only and never stored."""

    WGS84 = "WGS84"
    CGCS2000 = "CGCS2000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The facts of a camera that are not in its versions."""

    organisation_id: str
    box_id: str | None = None
    longitude: float | None = None  # degrees
    latitude: float | None = None  # degrees
    coord_sys: CoordinateSystem = CoordinateSystem.WGS84
    mount: Mount = Mount.FIXED
    owner_organisation: str = ""
    sharing_basis: str = ""
    permitted_purposes: tuple[Violation, ...] = ()  # none: all (LAW-70)


def registration_of(record: CameraRecord) -> Registration:
    """The facts of a camera that are not in its versions."""
    return Registration(
        organisation_id=record.organisation_id,
        box_id=record.box_id,
        longitude=record.longitude,
        latitude=record.latitude,
        coord_sys=CoordinateSystem(record.coord_sys),
        mount=Mount(record.mount),
        owner_organisation=record.owner_organisation,
        sharing_basis=record.sharing_basis,
        permitted_purposes=tuple(Violation(one) for one in record.permitted_purposes),
    )


def assign(record: CameraRecord, registration: Registration) -> None:
    """Write the facts into a camera's row."""
    for name, value in plain(registration).items():
        setattr(record, name, value)


def fields_of(registration: Registration) -> dict[str, object]:
    """The facts by name."""
    return {name: getattr(registration, name) for name in Registration.__dataclass_fields__}


def plain(registration: Registration) -> dict[str, JsonValue]:
    """The facts by name, as columns and logs hold them."""
    plain: dict[str, JsonValue] = {}
    for name, value in fields_of(registration).items():
        if isinstance(value, tuple):
            plain[name] = [*sorted({str(one) for one in value})]
        else:
            plain[name] = str(value) if isinstance(value, StrEnum) else value  # type: ignore[assignment]  # text, number or none
    return plain
