"""Boxes and centres of different versions: nothing is thrown away, and both are told what to do."""

from __future__ import annotations

import pytest

from api.users.tables import Role
from pipeline.exchange import WIRE_REVISION, WIRE_REVISION_HEADER

NEWER = {WIRE_REVISION_HEADER: str(WIRE_REVISION + 1)}


@pytest.fixture
def newer(box):
    """Calls of the box, as software of the next version would make them."""

    def call(path, json):
        return box.client.post(
            f"/api/v1/boxes/me/{path}", json=json, headers={**box.headers, **NEWER}
        )

    return call


def gap(now, **fields):
    """One gap."""
    return {"number": 1, "reason": "quota", "began_at": now().isoformat(), **fields}


def status(now, **fields):
    """A box's status."""
    said = {"sent_at": now().isoformat(), "started_at": now().isoformat(), "software": "edge 9"}
    return {**said, **fields}


def is_told_to_wait(answer):
    """Whether an answer says that the centre has to be updated, and nothing is wrong."""
    problem = answer.json()
    return (
        (answer.status_code, problem["code"]) == (409, "centre_too_old")
        and problem["fields"]["box_wire"] == WIRE_REVISION + 1
        and problem["fields"]["centre_wire"] == WIRE_REVISION
        and "Update the centre" in problem["detail"]
        and int(answer.headers["Retry-After"]) > 0
    )


def test_a_newer_message_waits_for_the_centre(newer, now):
    """A gap for a reason, or with a field, that this centre does not know."""
    assert is_told_to_wait(newer("gaps", {"gaps": [gap(now, reason="aliens")]}))
    assert is_told_to_wait(newer("gaps", {"gaps": [gap(now, colour="green")]}))
    assert newer("gaps", {"gaps": [gap(now)]}).status_code == 200


def test_a_newer_candidate_waits_for_the_centre(box, newer):
    """An unknown field or format in the candidate or in its signed manifest; nothing is kept."""
    submission, contents = box.make()
    box.upload(submission, contents)
    said = submission.model_dump(mode="json")
    for candidate in ({"weather": "snow"}, {"format": 2}, {"violation": "LITTER"}):
        assert is_told_to_wait(
            newer("candidates", {**said, "candidate": said["candidate"] | candidate})
        )
    assert is_told_to_wait(newer("candidates", {**said, "attachments": []}))
    manifest = said["manifest"].replace('"format":1', '"format":2')
    signed = box.key.sign(manifest.encode()).canonical_bytes().decode()
    assert is_told_to_wait(newer("candidates", {**said, "manifest": manifest, "signature": signed}))
    assert newer("candidates", said).json()["duplicate"] is False


def test_the_same_from_a_box_of_our_version_is_a_mistake(box, now):
    """What a box of this version should know better is refused for good."""
    for headers in ({}, {WIRE_REVISION_HEADER: str(WIRE_REVISION)}, {WIRE_REVISION_HEADER: "-9"}):
        answer = box.client.post(
            "/api/v1/boxes/me/gaps",
            json={"gaps": [gap(now, reason="aliens")]},
            headers={**box.headers, **headers},
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("said", ["9" * 5000, "２", "1.5", "", "two", "0x2"])
def test_a_revision_that_is_none_changes_nothing(box, now, said):
    """Whatever stands in the header, the message itself decides."""
    headers = {**box.headers, WIRE_REVISION_HEADER: said.encode()}
    for reason, expected in (("quota", 200), ("aliens", 422)):
        answer = box.client.post(
            "/api/v1/boxes/me/gaps", json={"gaps": [gap(now, reason=reason)]}, headers=headers
        )
        assert answer.status_code == expected


def test_a_newer_boxs_status_is_understood_as_far_as_it_goes(newer, box, now, log_in):
    """An older centre sees that a newer box lives, and leaves out what it does not know."""
    camera = {"camera_id": "cam-1", "state": "running", "since": now().isoformat(), "fog": 3}
    answer = newer("status", status(now, cameras=[camera], temperature=41))
    assert answer.status_code == 200
    told = log_in(Role.OPERATOR).get("/api/v1/boxes/box-1").json()
    assert told["software"] == "edge 9"
    assert told["status"]["cameras"][0]["camera_id"] == "cam-1"
    assert "temperature" not in told["status"]
