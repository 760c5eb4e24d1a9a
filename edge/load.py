"""What the box's process takes of its machine: share of the cores, memory, room on the disk."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

STATM = Path("/proc/self/statm")  # proc(5): total and resident pages
RESIDENT_FIELD = 1


class CpuMeter:
    """The process's share of all cores since it was last asked."""

    def __init__(self) -> None:
        self._asked_at = time.monotonic()
        self._spent = time.process_time()

    def share(self) -> float:
        """In [0, 1]; 1 is every core in full use."""
        now, spent = time.monotonic(), time.process_time()
        cores = os.cpu_count() or 1
        passed = max(now - self._asked_at, 1e-6)  # asked twice at once
        share = (spent - self._spent) / passed / cores
        self._asked_at, self._spent = now, spent
        return min(max(share, 0.0), 1.0)


def resident_bytes() -> int | None:
    """Memory that the process holds; none: this system does not tell."""
    try:
        pages = int(STATM.read_text().split()[RESIDENT_FIELD])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_bytes(folder: Path) -> int | None:
    """Room on the disk of a folder; none: the folder is not there."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
