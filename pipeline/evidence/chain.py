"""The chain of a box's manifests: sequence numbers without gaps, each with the digest before it.

A number is taken by `commit`, once the manifest's digest is known and before it is signed. No two
signed manifests can therefore carry the same number, whenever the process dies.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import Field

from pipeline.candidate import Sha256, WireModel
from pipeline.errors import ManifestError
from pipeline.evidence.canonical import canonical_json, parse_canonical
from pipeline.evidence.durable import replace_file
from pipeline.evidence.manifest import NO_PREVIOUS, read_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

MAX_STATE_BYTES = 4096  # the state has about 130


class ChainHead(WireModel):
    """The newest manifest of a box. Every field is needed: half a state is a damaged state."""

    format: Literal[1]
    sequence: Annotated[int, Field(ge=0, le=2**53 - 1)]  # 0: none yet
    manifest_sha256: Sha256  # zeros: none yet

    @classmethod
    def beginning(cls) -> Self:
        """The head of a chain without manifests."""
        return cls(format=1, sequence=0, manifest_sha256=NO_PREVIOUS)

    def followed_by(self, manifest_sha256: str) -> ChainHead:
        """The head after one more manifest."""
        return ChainHead(format=1, sequence=self.sequence + 1, manifest_sha256=manifest_sha256)


class ManifestChain(Protocol):
    """Where a box keeps the head of its chain."""

    def head(self) -> ChainHead:
        """The newest manifest."""

    def commit(self, before: ChainHead, manifest_sha256: str) -> ChainHead:
        """Take the number after `before` for a manifest, for good.

        Raises:
            ManifestError: `before` is no longer the head: somebody else took the number.
        """


class MemoryChain:
    """A chain that lives as long as the process; for tests and for one-off exports."""

    def __init__(self, head: ChainHead | None = None) -> None:
        self._head = head or ChainHead.beginning()
        self._lock = Lock()

    def head(self) -> ChainHead:
        """The newest manifest."""
        return self._head

    def commit(self, before: ChainHead, manifest_sha256: str) -> ChainHead:
        """See `ManifestChain.commit`."""
        with self._lock:
            _require_head(before, self._head)
            self._head = before.followed_by(manifest_sha256)
            return self._head


class FileChain:
    """A chain in one small file that survives kill -9 and a power cut.

    The file is replaced as a whole (written beside, synced, renamed, folder synced). A lock file
    beside it keeps two processes apart, and a process that dies lets go of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock_path = path.with_name(f".{path.name}.lock")

    def head(self) -> ChainHead:
        """The newest manifest; where there is no file yet, the beginning of a chain.

        Raises:
            ManifestError: The file cannot be read or is not what this class wrote. It is never
                taken for a new chain: that would use numbers again.
        """
        try:
            with self._path.open("rb") as file:
                content = file.read(MAX_STATE_BYTES)
        except FileNotFoundError:
            return ChainHead.beginning()
        except OSError as error:
            raise ManifestError(f"{self._path}: cannot be read: {error.strerror}") from error
        try:
            return read_record(parse_canonical(content), ChainHead)
        except ManifestError as error:
            raise ManifestError(
                f"{self._path}: the head of the manifest chain is damaged: {error}; write into it"
                " the sequence and digest of the newest manifest that the centre has"
            ) from error

    def commit(self, before: ChainHead, manifest_sha256: str) -> ChainHead:
        """See `ManifestChain.commit`; durable when it returns.

        Raises:
            ManifestError: `before` is no longer the head, or the file cannot be written.
        """
        after = before.followed_by(manifest_sha256)
        try:
            with self._exclusive():
                _require_head(before, self.head())
                replace_file(self._path, canonical_json(after.model_dump(mode="json")))
        except OSError as error:
            raise ManifestError(f"{self._path}: cannot be written: {error.strerror}") from error
        return after

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # Released by the kernel when the descriptor goes, however the process ends. Each call
            # opens the file anew, so that threads of one process are kept apart as well.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _require_head(before: ChainHead, head: ChainHead) -> None:
    if before != head:
        raise ManifestError(
            f"sequence number {before.sequence + 1} is taken: the chain stands at"
            f" {head.sequence}; build the manifest again on its new head"
        )
