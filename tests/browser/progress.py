"""What a long command is at, step by step; whatever ends it, its last line is one JSON object."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import contextmanager


class Progress:
    """Prints steps with their times, keeps what failed, and writes the last line.

    Args:
        limit_seconds: For the whole command; one that takes longer ends itself, and says where.
    """

    def __init__(self, limit_seconds=0):
        self.figures = {}  # for the last line, as they are found
        self.failures = []
        self._limit_seconds = limit_seconds
        self._began = time.monotonic()
        self._step = "starting"

    def say(self, text):
        """A line with the seconds since the beginning."""
        print(f"[{time.monotonic() - self._began:5.0f} s] {text}", flush=True)

    @contextmanager
    def step(self, name):
        """A step whose failure is told and kept, and leaves the next steps their turn."""
        self._step = name
        self.say(f"{name} ...")
        began = time.monotonic()
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the other figures still count
            self._fail(f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}")
            self.say(f"  FAILED after {time.monotonic() - began:.1f} s: {error}")
        else:
            self.say(f"  done in {time.monotonic() - began:.1f} s")

    def end_on_signals(self):
        """From now on the last line is written even if somebody or the time limit ends this."""
        for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(wanted, self._on_signal)
        signal.alarm(round(self._limit_seconds))

    def finish(self, *, is_ok=True):
        """Write the last line; gives the exit status."""
        signal.alarm(0)
        is_ok = is_ok and not self.failures
        failures = {"failures": self.failures} if self.failures else {}
        seconds = round(time.monotonic() - self._began)
        said = {"ok": is_ok, **self.figures, **failures, "seconds": seconds}
        print(json.dumps(said, ensure_ascii=False), flush=True)
        return 0 if is_ok else 1

    def _fail(self, error):
        self.failures.append({"step": self._step, "error": error})

    def _on_signal(self, number, _frame):
        name = signal.Signals(number).name
        late = f"not done within {self._limit_seconds:.0f} s, the limit of the whole command"
        self._fail(late if number == signal.SIGALRM else f"ended by {name}")
        status = self.finish(is_ok=False)
        sys.stderr.flush()
        # Nothing is unwound: a browser in the middle of a call cannot be. It ends with its pipe.
        os._exit(status)
