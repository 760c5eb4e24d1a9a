"""A camera comes back after every kind of failure, not too often, and hangs nobody."""

from __future__ import annotations

import itertools
import threading
import time
from random import Random

import pytest

from edge.cameras.supervisor import MAX_HUNG, CameraSupervisor, SupervisionSettings
from edge.errors import StreamEnded
from pipeline.exchange import CameraState


class Script:
    """A session that does what it is told, one order for each run."""

    def __init__(self, *orders):
        self.orders = list(orders)
        self.runs = 0
        self.count = 0
        self.release = threading.Event()
        self.abandoned = 0
        self.faults = []

    def run(self):
        self.runs += 1
        order = self.orders.pop(0) if self.orders else "hang"
        if isinstance(order, Exception):
            raise order
        if order == "pictures":
            self.count += 1
            self.release.wait(5)
        elif order == "hang":
            self.release.wait(5)

    def progress(self):
        return self.count

    def stop(self):
        self.release.set()

    def abandon(self):
        self.abandoned += 1

    def fault(self):
        return self.faults.pop() if self.faults else None


@pytest.fixture
def supervise():
    scripts = []

    def make(*orders, repeats=False, **settings):
        script = Script(*orders)
        scripts.append(script)
        limits = SupervisionSettings(**settings)
        return script, CameraSupervisor("c", script, limits, random=Random(1), repeats=repeats)  # noqa: S311 - jitter

    yield make
    for script in scripts:
        script.release.set()


def settle(supervisor, now):
    """Tick until the thread that was begun has done what it was told."""
    supervisor.tick(now)
    time.sleep(0.02)
    supervisor.tick(now)
    return supervisor.state


def test_a_camera_connects_and_runs(supervise):
    """Connecting until the first packet."""
    script, supervisor = supervise("pictures")
    supervisor.tick(0.0)
    assert supervisor.state is CameraState.CONNECTING
    assert settle(supervisor, 0.1) is CameraState.RUNNING
    assert script.runs == 1


def test_failures_wait_longer_and_longer(supervise):
    """Each wait is at most twice the one before, with jitter, up to the longest."""
    failures = [StreamEnded("gone")] * 10
    script, supervisor = supervise(*failures, first_retry_seconds=1, longest_retry_seconds=8)
    now, starts = 0.0, []
    for _ in range(6):
        runs = script.runs
        while script.runs == runs:
            now += 0.05
            supervisor.tick(now)
        starts.append(now)
        assert settle(supervisor, now) is CameraState.BACKING_OFF
        assert supervisor.reason == "StreamEnded: gone"
    waits = [b - a for a, b in itertools.pairwise(starts)]
    for number, wait in enumerate(waits):
        assert min(2.0**number, 8) / 2 <= wait <= min(2.0**number, 8) + 0.1
    assert supervisor.counts.restarts == 5


def test_a_long_run_makes_the_next_wait_short_again(supervise):
    """A camera that ran for long is not punished for old failures."""
    gone = StreamEnded("gone")
    script, supervisor = supervise(gone, gone, gone, gone, "pictures", stable_seconds=60)
    now = 0.0
    while script.runs < 5:
        now += 1.0
        settle(supervisor, now)
    assert settle(supervisor, now) is CameraState.RUNNING
    for _ in range(70):
        now += 1.0
        script.count += 1
        supervisor.tick(now)
    script.orders = [gone]
    script.faults.append(gone)
    supervisor.tick(now)
    assert supervisor.state is CameraState.BACKING_OFF
    runs = script.runs
    settle(supervisor, now + 1.01)
    assert script.runs == runs + 1


def test_the_restart_budget_is_kept_and_comes_back(supervise):
    """Three restarts an hour and no more; an hour after the first there is another."""
    script, supervisor = supervise(
        *[StreamEnded("gone")] * 20, restarts_per_hour=3, longest_retry_seconds=1
    )
    now = 0.0
    for _ in range(100):
        now += 1.0
        settle(supervisor, now)
    assert script.runs == 4
    assert supervisor.state is CameraState.STOPPED
    assert "3 restarts within an hour" in supervisor.reason
    now += 3600
    settle(supervisor, now)
    assert script.runs == 5


def test_an_open_that_hangs_is_abandoned_and_tried_again(supervise):
    """The thread is left behind and counted; the next try is a new one."""
    script, supervisor = supervise("hang", "pictures", open_limit_seconds=30)
    settle(supervisor, 0.0)
    supervisor.tick(29.0)
    assert supervisor.state is CameraState.CONNECTING
    supervisor.tick(31.0)
    assert supervisor.state is CameraState.BACKING_OFF
    assert "could not be opened for 30 s" in supervisor.reason
    assert script.abandoned == 1
    assert supervisor.counts.abandoned == supervisor.counts.hung == 1
    assert settle(supervisor, 33.0) is CameraState.RUNNING


def test_a_stream_that_falls_silent_is_abandoned(supervise):
    """By the monotonic clock, whatever the box's date does."""
    script, supervisor = supervise("pictures", "pictures", stall_limit_seconds=20)
    settle(supervisor, 0.0)
    for now in range(1, 10):
        script.count += 1
        supervisor.tick(float(now))
    supervisor.tick(28.0)
    assert supervisor.state is CameraState.RUNNING
    supervisor.tick(30.0)
    assert "nothing has arrived for 20 s" in supervisor.reason


def test_threads_that_hang_are_bounded(supervise):
    """After three the camera is stopped until one of them comes back."""
    script, supervisor = supervise(open_limit_seconds=1, longest_retry_seconds=1)
    now = 0.0
    for _ in range(200):
        now += 1.0
        supervisor.tick(now)
    assert script.runs == MAX_HUNG
    assert supervisor.state is CameraState.STOPPED
    assert "hang" in supervisor.reason
    script.release.set()
    time.sleep(0.05)
    now += 61.0
    settle(supervisor, now)
    assert script.runs == MAX_HUNG + 1


def test_a_file_that_ends_is_no_failure(supervise):
    """It is stopped for good, without a restart."""
    script, supervisor = supervise("end")
    assert settle(supervisor, 0.0) is CameraState.STOPPED
    assert supervisor.reason == "its file has ended"
    assert supervisor.has_ended
    supervisor.tick(1e6)
    assert script.runs == 1


def test_a_file_that_repeats_begins_again_at_once(supervise):
    """And spends nothing of the restart budget."""
    script, supervisor = supervise("end", "end", "pictures", repeats=True)
    for now in range(5):
        settle(supervisor, float(now))
    assert script.runs == 3
    assert supervisor.counts.restarts == 0


def test_a_fault_of_judging_restarts_the_camera(supervise):
    """What went wrong beside the reading is told like a failure of the camera."""
    script, supervisor = supervise("pictures", "pictures")
    settle(supervisor, 0.0)
    script.faults.append(ZeroDivisionError("nobody foresaw this"))
    supervisor.tick(1.0)
    assert supervisor.reason == "ZeroDivisionError: nobody foresaw this"
    assert script.abandoned == 1


def test_stopping_ends_it_for_good(supervise):
    """A stop during a run and a stop during a wait both hold."""
    script, supervisor = supervise("pictures")
    settle(supervisor, 0.0)
    supervisor.stop()
    assert supervisor.join(5)
    supervisor.tick(1.0)
    assert supervisor.state is CameraState.STOPPED
    supervisor.tick(1e6)
    assert script.runs == 1


def test_a_thread_that_does_not_end_is_left_behind_at_the_stop(supervise):
    """The box's shutdown does not wait for it."""
    script, supervisor = supervise("hang")
    script.stop = lambda: None
    settle(supervisor, 0.0)
    supervisor.stop()
    assert not supervisor.join(0.01)
    assert script.abandoned == 1
