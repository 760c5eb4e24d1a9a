"""A box introduces its cameras: its own zones are seen here, and hold until somebody draws."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from api.audit.tables import AuditEntry
from api.users.tables import Role
from pipeline.camera import Camera
from pipeline.exchange import BoxStatus, CamerasReply, CameraState, CameraStatus

SQUARE = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]]
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20 + b"\xff\xd9"
both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


def view(camera_id="gate-1", *zone_ids, **fields):
    """As a box writes it: the core's own JSON."""
    zones = [{"id": id_, "kind": "no_vending", "polygon": SQUARE} for id_ in zone_ids]
    camera = Camera.model_validate({"id": camera_id, "name": "东门", "zones": zones, **fields})
    return camera.model_dump(mode="json", by_alias=True)


@pytest.fixture
def admin(log_in):
    """An administrator of the box's node."""
    return log_in(Role.ADMIN)


@pytest.fixture
def introduce(client, box):
    """The box says what its file says."""

    def call(*settings, who=box, **position):
        body = {"cameras": [{"settings": one, **position} for one in settings]}
        answer = client.put("/api/v1/boxes/me/cameras", json=body, headers=who.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["refused"]

    return call


@pytest.fixture
def told(client, box):
    """What the centre wants the box to use."""

    def ask():
        answer = client.get("/api/v1/boxes/me/cameras", headers=box.headers)
        return CamerasReply.model_validate_json(answer.content).cameras

    return ask


@both
def test_the_boxs_own_zones_are_seen_here(introduce, admin, told, box):
    """As version 1, of the box; the box is not told its own words."""
    assert introduce(view("gate-1", "kerb"), longitude=116.4, latitude=39.9) == {}
    camera = admin.get("/api/v1/cameras/gate-1").json()
    assert (camera["name"], camera["version"], camera["zones"]) == ("东门", 1, 1)
    assert camera["held"]["source"] == "box"
    assert camera["held"]["changed_by"] == box.box_id
    assert [zone["id"] for zone in camera["settings"]["zones"]] == ["kerb"]
    registration = camera["registration"]
    assert (registration["longitude"], registration["latitude"]) == (116.4, 39.9)
    assert told() == ()


def test_a_repetition_changes_nothing(introduce, admin, database):
    """Not in the versions and not in the log; a changed file is a new version."""
    introduce(view("gate-1", "kerb"), longitude=116.4, latitude=39.9)
    introduce(view("gate-1", "kerb"), longitude=116.4, latitude=39.9)
    assert len(admin.get("/api/v1/cameras/gate-1/versions").json()["items"]) == 1
    introduce(view("gate-1", "kerb", "wall"))
    versions = admin.get("/api/v1/cameras/gate-1/versions").json()["items"]
    assert [(one["number"], one["source"]) for one in versions] == [(2, "box"), (1, "box")]
    with database.reading() as session:
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.subject_id == "gate-1")
        ).all()
    assert sorted(actions) == [
        "camera.changed",
        "camera.created",
        "camera.settings_changed",
        "camera.settings_changed",
    ]


@both
def test_who_draws_here_has_the_last_word(introduce, admin, told):
    """From then on the box uses the centre's version, and its own file changes nothing more."""
    introduce(view("gate-1", "kerb"))
    saved = admin.put(
        "/api/v1/cameras/gate-1/settings",
        json={"based_on": 1, "settings": view("gate-1", "pavement"), "note": "drawn"},
    )
    assert saved.status_code == 200, saved.text
    assert saved.json()["held"]["source"] == "centre"
    introduce(view("gate-1", "kerb", "wall"))
    (settings,) = told()
    assert (settings.camera_id, settings.version) == ("gate-1", 2)
    assert [zone["id"] for zone in settings.settings["zones"]] == ["pavement"]


def test_saving_the_boxs_zones_as_they_are_adopts_them(introduce, admin, told):
    """A person who saves them unchanged has taken them over: a version of the centre."""
    introduce(view("gate-1", "kerb"))
    body = {"based_on": 1, "settings": view("gate-1", "kerb"), "note": ""}
    assert admin.put("/api/v1/cameras/gate-1/settings", json=body).json()["version"] == 2
    assert [one.version for one in told()] == [2]


def test_a_position_that_somebody_entered_stays(introduce, admin):
    """The box's file fills in what is missing, no more."""
    introduce(view("gate-1"))
    place = {"longitude": 120.0, "latitude": 30.0}
    admin.patch("/api/v1/cameras/gate-1", json=place)
    introduce(view("gate-1"), longitude=116.4, latitude=39.9)
    registration = admin.get("/api/v1/cameras/gate-1").json()["registration"]
    assert (registration["longitude"], registration["latitude"]) == (120.0, 30.0)


def test_one_camera_that_does_not_fit_holds_up_no_other(introduce, admin, enrolled):
    """Crossed zones, another box's camera, no id: each is named, the rest is taken."""
    introduce(view("theirs"), who=enrolled("box-2"))
    crossed = view("crossed", "kerb")
    crossed["zones"][0]["polygon"] = [[0, 0], [1, 1], [1, 0], [0, 1]]
    refused = introduce(crossed, view("theirs"), {"name": "without"}, view("good", "kerb"))
    assert refused.keys() == {"crossed", "theirs", ""}
    assert "kerb" in refused["crossed"]
    assert "box-2" in refused["theirs"]
    assert admin.get("/api/v1/cameras/good").json()["version"] == 1
    assert admin.get("/api/v1/cameras/crossed").status_code == 404


@pytest.mark.parametrize("position", [{"longitude": 181.0, "latitude": 0.0}, {"latitude": "x"}])
def test_a_position_that_cannot_be_is_refused(client, box, position):
    """As a whole: the box's own settings check it before."""
    body = {"cameras": [{"settings": view("gate-1"), **position}]}
    answer = client.put("/api/v1/boxes/me/cameras", json=body, headers=box.headers)
    assert answer.status_code == 422


def test_a_box_is_asked_for_pictures_while_somebody_looks(client, box, introduce, admin, now):
    """Not for each picture that is seconds old, and no longer when nobody looks."""
    introduce(view("gate-1"))
    moment = now()

    def bring(captured_at):
        headers = box.headers | {
            "Content-Type": "image/jpeg",
            "X-Captured-At": captured_at.isoformat(),
        }
        path = "/api/v1/boxes/me/pictures/gate-1"
        assert client.put(path, content=JPEG, headers=headers).status_code == 204

    def wanted():
        camera = CameraStatus(camera_id="gate-1", state=CameraState.RUNNING, since=moment)
        status = BoxStatus(sent_at=moment, started_at=moment, software="s", cameras=(camera,))
        answer = client.post(
            "/api/v1/boxes/me/status",
            content=status.model_dump_json(),
            headers=box.headers | {"Content-Type": "application/json"},
        )
        return answer.json()["snapshots"]

    assert wanted() == ["gate-1"]  # it has none yet
    bring(moment - timedelta(minutes=1))
    assert wanted() == []
    assert admin.get("/api/v1/cameras/gate-1/picture").status_code == 200
    assert wanted() == ["gate-1"]
    bring(moment)
    assert wanted() == []
