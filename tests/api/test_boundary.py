"""What the boundary makes of requests that never get to their end."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect
from structlog.testing import capture_logs

from api.boundary import Boundary
from api.metrics import Metrics

SCOPE = {"type": "http", "method": "PUT", "path": "/api/v1/store/uploads/x", "headers": []}


def pass_one(app):
    """One request through the boundary: what was sent, and what was logged."""
    sent = []

    async def send(message):
        sent.append(message)

    boundary = Boundary(app, metrics=Metrics(), body_limits={}, is_secure=False)
    with capture_logs() as logs:
        asyncio.run(boundary(dict(SCOPE), None, send))
    return sent, logs


def test_a_client_that_hangs_up_is_no_fault_of_ours():
    """A bad uplink breaks uploads every day: no answer, no error in the log, no 500 counted."""

    async def hung_up(scope, receive, send):
        raise ClientDisconnect

    sent, logs = pass_one(hung_up)
    assert sent == []
    assert [(line["event"], line["log_level"], line["status"]) for line in logs] == [
        ("request", "info", 0)
    ]


def test_a_fault_of_ours_is_answered_and_logged():
    """With its id, and nothing of what it was."""

    async def broken(scope, receive, send):
        raise RuntimeError("secret")

    sent, logs = pass_one(broken)
    assert sent[0]["status"] == 500
    assert b"secret" not in sent[1]["body"]
    assert [line["event"] for line in logs] == ["request_failed", "request"]
