"""Whether bytes are those that a manifest speaks of."""

from __future__ import annotations

from collections.abc import Iterable

from api.errors import Unprocessable
from api.evidence.store import Expected
from pipeline.evidence.digests import digest


def mismatch_of(pieces: Iterable[bytes], expected: Expected) -> str | None:
    """What does not fit: sha256, size or sm3; none: everything does.

    SM3 is compared where both the box and this machine have it.
    """
    found = digest(pieces)
    if found.sha256 != expected.sha256:
        return "sha256"
    if found.size_bytes != expected.size_bytes:
        return "size"
    if found.sm3 is not None and expected.sm3 is not None and found.sm3 != expected.sm3:
        return "sm3"
    return None


def require_expected(pieces: Iterable[bytes], expected: Expected) -> None:
    """Refuse other bytes than the expected ones.

    Raises:
        Unprocessable: `fields.differs` says what does not fit.
    """
    differs = mismatch_of(pieces, expected)
    if differs is not None:
        raise mismatch(expected, differs)


def mismatch(expected: Expected, differs: str) -> Unprocessable:
    """The error that says what does not fit."""
    return Unprocessable(
        "evidence_mismatch",
        f"The {differs} of the uploaded bytes is not that of the manifest; they were thrown away."
        " Upload the file again.",
        sha256=expected.sha256,
        differs=differs,
    )
