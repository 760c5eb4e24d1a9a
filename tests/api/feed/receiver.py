"""A case system's webhook on the loopback, as good or as bad as a test wants it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """Remembers what came; `answer` says what to do with the next ones."""

    def __init__(self, server):
        self._server = server
        self.received = []
        self.answer = (204, {}, b"")
        self.hang_seconds = 0.0
        self.drip = False

    @property
    def url(self):
        """Where to call."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["content-length"]))
        receiver.received.append((self.path, dict(self.headers.items()), body))
        if receiver.hang_seconds:
            receiver.released.wait(receiver.hang_seconds)
        if receiver.drip:
            self._drip()
            return
        status, headers, content = receiver.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            self.close_connection = True

    def _drip(self):
        """One byte of a header now and then: no read ever times out."""
        try:
            for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"a" * 1000:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def receiving():
    """A receiver for the time of a test."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    receiver = Receiver(server)
    receiver.released = threading.Event()
    server.receiver = receiver
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
