"""One process for each box's folder."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edge.errors import EdgeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Two processes on one folder would sign and send past each other.

    Raises:
        EdgeError: Another process has it, or it cannot be made.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EdgeError(f"{data}: cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with the process
        yield
    except BlockingIOError as error:
        raise EdgeError(
            f"{data}: another box works in this folder; stop it, or set another `data`"
        ) from error
    finally:
        os.close(descriptor)
