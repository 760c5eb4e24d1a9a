"""Bytes on their way into a file of the folder store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from api.errors import TooLarge, Unavailable, Unprocessable


class Incoming:
    """Bytes on their way into a file; one too many or too few is an error."""

    def __init__(self, file: BinaryIO, *, limit: int) -> None:
        self._file = file
        self._limit = limit
        self._received = 0

    def write(self, piece: bytes) -> None:
        """Take some more bytes.

        Raises:
            TooLarge: They are more than were announced.
        """
        self._received += len(piece)
        if self._received > self._limit:
            raise TooLarge(
                "too_large",
                f"More than the announced {self._limit} bytes came; nothing was kept.",
                limit_bytes=self._limit,
            )
        with disk_answering():
            self._file.write(piece)

    def require_whole(self) -> None:
        """Refuse what stopped early.

        Raises:
            Unprocessable: Fewer bytes came than were announced.
        """
        if self._received != self._limit:
            raise Unprocessable(
                "truncated",
                f"{self._received} of the announced {self._limit} bytes came; nothing was kept."
                " Send it again.",
            )


@contextmanager
def disk_answering() -> Iterator[None]:
    """Turn the operating system's errors into the store's."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "store_unavailable",
            "The evidence store does not answer. Try again.",
            retry_after_seconds=5,
        ) from error
