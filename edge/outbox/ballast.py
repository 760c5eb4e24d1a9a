"""Room that is held back, so that a full disk still lets the database say what is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from edge.errors import OutboxError
from pipeline.evidence.durable import sync_folder, write_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# A hundred transactions of a few pages each, with the write-ahead log that they go through.
BALLAST_BYTES = 4 * 1024 * 1024

T = TypeVar("T")


class Ballast:
    """A file without meaning.

    Args:
        path: Where it lies.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def release(self) -> None:
        """Give the room back; it may have been given already."""
        self._path.unlink(missing_ok=True)

    def spend_on(self, work: Callable[[], T], *, free_bytes: Callable[[], int]) -> T:
        """Do something; where it fails because the disk is full, do it once more with this room.

        Args:
            work: What to do.
            free_bytes: Of the disk. SQLite calls it an I/O error when there is no room for the
                files beside its database, so the disk itself is asked.

        Raises:
            OutboxError: It failed for another reason, or this room was not enough.
        """
        try:
            return work()
        except OutboxError:
            if free_bytes() >= BALLAST_BYTES:
                raise
        self.release()
        return work()

    def refill(self) -> None:
        """Take the room, if it is there to be taken."""
        if self._path.exists():
            return
        try:
            write_file(self._path, bytes(BALLAST_BYTES))
            sync_folder(self._path.parent)
        except OSError:
            self.release()
