"""Digests of evidence: SHA-256 always, SM3 (GB/T 32905) where OpenSSL offers it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CHUNK_BYTES = 1 << 20  # 1 MiB: large enough for full hashing speed, small enough for any box
SHA256 = "sha256"
SM3 = "sm3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """Length and digests of one sequence of bytes."""

    size_bytes: int
    sha256: str  # 64 lowercase hexadecimal digits
    sm3: str | None  # 64 lowercase hexadecimal digits; none: this OpenSSL has no SM3


def has_sm3() -> bool:
    """Whether this Python's OpenSSL offers SM3."""
    try:
        hashlib.new(SM3)
    except ValueError:
        return False
    return True


def digest_algorithms() -> tuple[str, ...]:
    """The algorithms that `digest` computes here."""
    return (SHA256, SM3) if has_sm3() else (SHA256,)


def digest(chunks: bytes | Iterable[bytes]) -> Digests:
    """Digest bytes, or pieces of them as they come.

    >>> digest(b"abc").sha256[:16]
    'ba7816bf8f01cfea'
    """
    sha256 = hashlib.sha256()
    sm3 = hashlib.new(SM3) if has_sm3() else None
    size = 0
    for chunk in (chunks,) if isinstance(chunks, bytes) else chunks:
        size += len(chunk)
        sha256.update(chunk)
        if sm3 is not None:
            sm3.update(chunk)
    return Digests(size_bytes=size, sha256=sha256.hexdigest(), sm3=sm3.hexdigest() if sm3 else None)
