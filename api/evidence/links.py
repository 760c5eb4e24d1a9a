"""Signed links with an end: whoever holds one may do the one thing that it says."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import JsonValue, SecretStr

from api.errors import Forbidden
from pipeline.evidence.canonical import canonical_json

KEY_BYTES = 32  # of HMAC-SHA256
MAX_TOKEN_CHARACTERS = 2048  # ours: a token of a long file name has about 600


def derive_key(secret: SecretStr, purpose: str) -> bytes:
    """A key of its own for one purpose, from the session secret (RFC 5869).

    >>> from pydantic import SecretStr
    >>> derive_key(SecretStr("s" * 32), "a") == derive_key(SecretStr("s" * 32), "b")
    False
    """
    derivation = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
    return derivation.derive(secret.get_secret_value().encode())


class LinkSigner:
    """Writes and reads the tokens of links.

    Args:
        key: From `derive_key`.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, content: Mapping[str, JsonValue], expires_at: datetime) -> str:
        """A token that says `content` until `expires_at`; fit for a path."""
        said = {"content": dict(content), "expires": int(expires_at.timestamp())}
        body = _encode(canonical_json(said))
        return f"{body}.{_encode(self._digest(body))}"

    def read(self, token: str, now: datetime) -> dict[str, JsonValue]:
        """What a token says.

        Raises:
            Forbidden: It is not ours, was changed, or has ended.
        """
        body, _, signature = token[:MAX_TOKEN_CHARACTERS].partition(".")
        if not hmac.compare_digest(_decode(signature), self._digest(body)):
            raise Forbidden("link_invalid", "This link is not one of ours. Ask for a new one.")
        said = json.loads(_decode(body))
        if now - datetime.fromtimestamp(said["expires"], tz=now.tzinfo) >= timedelta(0):
            raise Forbidden("link_expired", "This link has ended. Ask for a new one.")
        content: dict[str, JsonValue] = said["content"]
        return content

    def _digest(self, body: str) -> bytes:
        return hmac.digest(self._key, body.encode(), "sha256")


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError):
        return b""
