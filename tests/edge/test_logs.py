"""Logs are JSON lines without credentials, and nobody dies of a log that cannot be written."""

from __future__ import annotations

import io
import json
import sys

import pytest
import structlog

from edge.logs import log_json, log_text, without_secrets


@pytest.fixture(autouse=True)
def _defaults_afterwards():
    yield
    structlog.reset_defaults()


def test_lines_are_json_with_level_and_time(capsys):
    """An event, its fields, its level, the instant in UTC."""
    log_json()
    structlog.get_logger().warning("camera_state", camera="gate", reason="前门")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "camera_state"
    assert (line["level"], line["camera"], line["reason"]) == ("warning", "gate", "前门")
    assert line["timestamp"].endswith("Z")


def fail(text, password):
    raise OSError(text)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("rtsp://admin:hunter2@10.0.0.7/ch1 failed", "hunter2"),
        ("PUT https://store/x?X-Amz-Signature=abcdef&X-Amz-Date=1", "abcdef"),
        ("http://proxy:pw@host:3128", "pw@"),
    ],
)
def test_no_secret_reaches_a_line(capsys, text, secret):
    """Not in a field, and not in a traceback, which shows no variable either."""
    log_json()
    assert secret not in without_secrets(text)
    try:
        fail(text, password=secret)
    except OSError as error:
        structlog.get_logger().error("fault", said=text, exc_info=error)
    assert secret not in capsys.readouterr().err


def test_a_log_that_cannot_be_written_is_left(monkeypatch):
    """The standard error is closed: the caller goes on."""
    for configure in (log_json, log_text):
        configure()
        gone = io.StringIO()
        gone.close()
        monkeypatch.setattr(sys, "stderr", gone)
        structlog.get_logger().info("nobody_hears_this")
