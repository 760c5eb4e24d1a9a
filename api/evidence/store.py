"""The contract of an evidence store: what every store does, whatever stands behind it.

Files lie under their SHA-256 in one of two areas. Boxes bring them by links that open a staging
place of their own; `finish` takes them from there to where no link reaches, digests what lies
there, and only then gives it its name. Nobody who holds a link can alter what was verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

# What a browser may show in place; anything else is handed out for saving only.
INLINE_MEDIA_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "video/mp4"})


class Area(StrEnum):
    """Where files lie."""

    CANDIDATES = "candidates"  # short life
    CASES = "cases"  # copies of confirmed evidence, locked where the store can


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a manifest says of a file's bytes."""

    sha256: str
    size_bytes: int
    media_type: str
    sm3: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLink:
    """PUT the bytes to `url` with `headers` until `expires_at`."""

    url: str
    expires_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


class Finding(StrEnum):
    """What a check of a store found."""

    OK = "ok"
    WARNING = "warning"  # it works, with less protection
    FAILURE = "failure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCheck:
    """One thing that a store can or cannot do."""

    name: str  # stable, for programs
    finding: Finding
    text: str  # for people


class EvidenceStore(Protocol):
    """Where evidence lies.

    Every method may raise `Unavailable` where the store does not answer. Each may be repeated.
    """

    kind: str  # folder, s3

    def upload_link(self, owner: str, expected: Expected, *, base_url: str) -> UploadLink:
        """A link by which a box brings one file to its own staging place.

        Args:
            owner: Id of the box.
            expected: What it will bring.
            base_url: Of the API, for a store that has no address of its own.
        """

    def finish(self, owner: str, expected: Expected) -> None:
        """Take in what a box has brought, once its digests hold; or digest what is there already.

        Raises:
            NotFound: It was not brought.
            Unprocessable: What was brought is something else; it has been thrown away.
        """

    def put(self, content: bytes, media_type: str) -> str:
        """Keep a small file of our own; returns its SHA-256."""

    def size_of(self, sha256: str, area: Area = Area.CANDIDATES) -> int | None:
        """Bytes of a file; none: it is not there."""

    def read(
        self,
        sha256: str,
        area: Area = Area.CANDIDATES,
        *,
        start: int = 0,
        length: int | None = None,
    ) -> Iterator[bytes]:
        """The bytes of a file, or of a part of it, in pieces.

        Raises:
            NotFound: It is not there. Raised by the call, not by the first piece.
        """

    def download_link(
        self,
        sha256: str,
        area: Area = Area.CANDIDATES,
        *,
        media_type: str,
        file_name: str,
        base_url: str,
    ) -> str:
        """A link by which somebody reads one file for a short while."""

    def freeze(self, sha256s: Sequence[str], *, until: datetime) -> datetime | None:
        """Copy files to the area of cases, lock them there, and digest the copies.

        Returns:
            Until when every copy is locked; none: this store cannot lock.

        Raises:
            NotFound: A file is not there.
            Unprocessable: The bytes of one are no longer those of its name.
        """

    def delete(self, sha256: str, area: Area = Area.CANDIDATES) -> None:
        """Remove a file; one that is not there is fine.

        Raises:
            Locked: A lock is on it.
        """

    def sweep(self, before: datetime) -> int:
        """Remove what was brought before an instant and never taken in; returns how many."""

    def check(self, *, base_url: str) -> list[StoreCheck]:
        """Try out what the store can and cannot do."""
