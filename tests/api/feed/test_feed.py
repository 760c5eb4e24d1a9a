"""Tests of the feed: every event once, in order, from any cursor, in the published form."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from api.cases.supplements import announce_supplement
from api.feed.content import EventType, json_schema
from api.feed.tables import Event
from api.users.tables import Scope

API = "/api/v1"
SCHEMAS = Path(__file__).parents[3] / "docs" / "events"


@pytest.fixture
def machine(make_machine):
    """A case system."""
    return make_machine(Scope.FEED_READ, Scope.CASES_WRITE)


def events_of(machine, **params):
    """One page."""
    answer = machine.get(f"{API}/feed", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_pages_join_without_gap_and_next_is_always_there(hand_over, machine):
    """Whoever keeps `next` hears of everything once; at the end it waits where it is."""
    for _ in range(5):
        hand_over()
    cursor, seen = None, []
    while True:
        page = events_of(machine, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [event["data"]["case_number"] for event in page["items"]]
        cursor = page["next"]
        if not page["has_more"]:
            break
    assert seen == [1, 2, 3, 4, 5]
    assert events_of(machine, cursor=cursor) == {"items": [], "next": cursor, "has_more": False}
    hand_over()
    assert [e["data"]["case_number"] for e in events_of(machine, cursor=cursor)["items"]] == [6]


def test_an_event_is_a_cloud_event_with_what_a_case_system_needs(
    hand_over, machine, operator, world
):
    """The envelope of CloudEvents 1.0, and inside it act, place, evidence, people, norms."""
    record = hand_over()
    (event,) = events_of(machine)["items"]
    assert event["specversion"] == "1.0"
    assert event["type"] == "streetcase.case.confirmed.v1"
    assert event["dataschema"] == "urn:streetcase:schema:streetcase.case.confirmed.v1"
    data = event["data"]
    assert (data["seq"], data["candidate_id"]) == (1, str(record.id))
    assert data["location"]["longitude"] == 116.46
    assert data["camera"]["gates"] == {
        "legal_review": True,
        "technical_review": True,
        "maintenance": True,
        "sign": False,
        "publication": False,
    }
    assert [stage["user_id"] for stage in data["review"]] == [str(operator.user.id)]
    assert {item["name"]: item["kind"] for item in data["evidence"]["items"]} == {
        "first.jpg": "original",
        "first-redacted.jpg": "derivative",
    }
    assert data["subject"]["first_offence"] == "unknown"
    assert machine.get(data["evidence"]["bundle"]).status_code == 200


def test_a_plate_leaves_masked(world, operator, settle, machine):
    """The full plate stays in the centre; the event carries its ends (LAW-74)."""
    record = world.candidate()
    operator.confirm(record, fact={"plate": "京A88812", "subject_kind": "vehicle"})
    settle()
    (event,) = events_of(machine)["items"]
    assert event["data"]["subject"]["plate_masked"] == "京A***12"
    assert "88812" not in json.dumps(event)


@pytest.mark.parametrize("cursor", ["abc", "-1", "2", "999999999999999999999", "1.0", "٣"])
def test_an_unknown_cursor_says_what_to_do(hand_over, machine, cursor):
    """Never given, or given by a centre that was restored since: 400 with where to go on."""
    hand_over()
    answer = machine.get(f"{API}/feed", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_unknown")
    assert answer.json()["fields"]["newest"] == "1"


def test_a_cursor_before_removed_events_is_gone(hand_over, machine, database):
    """Where events were removed an old cursor gets 410 and not a silent gap."""
    for _ in range(3):
        hand_over()
    with database.writing() as session:
        for number in (1, 2):
            session.delete(session.get_one(Event, number))
    answer = machine.get(f"{API}/feed", params={"cursor": "1"})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_too_old")
    oldest = answer.json()["fields"]["oldest"]
    assert len(events_of(machine, cursor=oldest)["items"]) == 1


def test_others_cases_are_not_in_the_feed(hand_over, machine, make_machine):
    """A machine of another district sees nothing, and its cursor moves on all the same."""
    hand_over()
    stranger = make_machine(Scope.FEED_READ, organisation="110106")
    assert events_of(stranger) == {"items": [], "next": "1", "has_more": False}
    city = make_machine(Scope.FEED_READ, organisation="110000")
    assert len(events_of(city)["items"]) == 1


def test_every_event_fits_its_published_schema(
    *, hand_over, operator, machine, world, settings, database, now
):
    """All types that a case's life brings, against the files in docs/events."""
    record = hand_over()
    case = machine.get(f"{API}/cases").json()["items"][0]["id"]
    newer = world.update(record, is_supplement=True)
    with database.writing() as session:
        announce_supplement(session, record.id, newer, source=settings.feed.source, now=now())
    for number, (status, fields) in enumerate(
        [("acknowledged", {}), ("returned", {"reason": "unclear"})]
    ):
        body = {"callback_id": str(number), "status": status, "reported_at": now().isoformat()}
        sent = machine.post(f"{API}/cases/{case}/callbacks", json=body | fields)
        assert sent.status_code == 200, sent.text
    operator.caller.post(f"{API}/cases/{case}/withdrawal", json={"reason": "unclear"})
    items = events_of(machine)["items"]
    assert [event["type"] for event in items] == [
        EventType.CONFIRMED,
        EventType.SUPPLEMENTED,
        EventType.STATUS_CHANGED,
        EventType.RETURNED,
        EventType.WITHDRAWN,
    ]
    assert [event["data"]["seq"] for event in items] == [1, 2, 3, 4, 5]
    for event in items:
        schema = json.loads((SCHEMAS / f"{event['type']}.schema.json").read_text(encoding="utf-8"))
        jsonschema.validate(event, schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("event_type", list(EventType))
def test_published_schemas_are_those_of_the_code(event_type, client):
    """docs/events is written from the code; `python -m api.feed.write_schemas` writes it anew."""
    written = json.loads((SCHEMAS / f"{event_type}.schema.json").read_text(encoding="utf-8"))
    assert written == json_schema(event_type)
    assert client.get(f"{API}/feed/schemas/{event_type}").json() == written
    jsonschema.Draft202012Validator.check_schema(written)


def test_the_feed_is_for_machines(hand_over, operator, client):
    """Neither people nor nobody read it."""
    assert operator.caller.get(f"{API}/feed").status_code == 401
    assert client.get(f"{API}/feed").status_code == 401
