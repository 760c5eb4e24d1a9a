"""Whatever the link does: each candidate arrives once, whole, in order, or is told as refused."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from uuid import UUID

import pytest
from pydantic import SecretStr

from edge.outbox.outbox import Outbox, OutboxSettings
from edge.uplink import centre as box_centre
from edge.uplink.pace import Pace
from edge.uplink.sender import Sender
from edge.uplink.settings import CentreSettings
from pipeline.exchange import GapReason
from tests.edge.bundles import BundleMaker
from tests.edge.centre import TOKEN, Centre

ONE, TWO = str(UUID(int=1)), str(UUID(int=2))


@pytest.fixture
def centre():
    with Centre() as running:
        yield running


@pytest.fixture
def maker(tmp_path):
    return BundleMaker(tmp_path)


@pytest.fixture
def outbox(tmp_path):
    opened = Outbox(tmp_path / "outbox", OutboxSettings(min_free_bytes=0))
    yield opened
    opened.close()


@pytest.fixture
def send(centre, outbox):
    """Start a sender with short waits; it is stopped at the end."""
    stopping = threading.Event()
    senders = []

    def start(*, pace=None, token=TOKEN, outbox=outbox, **settings):
        settings = CentreSettings(
            url=centre.url,
            **{
                "first_retry_seconds": 0.01,
                "longest_retry_seconds": 0.05,
                "connect_timeout_seconds": 2.0,
                "quiet_timeout_seconds": 2.0,
                **settings,
            },
        )
        sender = Sender(
            outbox,
            lambda: box_centre.Centre(settings, token=SecretStr(token), pace=pace),
            settings,
            stopping=stopping,
        )
        senders.append(sender)
        sender.start()
        return sender

    yield start
    stopping.set()
    assert all(sender.join(5.0) for sender in senders)


def test_a_candidate_arrives_with_its_files(centre, maker, outbox, send):
    """The stills before the clip, then the candidate; the outbox has its receipt."""
    bundle = maker.make(size=200_000)
    outbox.take_in(bundle.folder)
    sender = send()
    centre.wait_for(lambda: outbox.figures().acknowledged == 1)
    assert centre.order == [(ONE, 0, 1)]
    sizes = [len(content) for content in centre.blobs.values()]
    assert sizes == sorted(sizes)
    centre.wait_for(lambda: sender.figures.sent == 1)
    assert sender.figures.trouble == ""


def test_what_the_centre_has_is_not_sent_again(centre, maker, outbox, send):
    """A second update shares its first picture with the first one."""
    for update in (0, 1):
        outbox.take_in(maker.make(1, update).folder)
    send()
    centre.wait_for(lambda: len(centre.order) == 2)
    puts = sum(count for call, count in centre.calls.items() if call.startswith("PUT /blobs"))
    assert puts == 5


@pytest.mark.parametrize(
    "fault",
    [
        {"cut_puts": 3},
        {"lost_answers": 2},
        {"garbage": 3},
        {"wrong_receipts": 2},
        {"refused_puts": 2},
        {"statuses": [("candidates", 500, {}), ("uploads", 503, {}), ("candidates", 429, {})]},
        {"statuses": [("uploads", 404, {}), ("blobs", 500, {}), ("candidates", 307, {})]},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_a_fault_is_overcome(centre, maker, outbox, send, fault):
    """Everything arrives exactly once at the centre, and in order."""
    for name, value in fault.items():
        setattr(centre.faults, name, value)
    for update in (0, 1):
        outbox.take_in(maker.make(1, update).folder)
    outbox.take_in(maker.make(2).folder)
    send()
    centre.wait_for(lambda: outbox.figures().acknowledged == 3)
    assert sorted(centre.order) == [(ONE, 0, 1), (ONE, 1, 2), (TWO, 0, 3)]
    assert [update for c, update, _ in centre.order if c == ONE] == [0, 1]
    assert centre.conflicts == 0


def test_a_centre_that_is_down_costs_nothing(centre, maker, outbox, send):
    """The trouble is told in words while it lasts, and everything leaves when it is over."""
    centre.faults.is_down = True
    outbox.take_in(maker.make().folder)
    sender = send()
    centre.wait_for(lambda: sender.figures.failures_in_a_row >= 3)
    assert "centre" in sender.figures.trouble
    assert outbox.figures().waiting == 1
    centre.faults.is_down = False
    centre.wait_for(lambda: outbox.figures().acknowledged == 1)
    centre.wait_for(lambda: sender.figures.failures_in_a_row == 0)


def test_a_slow_centre_is_given_up_and_tried_again(centre, maker, outbox, send):
    """An answer that does not come in time is no receipt."""
    centre.faults.slow_seconds = 0.6
    outbox.take_in(maker.make().folder)
    sender = send(quiet_timeout_seconds=0.2)
    centre.wait_for(lambda: sender.figures.failures >= 1)
    assert "ReadTimeout" in sender.figures.trouble
    centre.faults.slow_seconds = 0.0
    centre.wait_for(lambda: outbox.figures().acknowledged == 1)
    assert len(centre.order) == 1


@pytest.mark.parametrize("status", [409, 413, 422])
def test_a_refusal_is_kept_and_never_repeated(centre, maker, outbox, send, status):
    """It is parked with the centre's words; the next candidate goes."""
    centre.faults.refuse_candidates[ONE] = status
    outbox.take_in(maker.make(1).folder)
    outbox.take_in(maker.make(2).folder)
    send()
    centre.wait_for(lambda: outbox.figures().acknowledged == 1)
    assert centre.order == [(TWO, 0, 2)]
    ((candidate, problem),) = outbox.problems()
    assert candidate == ONE
    assert json.loads(problem) == {"status": status, "said": '{"title": "refused"}'}
    time.sleep(0.2)
    assert centre.calls["POST /boxes/me/candidates"] == 2


def test_one_candidate_that_the_centre_chokes_on_holds_no_other(centre, maker, outbox, send):
    """It is tried again later, and the others go meanwhile."""
    centre.faults.refuse_candidates[ONE] = 500
    for number in (1, 2, 3):
        outbox.take_in(maker.make(number).folder)
    send()
    centre.wait_for(lambda: outbox.figures().acknowledged == 2)
    del centre.faults.refuse_candidates[ONE]
    centre.wait_for(lambda: outbox.figures().acknowledged == 3)


def test_retry_after_is_honoured(centre, maker, outbox, send):
    """The box waits as long as it was asked to."""
    centre.faults.statuses = [("uploads", 503, {"Retry-After": "1"})]
    outbox.take_in(maker.make().folder)
    began = time.monotonic()
    send()
    centre.wait_for(lambda: outbox.figures().acknowledged == 1)
    assert time.monotonic() - began >= 0.95


def test_a_revoked_box_keeps_everything(centre, maker, outbox, send):
    """No token, no loss: it says so and waits."""
    centre.accepts_token = False
    outbox.take_in(maker.make().folder)
    sender = send()
    centre.wait_for(lambda: sender.figures.failures >= 2)
    assert "revoked" in sender.figures.trouble
    assert outbox.figures().waiting == 1
    centre.accepts_token = True
    centre.wait_for(lambda: outbox.figures().acknowledged == 1)


def test_a_damaged_file_is_a_gap_and_is_never_sent(centre, maker, outbox, send, tmp_path):
    """Bytes that changed on the box's disk are no evidence."""
    bundle = maker.make(1, size=300_000)
    clip = bundle.evidence[2].sha256
    outbox.take_in(bundle.folder)
    path = tmp_path / "outbox" / "blobs" / clip[:2] / clip
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    outbox.take_in(maker.make(2).folder)
    send()
    centre.wait_for(lambda: outbox.figures().acknowledged == 1)
    assert centre.order == [(TWO, 0, 2)]
    assert clip not in centre.blobs
    (gap,) = outbox.gaps(10)
    assert (gap.reason, gap.sequence) == (GapReason.DAMAGED, 1)


def test_a_missing_file_is_a_gap(centre, maker, outbox, send, tmp_path):
    """Whoever removed it."""
    bundle = maker.make(1)
    outbox.take_in(bundle.folder)
    for path in (tmp_path / "outbox" / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()
    send()
    centre.wait_for(lambda: outbox.figures().dropped == 1)
    assert centre.order == []


def test_the_pace_is_kept(centre, maker, outbox, send):
    """500 kB at 500 kB/s take about a second, not a tenth."""
    outbox.take_in(maker.make(size=500_000).folder)
    began = time.monotonic()
    send(pace=Pace(500))
    centre.wait_for(lambda: outbox.figures().acknowledged == 1)
    assert time.monotonic() - began >= 0.4


def test_a_locked_outbox_costs_a_candidate_nothing(centre, maker, send, tmp_path, monkeypatch):
    """The receipt cannot be written down, nor that it waits again; it is sent once more later."""
    monkeypatch.setattr("edge.outbox.database.BUSY_SECONDS", 0.05)
    outbox = Outbox(tmp_path / "locked", OutboxSettings(min_free_bytes=0))
    outbox.take_in(maker.make().folder)
    centre.faults.slow_seconds = 0.2
    other = sqlite3.connect(tmp_path / "locked" / "outbox.sqlite3", isolation_level=None)
    sender = send(outbox=outbox)
    centre.wait_for(lambda: centre.calls["POST /boxes/me/uploads"] == 1)
    other.execute("BEGIN IMMEDIATE")
    centre.wait_for(lambda: len(centre.order) == 1)
    time.sleep(0.6)  # the answer, and both times that the box waits for its database
    other.execute("ROLLBACK")
    other.close()
    centre.wait_for(lambda: outbox.figures().acknowledged == 1)
    assert centre.duplicates == 1
    centre.wait_for(lambda: sender.figures.sent == 1)
    outbox.close()
