"""Subscribers' secrets: made here, kept encrypted, shown once."""

from __future__ import annotations

import base64
import secrets as random

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

from api.evidence.links import derive_key

PURPOSE = "streetcase webhook secrets 1"
PREFIX = "whsec_"  # Standard Webhooks
SECRET_BYTES = 32  # Standard Webhooks asks for 24 to 64


class SecretLostError(Exception):
    """A stored secret cannot be read: the centre's own secret has changed since."""


def new_secret() -> str:
    """A new signing secret in the form of Standard Webhooks."""
    return PREFIX + base64.b64encode(random.token_bytes(SECRET_BYTES)).decode()


class SecretBox:
    """Encrypts what the database keeps, with a key of its own from the session secret."""

    def __init__(self, session_secret: SecretStr) -> None:
        key = derive_key(session_secret, PURPOSE)
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, secret: str) -> bytes:
        """Encrypt."""
        return self._fernet.encrypt(secret.encode())

    def open(self, kept: bytes) -> str:
        """Decrypt.

        Raises:
            SecretLostError: It was encrypted with another session secret.
        """
        try:
            return self._fernet.decrypt(kept).decode()
        except InvalidToken as error:
            raise SecretLostError(
                "the secret was encrypted under another session secret; make a new one"
            ) from error
