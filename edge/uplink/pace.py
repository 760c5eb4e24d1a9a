"""How fast evidence may leave the box: a limit over time, shared by everything that is sent."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

KILOBYTE = 1000  # as networks are sold
BURST_SECONDS = 1.0  # so much of the limit may be used at once after a pause


class Pace:
    """Waits before each piece so that a limit holds.

    Args:
        kilobytes_per_second: The limit; none: no waiting.
        clock: Seconds that only grow.
        pause: Waits some seconds; true ends all waiting (the box is shutting down).
    """

    def __init__(
        self,
        kilobytes_per_second: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        limit = kilobytes_per_second
        self._bytes_per_second = None if limit is None else limit * KILOBYTE
        self._clock = clock
        self._pause = pause or threading.Event().wait
        self._free_at = clock()

    def wait_for(self, size_bytes: int) -> None:
        """Wait until so many bytes may be sent."""
        if self._bytes_per_second is None:
            return
        now = self._clock()
        self._free_at = max(self._free_at, now - BURST_SECONDS)
        self._free_at += size_bytes / self._bytes_per_second
        if self._free_at > now:
            self._pause(self._free_at - now)
