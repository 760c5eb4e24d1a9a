"""Where pictures come from: a file, or a stream whose address keeps its credentials to itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from edge.errors import StreamUrlError

SCHEMES = ("rtsp", "rtsps")
HIDDEN = "***"

# Makers that put the login into the path or query: rtsp://host/user=admin&password=x&channel=1
_SECRET_PARAMETER = re.compile(
    r"(?i)\b(user(?:name)?|login|pass(?:word|wd)?|pwd|token|secret|sign(?:ature)?|auth|key)"
    r"=[^&;/?#]*"
)
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class StreamUrl:
    """The address of a stream. `str` and `repr` show it without credentials.

    Only `reveal` gives the whole address; its result belongs into the call that opens the stream
    and nowhere else.

    Raises:
        StreamUrlError: Not an address of the form rtsp://[name:password@]host[:port]/path.

    >>> StreamUrl("rtsp://admin:secret@10.0.0.7:554/ch1?token=abc")
    StreamUrl('rtsp://***@10.0.0.7:554/ch1?token=***')
    """

    _address: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what is not an address, without repeating it unredacted."""
        try:
            parts = urlsplit(self._address)
            host, _port = parts.hostname, parts.port
        except ValueError:
            # `from None`: urlsplit quotes the text it cannot read, password and all.
            raise StreamUrlError(self._complaint("its host or port cannot be read")) from None
        if parts.scheme not in SCHEMES:
            raise StreamUrlError(self._complaint(f"it must begin with {' or '.join(SCHEMES)}"))
        if not host or _CONTROL.search(self._address):
            raise StreamUrlError(self._complaint("it has no host, or blanks in it"))
        if "@" in parts.path + parts.query + parts.fragment:
            # Most likely a password with a / ? or # in it, cut in two.
            raise StreamUrlError(self._complaint("an @ stands behind the host"))

    def _complaint(self, what: str) -> str:
        return (
            f"{self} is not the address of a stream: {what};"
            " write rtsp://name:password@host:port/path with @ : / ? # in the password as %40"
            " %3A %2F %3F %23"
        )

    def reveal(self) -> str:
        """The whole address with its credentials, for the call that opens the stream."""
        return self._address

    def __str__(self) -> str:
        """The address without credentials; whatever stands before an @ counts as one."""
        scheme, separator, rest = self._address.partition("://")
        if not separator:
            return HIDDEN  # no address at all: it may be a password pasted into the wrong field
        _credentials, at, place = rest.rpartition("@")
        shown = f"{HIDDEN}@{place}" if at else rest
        return f"{scheme}://" + _SECRET_PARAMETER.sub(rf"\1={HIDDEN}", shown)

    def __repr__(self) -> str:
        """As `str`, for logs and tracebacks."""
        return f"StreamUrl({str(self)!r})"


VideoSource = StreamUrl | Path


def parse_source(text: str) -> VideoSource:
    """A stream if the text has a scheme, else a file.

    Raises:
        StreamUrlError: It has a scheme and is not the address of a stream.

    >>> parse_source("clips/a.mp4").name
    'a.mp4'
    """
    return StreamUrl(text) if "://" in text else Path(text)
