"""Asking a time-stamp authority over HTTP (RFC 3161), and believing only what can be verified."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
from cryptography.x509 import Certificate

from api.settings import TimestampSettings
from pipeline.errors import SettingsError, TimestampError
from pipeline.evidence.timestamp import (
    MAX_STAMP_BYTES,
    Stamp,
    is_available,
    read_roots,
    read_stamp,
)

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


@cache
def _roots(path: Path) -> tuple[Certificate, ...]:
    return read_roots(path)


def roots_of(settings: TimestampSettings | None) -> tuple[Certificate, ...]:
    """The certificates that stamps must lead to; read once in a process. None are configured: none.

    Raises:
        SettingsError: The file cannot be used, or the extra is not installed.
    """
    if settings is None:
        return ()
    if not is_available():
        raise SettingsError("[timestamp] needs the extra: pip install 'streetcase[timestamp]'")
    return _roots(settings.ca_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Where stamps come from."""

    settings: TimestampSettings
    client: httpx.Client

    def stamp(self, manifest: bytes) -> tuple[bytes, Stamp]:
        """Have a manifest stamped: the answer to the byte, and what it says.

        Only the digest leaves the centre.

        Raises:
            TimestampError: The authority is away, refuses, or its answer does not hold.
        """
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415 - an extra

        request = (
            TimestampRequestBuilder().data(manifest).hash_algorithm(HashAlgorithm.SHA256).build()
        )
        content = self._ask(request.as_bytes())
        stamp = read_stamp(content, manifest, roots_of(self.settings), nonce=request.nonce)
        return content, stamp

    def _ask(self, query: bytes) -> bytes:
        content = b""
        try:
            with self.client.stream(
                "POST",
                str(self.settings.url),
                content=query,
                headers={"Content-Type": QUERY, "Accept": REPLY},
                timeout=self.settings.timeout_seconds,
            ) as response:
                if response.status_code != httpx.codes.OK:
                    raise TimestampError(f"the authority answered {response.status_code}")
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > MAX_STAMP_BYTES:
                        raise TimestampError(f"it answered with more than {MAX_STAMP_BYTES} bytes")
        except httpx.HTTPError as error:
            kind = type(error).__name__
            raise TimestampError(f"the authority does not answer: {kind}") from error
        return content
