"""What the operating system says about the box's clock."""

import sys

import pytest

from edge import clock
from edge.clock import ClockStatus, read_clock_status


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the Linux kernel")
def test_the_kernel_is_asked_and_its_answer_makes_sense():
    """Reading needs no rights; a container that forbids it gives None."""
    status = read_clock_status()
    assert status is None or (
        abs(status.offset_seconds) < 1 and 0 <= status.estimated_error_seconds < 1e6
    )


@pytest.mark.parametrize(
    ("state", "flags", "offset", "synchronised", "box_offset"),
    [
        (0, 0x2001, 2_500_000, True, -0.0025),  # PLL and nanoseconds
        (0, 0x0001, 2_500, True, -0.0025),  # microseconds, as old kernels count
        (5, 0x2001, 0, False, None),
        (0, 0x0041, 0, False, None),
    ],
)
def test_the_kernels_words_are_understood(state, flags, offset, synchronised, box_offset):
    """Units by flag, and no offset is claimed where nobody keeps the clock."""
    timex = clock._Timex(offset=offset, status=flags, esterror=1500, maxerror=250_000)
    status = clock._status(timex, state)
    assert status == ClockStatus(
        is_synchronised=synchronised,
        offset_seconds=offset / (1e9 if flags & 0x2000 else 1e6),
        estimated_error_seconds=0.0015,
        maximum_error_seconds=0.25,
    )
    assert status.box_offset_seconds == box_offset


def test_other_systems_give_no_answer(monkeypatch):
    """None, not an error: the manifest then says that the offset is not known."""
    monkeypatch.setattr(sys, "platform", "win32")
    assert read_clock_status() is None
