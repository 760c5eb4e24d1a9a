"""What boxes tell of themselves, and what people see of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.boxes.chain import MAX_MISSING_TOLD
from api.users.tables import Role
from tests.api.conftest import CITY, OTHER_DISTRICT

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


def status(now, **fields):
    """A box's status message."""
    return {
        "sent_at": now().isoformat(),
        "started_at": now().isoformat(),
        "software": "edge 1.2",
        **fields,
    }


def gap(now, number, **fields):
    """One gap."""
    return {"number": number, "reason": "quota", "began_at": now().isoformat(), **fields}


def test_status_is_shown(box, log_in, now):
    """The console sees the last status, the time of it, and how far the clock is off."""
    now.advance(minutes=1)
    sent_at = (now() + timedelta(seconds=7)).isoformat()
    camera = {"camera_id": "cam-1", "state": "running", "since": now().isoformat()}
    message = status(now, sent_at=sent_at, outbox_candidates=3, dropped=2, cameras=[camera])
    reply = box.post("status", message)
    assert reply.status_code == 200
    assert reply.json()["snapshots"] == ["cam-1"]
    shown = log_in(Role.OPERATOR).get("/api/v1/boxes/box-1").json()
    assert shown["software"] == "edge 1.2"
    assert shown["clock_difference_seconds"] == 7.0
    assert shown["status"]["outbox_candidates"] == 3
    assert shown["status"]["cameras"][0]["state"] == "running"
    assert shown["key_id"] == box.key.key_id
    assert shown["revoked_at"] is None


def test_pictures_are_asked_for_when_they_are_old(box, now):
    """The reply asks for pictures that are missing or old, of running cameras, a few at a time."""
    states = {f"cam-{n:02}": "running" for n in range(12)} | {"broken": "backing_off"}
    cameras = [
        {"camera_id": name, "state": state, "since": now().isoformat()}
        for name, state in states.items()
    ]

    def asked():
        return box.post("status", status(now, cameras=cameras)).json()["snapshots"]

    assert asked() == sorted(states)[1:11]
    for name in sorted(states)[1:]:
        answer = box.client.put(
            f"/api/v1/boxes/me/pictures/{name}",
            content=b"\xff\xd8\xff\xe0 picture \xff\xd9",
            headers={
                **box.headers,
                "Content-Type": "image/jpeg",
                "X-Captured-At": now().isoformat(),
            },
        )
        assert answer.status_code == 204, answer.text
    assert asked() == []
    now.advance(minutes=11)
    assert len(asked()) == 10


def test_a_status_with_impossible_numbers_is_shown_as_unknown(box, client, log_in, now):
    """Numbers that JSON does not have become unknown instead of breaking the list."""
    body = str(status(now)).replace("'", '"')[:-1] + ', "cpu_share": NaN}'
    answer = client.post(
        "/api/v1/boxes/me/status",
        content=body,
        headers={**box.headers, "Content-Type": "application/json"},
    )
    assert answer.status_code == 200
    shown = log_in(Role.OPERATOR).get("/api/v1/boxes").json()["items"][0]
    assert shown["status"]["cpu_share"] is None


def test_gaps_are_kept_and_acknowledged(box, log_in, now):
    """Gaps are acknowledged up to where none is missing, and shown the last received first."""
    assert box.post("gaps", {"gaps": [gap(now, 1), gap(now, 2)]}).json() == {"through": 2}
    now.advance(minutes=1)
    assert box.post("gaps", {"gaps": [gap(now, 4)]}).json() == {"through": 2}
    assert box.post("gaps", {"gaps": [gap(now, 3, camera_id="cam-1")]}).json() == {"through": 4}
    operator = log_in(Role.OPERATOR)
    assert operator.get("/api/v1/boxes/box-1").json()["gaps"] == 4
    first = operator.get("/api/v1/boxes/box-1/gaps?limit=3").json()
    rest = operator.get(f"/api/v1/boxes/box-1/gaps?limit=3&cursor={first['next']}").json()
    numbers = [item["number"] for item in first["items"] + rest["items"]]
    assert sorted(numbers) == [1, 2, 3, 4]
    assert numbers[-2:] == [2, 1]
    assert rest["next"] is None


def test_gaps_may_be_told_again(box, now):
    """A repetition is acknowledged alike; another content under a number is refused."""
    report = {"gaps": [gap(now, 1, sequence=5)]}
    assert box.post("gaps", report).json() == {"through": 1}
    assert box.post("gaps", report).json() == {"through": 1}
    answer = box.post("gaps", {"gaps": [gap(now, 1, sequence=6)]})
    assert (answer.status_code, answer.json()["code"]) == (409, "gap_conflict")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("began_at", "0001-01-01T00:00:00+14:00"),
        ("detail", "nul \0"),
        ("number", 2**70),
        ("sequence", 0),
    ],
)
def test_values_that_cannot_be_kept_are_no_fault_of_ours(box, now, field, value):
    """Whatever a box sends, an answer of 5xx is not it."""
    answer = box.post("gaps", {"gaps": [gap(now, 1) | {field: value}]})
    assert answer.status_code in {200, 422}
    if answer.status_code == 422:
        assert answer.json()["code"] in {"value_not_storable", "invalid_request"}


def test_a_box_on_a_new_disk_counts_anew(box, enrolled, now):
    """With a new key the numbers of gaps begin again, wherever the box's counter stands."""
    box.post("gaps", {"gaps": [gap(now, 1), gap(now, 2)]})
    renewed = enrolled("box-1")
    assert renewed.post("gaps", {"gaps": [gap(now, 1, sequence=9)]}).json() == {"through": 1}
    again = enrolled("box-1")
    assert again.post("gaps", {"gaps": [gap(now, 7)]}).json() == {"through": 7}


def test_missing_numbers_are_shown(box, log_in):
    """The console sees which manifests have not come, up to a hundred."""
    box.send()
    for _ in range(MAX_MISSING_TOLD + 20):
        box.make()
    box.send()
    shown = log_in(Role.SUPERVISOR).get("/api/v1/boxes/box-1").json()
    assert shown["missing_sequences"] == list(range(2, MAX_MISSING_TOLD + 2))


def test_each_area_sees_its_own_boxes(enrolled, log_in):
    """Boxes of another district are not there; the city sees all, page by page."""
    enrolled("box-1")
    enrolled("box-2", OTHER_DISTRICT)
    enrolled("box-3")
    own = log_in(Role.OPERATOR)
    assert [b["id"] for b in own.get("/api/v1/boxes").json()["items"]] == ["box-1", "box-3"]
    assert own.get("/api/v1/boxes/box-2").status_code == 404
    assert own.get("/api/v1/boxes/box-2/gaps").status_code == 404
    city = log_in(Role.SUPERVISOR, organisation=CITY)
    seen, cursor = [], ""
    while True:
        page = city.get(f"/api/v1/boxes?limit=2{cursor}").json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ["box-1", "box-2", "box-3"]


def test_only_administrators_revoke(enrolled, log_in):
    """Revoking needs the role and the area; doing it twice is doing it once."""
    enrolled("box-1")
    enrolled("box-2", OTHER_DISTRICT)
    assert log_in(Role.OPERATOR).post("/api/v1/boxes/box-1/revoke").status_code == 403
    admin = log_in(Role.ADMIN)
    assert admin.post("/api/v1/boxes/box-2/revoke").status_code == 404
    first = admin.post("/api/v1/boxes/box-1/revoke").json()
    assert first["revoked_at"] is not None
    assert first["key_id"] is None
    assert admin.post("/api/v1/boxes/box-1/revoke").json() == first


@pytest.mark.parametrize("path", ["status", "gaps", "uploads", "candidates"])
def test_boxes_need_their_token(client, organisations, path):
    """Without a box's token no call of a box is answered."""
    assert client.post(f"/api/v1/boxes/me/{path}", json={}).status_code == 401


@pytest.mark.parametrize(
    "objects",
    [
        [],
        [{"sha256": "ab", "size_bytes": 1, "media_type": "image/jpeg"}],
        [{"sha256": "ab" * 32, "size_bytes": 65 * 2**20, "media_type": "image/jpeg"}],
        [{"sha256": "ab" * 32, "size_bytes": 1, "media_type": "a/b\r\nX: y"}],
    ],
)
def test_uploads_are_bounded(box, objects):
    """What is no digest, too large or no media type gets no link."""
    assert box.post("uploads", {"objects": objects}).status_code == 422


def test_links_lead_to_the_public_address(box):
    """Upload links name the address that boxes reach, and end in minutes."""
    answer = box.post(
        "uploads",
        {"objects": [{"sha256": "ab" * 32, "size_bytes": 1, "media_type": "image/jpeg"}]},
    )
    [target] = answer.json()["targets"]
    assert target["url"].startswith("https://testserver/api/v1/store/uploads/")
    assert target["expires_at"] == "2026-11-23T02:15:00Z"
