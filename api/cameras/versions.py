"""Versions of a camera's view: the core's own JSON, checked, numbered, compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from pydantic import JsonValue, ValidationError
from sqlalchemy.orm import Session

from api.audit.service import append
from api.cameras import repository
from api.cameras.gb28181 import parse_gb28181
from api.cameras.tables import CameraVersion
from api.errors import Conflict, NotFound, Unprocessable
from api.principal import Principal
from pipeline.camera import Camera

# Far more than anybody draws; the check for crossings takes the square of a polygon's corners.
MAX_ZONES = 100
MAX_CORNERS = 200


class VersionSource(StrEnum):
    """Where a version of a camera's view comes from."""

    CENTRE = "centre"  # drawn by a person here, or imported from another register
    BOX = "box"  # of the box's own settings; in force until somebody draws here


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value before and after."""

    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDiff:
    """What differs between two versions of a camera's view."""

    fields: dict[str, Difference] = field(default_factory=dict)  # name, place, timezone ...
    zones_added: list[str] = field(default_factory=list)
    zones_removed: list[str] = field(default_factory=list)
    zones_changed: dict[str, dict[str, Difference]] = field(default_factory=dict)  # by zone id


def read_camera(settings: Mapping[str, JsonValue], *, camera_id: str) -> Camera:
    """The core's camera from its JSON.

    Raises:
        Unprocessable: It does not fit; names the zone at fault and the reason.
    """
    _check_size(settings)
    try:
        camera = Camera.model_validate(settings)
        if camera.gb28181_id is not None:
            parse_gb28181(camera.gb28181_id)
    except ValidationError as error:
        raise _unprocessable(settings, error) from error
    except ValueError as error:
        raise Unprocessable("gb28181_id", f"gb28181_id: {error}.") from error
    if camera.id != camera_id:
        raise Unprocessable("camera_id", f"The settings are those of {camera.id}, not {camera_id}.")
    if "\\u0000" in camera.model_dump_json():
        raise Unprocessable("camera_settings", "A text holds the character NUL. Remove it.")
    return camera


def id_of(settings: Mapping[str, JsonValue]) -> str:
    """The camera's id in its JSON.

    Raises:
        Unprocessable: There is none.
    """
    id_ = settings.get("id")
    if not isinstance(id_, str):
        raise Unprocessable("camera_settings", "The settings need the camera's id. Add `id`.")
    return id_


def camera_json(camera: Camera) -> dict[str, Any]:
    """The core's camera as JSON, as a version keeps it."""
    return camera.model_dump(mode="json", by_alias=True)


def save_version(
    session: Session,
    *,
    actor: Principal,
    camera_id: str,
    organisation_path: str,
    camera: Camera,
    based_on: int | None,
    note: str,
    now: datetime,
    source: VersionSource = VersionSource.CENTRE,
) -> CameraVersion:
    """Put a new version in force from now on; what is equal to the newest one makes none.

    The caller holds the camera's row, so that nobody saves at the same time.

    Args:
        session: A write session.
        actor: Who changes it.
        camera_id: Whose view.
        organisation_path: Whose matter it is.
        camera: The new view.
        based_on: Number of the version that was changed, 0 for none; None: whatever is there.
        note: Why, in words.
        now: The present instant.
        source: Where the view comes from.

    Raises:
        Conflict: Somebody else saved a version in between.
    """
    newest = repository.newest_version(session, camera_id)
    number = newest.number if newest else 0
    if based_on is not None and based_on != number:
        raise Conflict(
            "version_stale",
            f"The camera is at version {number}, and the change was made on version {based_on}."
            " Load it again and repeat the change.",
            version=number,
            changed_by=newest.changed_by if newest else None,
        )
    settings = camera_json(camera)
    if newest is not None and (newest.settings, newest.source) == (settings, source):
        return newest
    version = CameraVersion(
        id=uuid4(),
        camera_id=camera_id,
        number=number + 1,
        valid_from=now,
        settings=settings,
        changed_by=actor.name,
        source=source,
        note=note,
    )
    session.add(version)
    session.flush()
    diff = compare(newest.settings if newest else {}, settings)
    append(
        session,
        actor=actor,
        action="camera.settings_changed",
        subject_kind="camera",
        subject_id=camera_id,
        organisation_path=organisation_path,
        now=now,
        details={
            "version": version.number,
            "source": source.value,
            "note": note,
            "fields": [*sorted(diff.fields)],
            "zones_added": [*diff.zones_added],
            "zones_removed": [*diff.zones_removed],
            "zones_changed": [*sorted(diff.zones_changed)],
        },
    )
    return version


def version_numbered(session: Session, camera_id: str, number: int) -> CameraVersion:
    """One version.

    Raises:
        NotFound: The camera has no version of this number.
    """
    found = repository.version(session, camera_id, number)
    if found is None:
        raise NotFound("version_unknown", f"The camera {camera_id} has no version {number}.")
    return found


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> VersionDiff:
    """What differs between the JSON of two versions.

    >>> compare({"name": "a", "zones": []}, {"name": "b", "zones": [{"id": "z"}]}).zones_added
    ['z']
    """
    old = {zone["id"]: zone for zone in before.get("zones", ())}
    new = {zone["id"]: zone for zone in after.get("zones", ())}
    changed = {id_: _differences(old[id_], new[id_]) for id_ in new if id_ in old}
    return VersionDiff(
        fields=_differences(
            {key: value for key, value in before.items() if key != "zones"},
            {key: value for key, value in after.items() if key != "zones"},
        ),
        zones_added=sorted(new.keys() - old.keys()),
        zones_removed=sorted(old.keys() - new.keys()),
        zones_changed={id_: found for id_, found in changed.items() if found},
    )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Difference]:
    return {
        key: Difference(before=before.get(key), after=after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    }


def _check_size(settings: Mapping[str, JsonValue]) -> None:
    """Before the core looks: bounds on what it takes time to check."""
    zones = settings.get("zones")
    if not isinstance(zones, list):
        return  # the core says what is wrong with it
    if len(zones) > MAX_ZONES:
        raise Unprocessable("too_many_zones", f"A camera has at most {MAX_ZONES} zones.")
    for zone in zones:
        polygon = zone.get("polygon") if isinstance(zone, dict) else None
        if isinstance(polygon, list) and len(polygon) > MAX_CORNERS:
            raise Unprocessable(
                "too_many_corners",
                f"The zone {_zone_id(zone)} has {len(polygon)} corners;"
                f" draw it with at most {MAX_CORNERS}.",
            )


def _unprocessable(settings: Mapping[str, JsonValue], error: ValidationError) -> Unprocessable:
    """The first problem in words; all of them, with their places, in `fields`."""
    problems = [_problem(settings, dict(problem)) for problem in error.errors()]
    first = problems[0]
    zone = f"Zone {first['zone']}: " if first["zone"] else ""
    return Unprocessable(
        "camera_settings",
        f"{zone}{first['at']}: {first['problem']}.",
        errors=[*problems],
    )


def _problem(settings: Mapping[str, JsonValue], problem: dict[str, Any]) -> dict[str, JsonValue]:
    place = tuple(problem["loc"])
    zones = settings.get("zones")
    zone = None
    if len(place) > 1 and place[0] == "zones" and isinstance(zones, list):
        index = place[1]
        if isinstance(index, int) and index < len(zones):
            zone, place = _zone_id(zones[index]), place[2:]
    return {
        "zone": zone,
        "at": ".".join(str(part) for part in place) or "settings",
        "problem": str(problem["msg"]).removeprefix("Value error, ").rstrip("."),
    }


def _zone_id(zone: JsonValue) -> str:
    id_ = zone.get("id") if isinstance(zone, dict) else None
    return id_[:64] if isinstance(id_, str) else "(without an id)"
