"""The centre as a process of its own: it starts, answers over a socket, and stops when told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds; it takes two on an idle machine


class Process:
    """One `python -m api serve`, with its log."""

    def __init__(self, folder, *lines):
        settings = folder / "centre.toml"
        settings.write_text(
            "[server]\nport = 0\nsecure_cookies = false\n" + "\n".join(lines) + "\n"
            f'[database]\nurl = "sqlite:///{folder}/centre.db"\n'
            f'[store]\nfolder = "{folder}/store"\n'
        )
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "api", "--settings", settings, "serve"],
                cwd=ROOT,
                env={**os.environ, "STREETCASE_SECRET": "0123456789" * 4},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.url = f"http://127.0.0.1:{self._port()}"

    def events(self):
        """What it has logged so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{"]

    def stop(self, number=signal.SIGTERM):
        """Tell it to stop; gives its status and its last line."""
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, json.loads(out.splitlines()[-1])

    def _port(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            for said in self.events():
                if said["event"] == "listening":
                    return said["port"]
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())


@pytest.fixture
def serve(tmp_path):
    """Starts processes that are ended after the test."""
    started = []

    def start(*lines):
        process = Process(tmp_path, *lines)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.process.poll() is None:
            process.process.kill()
        process.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_answers_and_stops(serve, number):
    """From an empty folder to ready without any other command, and a clean end by a signal."""
    process = serve()
    assert httpx.get(f"{process.url}/ready").json()["ready"] is True
    answer = httpx.get(f"{process.url}/api/v1/session")
    assert answer.status_code == 401
    assert "server" not in answer.headers
    assert process.stop(number) == (0, {"ok": True})
    assert process.events()[-1]["event"] == "stopped"


def test_a_request_in_progress_is_finished(serve):
    """A stop lets an upload that is under way end before the process does."""
    process = serve()
    host, port = process.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        body = json.dumps({"login": "li", "password": "x" * 20}).encode()
        connection.sendall(
            b"POST /api/v1/session HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body[:5]
        )
        time.sleep(0.3)  # until the server reads the body
        process.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.sendall(body[5:])
        assert connection.recv(64).startswith(b"HTTP/1.1 401")
    process.process.communicate(timeout=PATIENCE)
    assert process.process.returncode == 0


def client_in_log(process, headers):
    """Whom the log names as the caller of a request with these headers."""
    httpx.get(f"{process.url}/api/v1/session", headers=headers)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = [said["client"] for said in process.events() if said["event"] == "request"]
        if found:
            return found[-1]
        time.sleep(0.05)
    raise AssertionError(process.log.read_text())


@pytest.mark.parametrize(
    ("trusted", "client"), [("[]", "127.0.0.1"), ('["127.0.0.1"]', "203.0.113.7")]
)
def test_only_a_named_proxy_is_believed(serve, trusted, client):
    """X-Forwarded-For counts from proxies in the settings, and from nobody else."""
    process = serve(f"trusted_proxies = {trusted}")
    assert client_in_log(process, {"X-Forwarded-For": "203.0.113.7"}) == client


def test_endless_headers_are_cut_off(serve):
    """Headers of endless length end the connection and not the process."""
    process = serve()
    with pytest.raises((httpx.HTTPStatusError, httpx.TransportError)):  # whichever is heard first
        httpx.get(f"{process.url}/health", headers={"X-Long": "x" * 1_000_000}).raise_for_status()
    assert httpx.get(f"{process.url}/health").status_code == 200


def test_the_process_loads_no_vision_stack():
    """Everything that the centre needs comes without numpy, OpenCV, PyAV and ONNX Runtime."""
    code = (
        "import sys, api.app, api.__main__;"
        "sys.exit(any(m in sys.modules for m in ('numpy', 'cv2', 'av', 'onnxruntime')))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_importing_reads_no_environment(tmp_path):
    """Settings are built in main, not at import: an empty environment changes nothing."""
    subprocess.run(
        [sys.executable, "-c", "import api.app, api.__main__"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert list(tmp_path.iterdir()) == []
