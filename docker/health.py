"""Asks one address; exits 0 when it answers 200. For HEALTHCHECK, where no curl is."""

import sys
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 4.0

if __name__ == "__main__":
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - our own address
            sys.exit(0 if answer.status == 200 else 1)  # noqa: PLR2004 - HTTP OK
    except (urllib.error.URLError, OSError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
