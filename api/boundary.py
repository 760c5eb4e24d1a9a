"""What every request passes: its id, its size limit, security headers, the log, the last resort."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.problems import problem_response, unexpected
from pipeline.exchange import API_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.metrics import Metrics

# A caller may bring its own id, so that one trace runs through proxy, centre and case system.
REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
# Ours: no body of people and case systems comes near; a candidate with its manifest has its own.
MAX_BODY_BYTES = 1024 * 1024
# A part of a path that opens something by itself and so never stands in a log.
SECRET_PATH_PARAMETERS = frozenset({"token", "code"})
# Probes come every few seconds; they are counted, not logged.
QUIET_PATHS = frozenset({"/health", "/ready", "/metrics"})

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
# Two years, as browsers' preload lists ask for.
STRICT_TRANSPORT_SECURITY = "max-age=63072000"

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class _Exchange:
    """One request and what became of it."""

    request_id: str
    began_at: float = field(default_factory=time.monotonic)  # seconds
    status: int = 0  # 0: no answer has begun


class Boundary:
    """ASGI middleware around the whole application.

    Args:
        app: What answers.
        metrics: Where requests are counted.
        body_limits: Bytes by the beginning of a path, for the few that take more than
            MAX_BODY_BYTES; the longest that fits counts.
        is_secure: Whether the centre is reached by TLS only.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        body_limits: Mapping[str, int],
        is_secure: bool,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._body_limits = sorted(body_limits.items(), key=lambda entry: -len(entry[0]))
        self._headers = dict(SECURITY_HEADERS)
        if is_secure:
            self._headers["Strict-Transport-Security"] = STRICT_TRANSPORT_SECURITY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on; whatever happens inside, exactly one answer goes out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(request_id=_request_id(scope))
        scope["request_id"] = exchange.request_id

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = exchange.request_id
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
            try:
                await self._limited(scope, receive, answer, exchange.request_id)
            except ClientDisconnect:
                pass  # nobody is there to be answered; the log's line says status 0
            except Exception:  # the last resort: a client hears of every fault, with its id
                log.exception("request_failed", **_where(scope))
                if exchange.status:
                    raise  # half an answer is out; the server cuts the connection
                await unexpected(exchange.request_id)(scope, receive, answer)
            finally:
                self._note(scope, exchange)

    async def _limited(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        limit = self._limit_of(scope["path"])
        try:
            declared = int(Headers(scope=scope).get("content-length", "0"))
        except ValueError:
            declared = 0  # the server counts for itself below
        if declared > limit:
            await problem_response(
                request_id,
                status=413,
                title="Too large",
                code="too_large",
                detail=_too_large(limit),
            )(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise HTTPException(413, _too_large(limit))
            return message

        await self._app(scope, counted, send)

    def _limit_of(self, path: str) -> int:
        fitting = (limit for begin, limit in self._body_limits if path.startswith(begin))
        return next(fitting, MAX_BODY_BYTES)

    def _note(self, scope: Scope, exchange: _Exchange) -> None:
        seconds = time.monotonic() - exchange.began_at
        where = _where(scope)
        method, route = str(where["method"]), str(where["route"])
        self._metrics.requests.labels(method, route, str(exchange.status)).inc()
        self._metrics.request_seconds.labels(method, route).observe(seconds)
        if scope["path"] not in QUIET_PATHS:
            client = scope.get("client")
            log.info(
                "request",
                **where,
                status=exchange.status,
                ms=round(seconds * 1e3, 1),
                client=client[0] if client else "",
                **scope.get("log_fields", {}),
            )


def _too_large(limit: int) -> str:
    return f"The body is larger than the {limit} bytes that are taken here. Send less."


def _request_id(scope: Scope) -> str:
    brought = Headers(scope=scope).get("x-request-id", "")
    return brought if REQUEST_ID.match(brought) else uuid4().hex


def _where(scope: Scope) -> dict[str, object]:
    """Route template and parameters: no query string, and no path that is a key by itself."""
    route = getattr(scope.get("route"), "path", "(none)")
    if scope["path"].startswith(f"{API_PREFIX}/") and route.startswith("/"):
        # Some versions of FastAPI name a route by its path inside its router.
        route = route if route.startswith(API_PREFIX) else f"{API_PREFIX}{route}"
    parameters = {
        name: str(value)
        for name, value in scope.get("path_params", {}).items()
        if name not in SECRET_PATH_PARAMETERS and route != "(none)"
    }
    # A method is what the client says it is; label sets must stay closed.
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    return {"method": method, "route": route, **({"at": parameters} if parameters else {})}


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
