"""Inquiry codes: what a party is given to see its own case, and nobody can guess (LAW-40)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from uuid import UUID

from pydantic import SecretStr

from api.evidence.links import derive_key

PURPOSE = "streetcase inquiry codes 1"
# 16 letters and digits of base32: 80 bits. At 50 tries in 15 minutes nobody finds one.
CODE_BYTES = 10
GROUP = 4
_FORM = re.compile(r"^[A-Z2-7]{16}$")


def inquiry_code(secret: SecretStr, case_id: UUID) -> str:
    """The code of a case, in groups as it is printed. Derived, so that it is stored nowhere.

    >>> inquiry_code(SecretStr("s" * 32), UUID(int=1))
    '7ZJR-UZFG-VEJP-I5GS'
    """
    digest = hmac.digest(derive_key(secret, PURPOSE), case_id.bytes, "sha256")
    text = base64.b32encode(digest[:CODE_BYTES]).decode()
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def code_digest(code: str) -> str | None:
    """SHA-256, in hexadecimal, of a code as somebody typed it; none: it cannot be one.

    >>> code_digest("abcd efgh-2345 2345") == code_digest("ABCD-EFGH-2345-2345")
    True
    """
    plain = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(plain.encode()).hexdigest() if _FORM.match(plain) else None
