"""Background work: done again and again, never ended by a fault, stopped when told."""

from __future__ import annotations

import threading

import pytest

from api.metrics import Metrics
from api.timers import Timer, Timers

LONG = 3600.0  # seconds; no test waits for it
PATIENCE = 10.0  # seconds


class Work:
    """Counts its runs, and lets a test wait for one."""

    def __init__(self, failures=0):
        self.runs = 0
        self._failures = failures
        self._condition = threading.Condition()

    def __call__(self):
        with self._condition:
            self.runs += 1
            self._condition.notify_all()
            if self.runs <= self._failures:
                raise RuntimeError("on purpose")

    def wait_for(self, runs):
        """Whether so many runs have begun in time."""
        with self._condition:
            return self._condition.wait_for(lambda: self.runs >= runs, PATIENCE)


@pytest.fixture
def metrics():
    """Counters of one test."""
    return Metrics()


@pytest.fixture
def running(metrics):
    """Starts timers that are stopped after the test."""
    started = []

    def start(*timers):
        made = Timers(timers, metrics)
        made.start()
        started.append(made)
        return made

    yield start
    for timers in started:
        timers.stop()


def test_work_begins_at_once_and_when_due(running):
    """The first run is at once; the next one when somebody says that it is due."""
    work = Work()
    timers = running(Timer(name="a", every_seconds=LONG, work=work))
    assert work.wait_for(1)
    timers.due("a")
    assert work.wait_for(2)


def test_work_is_repeated(running):
    """It comes again after its time."""
    work = Work()
    running(Timer(name="a", every_seconds=0.01, work=work))
    assert work.wait_for(3)


def test_a_fault_ends_nothing(running, metrics):
    """After a fault the work is tried again, others go on, and the fault is counted."""
    bad, good = Work(failures=2), Work()
    running(
        Timer(name="bad", every_seconds=0.01, work=bad),
        Timer(name="good", every_seconds=0.01, work=good),
    )
    assert bad.wait_for(4)
    assert good.wait_for(4)
    text = metrics.text().decode()
    assert 'streetcase_timer_failures_total{timer="bad"} 2.0' in text
    assert 'streetcase_timer_failures_total{timer="good"}' not in text


def test_stopping_lets_work_end(metrics):
    """A stop waits for what is in progress, and nothing begins after it."""
    began, may_end = threading.Event(), threading.Event()
    ended = []

    def work():
        began.set()
        may_end.wait(PATIENCE)
        ended.append(True)

    timers = Timers([Timer(name="a", every_seconds=0.01, work=work)], metrics)
    timers.start()
    assert began.wait(PATIENCE)
    stopper = threading.Thread(target=timers.stop)
    stopper.start()
    may_end.set()
    stopper.join(PATIENCE)
    assert not stopper.is_alive()
    assert ended == [True]


def test_names_differ(metrics):
    """Two timers of one name could not be told apart in metrics and logs."""
    timer = Timer(name="a", every_seconds=1, work=Work())
    with pytest.raises(ValueError, match="differ"):
        Timers([timer, timer], metrics)
