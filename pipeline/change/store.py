"""Reference views on disk: one file per light and variant, written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.change.reference import ReferenceView
from pipeline.change.results import Light
from pipeline.errors import ReferenceViewError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT: Final = 1
SUFFIX: Final = ".reference.npz"
MAX_FILE_BYTES: Final = 16 * 1024 * 1024  # 640 x 360 pixels take 1.2 MB uncompressed
# What NumPy, zipfile and zlib say of an archive whose bytes are not what was written.
DAMAGES: Final = (
    EOFError,
    KeyError,
    MemoryError,  # a length in a header
    NotImplementedError,  # a compression that does not exist
    RuntimeError,  # "encrypted"
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
FIELDS: Final = ("format", "camera_id", "light", "variant", "seconds", "colour", "noise", "known")


class ReferenceStore:
    """A camera's reference views in a folder of its own.

    Saving is for the process around the core: every few minutes and when it ends, not per frame.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, views: Iterable[ReferenceView]) -> None:
        """Write each view to its file, atomically.

        Raises:
            ReferenceViewError: The folder cannot be written.
        """
        for view in views:
            path = self.folder / f"{view.light.value}-{view.variant}{SUFFIX}"
            part = path.with_suffix(".part")
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                with part.open("wb") as file:
                    file.write(_packed(view))
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(path)
            except OSError as error:
                raise ReferenceViewError(
                    f"{path}: cannot be written: {error.strerror};"
                    " give the folder space and write permission"
                ) from error

    def load(self) -> tuple[ReferenceView, ...]:
        """Read every view of the folder; no folder gives none.

        Raises:
            ReferenceViewError: A file is damaged; the message names it and says what to do.
        """
        return tuple(self.read(path) for path in sorted(self.folder.glob(f"*{SUFFIX}")))

    def read(self, path: Path) -> ReferenceView:
        """Read one view.

        Raises:
            ReferenceViewError: The file is missing, damaged or of another format.
        """
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise _damaged(path, "is too large for a reference view")
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
                stored = {name: archive[name] for name in (*FIELDS, "sha256")}
        except OSError as error:
            raise _damaged(path, f"cannot be read: {error}") from error
        except DAMAGES as error:
            raise _damaged(path, f"is no reference view: {error}") from error
        if str(stored["sha256"]) != _digest(stored):
            raise _damaged(path, "does not have the bytes it was written with")
        if int(stored["format"]) != FORMAT:
            raise _damaged(path, f"has format {int(stored['format'])}, this version reads {FORMAT}")
        return ReferenceView(
            camera_id=str(stored["camera_id"]),
            light=Light(str(stored["light"])),
            variant=int(stored["variant"]),
            seconds=float(stored["seconds"]),
            colour=stored["colour"],
            noise=stored["noise"],
            known=stored["known"],
        )


def _damaged(path: Path, what: str) -> ReferenceViewError:
    return ReferenceViewError(f"{path}: {what}; delete it: the camera learns this view again")


def _packed(view: ReferenceView) -> bytes:
    fields: dict[str, NDArray[Any]] = {
        "format": np.array(FORMAT, np.int64),
        "camera_id": np.array(view.camera_id),
        "light": np.array(view.light.value),
        "variant": np.array(view.variant, np.int64),
        "seconds": np.array(view.seconds, np.float64),
        "colour": view.colour,
        "noise": view.noise,
        "known": view.known,
    }
    buffer = io.BytesIO()
    fields["sha256"] = np.array(_digest(fields))
    np.savez_compressed(buffer, allow_pickle=False, **fields)
    return buffer.getvalue()


def _digest(fields: dict[str, NDArray[Any]]) -> str:
    """SHA-256 over names, types, shapes and values of the fields."""
    digest = hashlib.sha256()
    for name in FIELDS:
        array = np.ascontiguousarray(fields[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
