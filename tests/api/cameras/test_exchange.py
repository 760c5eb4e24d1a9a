"""What boxes, other registers and the public exchange with the register of cameras."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from api.cameras.schemas import PublicCamera
from api.users.tables import Role, Scope
from pipeline.camera import Camera
from pipeline.exchange import MAX_PICTURE_BYTES, CamerasReply

CITY, DISTRICT, OTHER = "110000", "110105", "110106"
SQUARE = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]]
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20 + b"\xff\xd9"
both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


def view(camera_id, *zone_ids, **fields):
    zones = [{"id": id_, "kind": "no_vending", "polygon": SQUARE} for id_ in zone_ids]
    return {"id": camera_id, "name": "东门", "timezone": "Asia/Shanghai", "zones": zones, **fields}


def entry(camera_id, *zone_ids, organisation=DISTRICT, **registration):
    return {
        "registration": {"organisation_id": organisation, **registration},
        "settings": view(camera_id, *zone_ids),
    }


@pytest.fixture
def admin(log_in):
    """An administrator of DISTRICT."""
    return log_in(Role.ADMIN)


@pytest.fixture
def bearer(admin):
    """The header of a register's token for DISTRICT."""
    body = {"name": "register", "organisation_id": DISTRICT, "scopes": [Scope.REGISTER_WRITE]}
    token = admin.post("/api/v1/machine-tokens", json=body).json()["token"]
    return {"Authorization": f"Bearer {token}"}


def add(admin, camera_id="gate-1", *zone_ids, **registration):
    body = entry(camera_id, *zone_ids, **registration)
    made = admin.post("/api/v1/cameras", json=body)
    assert made.status_code == 201, made.text


def bring(client, box, content=JPEG, camera_id="gate-1", **headers):
    sent = {
        **box.headers,
        "Content-Type": "image/jpeg",
        "X-Captured-At": "2026-11-23T01:59:00+00:00",
        **headers,
    }
    return client.put(f"/api/v1/boxes/me/pictures/{camera_id}", content=content, headers=sent)


@both
def test_zones_drawn_here_reach_the_box(admin, box, client, enrolled):
    """A box gets the newest view of its own cameras, in the words of the core, and no others."""
    add(admin, "gate-1", "kerb", box_id=box.box_id)
    add(admin, "gate-2", "wall", box_id=enrolled("box-2").box_id)
    answer = client.get("/api/v1/boxes/me/cameras", headers=box.headers)
    reply = CamerasReply.model_validate_json(answer.content)
    assert [(one.camera_id, one.version) for one in reply.cameras] == [("gate-1", 1)]
    camera = Camera.model_validate(reply.cameras[0].settings)
    assert [zone.id for zone in camera.zones] == ["kerb"]


def test_a_box_asks_without_load(admin, box, client):
    """Nothing new is told in one line; a new version, and a retired camera, are told at once."""
    add(admin, "gate-1", "kerb", box_id=box.box_id)
    first = client.get("/api/v1/boxes/me/cameras", headers=box.headers)
    known = box.headers | {"If-None-Match": first.headers["ETag"]}
    again = client.get("/api/v1/boxes/me/cameras", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    change = {"based_on": 1, "settings": view("gate-1", "kerb", "new")}
    admin.put("/api/v1/cameras/gate-1/settings", json=change)
    changed = client.get("/api/v1/boxes/me/cameras", headers=known)
    assert changed.json()["cameras"][0]["version"] == 2
    admin.patch("/api/v1/cameras/gate-1", json={"retired": True})
    assert client.get("/api/v1/boxes/me/cameras", headers=known).json()["cameras"] == []


def test_a_camera_without_zones_of_ours_keeps_the_boxs_own(box, client):
    """Until somebody draws zones here, nothing is told that would replace the box's file."""
    assert bring(client, box).status_code == 204
    answer = client.get("/api/v1/boxes/me/cameras", headers=box.headers)
    assert answer.json()["cameras"] == []


@both
def test_the_newest_picture(admin, box, client, log_in):
    """A box brings it, readers of the area see it, nobody else does."""
    assert bring(client, box).status_code == 204
    later = JPEG[:-2] + b"later" + JPEG[-2:]
    assert bring(client, box, later, **{"X-Captured-At": "2026-11-23T02:00:00Z"}).status_code == 204
    old = bring(client, box, JPEG, **{"X-Captured-At": "2026-11-23T01:00:00Z"})
    assert old.status_code == 204
    reader = log_in(Role.OPERATOR)
    found = reader.get("/api/v1/cameras/gate-1/picture")
    assert (found.content, found.headers["Content-Type"]) == (later, "image/jpeg")
    assert found.headers["X-Captured-At"] == "2026-11-23T02:00:00+00:00"
    foreign = log_in(Role.OPERATOR, organisation=OTHER)
    assert foreign.get("/api/v1/cameras/gate-1/picture").status_code == 404
    add(admin, "gate-2")
    assert reader.get("/api/v1/cameras/gate-2/picture").json()["code"] == "no_picture"


def test_a_picture_from_the_future_keeps_nothing_out(box, client, log_in):
    """A box whose clock was two days ahead is not blind for two days."""
    wrong = bring(client, box, JPEG, **{"X-Captured-At": "2026-11-25T02:00:00Z"})
    assert wrong.status_code == 204
    later = JPEG[:-2] + b"right" + JPEG[-2:]
    assert bring(client, box, later).status_code == 204
    assert log_in(Role.OPERATOR).get("/api/v1/cameras/gate-1/picture").content == later


def _png():
    chunk = b"IDAT" + zlib.compress(b"\x00\x00")
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2) + chunk).getvalue()


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 422),
        (_png(), {}, 422),
        (JPEG[:-2], {}, 422),  # truncated on the way
        (b"<html>" + JPEG, {}, 422),
        (JPEG, {"Content-Type": "text/html"}, 422),
        (JPEG, {"Content-Type": "application/json"}, 422),
        (JPEG, {"X-Captured-At": "yesterday"}, 422),
        (JPEG, {"X-Captured-At": "2026-11-23T02:00:00"}, 422),
        (JPEG[:-2] + bytes(MAX_PICTURE_BYTES) + JPEG[-2:], {}, 413),
        (JPEG, {"Authorization": "Bearer scb_unknown"}, 401),
    ],
)
def test_bad_pictures(box, client, log_in, content, headers, status):  # noqa: PLR0917 - cases
    """What is no whole JPEG of a known box with a time is refused, and registers no camera."""
    assert bring(client, box, content, **headers).status_code == status
    assert log_in(Role.ADMIN).get("/api/v1/cameras").json()["items"] == []


def test_a_picture_of_another_boxs_camera(box, client, enrolled):
    """Nobody replaces the picture of another box."""
    bring(client, box)
    answer = bring(client, enrolled("box-2"))
    assert (answer.status_code, answer.json()["code"]) == (409, "camera_of_another_box")


@both
def test_a_register_is_imported_as_often_as_one_likes(client, bearer, admin):
    """New ones are added, changed ones get a version, equal ones stay; what comes out fits in."""
    register = {
        "cameras": [
            entry("gate-1", "kerb", permitted_purposes=["STREET_VENDING", "ILLEGAL_AD"]),
            entry("gate-2", longitude=116.4),
        ],
        "note": "nightly",
    }

    def send(body):
        answer = client.post("/api/v1/camera-register", json=body, headers=bearer)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert send(register)["created"] == ["gate-1", "gate-2"]
    assert send(register)["unchanged"] == ["gate-1", "gate-2"]
    register["cameras"][0]["settings"] = view("gate-1", "kerb", "wall")
    register["cameras"][1]["registration"]["longitude"] = 116.5
    assert send(register) == {"created": [], "changed": ["gate-1", "gate-2"], "unchanged": []}
    found = admin.get("/api/v1/cameras/gate-1").json()
    assert (found["version"], found["held"]["changed_by"]) == (2, "register")
    assert admin.get("/api/v1/cameras/gate-2").json()["version"] == 1
    page = client.get("/api/v1/camera-register", headers=bearer).json()
    exported = {"cameras": page["cameras"]}
    assert send(exported)["unchanged"] == ["gate-1", "gate-2"]


@both
@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (entry("gate-1"), "camera_twice"),
        (entry("gate-2", organisation=OTHER), "organisation_unknown"),
        (entry("gate-2", organisation=CITY), "organisation_unknown"),
        (entry("gate-2", box_id="nobody"), "box_unknown"),
        (entry("gate 2"), "camera_settings"),
        ({"registration": {"organisation_id": DISTRICT}, "settings": {}}, "camera_settings"),
    ],
)
def test_a_register_is_imported_whole_or_not_at_all(client, bearer, admin, bad, code):
    """One camera that does not fit, and none is there."""
    body = {"cameras": [entry("gate-1"), bad]}
    answer = client.post("/api/v1/camera-register", json=body, headers=bearer)
    assert answer.json()["code"] == code, answer.text
    assert admin.get("/api/v1/cameras").json()["items"] == []


def test_a_register_changes_no_foreign_camera(client, bearer, log_in):
    """A camera of another district is as if its id were not to be had."""
    foreign = log_in(Role.ADMIN, organisation=OTHER)
    add_to_other = foreign.post("/api/v1/cameras", json=entry("gate-9", organisation=OTHER))
    assert add_to_other.status_code == 201
    body = {"cameras": [entry("gate-9")]}
    answer = client.post("/api/v1/camera-register", json=body, headers=bearer)
    assert answer.status_code == 404
    assert foreign.get("/api/v1/cameras/gate-9").json()["version"] == 1


@both
def test_the_public_sees_exactly_the_published_cameras(client, admin, log_in, now):
    """LAW-04: a camera is on the list from its publication to its end, and not a day longer."""
    keeper = log_in(Role.LEGAL_REVIEWER)
    for camera_id in ("gate-1", "gate-2", "gate-3", "gate-4"):
        add(admin, camera_id, "kerb", longitude=116.4, latitude=39.9)

    def publish(camera_id, begins, ends=None):
        body = {
            "gate": "publication",
            "met_from": begins,
            "met_until": ends,
            "document": "通告1号",
            "details": {"url": "https://example.org/cameras"},
        }
        made = keeper.post(f"/api/v1/cameras/{camera_id}/gates", json=body)
        assert made.status_code == 201, made.text

    publish("gate-1", "2026-01-01T00:00:00Z", "2026-11-23T02:30:00Z")
    publish("gate-1", "2026-06-01T00:00:00Z")  # published twice: listed once, since the first
    publish("gate-2", "2026-11-23T02:10:00Z")  # from later on
    publish("gate-3", "2026-01-01T00:00:00Z", "2026-11-23T02:10:00Z")
    publish("gate-4", "2026-01-01T00:00:00Z")
    admin.patch("/api/v1/cameras/gate-4", json={"retired": True})

    def listed():
        items, cursor = [], None
        while True:
            params = {"limit": 1, "cursor": cursor}
            page = client.get("/api/v1/public/cameras", params=params).json()
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    assert [one["id"] for one in listed()] == ["gate-1", "gate-3"]
    assert listed()[0] == {
        "id": "gate-1",
        "name": "东门",
        "place": "",
        "organisation": "East",
        "longitude": 116.4,
        "latitude": 39.9,
        "coord_sys": "WGS84",
        "published_since": "2026-01-01T00:00:00Z",
        "publication_url": "https://example.org/cameras",
        "document": "通告1号",
    }
    now.advance(minutes=10)
    assert [one["id"] for one in listed()] == ["gate-1", "gate-2"]


def test_what_the_public_sees_of_a_camera():
    """A snapshot: no address, no credentials, no box, no zones; a new field must be meant."""
    assert set(PublicCamera.model_fields) == {
        "id",
        "name",
        "place",
        "organisation",
        "longitude",
        "latitude",
        "coord_sys",
        "published_since",
        "publication_url",
        "document",
    }
