"""What the folder store's links allow, and how a browser is told to treat a file."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from api.evidence.store import INLINE_MEDIA_TYPES, Area


class UploadTicket(BaseModel):
    """What an upload's link allows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    may: Literal["upload"] = "upload"
    owner: str
    sha256: str
    size_bytes: int


class DownloadTicket(BaseModel):
    """What a download's link allows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    may: Literal["download"] = "download"
    sha256: str
    area: Area
    media_type: str
    file_name: str

    def disposition(self) -> str:
        """`inline` for pictures and films, `attachment` for what a browser might execute."""
        return disposition_of(self.media_type, self.file_name)


def disposition_of(media_type: str, file_name: str) -> str:
    """The Content-Disposition of a file; its name holds letters, digits, `.`, `_` and `-` only.

    >>> disposition_of("text/html", 'a"b.html')
    'attachment; filename="a_b.html"'
    """
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in file_name)
    kind = "inline" if media_type in INLINE_MEDIA_TYPES else "attachment"
    return f'{kind}; filename="{safe}"'
