"""The register of cameras: added, changed, retired, found; each change is logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.audit.service import append
from api.boxes.tables import BoxRecord
from api.cameras import repository
from api.cameras.registration import Registration, assign, fields_of, plain, registration_of
from api.cameras.repository import Located, Published
from api.cameras.tables import CameraRecord, CameraVersion
from api.cameras.versions import VersionSource, read_camera, save_version, version_numbered
from api.database import insert_new
from api.errors import Conflict, NotFound
from api.paging import decode_cursor, encode_cursor
from api.principal import Principal, PrincipalKind
from api.users.service import organisation_seen_by
from api.users.tables import Organisation
from pipeline.exchange import MAX_CAMERAS

PUBLICATION = "publication"  # the gate that makes a camera public; api.cameras.gates.GateKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFacts:
    """A camera as its register knows it, with the version of its view that was asked for."""

    record: CameraRecord
    organisation: Organisation
    version: CameraVersion | None
    settings: dict[str, JsonValue] = field(default_factory=dict)
    picture_at: datetime | None = None  # when its newest picture was taken; none: it has none


def create_camera(
    session: Session,
    *,
    actor: Principal,
    camera_id: str,
    registration: Registration,
    settings: dict[str, JsonValue],
    note: str,
    now: datetime,
) -> CameraFacts:
    """Add a camera with the first version of its view.

    Raises:
        Unprocessable: The settings do not fit.
        NotFound: The organisation or the box is not there, or not in the actor's area.
        Conflict: The id is taken.
    """
    camera = read_camera(settings, camera_id=camera_id)
    organisation = organisation_seen_by(session, actor, registration.organisation_id)
    record = CameraRecord(id=camera_id, created_at=now)
    _register(session, actor, record, registration)
    if repository.camera(session, camera_id) or not insert_new(session, record):
        raise Conflict("camera_exists", f"There is a camera {camera_id} already.")
    _log(
        session,
        actor,
        "camera.created",
        record,
        path=organisation.path,
        now=now,
        details=plain(registration),
    )
    version = save_version(
        session,
        actor=actor,
        camera_id=camera_id,
        organisation_path=organisation.path,
        camera=camera,
        based_on=0,
        note=note,
        now=now,
    )
    return _facts_of_one(session, record, organisation, version)


def change_registration(
    session: Session,
    *,
    actor: Principal,
    camera_id: str,
    changes: dict[str, object],
    retired: bool | None,
    now: datetime,
) -> CameraFacts:
    """Change facts of a camera, by name of the field of `Registration`, or retire it.

    Raises:
        NotFound: The camera, the organisation or the box is not there, or not in the actor's area.
    """
    record, organisation = camera_seen_by(session, actor, camera_id, to_change=True)
    before = registration_of(record)
    after = Registration(**{**fields_of(before), **changes})  # type: ignore[arg-type]  # the schema's types
    target = organisation_seen_by(session, actor, after.organisation_id)
    _register(session, actor, record, after)
    old, new = plain(before), plain(after)
    differences: dict[str, JsonValue] = {
        name: [old[name], new[name]] for name in new if new[name] != old[name]
    }
    if retired is not None and retired != (record.retired_at is not None):
        differences["retired"] = [not retired, retired]
        record.retired_at = now if retired else None
    session.flush()
    if differences:
        _log(
            session,
            actor,
            "camera.changed",
            record,
            path=organisation.path,
            now=now,
            details=differences,
        )
    return _facts_of_one(session, record, target, repository.newest_version(session, camera_id))


def change_settings(
    session: Session,
    *,
    actor: Principal,
    camera_id: str,
    settings: dict[str, JsonValue],
    based_on: int,
    note: str,
    now: datetime,
) -> CameraFacts:
    """Put a new version of a camera's view in force.

    Raises:
        Unprocessable: The settings do not fit.
        NotFound: The camera is not there, or not in the actor's area.
        Conflict: Somebody else saved a version in between.
    """
    camera = read_camera(settings, camera_id=camera_id)
    record, organisation = camera_seen_by(session, actor, camera_id, to_change=True)
    version = save_version(
        session,
        actor=actor,
        camera_id=camera_id,
        organisation_path=organisation.path,
        camera=camera,
        based_on=based_on,
        note=note,
        now=now,
    )
    return _facts_of_one(session, record, organisation, version)


def camera_seen_by(
    session: Session, actor: Principal, camera_id: str, *, to_change: bool = False
) -> Located:
    """A camera in somebody's area.

    Raises:
        NotFound: Not there, or not in the area.
    """
    found = repository.camera(session, camera_id, to_change=to_change)
    if found is None or not actor.sees(found[1].path):
        raise NotFound("camera_unknown", f"There is no camera {camera_id}.")
    return found


def facts_at(
    session: Session, actor: Principal, camera_id: str, at: datetime | None
) -> CameraFacts:
    """A camera with the version of its view that held at an instant; none: the newest.

    Raises:
        NotFound: Not there, or not in the actor's area.
    """
    record, organisation = camera_seen_by(session, actor, camera_id)
    if at is None:
        version = repository.newest_version(session, camera_id)
    else:
        version = repository.version_at(session, camera_id, at)
    return _facts_of_one(session, record, organisation, version)


def facts_of_version(
    session: Session, actor: Principal, camera_id: str, number: int
) -> CameraFacts:
    """A camera with one version of its view.

    Raises:
        NotFound: The camera or the version is not there, or not in the actor's area.
    """
    record, organisation = camera_seen_by(session, actor, camera_id)
    return _facts_of_one(
        session, record, organisation, version_numbered(session, camera_id, number)
    )


def cameras_seen_by(
    session: Session,
    actor: Principal,
    *,
    cursor: str | None,
    limit: int,
    box_id: str | None = None,
    with_retired: bool = False,
) -> tuple[Sequence[CameraFacts], str | None]:
    """One page of the cameras of the actor's area, by id, and the cursor of the next page.

    Raises:
        BadRequest: The cursor is none of this list.
    """
    after = str(decode_cursor(cursor, str)[0]) if cursor else ""
    found = repository.cameras_below(
        session,
        actor.organisation_path,
        after=after,
        limit=limit + 1,
        box_id=box_id,
        with_retired=with_retired,
    )
    page = found[:limit]
    versions = repository.newest_versions(session, [record.id for record, _ in page])
    pictures = repository.picture_times(session, [record.id for record, _ in page])
    facts = [
        _facts(record, node, versions.get(record.id), pictures.get(record.id))
        for record, node in page
    ]
    return facts, encode_cursor(page[-1][0].id) if len(found) > limit else None


def published_at(
    session: Session, at: datetime, *, cursor: str | None, limit: int
) -> tuple[list[tuple[Published, CameraVersion | None]], str | None]:
    """One page of the cameras whose location is published at an instant, by id.

    Raises:
        BadRequest: The cursor is none of this list.
    """
    after = str(decode_cursor(cursor, str)[0]) if cursor else ""
    found = repository.published(session, PUBLICATION, at, after=after, limit=limit + 1)
    page: dict[str, Published] = {}
    for one in found[:limit]:
        page.setdefault(one[0].id, one)  # published twice: the earlier one counts
    versions = repository.newest_versions(session, list(page))
    items = [(one, versions.get(id_)) for id_, one in page.items()]
    return items, encode_cursor(found[limit - 1][0].id) if len(found) > limit else None


def cameras_of_box(session: Session, box_id: str) -> Sequence[CameraVersion]:
    """The newest version of each camera in use of a box; of those that were drawn here."""
    found = repository.cameras_below(session, "", after="", limit=MAX_CAMERAS, box_id=box_id)
    versions = repository.newest_versions(session, [record.id for record, _ in found])
    newest = [versions[id_] for id_ in sorted(versions)]
    return [version for version in newest if version.source == VersionSource.CENTRE]


def ensure_camera(
    session: Session, *, camera_id: str, box_id: str, organisation_path: str, now: datetime
) -> CameraRecord:
    """The camera that a box speaks of; one that nobody knows is registered, for the box's node.

    It gets no version: that comes with its box's introduction, or with the first who draws here.
    A camera of a revoked box goes over to the one that brings it.

    Raises:
        Conflict: The camera belongs to another box or area, or the box has too many cameras.
    """
    found = repository.camera(session, camera_id, to_change=True)
    if found is None:
        node = repository.organisation_by_path(session, organisation_path)
        if node is None:
            raise NotFound(
                "organisation_unknown", f"There is no organisation at {organisation_path}."
            )
        _check_room(session, box_id)
        record = CameraRecord(id=camera_id, created_at=now)
        assign(record, Registration(organisation_id=node.id, box_id=box_id))
        if insert_new(session, record):
            details: dict[str, JsonValue] = {"box_id": box_id}
            actor = _box(box_id, organisation_path)
            _log(session, actor, "camera.created", record, path=node.path, now=now, details=details)
            return record
        found = repository.camera(session, camera_id, to_change=True)
    if found is None:  # pragma: no cover - cameras are never deleted
        raise Conflict("camera_unsettled", "Somebody else is at it. Try again.")
    record, organisation = found
    if record.box_id != box_id:
        _check_free(session, record, organisation, organisation_path)
        details = {"box_id": [record.box_id, box_id]}
        record.box_id = box_id
        session.flush()
        actor = _box(box_id, organisation_path)
        path = organisation.path
        _log(session, actor, "camera.changed", record, path=path, now=now, details=details)
    return record


def _box(box_id: str, organisation_path: str) -> Principal:
    return Principal(
        kind=PrincipalKind.BOX, id=box_id, name=box_id, organisation_path=organisation_path
    )


def _check_free(
    session: Session, record: CameraRecord, organisation: Organisation, box_path: str
) -> None:
    box = session.get(BoxRecord, record.box_id) if record.box_id else None
    if box is not None and box.revoked_at is None:
        raise Conflict(
            "camera_of_another_box", f"The camera {record.id} belongs to the box {box.id}."
        )
    if not organisation.path.startswith(box_path):
        raise Conflict(
            "camera_of_another_area", f"The camera {record.id} is not in the box's area."
        )


def _check_room(session: Session, box_id: str) -> None:
    known = session.scalars(
        select(CameraRecord.id).where(CameraRecord.box_id == box_id).limit(MAX_CAMERAS)
    ).all()
    if len(known) >= MAX_CAMERAS:
        raise Conflict("too_many_cameras", f"The box {box_id} has {MAX_CAMERAS} cameras already.")


def _register(
    session: Session, actor: Principal, record: CameraRecord, registration: Registration
) -> None:
    if registration.box_id is not None and registration.box_id != record.box_id:
        box = session.get(BoxRecord, registration.box_id)
        node = session.get(Organisation, box.organisation_id) if box else None
        if node is None or not actor.sees(node.path):
            raise NotFound("box_unknown", f"There is no box {registration.box_id}.")
    assign(record, registration)


def _facts_of_one(
    session: Session,
    record: CameraRecord,
    organisation: Organisation,
    version: CameraVersion | None,
) -> CameraFacts:
    picture_at = repository.picture_times(session, [record.id]).get(record.id)
    return _facts(record, organisation, version, picture_at)


def _facts(
    record: CameraRecord,
    organisation: Organisation,
    version: CameraVersion | None,
    picture_at: datetime | None,
) -> CameraFacts:
    return CameraFacts(
        record=record,
        organisation=organisation,
        version=version,
        settings=dict(version.settings) if version else {},
        picture_at=picture_at,
    )


def _log(
    session: Session,
    actor: Principal,
    action: str,
    record: CameraRecord,
    *,
    path: str,
    now: datetime,
    details: dict[str, JsonValue],
) -> None:
    append(
        session,
        actor=actor,
        action=action,
        subject_kind="camera",
        subject_id=record.id,
        organisation_path=path,
        now=now,
        details=details,
    )
