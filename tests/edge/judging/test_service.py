"""Many cameras, few judges: fair, bounded, the newest first, and recordings without a loss."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from edge.judging.service import MAX_WAITING_BURSTS, JudgingService, JudgingSettings


@pytest.fixture
def service():
    with JudgingService(JudgingSettings(threads=2)) as running:
        yield running


def wait_for(condition, seconds=5.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


def test_a_newer_live_picture_replaces_one_that_waits(service):
    """While the first is judged three more come: only the newest of them is judged."""
    go, seen = threading.Event(), []

    def take(picture):
        seen.append(picture)
        assert go.wait(5)

    lane = service.add(take)
    lane.offer(1)
    wait_for(lambda: seen == [1])
    for picture in (2, 3, 4):
        lane.offer(picture)
    go.set()
    wait_for(lambda: lane.counts.judged == 2)
    assert seen == [1, 4]
    assert (lane.counts.offered, lane.counts.skipped) == (4, 2)
    assert len(lane.delays) == 2


def test_a_recording_loses_nothing_and_keeps_its_order(service):
    """Handing over waits until the picture has been judged."""
    seen = []
    lane = service.add(lambda picture: (time.sleep(0.001), seen.append(picture)))
    for picture in range(50):
        lane.judge(picture)
        assert seen[-1] == picture
    assert seen == list(range(50))
    assert lane.counts.skipped == 0


def test_a_busy_camera_takes_no_turn_of_another():
    """One camera offers all the time, nine now and then: none of these waits behind it."""
    judged = Counter()

    def judge(name):
        judged[name] += 1
        time.sleep(0.002)

    with JudgingService(JudgingSettings(threads=1)) as service:
        lanes = {name: service.add(lambda _, name=name: judge(name)) for name in range(10)}
        until = time.monotonic() + 0.6
        while time.monotonic() < until:
            for name, lane in lanes.items():
                lane.offer(0)
                if name == 0:
                    lane.offer(1)
            time.sleep(0.001)
        assert min(judged.values()) >= 0.7 * max(judged.values())


def test_one_camera_is_never_judged_by_two_threads(service):
    """Its pipeline is not made for it."""
    inside, most = [], []

    def take(_):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.001)
        inside.pop()

    lane = service.add(take)
    until = time.monotonic() + 0.2
    while time.monotonic() < until:
        lane.offer(0)
    assert max(most) == 1


def test_a_fault_is_told_and_stops_no_judge(service):
    """To whoever waits for the answer, or else to the camera's owner."""

    def take(picture):
        if picture == "bad":
            raise ZeroDivisionError(picture)

    faults = []
    lane = service.add(take, on_fault=faults.append)
    with pytest.raises(ZeroDivisionError):
        lane.judge("bad")
    lane.offer("bad")
    wait_for(lambda: len(faults) == 1)
    lane.judge("good")
    assert (lane.counts.judged, lane.counts.faults) == (1, 2)


def test_bursts_have_a_thread_of_their_own_and_a_bound(service):
    """A long burst delays no picture; beyond the bound it is refused and counted."""
    go = threading.Event()
    lane = service.add(lambda _: None)
    accepted = [lane.burst(go.wait) for _ in range(MAX_WAITING_BURSTS + 5)]
    assert accepted.count(False) in (4, 5)  # one may have begun
    assert lane.counts.bursts_refused == accepted.count(False)
    lane.judge(1)
    assert service.waiting_bursts >= MAX_WAITING_BURSTS - 1
    go.set()
    wait_for(lambda: service.waiting_bursts == 0)


def test_a_burst_that_fails_is_told(service):
    """Like a picture that fails."""
    faults = []
    lane = service.add(lambda _: None, on_fault=faults.append)
    lane.burst(lambda: 1 / 0)
    wait_for(lambda: faults)
    assert isinstance(faults[0], ZeroDivisionError)


def test_closing_a_lane_lets_go_of_what_waits(service):
    """And waits for what is being judged; afterwards nothing is judged any more."""
    go, seen = threading.Event(), []

    def take(picture):
        seen.append(picture)
        assert go.wait(5)

    lane = service.add(take)
    lane.offer(1)
    wait_for(lambda: seen)
    lane.offer(2)
    lane.burst(lambda: seen.append("burst"))
    assert not lane.close(timeout_seconds=0.01)
    go.set()
    assert lane.close(timeout_seconds=5)
    lane.offer(3)
    lane.judge(4)
    assert not lane.burst(lambda: None)
    assert 2 not in seen
    assert 3 not in seen


def test_the_end_of_the_service_lets_go_of_recordings():
    """Nobody waits for ever for an answer that will not come."""
    entered, go = threading.Event(), threading.Event()
    with JudgingService(JudgingSettings(threads=1)) as service:
        busy = service.add(lambda _: (entered.set(), go.wait(5)))
        busy.offer(1)
        assert entered.wait(5)
        waiting = service.add(lambda _: None)
        thread = threading.Thread(target=lambda: waiting.judge(1))
        thread.start()
        wait_for(lambda: service.waiting == 1)
        threading.Timer(0.05, go.set).start()
    thread.join(5)
    assert not thread.is_alive()


def test_state_is_bounded(service):
    """A hundred thousand pictures leave the newest delays and one picture."""
    lane = service.add(lambda _: None)
    for picture in range(100_000):
        lane.offer(picture)
    wait_for(lambda: service.waiting == 0)
    assert len(lane.delays) <= 1000
    counts = lane.counts
    wait_for(lambda: counts.judged + counts.skipped == counts.offered == 100_000)
