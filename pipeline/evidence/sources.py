"""Opening bundles that nobody vouches for: folders and ZIP files, read within stated limits.

Nothing is ever unpacked to disk, links are not followed, and what a bundle claims of itself is
bounded before it is believed.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Protocol

from pipeline.errors import BundleError
from pipeline.evidence.bundle import ITEMS_FOLDER
from pipeline.evidence.digests import CHUNK_BYTES
from pipeline.evidence.manifest import MAX_ITEMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

# Ours, generous: the largest bundle has a 20 s clip (about 20 MB at 8 Mbit/s) and some 15 stills.
MAX_BUNDLE_BYTES = 2 << 30
MAX_FILES = (
    MAX_ITEMS + 10
)  # items, manifest, signature, README, and some room to name what is extra
# JPEG, PNG and H.264 shrink by a few per cent, JSON by up to some 20 times; a bomb by 1,000.
MAX_EXPANSION = 100
SMALL_BYTES = 1 << 20  # below this, expansion harms nobody
MAX_SHOWN_CHARACTERS = 120

# ZIP application note 6.3.10, 4.3.16: the record that ends every archive.
_END_RECORD = struct.Struct("<4s4H2IH")
_END_SIGNATURE = b"PK\x05\x06"
_LOCATOR_SIGNATURE = b"PK\x06\x07"  # 4.3.15: announces a ZIP64 record
_LOCATOR_BYTES = 20
_MAX_DIRECTORY_BYTES = 1 << 20  # MAX_FILES entries of some 150 bytes need a tenth of it
# Verifiers also run on Windows, which has O_BINARY only.
_READ_FLAGS = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
    _READ_FLAGS |= getattr(os, _flag, 0)
_ENCRYPTED_FLAG = 0x1  # 4.4.4, bit 0
_READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile and zlib let out on damaged archives, by experience and by fuzzing (see the tests).
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
)


class BundleSource(Protocol):
    """Where the files of one bundle lie."""

    def sizes(self) -> dict[str, int]:
        """Claimed bytes of each file by its path inside the bundle (`/` between parts).

        Raises:
            BundleError: Something in it is no plain file of a bundle; `file` names it.
        """

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of one of these files, in pieces of at most `CHUNK_BYTES`.

        Raises:
            BundleError: It cannot be read.
        """

    def close(self) -> None:
        """Let go of what is open."""


def open_bundle(path: Path) -> BundleSource:
    """A bundle's folder, or its ZIP file.

    Raises:
        BundleError: There is none at the path, or it is damaged beyond listing its files.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise BundleError(
            f"there is no bundle at {shown(str(path))}; give a folder or a .zip"
        ) from error
    if stat.S_ISDIR(mode):
        return FolderSource(path)
    if stat.S_ISREG(mode):
        return ZipSource(path)
    raise BundleError(f"{shown(str(path))} is neither a folder nor a file")


def read_whole(source: BundleSource, name: str, limit: int) -> bytes:
    """The whole content of one small file.

    Raises:
        BundleError: It is missing, larger than `limit` bytes, or cannot be read.
    """
    size = source.sizes().get(name)
    if size is None:
        raise BundleError(f"{name} is missing", file=name)
    if size > limit:
        raise BundleError(f"{name} has {size} bytes, more than the {limit} allowed", file=name)
    parts: list[bytes] = []
    for chunk in source.chunks(name):
        parts.append(chunk)
        if sum(map(len, parts)) > limit:
            raise BundleError(f"{name} has more than the {limit} bytes allowed", file=name)
    return b"".join(parts)


def shown(text: str, limit: int = MAX_SHOWN_CHARACTERS) -> str:
    r"""A foreign text as it may safely be printed: no control characters, no endless length.

    >>> print(shown("a\x1b[2Jb"))
    a\x1b[2Jb
    """
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return safe if len(safe) <= limit else f"{safe[:limit]}..."


class FolderSource:
    """A bundle as a folder. Links, pipes, devices and further folders are refused by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: dict[str, int] | None = None

    def sizes(self) -> dict[str, int]:
        """See `BundleSource.sizes`."""
        if self._sizes is None:
            sizes: dict[str, int] = {}
            try:
                self._scan(self._folder, "", sizes)
            except OSError as error:
                raise BundleError(f"the folder cannot be listed: {error.strerror}") from error
            _require_bounded(sizes)
            self._sizes = sizes
        return self._sizes

    def _scan(self, folder: Path, prefix: str, sizes: dict[str, int]) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = prefix + entry.name
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    sizes[name] = status.st_size
                elif stat.S_ISDIR(status.st_mode) and name == ITEMS_FOLDER:
                    self._scan(folder / entry.name, f"{name}/", sizes)
                else:
                    kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a link or device"
                    raise BundleError(
                        f"{shown(name)} is {kind}, which no bundle has", file=shown(name)
                    )
                if len(sizes) > MAX_FILES:
                    raise BundleError(f"it holds more than {MAX_FILES} files")

    def chunks(self, name: str) -> Iterator[bytes]:
        """See `BundleSource.chunks`."""
        try:
            # No link is followed and the open file is asked: the folder may change under us.
            descriptor = os.open(self._folder / name, _READ_FLAGS)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise BundleError(f"{shown(name)} is not a plain file", file=shown(name))
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise BundleError(
                f"{shown(name)} cannot be read: {error.strerror}", file=shown(name)
            ) from error

    def close(self) -> None:
        """See `BundleSource.close`."""


class ZipSource:
    """A bundle as a ZIP file, read in place.

    Refused: more than one entry of a name, names that are not those of a bundle, links, encryption,
    ZIP64, a comment after the directory, and entries that expand as only a bomb does.

    Raises:
        BundleError: It is no such ZIP file.
    """

    def __init__(self, path: Path) -> None:
        try:
            _require_small_directory(path)
            self._archive = zipfile.ZipFile(path)
        except _ZIP_ERRORS as error:
            raise BundleError(
                f"it is not a ZIP file that can be read: {shown(str(error))}"
            ) from error
        try:
            self._entries = _checked_entries(self._archive.infolist())
        except BundleError:
            self._archive.close()
            raise

    def sizes(self) -> dict[str, int]:
        """See `BundleSource.sizes`."""
        return {name: entry.file_size for name, entry in self._entries.items()}

    def chunks(self, name: str) -> Iterator[bytes]:
        """See `BundleSource.chunks`."""
        try:
            with self._archive.open(self._entries[name]) as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except _ZIP_ERRORS as error:
            raise BundleError(
                f"{shown(name)} cannot be read from the ZIP file: {shown(str(error))}",
                file=shown(name),
            ) from error

    def close(self) -> None:
        """See `BundleSource.close`."""
        self._archive.close()

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def _require_small_directory(path: Path) -> None:
    """Bound the directory before zipfile reads all of it into memory."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        tail_bytes = min(size, _END_RECORD.size + _LOCATOR_BYTES)
        file.seek(-tail_bytes, os.SEEK_END)
        tail = file.read(tail_bytes)
    if len(tail) < _END_RECORD.size:
        raise BundleError("it is too short for a ZIP file")
    record = _END_RECORD.unpack(tail[-_END_RECORD.size :])
    signature, _, _, _, entries, directory_bytes, _, _ = record
    if signature != _END_SIGNATURE:
        raise BundleError("it does not end as a ZIP file without comment does")
    if tail.startswith(_LOCATOR_SIGNATURE):
        raise BundleError("it is a ZIP64 file, which no bundle needs")
    if entries > MAX_FILES or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise BundleError(f"it lists {entries} files; a bundle has at most {MAX_FILES}")


def _checked_entries(entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    checked: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = entry.filename
        if name == f"{ITEMS_FOLDER}/" and not entry.file_size:
            continue  # other packers write an entry for the folder
        problem = _entry_problem(entry)
        if problem is None and name in checked:
            problem = "stands twice in the ZIP file"
        if problem is not None:
            raise BundleError(f"{shown(name)} {problem}", file=shown(name))
        checked[name] = entry
    if len(checked) > MAX_FILES:
        raise BundleError(f"it holds more than {MAX_FILES} files")
    _require_bounded({name: entry.file_size for name, entry in checked.items()})
    return checked


def _entry_problem(entry: zipfile.ZipInfo) -> str | None:  # noqa: PLR0911 - one per problem
    """What makes an entry one that no bundle has; it is none of ours to open."""
    parts = entry.filename.split("/")
    # orig_filename still has what zipfile cut off behind a zero byte, and other systems' slashes.
    raw = entry.orig_filename
    is_plain = all(parts) and not {".", ".."} & set(parts) and raw.isprintable()
    if not is_plain or "\\" in raw or ":" in raw:
        return "is not the name of a file inside a bundle"
    if len(parts) > 1 and (len(parts) > 2 or parts[0] != ITEMS_FOLDER):  # noqa: PLR2004 - folder, name
        return "lies in a folder that no bundle has"
    mode = entry.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        return "is a link, a folder or a device, which no bundle has"
    if entry.flag_bits & _ENCRYPTED_FLAG:
        return "is encrypted; bundles are not"
    if entry.compress_type not in _READABLE_METHODS:
        return f"is packed with method {entry.compress_type}; bundles use 0 or 8"
    if entry.file_size > max(SMALL_BYTES, MAX_EXPANSION * entry.compress_size):
        return f"would expand from {entry.compress_size} to {entry.file_size} bytes"
    return None


def _require_bounded(sizes: dict[str, int]) -> None:
    total = sum(sizes.values())
    if total > MAX_BUNDLE_BYTES:
        raise BundleError(f"it holds {total} bytes, more than the {MAX_BUNDLE_BYTES} allowed")
