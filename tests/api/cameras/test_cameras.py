"""Cameras over HTTP: registration, versions, as-of questions, differences, stale changes."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from api.audit.tables import AuditEntry
from api.boxes.tables import BoxRecord
from api.cameras.gb28181 import parse_gb28181
from api.cameras.service import ensure_camera
from api.cameras.tables import CameraPicture, CameraRecord
from api.errors import Conflict
from api.users.tables import Role

CITY, DISTRICT, OTHER = "110000", "110105", "110106"
both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
SQUARE = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]]
PERMIT = {
    "id": "market",
    "kind": "permitted",
    "polygon": SQUARE,
    "windows": [{"days": ["sat"], "from": "06:00:00", "to": "12:00:00"}],
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "document": "京城管〔2026〕1号",
    "capacity": 5,
    "business": ["food"],
}


def view(camera_id="gate-1", *zones, **fields):
    return {
        "id": camera_id,
        "name": "东门",
        "timezone": "Asia/Shanghai",
        "zones": [*zones],
        **fields,
    }


def body(camera_id="gate-1", *zones, organisation=DISTRICT, **fields):
    return {
        "registration": {"organisation_id": organisation, **fields},
        "settings": view(camera_id, *zones),
        "note": "first",
    }


def zone(id_="kerb", polygon=None, kind="no_vending"):
    return {"id": id_, "kind": kind, "polygon": polygon or SQUARE}


@pytest.fixture
def admin(log_in):
    """An administrator of DISTRICT."""
    return log_in(Role.ADMIN)


@pytest.fixture
def camera(admin):
    """The camera gate-1 of DISTRICT with one zone; gives its address."""
    made = admin.post("/api/v1/cameras", json=body("gate-1", zone()))
    assert made.status_code == 201, made.text
    return "/api/v1/cameras/gate-1"


def save(admin, address, based_on, *zones, note="", **fields):
    settings = view("gate-1", *zones, **fields)
    change = {"based_on": based_on, "settings": settings, "note": note}
    return admin.put(f"{address}/settings", json=change)


@both
def test_a_camera_is_registered_and_read_back(admin, database):
    """Zones and permits come back as they were given, in the core's own words."""
    request = body(
        "gate-1",
        zone(),
        PERMIT,
        longitude=116.46,
        latitude=39.92,
        mount="ptz",
        owner_organisation="公安局",
        sharing_basis="共享协议",
        permitted_purposes=["STREET_VENDING"],
    )
    made = admin.post("/api/v1/cameras", json=request)
    assert made.status_code == 201, made.text
    found = admin.get("/api/v1/cameras/gate-1").json()
    assert found == made.json()
    assert (found["version"], found["held"]["note"]) == (1, "first")
    assert found["settings"]["zones"][1] == PERMIT | {"name": ""}
    assert found["registration"]["longitude"] == 116.46
    assert found["registration"]["permitted_purposes"] == ["STREET_VENDING"]
    listed = admin.get("/api/v1/cameras").json()["items"]
    assert [(one["id"], one["name"], one["zones"]) for one in listed] == [("gate-1", "东门", 2)]
    with database.reading() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert actions == ["camera.created", "camera.settings_changed"]


@pytest.mark.parametrize(
    ("zones", "words"),
    [
        ([zone("bow", [[0, 0], [1, 1], [1, 0], [0, 1]])], ["bow", "cross"]),
        ([zone("line", [[0, 0], [1, 1], [0.5, 0.5]])], ["line"]),
        ([zone("two", [[0, 0], [1, 1]])], ["two"]),
        ([zone(), zone("out", [[0, 0], [640, 0], [640, 480]])], ["out", "fractions"]),
        ([zone("bad", "here")], ["bad"]),
        ([zone("kind", kind="lake")], ["kind"]),
        ([{"id": "p", "kind": "permitted", "polygon": SQUARE}], ["p", "document"]),
        ([zone("twice"), zone("twice")], ["twice"]),
        ([PERMIT | {"valid_to": "2025-01-01"}], ["market", "valid_to"]),
        ([zone("many", [[0, 0]] * 201)], ["many", "corners"]),
        ([zone(f"z{i}") for i in range(101)], ["100"]),
        ([zone("nul\x00")], ["NUL"]),
        ("none", []),
        ([7], []),
    ],
)
def test_a_zone_that_cannot_be_is_named(admin, camera, zones, words):
    """422 says which zone and why; the camera stays as it is."""
    change = {"based_on": 1, "settings": view("gate-1") | {"zones": zones}}
    answer = admin.put(f"{camera}/settings", json=change)
    assert answer.status_code == 422, answer.text
    for word in words:
        assert word in answer.json()["detail"]
    assert admin.get(camera).json()["version"] == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "gate 1"},
        {"id": None},
        {"id": "x" * 65},
        {"timezone": "Mars/Olympus"},
        {"gb28181_id": "123"},
        {"gb28181_id": "11010500082000000001"},  # a signalling server
        {"gb28181_id": "99010500081320000001"},  # no province
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_be(admin, fields):
    """What is wrong with a camera besides its zones is refused as well."""
    request = body() | {"settings": view() | fields}
    answer = admin.post("/api/v1/cameras", json=request)
    assert answer.status_code == 422, answer.text


@both
def test_as_of(admin, camera, now):
    """A judgement asks for the zones that held at the time of the act, to the microsecond."""
    before = now.instant
    changed_at = now.advance(minutes=10)
    assert save(admin, camera, 1, zone("kerb"), PERMIT, note="market").status_code == 200
    now.advance(minutes=10)
    assert save(admin, camera, 2, note="all gone").status_code == 200

    def at(instant):
        found = admin.get(camera, params={"at": instant.isoformat()}).json()
        ids = [one["id"] for one in (found["settings"] or {"zones": []})["zones"]]
        return found["version"], ids

    assert at(before) == (1, ["kerb"])
    assert at(changed_at - timedelta(microseconds=1)) == (1, ["kerb"])
    assert at(changed_at) == (2, ["kerb", "market"])
    assert at(now.instant) == (3, [])
    assert at(before - timedelta(microseconds=1)) == (None, [])
    assert admin.get(camera).json()["version"] == 3
    assert admin.get(f"{camera}/versions/2").json()["settings"]["zones"][1]["id"] == "market"
    assert admin.get(f"{camera}/versions/4").json()["code"] == "version_unknown"


@both
def test_a_stale_change_is_refused(admin, camera, log_in):
    """Of two that edit the same version the second is told who was first, and nothing is lost."""
    other = log_in(Role.ADMIN, name="Wang")
    assert save(other, camera, 1, zone("new")).status_code == 200
    stale = save(admin, camera, 1, zone("mine"))
    assert (stale.status_code, stale.json()["code"]) == (409, "version_stale")
    assert stale.json()["fields"] == {"version": 2, "changed_by": "Wang"}
    assert save(admin, camera, 2, zone("mine")).json()["version"] == 3


@both
def test_two_that_save_at_once(admin, camera, log_in):
    """One wins, the other is told; there is no version in between and no fault."""
    callers = [admin, log_in(Role.ADMIN), log_in(Role.ADMIN)]
    statuses = []
    barrier = threading.Barrier(len(callers))

    def change(caller, number):
        barrier.wait()
        statuses.append(save(caller, camera, 1, zone(f"zone-{number}")).status_code)

    threads = [
        threading.Thread(target=change, args=(caller, number))
        for number, caller in enumerate(callers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 409, 409]
    assert admin.get(camera).json()["version"] == 2


def test_an_equal_view_makes_no_version(admin, camera):
    """Saving without a change is no change."""
    assert save(admin, camera, 1, zone()).json()["version"] == 1


def test_differences(admin, camera, now):
    """What a version added, removed and changed, who did it, when and why."""
    now.advance(minutes=1)
    moved = zone("kerb", [[0.2, 0.2], [0.6, 0.2], [0.6, 0.6]])
    save(admin, camera, 1, moved, PERMIT, note="kerb moved", name="西门")
    save(admin, camera, 2, PERMIT)
    found = admin.get(f"{camera}/versions/2/changes").json()
    assert found["zones_added"] == ["market"]
    assert found["fields"] == {"name": {"before": "东门", "after": "西门"}}
    assert found["zones_changed"]["kerb"]["polygon"]["before"] == SQUARE
    found = admin.get(f"{camera}/versions/3/changes", params={"since": 1}).json()
    assert (found["zones_added"], found["zones_removed"]) == (["market"], ["kerb"])
    assert admin.get(f"{camera}/versions/1/changes").json()["zones_added"] == ["kerb"]
    history = admin.get(f"{camera}/versions", params={"limit": 2}).json()
    rest = admin.get(f"{camera}/versions", params={"cursor": history["next"]}).json()
    notes = [one["note"] for one in history["items"] + rest["items"]]
    assert notes == ["", "kerb moved", "first"]
    assert history["items"][1]["changed_by"] == admin.user.name


@both
def test_change_and_retire(admin, camera, database):
    """Facts change one by one; a retired camera leaves the list and can come back."""
    changed = admin.patch(camera, json={"longitude": 116.4, "mount": "dome"}).json()
    assert changed["registration"]["longitude"] == 116.4
    assert changed["registration"]["mount"] == "dome"
    assert changed["settings"]["zones"]
    assert admin.patch(camera, json={"longitude": None}).json()["registration"]["longitude"] is None
    assert admin.patch(camera, json={"retired": True}).json()["retired_at"]
    assert admin.get("/api/v1/cameras").json()["items"] == []
    everything = admin.get("/api/v1/cameras", params={"with_retired": True}).json()["items"]
    assert len(everything) == 1
    assert admin.patch(camera, json={"retired": False}).json()["retired_at"] is None
    with database.reading() as session:
        changes = session.scalars(
            select(AuditEntry.details)
            .where(AuditEntry.action == "camera.changed")
            .order_by(AuditEntry.number)
        ).all()
    assert changes[0] == {"longitude": [None, 116.4], "mount": ["fixed", "dome"]}
    assert changes[-1] == {"retired": [True, False]}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"organisation_id": OTHER}, 404),
        ({"box_id": "nobody"}, 404),
        ({"longitude": 181}, 422),
        ({"longitude": "NaN"}, 422),
        ({"mount": "covert"}, 422),  # LAW-26
        ({"coord_sys": "GCJ02"}, 422),
        ({"permitted_purposes": ["FACE_RECOGNITION"]}, 422),
        ({"stream": "rtsp://user:password@camera/"}, 422),
    ],
)
def test_changes_that_cannot_be(admin, camera, change, status):
    """Foreign organisations and boxes are not there; no covert camera, no address of a stream."""
    assert admin.patch(camera, json=change).status_code == status


def test_a_camera_of_another_area_is_not_there(admin, camera, log_in):
    """Every route answers as for a camera that does not exist."""
    foreign = log_in(Role.ADMIN, organisation=OTHER)
    for address in (camera, "/api/v1/cameras/none"):
        answers = [
            foreign.get(address),
            foreign.patch(address, json={"mount": "ptz"}),
            save(foreign, address, 1) if address == camera else foreign.get(address),
            foreign.get(f"{address}/versions"),
            foreign.get(f"{address}/versions/1"),
            foreign.get(f"{address}/versions/1/changes"),
            foreign.get(f"{address}/picture"),
            foreign.get(f"{address}/gates"),
        ]
        assert {answer.json()["code"] for answer in answers} == {"camera_unknown"}
    taken = foreign.post("/api/v1/cameras", json=body(organisation=OTHER))
    assert (taken.status_code, taken.json()["code"]) == (409, "camera_exists")


def test_the_city_sees_the_districts(camera, log_in):
    """Who belongs to a node sees all below it."""
    reader = log_in(Role.OPERATOR, organisation=CITY)
    assert reader.get(camera).status_code == 200
    assert len(reader.get("/api/v1/cameras").json()["items"]) == 1


@both
def test_a_box_introduces_its_cameras(database, box, now, admin):
    """A camera that nobody registered is there once its box speaks of it; without zones of ours."""

    def ensure(camera_id="new-1", box_id=box.box_id):
        with database.writing() as session:
            return ensure_camera(
                session,
                camera_id=camera_id,
                box_id=box_id,
                organisation_path="110000/110105/",
                now=now(),
            )

    faults = []

    def introduce():
        try:
            ensure()
        except Exception as error:  # noqa: BLE001 - told below, from the test's own thread
            faults.append(error)

    threads = [threading.Thread(target=introduce) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    found = admin.get("/api/v1/cameras/new-1").json()
    assert (found["version"], found["settings"]) == (None, None)
    assert found["registration"]["box_id"] == box.box_id
    assert save(admin, "/api/v1/cameras/new-1", 0).status_code == 422  # another camera's id
    with database.reading() as session:
        created = session.scalars(
            select(AuditEntry.subject_id).where(AuditEntry.action == "camera.created")
        ).all()
    assert created == ["new-1"]


def test_a_camera_goes_over_from_a_revoked_box_only(database, enrolled, admin, now):
    """A replaced box brings its cameras along; nobody takes those of a box in use."""
    first, second = enrolled("box-1"), enrolled("box-2")

    def ensure(box, path="110000/110105/"):
        with database.writing() as session:
            return ensure_camera(
                session,
                camera_id="gate-9",
                box_id=box.box_id,
                organisation_path=path,
                now=now(),
            )

    ensure(first)
    with pytest.raises(Conflict) as refused:
        ensure(second)
    assert refused.value.code == "camera_of_another_box"
    with database.writing() as session:
        session.get(BoxRecord, first.box_id).revoked_at = now()
    with pytest.raises(Conflict) as refused:
        ensure(second, "110000/110106/")
    assert refused.value.code == "camera_of_another_area"
    ensure(second)
    with database.reading() as session:
        assert session.get(CameraRecord, "gate-9").box_id == "box-2"


def test_a_box_has_a_bounded_number_of_cameras(database, box, now, monkeypatch):
    """A box that makes up cameras fills no table."""
    monkeypatch.setattr("api.cameras.service.MAX_CAMERAS", 3)

    def introduce(number):
        with database.writing() as session:
            ensure_camera(
                session,
                camera_id=f"made-up-{number}",
                box_id=box.box_id,
                organisation_path="110000/110105/",
                now=now(),
            )

    for number in range(3):
        introduce(number)
    with pytest.raises(Conflict) as refused:
        introduce(3)
    assert refused.value.code == "too_many_cameras"
    with database.reading() as session:
        assert len(session.scalars(select(CameraRecord)).all()) == 3


@pytest.mark.parametrize(
    "text", ["", "1101050008132000000", "110105000813200000012", "1101050008132000000x", "１" * 20]
)
def test_ids_of_the_wrong_shape(text):
    """Twenty plain figures, no more, no fewer."""
    with pytest.raises(ValueError, match="20 figures"):
        parse_gb28181(text)


def test_a_list_says_how_old_the_pictures_are(admin, camera, database, now):
    """A console need not ask for a picture that is not there, nor again for one it has."""
    assert admin.get(camera).json()["picture_at"] is None
    with database.writing() as session:
        session.add(
            CameraPicture(
                camera_id="gate-1",
                captured_at=now(),
                media_type="image/jpeg",
                content=b"\xff\xd8\xff\xd9",
            )
        )
    [listed] = admin.get("/api/v1/cameras").json()["items"]
    assert listed["picture_at"] == admin.get(camera).json()["picture_at"]
    assert listed["picture_at"].startswith("2026-11-23T02:00:00")
