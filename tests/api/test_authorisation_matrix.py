"""Every route against every kind of caller: who may, who may not, and what of another area.

`authorisation.toml` says what is allowed. A route that it does not name fails, so that nobody adds
one without deciding who may call it.
"""
# ruff: noqa: F811 - pytest's fixtures are imported, and asked for by the same names

from __future__ import annotations

import json
import re
import tomllib
import warnings
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import select

from api.cameras.tables import CameraGate, CameraPicture, EvidenceBasis
from api.cases.tables import Case
from api.feed.tables import Subscriber
from api.retention.tables import Deletion
from api.review.tables import Decision, ReviewPolicy
from api.users.tables import MachineToken, Role, Scope
from tests.api.reviewing import (  # noqa: F401 - pytest finds fixtures by name
    hand_over,
    machine_token,
    make_machine,
    operator,
    reviewer,
    settle,
    settlement,
    world,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers a successor of httpx
    from starlette.testclient import TestClient

TABLE = Path(__file__).with_name("authorisation.toml")
BASE_URL = "https://testserver"
CITY, DISTRICT, OTHER = "110000", "110105", "110106"
ANONYMOUS, BOX = "anonymous", "box"
CALLERS = (ANONYMOUS, BOX, *(role.value for role in Role), *(scope.value for scope in Scope))
IGNORED_METHODS = {"HEAD", "OPTIONS"}
PARAMETER = re.compile(r"\{(\w+(?::\w+)?)\}")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One route of the table."""

    method: str
    path: str
    allow: frozenset[str]
    body: dict | None = None  # a valid one, for the question of another area's objects
    query: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    foreign: int | None = None  # what another area's object answers; none: 404
    sometimes: frozenset[str] = frozenset()  # of those allowed: refused in some cases
    endless: bool = False  # answers with a stream that does not end
    by_link: bool = False  # a link opens it, and a made-up one opens nothing

    @property
    def is_public(self):
        """Whether anybody may call it."""
        return ANONYMOUS in self.allow

    @property
    def names_an_object(self):
        """Whether its path holds the id of something that belongs to an area."""
        return bool(PARAMETER.search(self.path))


@cache
def rules():
    """The table, with its groups written out."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    groups = table["groups"]
    found = {}
    for name, entry in table["routes"].items():
        method, _, path = name.partition(" ")
        allowed = set()
        for one in entry.pop("allow"):
            allowed |= set(groups.get(one, [one]))
        assert allowed <= set(CALLERS), f"{name}: unknown callers {allowed - set(CALLERS)}"
        entry["sometimes"] = frozenset(entry.get("sometimes", ()))
        found[name] = Rule(method=method, path=path, allow=frozenset(allowed), **entry)
    return found


def routes_of(app):
    """Every route as "METHOD /path", hidden ones too."""
    return {
        f"{method} {context.path}"
        for context in iter_route_contexts(app.routes)
        for method in (context.methods or {"GET"}) - IGNORED_METHODS
    }


class Cast:
    """One caller of each kind, all of one organisation."""

    def __init__(self, app, log_in, make_machine, box, organisation):
        self._app, self._log_in, self._machine = app, log_in, make_machine
        self._box, self._organisation = box, organisation
        self._known = {}

    def __getitem__(self, kind):
        if kind not in self._known:
            self._known[kind] = self._make(kind)
        return self._known[kind]

    def forget(self, kind, rule):
        """Have somebody new come for the next call, if this one's session may have ended."""
        if rule.path.startswith("/api/v1/session"):
            self._known.pop(kind, None)

    def _make(self, kind):
        if kind in {ANONYMOUS, BOX}:
            headers = self._box.headers if kind == BOX else {}
            return TestClient(
                self._app, base_url=BASE_URL, headers=headers, raise_server_exceptions=False
            )
        if kind in {scope.value for scope in Scope}:
            return self._machine(Scope(kind), organisation=self._organisation)
        return self._log_in(Role(kind), organisation=self._organisation, legal_qualified=True)


@pytest.fixture
def cast(app, log_in, make_machine, enrolled):
    """Makes the callers of an organisation: `cast(DISTRICT)["operator"]`."""

    def make(organisation):
        box = enrolled(f"caller-{organisation}", organisation)
        return Cast(app, log_in, make_machine, box, organisation)

    return make


@pytest.fixture
def objects(world, hand_over, make_user, machine_token, database, now):  # noqa: PLR0917
    """One of everything in DISTRICT, by the name of the parameter that stands for it in paths."""
    waiting, handed = world.candidate(), hand_over()
    machine_token(Scope.FEED_READ)
    person = make_user("somebody", Role.OPERATOR)
    gate, basis, policy, subscriber, deletion = uuid4(), uuid4(), uuid4(), uuid4(), uuid4()
    with database.writing() as session:
        session.add(
            CameraGate(
                id=gate,
                camera_id=world.camera_id,
                gate="sign",
                met_from=now(),
                recorded_by="x",
                recorded_at=now(),
            )
        )
        session.add(
            EvidenceBasis(
                id=basis,
                jurisdiction=DISTRICT,
                violation="ILLEGAL_AD",
                document="x",
                effective_from=now().date(),
            )
        )
        session.add(
            CameraPicture(
                camera_id=world.camera_id,
                captured_at=now(),
                media_type="image/jpeg",
                content=b"\xff\xd8\xff\xff\xd9",
            )
        )
        session.add(
            ReviewPolicy(
                id=policy,
                organisation_path=world.path,
                stages=["operator"],
                valid_from=now(),
                created_by=person.id,
            )
        )
        session.add(
            Subscriber(
                id=subscriber,
                name="subscriber-of-district",
                url="http://127.0.0.1:9/",  # nobody listens
                secret=b"x",
                event_types=[],
                organisation_path=world.path,
                created_at=now(),
            )
        )
        session.add(
            Deletion(
                id=deletion,
                number=1,
                candidate_id=waiting.id,
                organisation_path=world.path,
                rule="rejected",
                plan={},
                begun_at=now(),
                leased_until=now(),
                completed_at=now(),
                certificate={"files": []},
                sha256="0" * 64,
                audit_number=1,
            )
        )
        case = session.scalars(select(Case).where(Case.candidate_id == handed.id)).one()
        token = session.scalars(
            select(MachineToken).where(MachineToken.organisation_id == DISTRICT)
        ).first()
        decision = session.scalars(select(Decision)).first()
    return {
        "organisation_id": DISTRICT,
        "user_id": str(person.id),
        "token_id": str(token.id),
        "box_id": world.box_id,
        "camera_id": world.camera_id,
        "number": "1",
        "gate_id": str(gate),
        "basis_id": str(basis),
        "candidate_id": str(waiting.id),
        "decision_id": str(decision.id),
        "case_id": str(case.id),
        "name": "first.jpg",
        "update": "0",
        "policy_id": str(policy),
        "subscriber_id": str(subscriber),
        "deletion_id": str(deletion),
        "event_type": "case.confirmed",
        # These open something by themselves; made-up ones open nothing.
        "token": "x" * 43,
        "code": "x" * 22,
        "path:path": "assets/no-file.js",
    }


def call(caller, rule, objects, *, body):
    """One request of a rule about an object."""
    path = PARAMETER.sub(lambda match: objects[match[1]], rule.path)
    kind = {} if body is None else {"json": _filled(body, objects)}
    query = _filled(rule.query, objects)
    return caller.request(rule.method, path, params=query, headers=rule.headers, **kind)


def _filled(value, objects):
    """Names of objects in braces stand for their ids."""
    text = json.dumps(value)
    return json.loads(PARAMETER.sub(lambda match: objects.get(match[1], match[0]), text))


def test_every_route_is_decided(app):
    """The table names every route of the application, and none that is not there."""
    routes = routes_of(app)
    assert routes - rules().keys() == set(), (
        "decide who may call these: tests/api/authorisation.toml"
    )
    assert rules().keys() - routes == set(), "these routes are gone"


def test_who_may_and_who_may_not(cast, objects):
    """Whoever is not named is refused, whatever they send; whoever is named is not; no faults."""
    callers, wrong = cast(DISTRICT), []
    for name, rule in rules().items():
        for kind in CALLERS:
            may = kind in rule.allow and not rule.by_link
            if may and (rule.endless or kind in rule.sometimes):
                continue
            answer = call(callers[kind], rule, objects, body={} if rule.body is not None else None)
            is_refused = answer.status_code in {401, 403}
            if answer.status_code >= 500 or may == is_refused:
                wrong.append(f"{name} by {kind}: {answer.status_code} {answer.text[:200]}")
            callers.forget(kind, rule)
    assert wrong == []


def test_refusals_say_whether_logging_in_helps(cast, objects):
    """401 for those whom nobody knows here; 403 for those who are known and have no right."""
    callers, wrong = cast(DISTRICT), []
    people = {role.value for role in Role}
    for name, rule in rules().items():
        if rule.is_public:
            continue
        answer = call(callers[ANONYMOUS], rule, objects, body=None)
        if answer.status_code != 401:
            wrong.append(f"{name} by nobody: {answer.status_code}")
        if rule.allow & people and not people <= rule.allow:
            kind = min(people - rule.allow)
            answer = call(callers[kind], rule, objects, body=None)
            if answer.status_code != 403:
                wrong.append(f"{name} by {kind}: {answer.status_code}")
    assert wrong == []


def test_another_areas_objects_are_not_there(cast, objects):
    """Whoever may do something with an object may not even learn that another area has it."""
    callers, wrong = cast(OTHER), []
    for name, rule in rules().items():
        if rule.is_public or not rule.names_an_object:
            continue
        for kind in sorted(rule.allow):
            answer = call(callers[kind], rule, objects, body=rule.body)
            expected = {rule.foreign or 404} | ({403} if kind in rule.sometimes else set())
            if answer.status_code not in expected:
                wrong.append(f"{name} by {kind}: {answer.status_code} {answer.text[:200]}")
            callers.forget(kind, rule)
    assert wrong == []


def test_lists_hold_nothing_of_another_area(cast, objects):
    """No list, count or export lets an id of another area through."""
    callers, wrong = cast(OTHER), []
    secret = {
        value
        for name, value in objects.items()
        if name.endswith("_id") and name != "organisation_id"
    }
    for name, rule in rules().items():
        if rule.method != "GET" or rule.is_public or rule.names_an_object or rule.endless:
            continue
        for kind in sorted(rule.allow):
            answer = call(callers[kind], rule, objects, body=None)
            seen = sorted(value for value in secret if value in answer.text)
            if answer.status_code != 200 or seen:
                wrong.append(f"{name} by {kind}: {answer.status_code} shows {seen}")
    assert wrong == []
