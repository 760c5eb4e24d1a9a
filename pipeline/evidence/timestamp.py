"""Time stamps by an outside authority (RFC 3161): reading one, and whom it may be believed.

A stamp says that a manifest existed at an instant, by somebody else's clock and key. It lies beside
the manifest as manifest.tsr, the authority's answer to the byte. Needs the extra `timestamp`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from pipeline.errors import SettingsError, TimestampError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

STAMP_NAME = "manifest.tsr"
_GRANTED = 0  # RFC 3161, 2.4.2: without modifications
# NIST's arc of hash algorithms, as RFC 5754 lists them.
_DIGEST_OF_OID = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
MAX_STAMP_BYTES = 64 * 1024  # one with a chain of three RSA certificates has some 6 kB


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a stamp says."""

    at: datetime  # UTC, by the authority's clock
    authority: str  # the subject of its certificate, as RFC 4514 writes it
    is_trusted: bool  # its chain leads to a root that the reader gave


def is_available() -> bool:
    """Whether the library that reads stamps is installed."""
    try:
        import rfc3161_client  # noqa: F401, PLC0415 - an extra
    except ImportError:
        return False
    return True


def read_roots(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificates of authorities that are trusted, from a PEM file.

    Raises:
        SettingsError: It cannot be read, or holds no certificate.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} holds no readable certificates: {error}") from error


def read_stamp(
    content: bytes, manifest: bytes, roots: Sequence[x509.Certificate], *, nonce: int | None = None
) -> Stamp:
    """What a stamp says of a manifest.

    Args:
        content: Of manifest.tsr.
        manifest: The bytes of manifest.json.
        roots: Certificates that are trusted. None: what the stamp says is read and compared, but
            nobody knows who says it.
        nonce: Of the question, to be found in the answer; none: not known any more.

    Raises:
        TimestampError: It is no stamp, one of another manifest, or its signature does not hold.
    """
    if not is_available():
        raise TimestampError("the extra `timestamp` is not installed")
    import rfc3161_client  # noqa: PLC0415 - an extra

    try:
        response = rfc3161_client.decode_timestamp_response(content)
        _require_granted(response.status, response.status_string)
        said_at, imprint = response.tst_info.gen_time, response.tst_info.message_imprint
        _require_imprint(imprint.hash_algorithm.dotted_string, imprint.message, manifest)
        if roots:
            builder = rfc3161_client.VerifierBuilder(roots=list(roots), nonce=nonce)
            builder.build().verify_message(response, manifest)
        certificates = [
            x509.load_der_x509_certificate(one) for one in response.signed_data.certificates
        ]
    except TimestampError:
        raise
    except Exception as error:  # a parser of ASN.1 that others wrote, on what nobody vouches for
        raise TimestampError(f"it does not hold: {error}") from error
    return Stamp(at=said_at, authority=_authority(certificates), is_trusted=bool(roots))


def _require_granted(status: int, words: Sequence[str]) -> None:
    if status != _GRANTED:
        said = "; ".join(words) or f"status {status}"
        raise TimestampError(f"the authority refused: {said}")


def _require_imprint(algorithm: str, imprint: bytes, manifest: bytes) -> None:
    """Without roots nothing else compares it; with them it is compared twice."""
    if algorithm not in _DIGEST_OF_OID:
        raise TimestampError("it stamps a digest of an unknown kind")
    if imprint != hashlib.new(_DIGEST_OF_OID[algorithm], manifest).digest():
        raise TimestampError("it was made for another manifest")


def _authority(certificates: Sequence[x509.Certificate]) -> str:
    purpose = ExtendedKeyUsageOID.TIME_STAMPING
    for certificate in certificates:
        try:
            usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        except (x509.ExtensionNotFound, ValueError):
            continue
        if purpose in usage.value:
            return certificate.subject.rfc4514_string()
    return ""
