"""Background work of the API: each piece in its own thread, tried again after a fault."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from api.metrics import Metrics

# How long a stop waits for work in progress; it is one transaction or one HTTP call.
STOP_SECONDS = 15.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Work that is done now and then.

    `work` must bear being done by several processes at once: it claims rows before it acts on them.
    """

    name: str
    every_seconds: float  # from the end of one run to the beginning of the next
    work: Callable[[], None]


class Timers:
    """Runs timers until it is told to stop. `due` wakes one early, as after a decision."""

    def __init__(self, timers: Sequence[Timer], metrics: Metrics) -> None:
        names = [timer.name for timer in timers]
        if len(set(names)) != len(names):
            raise ValueError(f"names of timers must differ: {', '.join(sorted(names))}")
        self._timers = tuple(timers)
        self._metrics = metrics
        self._stopping = threading.Event()
        self._due = {timer.name: threading.Event() for timer in timers}
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start one thread for each timer; the first run is at once."""
        for timer in self._timers:
            thread = threading.Thread(
                target=self._run, args=(timer,), name=f"timer-{timer.name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def due(self, name: str) -> None:
        """Have a timer run now rather than at its time."""
        self._due[name].set()

    def stop(self) -> None:
        """Let work in progress end, and begin no more."""
        self._stopping.set()
        for event in self._due.values():
            event.set()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
            if thread.is_alive():
                log.warning("timer_does_not_stop", timer=thread.name)
        self._threads.clear()

    def _run(self, timer: Timer) -> None:
        due = self._due[timer.name]
        while not self._stopping.is_set():
            # Cleared before the work: what becomes due during the work is done right after it.
            due.clear()
            try:
                timer.work()
            except Exception:  # a loop that must survive; the next run may go through
                log.exception("timer_failed", timer=timer.name)
                self._metrics.timer_failures.labels(timer.name).inc()
            else:
                self._metrics.timer_last_success.labels(timer.name).set_to_current_time()
            if not self._stopping.is_set():
                due.wait(timer.every_seconds)
