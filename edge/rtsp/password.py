"""The password check of a simulated camera: Basic or Digest, as RTSP borrows them from HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

REALM = "simulated camera"
_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


class Scheme(StrEnum):
    """How the client proves that it knows the password."""

    BASIC = "basic"  # RFC 7617: sends it
    DIGEST = "digest"  # RFC 2617 without qop, as RTSP 1.0 cameras ask: sends a hash of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The one account of a simulated camera."""

    user: str
    password: str = field(repr=False)
    scheme: Scheme = Scheme.DIGEST


class PasswordCheck:
    """Challenges and checks the clients of one connection."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._nonce = secrets.token_hex(16)

    def challenge(self) -> str:
        """The WWW-Authenticate header."""
        if self._login.scheme is Scheme.BASIC:
            return f'Basic realm="{REALM}"'
        return f'Digest realm="{REALM}", nonce="{self._nonce}", algorithm="MD5"'

    def accepts(self, authorization: str | None, method: str) -> bool:
        """Whether an Authorization header proves the password for a request."""
        kind, _, rest = (authorization or "").partition(" ")
        if kind.lower() != self._login.scheme:
            return False
        if self._login.scheme is Scheme.BASIC:
            expected = base64.b64encode(f"{self._login.user}:{self._login.password}".encode())
            return hmac.compare_digest(rest.strip().encode(), expected)
        fields = {name.lower(): quoted or bare for name, quoted, bare in _FIELD.findall(rest)}
        if fields.get("nonce") != self._nonce or fields.get("username") != self._login.user:
            return False
        secret = _md5(f"{self._login.user}:{REALM}:{self._login.password}")
        request = _md5(f"{method}:{fields.get('uri', '')}")
        expected_response = _md5(f"{secret}:{self._nonce}:{request}")
        return hmac.compare_digest(fields.get("response", ""), expected_response)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
