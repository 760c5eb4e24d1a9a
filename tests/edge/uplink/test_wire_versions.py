"""A box and a centre of another version: the box goes on, waits, and gives nothing up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from pydantic import SecretStr

from edge.errors import CentreRefused, CentreUnreachable
from edge.uplink.centre import Centre
from edge.uplink.settings import CentreSettings
from pipeline.exchange import (
    WIRE_REVISION,
    WIRE_REVISION_HEADER,
    BoxStatus,
    Gap,
    GapReason,
    GapReport,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
STATUS = BoxStatus(sent_at=NOW, started_at=NOW, software="x")
GAPS = GapReport(gaps=(Gap(number=1, reason=GapReason.NOT_WATCHED, began_at=NOW),))


@pytest.fixture
def answering():
    """A centre that gives one answer to everything; remembers the headers."""
    servers = []

    def start(status, content, headers=()):
        class Handler(BaseHTTPRequestHandler):
            heard = None

            def do_POST(self):
                type(self).heard = dict(self.headers)
                self.rfile.read(int(self.headers["Content-Length"]))
                body = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **dict(headers)}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        centre = Centre(CentreSettings(url=url), token=SecretStr("t"))
        servers.append((server, thread, centre))
        return centre, Handler

    yield start
    for server, thread, centre in servers:
        centre.close()
        server.shutdown()
        server.server_close()
        thread.join()


def test_every_call_says_its_revision(answering):
    """So that a centre can tell a newer message from a wrong one."""
    centre, handler = answering(200, {"through": 1})
    centre.report_gaps(GAPS)
    assert handler.heard[WIRE_REVISION_HEADER] == str(WIRE_REVISION)


def test_a_newer_centres_answer_is_understood(answering):
    """Fields that this box does not know are left out."""
    content = {"received_at": NOW.isoformat(), "snapshots": ["a"], "weather": {"fog": 3}}
    centre, _ = answering(200, content)
    assert centre.report_status(STATUS).snapshots == ("a",)


def test_an_older_centre_is_waited_for(answering):
    """What it cannot read yet is kept and sent again; other entries go meanwhile."""
    problem = {"code": "centre_too_old", "detail": "Update the centre"}
    centre, _ = answering(409, problem, {"Retry-After": "900"})
    with pytest.raises(CentreUnreachable, match="update the centre") as waits:
        centre.report_gaps(GAPS)
    assert (waits.value.retry_after_seconds, waits.value.chokes) == (900.0, True)


@pytest.mark.parametrize(
    "content",
    [{"code": "update_conflict"}, {"detail": "no"}, ["centre_too_old"], b"centre_too_old"],
)
def test_other_conflicts_are_refusals(answering, content):
    """Only the one code means that waiting helps."""
    centre, _ = answering(409, content)
    with pytest.raises(CentreRefused):
        centre.report_gaps(GAPS)
