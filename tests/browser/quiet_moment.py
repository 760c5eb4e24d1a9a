"""Waits until a machine has nothing else to do, so that figures are the console's own."""

from __future__ import annotations

import os
import time
from pathlib import Path

STAT = Path("/proc/stat")  # Linux; elsewhere nobody waits, and the figures say so
LOOK_SECONDS = 3.0
QUIET = 0.15  # busy share of all cores; a desktop at rest has less


def busy_share(seconds=LOOK_SECONDS):
    """Share of all cores that was busy over some seconds, 0..1; none: the system does not tell."""
    if not STAT.exists():
        return None
    before = _times()
    time.sleep(seconds)
    busy, total = (after - begun for after, begun in zip(_times(), before, strict=True))
    return busy / max(total, 1)


def wait_for_quiet(patience, tell=print):
    """Wait until the machine is quiet, at most `patience` seconds.

    Returns:
        What to say beside figures: cores, busy share before measuring, seconds waited.
    """
    began = time.monotonic()
    told = -30.0
    while True:
        share = busy_share()
        waited = time.monotonic() - began
        if share is None or share <= QUIET or waited >= patience:
            break
        if waited - told >= 30:  # seconds between two lines of progress
            tell(f"The machine is {share:.0%} busy; waiting for a quiet moment ...")
            told = waited
    return {
        "cores": os.cpu_count(),
        "busy_before": None if share is None else round(share, 2),
        "quiet": None if share is None else share <= QUIET,
        "waited_s": round(waited),
    }


def _times():
    """Busy and total jiffies of all cores since the start."""
    fields = [int(field) for field in STAT.read_text(encoding="ascii").split("\n")[0].split()[1:9]]
    idle = fields[3] + fields[4]  # idle, iowait
    return sum(fields) - idle, sum(fields)
