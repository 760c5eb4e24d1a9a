"""Fixtures of everybody who tests review and what follows it; imported by their conftest."""

from __future__ import annotations

import threading
import time
import warnings
from uuid import uuid4

import pytest
import uvicorn

from api.review.settlement import Settlement
from api.users.tables import MachineToken, Role
from api.users.tokens import MACHINE_PREFIX, new_token, token_digest
from tests.api.factories import World

with warnings.catch_warnings():
    # Starlette prefers a successor of httpx; httpx is what the product uses.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

BASE_URL = "https://testserver"  # as conftest's

CHECKLIST = {"authentic": True, "clear": True, "complete": True, "accurate": True}
API = "/api/v1"


class Reviewer:
    """A person at the review desk, over HTTP."""

    def __init__(self, caller):
        self.caller = caller
        self.user = caller.user

    def claim(self, record):
        """Take a candidate; the whole answer."""
        return self.caller.post(f"{API}/candidates/{record.id}/claim")

    def decide(self, record, verdict, *, version=None, **fields):
        """Claim where no version is given, then decide; the whole answer."""
        if version is None:
            claimed = self.claim(record)
            assert claimed.status_code == 200, claimed.text
            version = claimed.json()["version"]
        body = {
            "decision_id": str(uuid4()),
            "version": version,
            "update": fields.pop("update", record.update),
            "verdict": verdict,
            **fields,
        }
        return self.caller.post(f"{API}/candidates/{record.id}/decisions", json=body)

    def confirm(self, record, **fields):
        """Confirm with all four checks."""
        return self.decide(record, "confirm", **{"checklist": CHECKLIST, **fields})

    def reject(self, record, **fields):
        """Reject for one of the reasons."""
        return self.decide(record, "reject", **{"reason": "not_violation", **fields})

    def undo(self, record, decision):
        """Take a decision back."""
        path = f"{API}/candidates/{record.id}/decisions/{decision['decision']['id']}/undo"
        return self.caller.post(path)


@pytest.fixture
def world(database, store, now, tmp_path, organisations):
    """A box with a camera that makes candidates."""
    return World(database=database, store=store, now=now, folder=tmp_path)


@pytest.fixture
def reviewer(log_in):
    """Makes people of the review desk: `reviewer(Role.OPERATOR)`."""

    def make(*roles, **fields):
        return Reviewer(log_in(*(roles or (Role.OPERATOR,)), **fields))

    return make


@pytest.fixture
def machine_token(database, log_in, now):
    """Makes tokens of case systems: `machine_token(Scope.FEED_READ)`."""

    def make(*scopes, organisation="110105"):
        token = new_token(MACHINE_PREFIX)
        creator = log_in(Role.ADMIN).user
        with database.writing() as session:
            session.add(
                MachineToken(
                    id=uuid4(),
                    name="case system",
                    token_sha256=token_digest(token),
                    scopes=[scope.value for scope in scopes],
                    organisation_id=organisation,
                    created_by=creator.id,
                    created_at=now(),
                )
            )
        return token

    return make


@pytest.fixture
def make_machine(app, machine_token):
    """Makes clients of case systems: `make_machine(Scope.FEED_READ)`."""

    def make(*scopes, **fields):
        token = machine_token(*scopes, **fields)
        return TestClient(
            app,
            base_url=BASE_URL,
            headers={"Authorization": f"Bearer {token}"},
            raise_server_exceptions=False,
        )

    return make


@pytest.fixture
def operator(reviewer):
    """An operator."""
    return reviewer(Role.OPERATOR)


@pytest.fixture
def second(reviewer):
    """A second reviewer."""
    return reviewer(Role.SECOND_REVIEWER)


@pytest.fixture
def legal(reviewer):
    """A qualified legal reviewer."""
    return reviewer(Role.LEGAL_REVIEWER, legal_qualified=True)


@pytest.fixture
def settlement(database, store, settings, secrets, now):
    """The timer's work, done when a test wants it."""
    return Settlement(database=database, store=store, settings=settings, secrets=secrets, now=now)


@pytest.fixture
def settle(settlement, now):
    """Let the window to undo pass, and settle."""

    def run():
        now.advance(seconds=11)
        settlement.run()

    return run


@pytest.fixture
def hand_over(world, operator, settle):
    """Makes a case: `hand_over()` gives the candidate's record."""

    def make(**fields):
        record = world.candidate(**fields)
        answer = operator.confirm(record)
        assert answer.status_code == 200, answer.text
        settle()
        return record

    return make


@pytest.fixture
def live(app):
    """The application on a free port of the loopback; gives its address."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_config=None, lifespan="off", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    app.state.is_stopping = True
    server.should_exit = True
    thread.join(timeout=20)
    assert not thread.is_alive()
