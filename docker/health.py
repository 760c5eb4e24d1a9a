"""Asks one address; exits 0 when it answers. For HEALTHCHECK, where no curl is.

python health.py http://127.0.0.1:8080/health     # answers 200
python health.py tcp://127.0.0.1:8554             # takes a connection
"""

import socket
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 4.0


def answers(address: str) -> bool:
    """Whether somebody is there; raises OSError where nobody is."""
    parts = urlsplit(address)
    if parts.scheme == "tcp":
        socket.create_connection((parts.hostname, parts.port), TIMEOUT_SECONDS).close()
        return True
    with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - ours
        return bool(answer.status == 200)  # noqa: PLR2004 - HTTP OK


if __name__ == "__main__":
    try:
        sys.exit(0 if answers(sys.argv[1]) else 1)
    except (urllib.error.URLError, OSError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
