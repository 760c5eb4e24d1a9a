"""Evidence files on disk under their SHA-256, each kept once however many bundles hold it."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from pipeline.evidence.durable import sync_folder, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Where a second name for a file cannot be had, its bytes are copied: another disk, a file system
# without hard links, too many names.
NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK})
SHARD_CHARACTERS = 2  # 256 folders, so that none holds more than a few thousand files
PARTIAL_SUFFIX = ".partial"


class BlobFolder:
    """Content-addressed files, durable once taken.

    Args:
        root: Its folder; made if it is not there.

    Raises:
        OSError: The folder cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def path_of(self, sha256: str) -> Path:
        """Where a file lies, or would lie."""
        return self._root / sha256[:SHARD_CHARACTERS] / sha256

    def take(self, source: Path, sha256: str) -> None:
        """Keep a file's bytes; on disk for good when this returns.

        The source's own bytes must be on disk already, as those of a published bundle are.

        Raises:
            OSError: It cannot be read or there is no room.
        """
        target = self.path_of(sha256)
        if not target.parent.exists():
            target.parent.mkdir(exist_ok=True)
            sync_folder(self._root)
        if target.exists():
            return
        try:
            os.link(source, target)
        except FileExistsError:
            return  # another thread was first
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            partial = target.with_name(target.name + PARTIAL_SUFFIX)
            write_file(partial, source)
            partial.replace(target)
        sync_folder(target.parent)

    def remove(self, sha256: str) -> None:
        """Let a file go; it may be gone already."""
        self.path_of(sha256).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """The names of all files, half-written ones too."""
        for shard in self._root.iterdir():
            if shard.is_dir():
                yield from (path.name for path in shard.iterdir())
