"""Room that is held back, so that a full disk still lets the database say what is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.evidence.durable import sync_folder, write_file

if TYPE_CHECKING:
    from pathlib import Path

# A hundred transactions of a few pages each, with the write-ahead log that they go through.
BALLAST_BYTES = 4 * 1024 * 1024


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

    def refill(self) -> None:
        """Take the room, if it is there to be taken."""
        if self._path.exists():
            return
        try:
            write_file(self._path, bytes(BALLAST_BYTES))
            sync_folder(self._path.parent)
        except OSError:
            self.release()
