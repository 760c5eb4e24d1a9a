"""Writing files so that they are whole and there after a power cut or a kill."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipeline.evidence.digests import CHUNK_BYTES, Digests, digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a rename counts only once its folder is on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Put content in the place of a file in one step: a reader sees the old or the new, whole.

    Raises:
        OSError: The folder cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    write_file(partial, content)
    partial.replace(path)
    sync_folder(path.parent)


def write_file(target: Path, content: bytes | Path) -> Digests:
    """Write bytes, or copy a file, to disk, and digest what was written on the way.

    Raises:
        OSError: The source cannot be read or the target cannot be written.
    """
    with target.open("wb") as file:

        def written() -> Iterator[bytes]:
            for chunk in _chunks(content):
                file.write(chunk)
                yield chunk

        result = digest(written())
        file.flush()
        os.fsync(file.fileno())
    return result


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            yield chunk
