"""Bearer tokens and session tokens: made, told apart by prefix, kept only as digests."""

from __future__ import annotations

import hashlib
import hmac
import secrets

# A prefix lets scanners of source code and logs recognise what has leaked, and whose it is.
MACHINE_PREFIX = "sct_"  # a case system, a register
BOX_PREFIX = "scb_"
SESSION_PREFIX = "scs_"
# 256 bits: nobody guesses it, so a fast digest without salt is enough to keep it by.
TOKEN_BYTES = 32
_CSRF_CONTEXT = b"streetcase csrf 1"


def new_token(prefix: str) -> str:
    """A new secret with its prefix, 47 characters, safe in headers and cookies.

    >>> token = new_token(MACHINE_PREFIX)
    >>> token.startswith("sct_"), len(token)
    (True, 47)
    """
    return prefix + secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> bytes:
    """SHA-256, 32 bytes: what a table keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def csrf_token(session_token: str) -> str:
    """The token that a page must send along; it belongs to one session and does not betray it.

    >>> csrf_token("a") == csrf_token("a"), csrf_token("a") == csrf_token("b")
    (True, False)
    """
    return hmac.new(session_token.encode(), _CSRF_CONTEXT, hashlib.sha256).hexdigest()
