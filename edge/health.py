"""/health, /ready and /metrics of a box, over HTTP on its own machine."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from edge.errors import EdgeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from prometheus_client.registry import Collector

    from edge.settings import HealthSettings

OK, UNAVAILABLE, NOT_FOUND = 200, 503, 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a box says of itself."""

    is_alive: bool  # false: end it and start it again
    is_ready: bool  # it watches, and what it finds is safe
    facts: dict[str, object]  # for people; JSON values


class HealthServer:
    """Answers in threads of its own. Use it as a context manager.

    Args:
        settings: Where.
        health: How the box is, now.
        metrics: What is measured.

    Raises:
        EdgeError: The port is taken (on making it).
    """

    def __init__(
        self, settings: HealthSettings, *, health: Callable[[], Health], metrics: Collector
    ) -> None:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(metrics)
        handler = type(
            "Handler", (_Handler,), {"health": staticmethod(health), "registry": registry}
        )
        try:
            self._server = ThreadingHTTPServer((settings.host, settings.port), handler)
        except OSError as error:
            raise EdgeError(
                f"health.port: cannot listen on {settings.host}:{settings.port}"
                f" ({error.strerror}); choose another port, or 0 for any"
            ) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="health", daemon=True
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    health: ClassVar[Callable[[], Health]]
    registry: ClassVar[CollectorRegistry]
    timeout = 5.0  # seconds; who does not finish asking is not waited for

    def log_message(self, *_args: object) -> None:
        """Probes come every few seconds; they are no news."""

    def do_GET(self) -> None:
        """Answer one of the three questions."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._send(OK, generate_latest(self.registry), CONTENT_TYPE_LATEST)
            return
        if path not in ("/health", "/ready"):
            self._send(NOT_FOUND, b'{"error": "ask for /health, /ready or /metrics"}')
            return
        health = type(self).health()
        is_good = health.is_alive if path == "/health" else health.is_ready
        facts = {"ok": is_good, **health.facts}
        self._send(OK if is_good else UNAVAILABLE, json.dumps(facts, ensure_ascii=False).encode())

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
