"""The centre as a process: uvicorn around the application, from the first request to the last."""

from __future__ import annotations

import signal
import socket
from types import FrameType

import structlog
import uvicorn

from api.app import create_app
from api.settings import ApiSettings, Secrets

# How long a stop waits for requests in progress before it cuts them; a proxy's health check has
# noticed long before. Timers have their own time after that.
GRACEFUL_SECONDS = 20
# Longer than proxies keep idle connections (60 s as a rule), so that a request never meets a
# connection that is just being closed.
KEEP_ALIVE_SECONDS = 75
MAX_HEAD_BYTES = 64 * 1024  # of request line and headers

log = structlog.get_logger()


def serve(settings: ApiSettings, secrets: Secrets, *, fd: int | None = None) -> bool:
    """Answer requests until SIGTERM or SIGINT, then end what is in progress.

    Args:
        settings: Where everything is.
        secrets: What must not stand in settings.
        fd: A listening socket that was opened by whoever started this process, so that several
            centres answer on one port; none: it opens its own.

    Returns:
        Whether it ever listened.
    """
    # uvicorn raises a signal again once it has stopped; by then everything is done.
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: None)
    server = _Server(_config(settings, secrets, fd))
    server.run()
    log.info("stopped")
    return server.started


class _Server(uvicorn.Server):
    """Says where it listens, as with port 0 nobody else knows; and when it is about to stop."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Have streams end: uvicorn waits for them before the application hears of a stop."""
        state = getattr(self.config.app, "state", None)
        if state is not None:
            state.is_stopping = True
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in self.servers:
            for held in listening.sockets:
                host, port = held.getsockname()[:2]
                log.info("listening", host=host, port=port)


def _config(settings: ApiSettings, secrets: Secrets, fd: int | None) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings, secrets),
        host=settings.server.host,
        port=settings.server.port,
        fd=fd,
        # The boundary logs each request, with its id and without its query.
        access_log=False,
        log_config=None,
        server_header=False,
        # Only a proxy that is named is believed about who called and how.
        proxy_headers=bool(settings.server.trusted_proxies),
        forwarded_allow_ips=list(settings.server.trusted_proxies),
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
    )
