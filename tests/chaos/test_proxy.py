"""The breakable network does to requests what it is told, and nothing else."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.chaos.proxy import Breakage, FaultProxy
from tests.chaos.site import wait_until

SUBMIT = "/api/v1/boxes/me/candidates"
SUBMISSIONS = frozenset({"candidates"})
BODY = b'{"candidate": "' + b"x" * 60_000 + b'"}'


class Centre:
    """Answers everything, and remembers each whole request."""

    def __init__(self):
        self.got = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) < length:
                    self.close_connection = True
                    return
                duplicate = (self.path, body) in outer.got
                outer.got.append((self.path, body))
                content = b'{"duplicate": true}' if duplicate else b'{"duplicate": false}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = answer  # noqa: N815 - the library's names

            def log_message(self, *_):
                pass

            def handle(self):
                with suppress(ConnectionResetError):  # as it was told
                    super().handle()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def centre():
    made = Centre()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def proxy(centre):
    with FaultProxy(("127.0.0.1", centre.server.server_port), seed=1) as made:
        yield made


@pytest.fixture
def box(proxy):
    with httpx.Client(base_url=proxy.url, timeout=5.0) as client:
        yield client


def test_what_passes_is_unchanged(centre, proxy, box):
    """Methods, paths, bodies; several requests on one connection."""
    for number in range(3):
        assert box.post(f"{SUBMIT}?n={number}", content=BODY).json() == {"duplicate": False}
    assert box.put("/store/token", content=b"file").status_code == 200
    assert box.get("/ready").status_code == 200
    assert centre.got[0] == (f"{SUBMIT}?n=0", BODY)
    assert centre.got[3:] == [("/store/token", b"file"), ("/ready", b"")]
    assert proxy.seen.requests == {"candidates": 3, "put": 1, "other": 1}
    assert proxy.seen.answers["candidates 200"] == 3
    assert proxy.seen.evidence_bytes == 4


def test_a_cut_link_breaks_what_stands_and_refuses_what_comes(centre, proxy, box):
    """Nothing reaches the centre; afterwards everything does."""
    box.get("/ready")
    with proxy.cut():
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                box.get("/ready")
    assert len(centre.got) == 1
    broken = proxy.seen.broken
    assert broken["connection_refused"] >= 1
    assert broken["connection_reset"] + broken["connection_refused"] >= 2
    assert box.get("/ready").status_code == 200


def test_a_silent_link_answers_nothing(proxy, box):
    """The box's own patience ends."""
    with proxy.silent(), pytest.raises(httpx.ReadTimeout):
        box.get("/ready", timeout=0.3)


def test_a_slow_link_takes_its_time(proxy, box):
    """60 kB at 200 kB a second."""
    began = time.monotonic()
    with proxy.slow(200_000):
        box.post(SUBMIT, content=BODY)
    assert time.monotonic() - began >= 0.25


def test_a_body_is_cut_in_the_middle(centre, proxy, box):
    """The centre never has all of it, and the box learns that it failed."""
    proxy.arm(Breakage.BODY_CUT, 1, SUBMISSIONS)
    assert box.get("/ready").status_code == 200  # it is no submission
    with pytest.raises(httpx.TransportError):
        box.post(SUBMIT, content=BODY)
    assert centre.got == [("/ready", b"")]
    assert box.post(SUBMIT, content=BODY).json() == {"duplicate": False}


@pytest.mark.parametrize(
    "breakage", [Breakage.ANSWER_LOST, Breakage.HALF_CLOSED, Breakage.ANSWER_CUT]
)
def test_the_centre_has_it_and_the_box_does_not_know(centre, proxy, box, breakage):
    """The second time it is a duplicate."""
    proxy.arm(breakage, 1, SUBMISSIONS)
    with pytest.raises(httpx.TransportError):
        box.post(SUBMIT, content=BODY)
    assert centre.got == [(SUBMIT, BODY)]
    assert box.post(SUBMIT, content=BODY).json() == {"duplicate": True}
    assert proxy.seen.duplicates == 1


def test_a_request_comes_twice(centre, proxy, box):
    """The box sees one answer."""
    proxy.arm(Breakage.DOUBLED, 1, SUBMISSIONS)
    assert box.post(SUBMIT, content=BODY).status_code == 200
    assert wait_until(lambda: centre.got == [(SUBMIT, BODY)] * 2, 5)
    assert wait_until(lambda: proxy.seen.answers["candidates 200"] == 2, 5)


def test_a_request_comes_after_later_ones(centre, proxy, box):
    """What was kept back is brought when it is asked for, in its full length."""
    proxy.arm(Breakage.LATE, 1, SUBMISSIONS)
    with pytest.raises(httpx.TransportError):
        box.post(f"{SUBMIT}?n=1", content=BODY)
    assert proxy.held == 1
    box.post(f"{SUBMIT}?n=2", content=BODY)
    proxy.bring_late()
    assert centre.got == [(f"{SUBMIT}?n=2", BODY), (f"{SUBMIT}?n=1", BODY)]


def test_a_centre_that_is_away_is_a_broken_connection(proxy, box, centre):
    """As a port that nobody listens on any more."""
    centre.server.shutdown()
    centre.server.server_close()
    with pytest.raises(httpx.TransportError):
        box.get("/ready")
    assert proxy.seen.broken["connection_lost"] == 1
