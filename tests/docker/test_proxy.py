"""The proxy's settings, run by a real nginx in front of a stand-in: what passes, and as what."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from topology import LOOPBACK, Topology, free_port

DOCKER = Path(__file__).resolve().parents[2] / "docker"
READY_SECONDS = 20.0  # it takes a tenth of a second on an idle machine
# Debian keeps it where only root's path looks.
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
needs_nginx = pytest.mark.skipif(
    None in (NGINX, shutil.which("openssl")), reason="nginx or openssl is not installed"
)


class Echo(BaseHTTPRequestHandler):
    """Answers what it was asked, as JSON."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        said = {"path": self.path, "headers": dict(self.headers), "bytes": len(body)}
        content = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - http.server's names

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """The addresses of centre and store behind nginx, and a client that trusts its certificate."""
    folder = tmp_path_factory.mktemp("proxy")
    shutil.copy(DOCKER / "secrets.sh", folder)
    subprocess.run(["sh", folder / "secrets.sh", LOOPBACK], check=True, capture_output=True)
    behind = ThreadingHTTPServer((LOOPBACK, 0), Echo)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    ports = {name: free_port() for name in ("centre", "store", "health")}
    config = folder / "nginx.conf"
    config.write_text(_placed(folder, ports, behind.server_port), encoding="utf-8")
    trust = ssl.create_default_context(cafile=folder / "secrets" / "ca.crt")
    try:
        with Topology(folder) as running, httpx.Client(verify=trust) as client:
            nginx = running.start("nginx", (NGINX, "-c", config, "-g", "daemon off;"))
            _await(client, f"http://{LOOPBACK}:{ports['health']}/healthy", nginx)
            yield (
                f"https://{LOOPBACK}:{ports['centre']}",
                f"https://{LOOPBACK}:{ports['store']}",
                client,
            )
    finally:
        behind.shutdown()
        behind.server_close()


def _placed(folder, ports, behind):
    """proxy.conf on this machine: other addresses and folders, and nginx before 1.25 too."""
    text = (DOCKER / "proxy.conf").read_text(encoding="utf-8")
    for old, new in {
        "/tmp/": f"{folder}/",  # noqa: S108 - what is replaced
        "resolver 127.0.0.11 valid=5s ipv6=off;": "",
        "http://api:8080": f"http://{LOOPBACK}:{behind}",
        "http://minio:9000": f"http://{LOOPBACK}:{behind}",
        "listen 8443 ssl": f"listen {ports['centre']} ssl",
        "listen 9443 ssl": f"listen {ports['store']} ssl",
        "127.0.0.1:8081": f"{LOOPBACK}:{ports['health']}",
        "http2 on;": "",
        "/etc/streetcase/tls.crt": f"{folder}/secrets/tls.crt",
        "/run/secrets/tls_key": f"{folder}/secrets/tls.key",
        "/dev/stdout": f"{folder}/access.log",
        "/dev/stderr": f"{folder}/error.log",
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def _await(client, address, nginx):
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends:
        try:
            assert client.get(address).status_code == 204
        except httpx.TransportError:
            assert nginx.is_alive, nginx.tail()
            time.sleep(0.05)
        else:
            return
    pytest.fail(nginx.tail())


@needs_nginx
def test_the_centre_hears_who_really_asks(proxy):
    """Over TLS, under the name that was asked for; what a client says of itself is replaced."""
    centre, _, client = proxy
    lies = {"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Proto": "http"}
    said = client.get(f"{centre}/api/v1/queue?limit=5", headers=lies).json()
    assert said["path"] == "/api/v1/queue?limit=5"
    assert said["headers"]["Host"] == centre.removeprefix("https://")
    assert said["headers"]["X-Forwarded-For"] == LOOPBACK
    assert said["headers"]["X-Forwarded-Proto"] == "https"


@needs_nginx
def test_metrics_are_for_inside(proxy):
    """From outside there are none, whoever asks."""
    centre, _, client = proxy
    assert client.get(f"{centre}/metrics").status_code == 404


@needs_nginx
def test_links_to_evidence_pass_unchanged(proxy):
    """Name, path and query are what was signed; bodies go through."""
    _, store, client = proxy
    path = "/streetcase-candidates/staging/0a/1b?X-Amz-Signature=a%2Fb&X-Amz-Date=1"
    said = client.put(store + path, content=b"x" * 200_000).json()
    assert said["path"] == path
    assert said["headers"]["Host"] == store.removeprefix("https://")
    assert said["bytes"] == 200_000
    assert client.head(store + "/streetcase-cases/objects/0a/0a").status_code == 200


@needs_nginx
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/streetcase-cases/", 404),  # a list of what there is
        ("GET", "/streetcase-cases", 404),
        ("GET", "/minio/admin/v3/info", 404),
        ("DELETE", "/streetcase-cases/objects/0a/0a", 403),
        ("POST", "/streetcase-cases/objects/0a/0a?restore", 403),
    ],
)
def test_nothing_but_single_files_of_the_store_is_reached(proxy, method, path, status):
    """No list, no administration, no deleting: the centre does that from inside."""
    _, store, client = proxy
    assert client.request(method, store + path).status_code == status
