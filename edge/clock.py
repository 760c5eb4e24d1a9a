"""Whether the box's clock is right, as the operating system judges it."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass

MICROSECONDS = 1_000_000
NANOSECONDS = 1_000_000_000
# linux/timex.h
STATUS_UNSYNCHRONISED = 0x0040
STATUS_NANOSECONDS = 0x2000
STATE_ERROR = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStatus:
    """What the kernel says about the clock that it keeps in step with a time server."""

    is_synchronised: bool
    offset_seconds: float  # still to be corrected: true time minus box clock
    estimated_error_seconds: float
    maximum_error_seconds: float  # grows by 500 ppm from one contact with the server to the next

    @property
    def box_offset_seconds(self) -> float | None:
        """Box clock minus true time, as manifests give it; None: nobody knows."""
        return -self.offset_seconds if self.is_synchronised else None


class _Timex(ctypes.Structure):
    """`struct timex` of linux/timex.h; padding at the end is for what newer kernels add."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", ctypes.c_long * 2),
        ("tick", ctypes.c_long),
        ("more", ctypes.c_long * 32),
    )


def read_clock_status() -> ClockStatus | None:
    """Ask the kernel; changes nothing and needs no rights. None: this system cannot tell."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    timex = _Timex()  # modes 0: only read
    state = adjtimex(ctypes.byref(timex))
    if state < 0:
        return None  # forbidden, as in some containers
    return _status(timex, state)


def _status(timex: _Timex, state: int) -> ClockStatus:
    is_fine = timex.status & STATUS_NANOSECONDS
    return ClockStatus(
        is_synchronised=state != STATE_ERROR and not timex.status & STATUS_UNSYNCHRONISED,
        offset_seconds=timex.offset / (NANOSECONDS if is_fine else MICROSECONDS),
        estimated_error_seconds=timex.esterror / MICROSECONDS,
        maximum_error_seconds=timex.maxerror / MICROSECONDS,
    )
