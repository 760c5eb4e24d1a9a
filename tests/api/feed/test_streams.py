"""Tests of server-sent events: live, resumable, bounded, and gone when the process stops."""

from __future__ import annotations

import json
import queue
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from api.database import Database, open_engine
from api.feed import streams
from api.server import GRACEFUL_SECONDS
from api.settings import DatabaseSettings
from api.users.tables import MachineToken, Organisation, Role, Scope, User
from api.users.tokens import MACHINE_PREFIX, new_token, token_digest
from tests.api.test_server import Process

API = "/api/v1"


@contextmanager
def listening(url, headers=None, cookies=None, **params):
    """Events of a stream as they come, in a queue; None when it has ended."""
    events = queue.Queue()
    client = httpx.Client(trust_env=False, timeout=20, cookies=cookies)
    connected = threading.Event()

    def read():
        try:
            with client.stream("GET", url, headers=headers, params=params) as response:
                assert response.status_code == 200, response.read()
                assert response.headers["content-type"].startswith("text/event-stream")
                fields = {}
                for line in response.iter_lines():
                    connected.set()
                    if line and not line.startswith(":"):
                        name, _, value = line.partition(": ")
                        fields[name] = value
                    elif not line and "data" in fields:
                        events.put(fields)
                        fields = {}
        except httpx.HTTPError:
            pass  # the test has seen enough and closed
        finally:
            events.put(None)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert connected.wait(15)
    try:
        yield events
    finally:
        client.close()


@pytest.fixture
def bearer(machine_token):
    """What a case system sends."""
    return {"Authorization": f"Bearer {machine_token(Scope.FEED_READ)}"}


def test_events_come_live_and_from_where_one_was_cut_off(hand_over, live, bearer):
    """What was there, what happens meanwhile, and after a cut what came since: each once."""
    url = f"{live}{API}/feed/stream"
    hand_over()
    with listening(url, bearer) as events:
        first = events.get(timeout=10)
        assert (first["event"], first["id"]) == ("streetcase.case.confirmed.v1", "1")
        assert json.loads(first["data"])["data"]["case_number"] == 1
        hand_over()
        assert events.get(timeout=10)["id"] == "2"
    hand_over()
    with listening(url, bearer | {"Last-Event-ID": "2"}) as events:
        assert events.get(timeout=10)["id"] == "3"
        assert events.empty()


def test_a_wrong_start_is_refused_before_the_stream_begins(live, bearer):
    """An unknown cursor gets a problem document and no stream."""
    answer = httpx.get(
        f"{live}{API}/feed/stream", headers=bearer | {"Last-Event-ID": "77"}, trust_env=False
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_unknown")


def test_the_queue_tells_light_changes_of_the_own_area(world, operator, reviewer, live):
    """Claims and decisions of others appear with state and version; foreign ones do not."""
    record = world.candidate()
    caller = reviewer(Role.OPERATOR).caller
    stranger = reviewer(Role.OPERATOR, organisation="110106").caller
    url = f"{live}{API}/queue/stream"
    start = caller.get(f"{API}/queue/counts").json()["stream"]
    with (
        listening(url, cookies=cookie(caller), cursor=start) as events,
        listening(url, cookies=cookie(stranger), cursor=start) as foreign,
    ):
        operator.reject(record)
        claimed, rejected = (json.loads(events.get(timeout=10)["data"]) for _ in range(2))
        assert (claimed["action"], rejected["action"]) == (
            "candidate.claimed",
            "candidate.rejected",
        )
        assert rejected["candidate_id"] == str(record.id)
        assert (rejected["state"], rejected["version"]) == ("rejected", 3)
        assert set(rejected) <= {*claimed}
        assert foreign.empty()


def test_too_much_at_once_is_a_reset(world, operator, live, monkeypatch):
    """Who was away for long is told to load the queue again."""
    monkeypatch.setattr("api.feed.service.MAX_QUEUE_BACKLOG", 1)
    operator.reject(world.candidate())
    url = f"{live}{API}/queue/stream"
    with listening(url, cookies=cookie(operator.caller), cursor=0) as events:
        # No number was ever 0; a stream that begins there has everything before it.
        assert events.get(timeout=10)["event"] == "reset"


def test_streams_end_when_the_process_stops(app, live, bearer):
    """A stop is not held up by somebody who listens."""
    with listening(f"{live}{API}/feed/stream", bearer) as events:
        app.state.is_stopping = True
        assert events.get(timeout=10) is None


def test_a_stream_ends_by_itself(live, bearer, monkeypatch):
    """After its time the client comes back and shows its rights anew."""
    monkeypatch.setattr(streams, "MAX_STREAM_SECONDS", 0.6)
    with listening(f"{live}{API}/feed/stream", bearer) as events:
        assert events.get(timeout=10) is None


def test_the_number_of_streams_is_bounded(app, live, bearer, monkeypatch):
    """One too many is told to come back; places are free again when listeners go."""
    monkeypatch.setattr(streams, "MAX_STREAMS", 1)
    url = f"{live}{API}/feed/stream"
    with listening(url, bearer):
        answer = httpx.get(url, headers=bearer, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (503, "too_many_streams")
        app.state.is_stopping = True
    deadline = time.monotonic() + 10
    while app.state.streams and time.monotonic() < deadline:
        time.sleep(0.05)
    assert app.state.streams == 0


def test_many_listeners_ask_the_database_once(app, live, bearer, database):
    """Ten idle streams cost about two looks a second, not twenty."""
    looks = []
    with listening(f"{live}{API}/feed/stream", bearer):
        watch = app.state.watches["feed"]
        read = watch.read
        watch.read = lambda session: looks.append(1) or read(session)
        others = [listening(f"{live}{API}/feed/stream", bearer) for _ in range(9)]
        for other in others:
            other.__enter__()
        looks.clear()
        time.sleep(2.0)
        counted = len(looks)
        for other in others:
            other.__exit__(None, None, None)
    assert 1 <= counted <= 5


def test_a_listener_does_not_hold_up_the_end_of_the_process(tmp_path):
    """A SIGTERM ends streams at once; without that they would last until the server's patience."""
    process = Process(tmp_path)
    token = new_token(MACHINE_PREFIX)
    at, user_id = datetime.now(tz=UTC), uuid4()
    database = Database(open_engine(DatabaseSettings(url=f"sqlite:///{tmp_path}/centre.db")))
    with database.writing() as session:
        session.add(Organisation(id="110000", name="c", path="110000/", created_at=at))
        session.flush()
        session.add(
            User(
                id=user_id,
                login="a",
                name="A",
                organisation_id="110000",
                roles=[],
                password_hash="-",  # noqa: S106 - nobody logs in with it
                created_at=at,
            )
        )
        session.flush()
        session.add(
            MachineToken(
                id=uuid4(),
                name="m",
                token_sha256=token_digest(token),
                scopes=[Scope.FEED_READ.value],
                organisation_id="110000",
                created_by=user_id,
                created_at=at,
            )
        )
    database.engine.dispose()
    with listening(f"{process.url}{API}/feed/stream", {"Authorization": f"Bearer {token}"}):
        began = time.monotonic()
        assert process.stop()[0] == 0
        assert time.monotonic() - began < GRACEFUL_SECONDS / 2


def cookie(caller):
    """The session cookie of somebody who is logged in."""
    return {"__Host-streetcase": caller.cookies["__Host-streetcase"]}
