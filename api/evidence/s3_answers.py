"""Reading an S3 server's answers: its errors as the store's, its dates, its locks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3.exceptions import HTTPError

from api.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from minio.datatypes import Object

# Servers write up to nine digits after the point of a second; Python reads six.
FRACTION = re.compile(r"(\.\d{6})\d+")
GONE = frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchObject"})
LOCK_MODE, LOCK_UNTIL = "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"

log = structlog.get_logger()


def locked_until(found: Object) -> datetime | None:
    """Until when a version is locked, by the headers of its description; none: it is not."""
    said = {name.lower(): value for name, value in (found.metadata or {}).items()}
    until = said.get(LOCK_UNTIL)
    if until is None or LOCK_MODE not in said:
        return None
    return datetime.fromisoformat(FRACTION.sub(r"\1", until)).astimezone(UTC)


def is_before(lock: datetime | None, until: datetime) -> bool:
    """Whether a lock is missing or ends too early."""
    return lock is None or lock < until


@contextmanager
def answering() -> Iterator[None]:
    """Turn errors of the client and of the server into the store's."""
    try:
        yield
    except S3Error as error:
        if error.code in GONE:
            raise NotFound("object_not_found", "This file is not in the store.") from error
        log.warning("store_refused", code=error.code)
        raise _unavailable() from error
    except (HTTPError, InvalidResponseError, ServerError, OSError) as error:
        raise _unavailable() from error


def _unavailable() -> Unavailable:
    return Unavailable(
        "store_unavailable",
        "The evidence store does not answer. Try again.",
        retry_after_seconds=5,
    )
