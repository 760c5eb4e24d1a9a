"""Tests of webhooks: signed, tried again, never held up by a bad receiver, never lost."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from api.feed.deliveries import Dispatcher
from api.feed.tables import Delivery, Subscriber
from api.settings import FeedSettings
from api.users.tables import Role, Scope
from tests.api.feed.receiver import receiving

API = "/api/v1"


@pytest.fixture
def receivers():
    """Makes receivers."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(receiving())


@pytest.fixture
def admin(log_in):
    """An administrator."""
    return log_in(Role.ADMIN)


@pytest.fixture
def subscribe(admin):
    """Makes a subscriber of a receiver."""

    def make(receiver, **fields):
        body = {"name": "city cases", "url": receiver.url, "organisation_path": "110000/110105/"}
        answer = admin.post(f"{API}/subscribers", json=body | fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


@pytest.fixture
def dispatcher(database, secrets, now):
    """The timer's work with short times."""
    return make_dispatcher(database, secrets, now)


def make_dispatcher(database, secrets, now, **fields):
    """A dispatcher of one process."""
    settings = FeedSettings(**{"timeout_seconds": 0.5, "retry_seconds": (5, 300), **fields})
    return Dispatcher(database=database, settings=settings, session_secret=secrets.session, now=now)


def deliver(dispatcher):
    """Make all calls that are due, and wait for their ends."""
    dispatcher.run()
    assert dispatcher.wait_until_idle(10)


def deliveries_of(admin, subscriber, **params):
    """What went to a subscriber."""
    answer = admin.get(f"{API}/subscribers/{subscriber['id']}/deliveries", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_a_call_is_signed_and_carries_the_event(
    *, hand_over, receivers, subscribe, dispatcher, admin, now
):
    """The receiver verifies with the public library; a changed byte or secret does not pass."""
    now.set(datetime.now(tz=UTC) - timedelta(seconds=11))  # the library looks at the real clock
    receiver = receivers()
    subscriber = subscribe(receiver)
    record = hand_over()
    deliver(dispatcher)
    ((path, headers, body),) = receiver.received
    assert path == "/hook"
    assert headers["content-type"] == "application/cloudevents+json"
    event = Webhook(subscriber["secret"]).verify(body, headers)
    assert event["data"]["candidate_id"] == str(record.id)
    assert headers["webhook-id"] == event["id"]
    with pytest.raises(WebhookVerificationError):
        Webhook(subscriber["secret"]).verify(body.replace(b"video_ai", b"video_AI"), headers)
    (delivery,) = deliveries_of(admin, subscriber)
    assert (delivery["state"], delivery["last_status"], delivery["tries"]) == ("delivered", 204, 1)
    deliver(dispatcher)
    assert len(receiver.received) == 1


def test_the_secret_is_shown_once_and_kept_encrypted(receivers, subscribe, admin, database):
    """Neither the list nor the database tells it."""
    subscriber = subscribe(receivers())
    assert subscriber["secret"].startswith("whsec_")
    assert "secret" not in admin.get(f"{API}/subscribers").json()["items"][0]
    with database.reading() as session:
        kept = session.scalars(select(Subscriber)).one().secret
        assert subscriber["secret"].removeprefix("whsec_").encode() not in kept
    renewed = admin.post(f"{API}/subscribers/{subscriber['id']}/secret").json()
    assert renewed["secret"] != subscriber["secret"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((500, {}, b"out of order"), 500),
        ((302, {"location": "http://127.0.0.1:9/"}, b""), 302),
        ((404, {}, b"\x00\x1b[2Jgarbage" * 10_000), 404),
        ((200, {"content-length": "5"}, b""), None),
    ],
)
def test_a_bad_answer_is_tried_again(
    *, hand_over, receivers, subscribe, dispatcher, admin, now, answer, status
):
    """Errors, redirects and garbage are failures; after the wait the same event goes out again."""
    receiver = receivers()
    receiver.answer = answer
    subscriber = subscribe(receiver)
    hand_over()
    deliver(dispatcher)
    (failed,) = deliveries_of(admin, subscriber)
    assert (failed["state"], failed["tries"], failed["last_status"]) == ("waiting", 1, status)
    assert failed["last_error"].isprintable()
    assert len(failed["last_error"]) < 400
    deliver(dispatcher)
    assert len(receiver.received) == 1
    receiver.answer = (204, {}, b"")
    now.advance(seconds=6)
    deliver(dispatcher)
    assert len(receiver.received) == 2
    assert receiver.received[0][2] == receiver.received[1][2]
    assert deliveries_of(admin, subscriber)[0]["state"] == "delivered"


def test_after_the_last_try_it_is_dead_and_may_be_sent_again(
    *, hand_over, receivers, subscribe, dispatcher, admin, now
):
    """Dead letters are listed, and one call has all of them tried once more."""
    receiver = receivers()
    receiver.answer = (503, {}, b"")
    subscriber = subscribe(receiver)
    hand_over()
    for _ in range(3):
        deliver(dispatcher)
        now.advance(seconds=301)
    assert len(receiver.received) == 3
    (dead,) = deliveries_of(admin, subscriber, state="dead")
    assert (dead["tries"], dead["next_try_at"]) == (3, None)
    deliver(dispatcher)
    assert len(receiver.received) == 3
    receiver.answer = (200, {}, b"")
    path = f"{API}/subscribers/{subscriber['id']}/deliveries/retries"
    assert admin.post(path).json() == {"deliveries": 1}
    deliver(dispatcher)
    assert deliveries_of(admin, subscriber, state="dead") == []
    assert len(receiver.received) == 4


def test_a_wish_to_wait_is_granted(*, hand_over, receivers, subscribe, dispatcher, admin, now):
    """`Retry-After` moves the next try, up to a day."""
    receiver = receivers()
    receiver.answer = (429, {"retry-after": "600"}, b"")
    subscriber = subscribe(receiver)
    hand_over()
    deliver(dispatcher)
    (delivery,) = deliveries_of(admin, subscriber)
    wanted = now() + timedelta(seconds=600)
    assert datetime.fromisoformat(delivery["next_try_at"]) == wanted


@pytest.mark.parametrize("way", ["hang", "drip"])
def test_a_hanging_receiver_delays_nobody(
    *, hand_over, receivers, subscribe, database, secrets, now, way
):
    """While one hangs, or sends a byte now and then, the other has its event at once."""
    slow, good = receivers(), receivers()
    if way == "hang":
        slow.hang_seconds = 5.0
    else:
        slow.drip = True
    subscribe(slow)
    subscribe(good)
    hand_over()
    dispatcher = make_dispatcher(database, secrets, now, timeout_seconds=1.5)
    began = time.monotonic()
    dispatcher.run()
    while not good.received and time.monotonic() - began < 10:
        time.sleep(0.01)
    assert time.monotonic() - began < 1.5
    assert dispatcher.wait_until_idle(10)
    with database.reading() as session:
        errors = {row.last_error for row in session.scalars(select(Delivery))}
        assert errors == {"", "no answer within 1.5 s"}


def test_whoever_answers_410_three_times_is_disabled(
    *, hand_over, receivers, subscribe, dispatcher, admin, now
):
    """As Standard Webhooks asks; an administrator enables it, and nothing is missed."""
    receiver = receivers()
    receiver.answer = (410, {}, b"")
    subscriber = subscribe(receiver)
    for _ in range(3):
        hand_over()
    deliver(dispatcher)
    item = admin.get(f"{API}/subscribers").json()["items"][0]
    assert item["disabled_reason"] == "answered 410 Gone 3 times in a row"
    now.advance(seconds=6)
    deliver(dispatcher)
    assert len(receiver.received) == 3
    receiver.answer = (200, {}, b"")
    path = f"{API}/subscribers/{subscriber['id']}"
    assert admin.patch(path, json={"enabled": True}).json()["disabled_at"] is None
    deliver(dispatcher)
    assert {d["state"] for d in deliveries_of(admin, subscriber)} == {"delivered"}


def test_a_test_goes_to_one_subscriber_and_not_into_the_feed(
    *, receivers, subscribe, dispatcher, admin, make_machine
):
    """A test delivery shows that address and secret work; no case system reads of it."""
    asked, other = receivers(), receivers()
    subscriber = subscribe(asked)
    subscribe(other)
    assert admin.post(f"{API}/subscribers/{subscriber['id']}/test").status_code == 202
    deliver(dispatcher)
    assert json.loads(asked.received[0][2])["type"] == "streetcase.test.v1"
    assert other.received == []
    machine = make_machine(Scope.FEED_READ)
    assert machine.get(f"{API}/feed").json()["items"] == []


def test_only_wanted_types_and_own_area(hand_over, receivers, subscribe, dispatcher, operator):
    """A subscriber of withdrawals hears of no confirmation, one of another district of nothing."""
    tombstones, west = receivers(), receivers()
    subscribe(tombstones, event_types=["streetcase.case.withdrawn.v1"])
    hand_over()
    deliver(dispatcher)
    assert tombstones.received == []
    case = operator.caller.get(f"{API}/cases").json()["items"][0]["id"]
    operator.caller.post(f"{API}/cases/{case}/withdrawal", json={"reason": "unclear"})
    deliver(dispatcher)
    assert len(tombstones.received) == 1
    assert west.received == []


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
def test_two_processes_deliver_each_event_once(
    *, world, operator, settle, receivers, subscribe, database, secrets, now
):
    """Claims keep two dispatchers apart on either database."""
    receiver = receivers()
    subscribe(receiver)
    for _ in range(8):
        operator.confirm(world.candidate())
    settle()
    processes = [make_dispatcher(database, secrets, now) for _ in range(2)]
    for _ in range(6):
        for process in processes:
            process.run()
        assert all(process.wait_until_idle(10) for process in processes)
    ids = [headers["webhook-id"] for _, headers, _ in receiver.received]
    assert len(ids) == len(set(ids)) == 8


def test_a_process_that_died_while_calling_is_made_good(
    *, hand_over, receivers, subscribe, database, secrets, now
):
    """Its claim runs out, and another process calls again with the same id: at least once."""
    receiver = receivers()
    subscribe(receiver)
    hand_over()
    dead = make_dispatcher(database, secrets, now)
    dead._loop.submit = lambda work: work.close()
    dead.run()
    alive = make_dispatcher(database, secrets, now)
    deliver(alive)
    assert receiver.received == []
    now.advance(seconds=31)
    deliver(alive)
    assert len(receiver.received) == 1


def test_private_addresses_may_be_forbidden(
    *, hand_over, receivers, subscribe, database, secrets, now, admin
):
    """Where the settings say so no call reaches the own network, whatever a name leads to."""
    receiver = receivers()
    subscriber = subscribe(receiver, url=receiver.url.replace("127.0.0.1", "localhost"))
    hand_over()
    deliver(make_dispatcher(database, secrets, now, allow_private_addresses=False))
    assert receiver.received == []
    (delivery,) = deliveries_of(admin, subscriber)
    assert "private network" in delivery["last_error"]


def test_a_changed_session_secret_is_said_and_loses_nothing(
    *, hand_over, receivers, subscribe, database, secrets, now, admin
):
    """Deliveries become dead letters with the reason; a new secret brings them on their way."""
    receiver = receivers()
    subscriber = subscribe(receiver)
    hand_over()
    changed = secrets.model_copy(
        update={"session": SecretStr("another secret of 32 characters....")}
    )
    deliver(make_dispatcher(database, changed, now))
    (dead,) = deliveries_of(admin, subscriber, state="dead")
    assert "another session secret" in dead["last_error"]
    admin.post(f"{API}/subscribers/{subscriber['id']}/deliveries/retries")
    deliver(make_dispatcher(database, secrets, now))
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "url",
    [
        "ftp://cases.example/hook",
        "http://user:secret@cases.example/hook",
        "http://cases.example/#part",
        "no url",
        "http://cases.example/" + "a" * 1000,
    ],
)
def test_bad_addresses_are_refused(admin, url):
    """Neither other schemes nor passwords in an address."""
    body = {"name": "x", "url": url, "organisation_path": "110000/110105/"}
    assert admin.post(f"{API}/subscribers", json=body).status_code == 422


def test_subscribers_are_for_administrators_of_the_area(receivers, subscribe, operator, log_in):
    """Operators see none; another district's administrator neither sees nor changes it."""
    subscriber = subscribe(receivers())
    assert operator.caller.get(f"{API}/subscribers").status_code == 403
    stranger = log_in(Role.ADMIN, organisation="110106")
    assert stranger.get(f"{API}/subscribers").json()["items"] == []
    path = f"{API}/subscribers/{UUID(subscriber['id'])}"
    assert stranger.patch(path, json={"enabled": False}).status_code == 404
    assert stranger.post(f"{path}/test").status_code == 404
    body = {"name": "x", "url": "http://x.example/", "organisation_path": "110000/110105/"}
    assert stranger.post(f"{API}/subscribers", json=body).status_code == 404
