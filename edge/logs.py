"""The box's logs: one JSON object a line, without credentials."""

from __future__ import annotations

import logging
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any, TextIO

# Addresses show themselves without their login already (`StreamUrl`); this is for those that a
# library quotes in an error.
LOGIN = re.compile(r"(?<=://)[^/@\s]+@")
# Presigned addresses carry their signature in the query.
SIGNATURE = re.compile(r"(?i)((?:signature|token|credential|password)=)[^&\s\"']+")


class SteadyError:
    """The standard error as it is now; who cannot write to it goes on without.

    A log collector that went away must not end the thread of a camera.
    """

    def write(self, text: str) -> None:
        """Write, or leave it."""
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Flush, or leave it."""
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def without_secrets(text: str) -> str:
    """A text with logins and signatures of addresses left out.

    >>> without_secrets("rtsp://admin:secret@10.0.0.7/ch1 failed")
    'rtsp://***@10.0.0.7/ch1 failed'
    """
    return SIGNATURE.sub(r"\1***", LOGIN.sub("***@", text))


def _scrub(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = without_secrets(value)
    return event


def log_json() -> None:
    """From now on every log line is one JSON object on the standard error."""
    # Both speak of every call, with the address.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # without the values of variables
            _scrub,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", SteadyError())),
    )


def log_text() -> None:
    """From now on log lines are for a person who looks on."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", SteadyError())),
    )
