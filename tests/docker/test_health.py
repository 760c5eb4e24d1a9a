"""What HEALTHCHECK runs: one address asked, one exit code."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from topology import LOOPBACK, free_port

HEALTH = Path(__file__).resolve().parents[2] / "docker" / "health.py"


class Service(BaseHTTPRequestHandler):
    """Well at /health, not ready at any other address."""

    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    """The port of a service."""
    server = ThreadingHTTPServer((LOOPBACK, 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def ask(address):
    """The exit code and what was said."""
    done = subprocess.run(
        [sys.executable, HEALTH, address], check=False, capture_output=True, text=True
    )
    return done.returncode, done.stderr


def test_a_service_that_answers_is_well(service):
    """200 is 0, anything else is 1 and says what it was."""
    assert ask(f"http://{LOOPBACK}:{service}/health") == (0, "")
    code, said = ask(f"http://{LOOPBACK}:{service}/ready")
    assert code == 1
    assert "503" in said


@pytest.mark.parametrize("scheme", ["http", "tcp"])
def test_nobody_there_is_not_well(scheme):
    """And the log of the container says which address."""
    address = f"{scheme}://{LOOPBACK}:{free_port()}"
    code, said = ask(address)
    assert code == 1
    assert said.startswith(address)


def test_a_camera_that_takes_connections_is_well():
    """RTSP is no HTTP: a connection is enough."""
    with socket.create_server((LOOPBACK, 0)) as camera:
        assert ask(f"tcp://{LOOPBACK}:{camera.getsockname()[1]}") == (0, "")
