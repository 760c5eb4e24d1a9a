"""Plays clips as RTSP cameras, for tests, demos and scripted scenarios.

    python -m edge.rtsp_server --clip gate=gate.mp4 --clip market=market.mp4 --port 8554

Each clip appears at rtsp://127.0.0.1:<port>/<name>; the line "ready" says that clients may come.
Give one file several names for several cameras. H.264 and HEVC; RTP travels inside the RTSP
connection (TCP); no sound. A client begins at the next keyframe, so give clips one every second or
two. Time stamps are those of the clip whatever the speed: at --speed 8 a client sees media time
run eight times as fast.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from edge.errors import SimulatedCameraError
from edge.rtsp.camera import CameraClip, Client, SimulatedCamera
from edge.rtsp.clip import Clip, load_clip
from edge.rtsp.password import Login, PasswordCheck, Scheme
from edge.rtsp.rtp import describe
from edge.video.source import StreamUrl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8554  # the usual one of RTSP servers that do not run as root
START_TIMEOUT_SECONDS = 30.0
SESSION_TIMEOUT_SECONDS = 60  # RFC 2326 section 12.37, the default
MAX_REQUEST_BYTES = 16_384  # a request has a few hundred
# Between the beginnings of neighbours: the golden section of a second, so that the keyframes of any
# number of cameras fall evenly over any interval.
SPREAD_SECONDS = 0.618
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
CAMERA_NAME = re.compile(r"[A-Za-z0-9._-]+")


class RtspServer:
    """Simulated cameras behind one port, in a thread of their own.

    Use it as a context manager: inside, clients may connect. At its end every connection is cut
    without a word, as when cameras lose power.

    Args:
        cameras: What to play, by the name in the address.
        port: TCP port; 0: any free one.
        host: Address to listen on.
        login: The account that clients need; None: everyone may look.

    Raises:
        SimulatedCameraError: A clip cannot be played, a name cannot stand in an address, or the
            port is taken (on entering).
    """

    def __init__(
        self,
        cameras: Mapping[str, CameraClip],
        *,
        port: int = 0,
        host: str = LOOPBACK,
        login: Login | None = None,
    ) -> None:
        for name in cameras:
            if not CAMERA_NAME.fullmatch(name):
                raise SimulatedCameraError(
                    f"{name!r} cannot name a camera; use letters, digits, dot, dash, underscore"
                )
        self._settings = dict(cameras)
        loaded: dict[Path, Clip] = {}
        for settings in cameras.values():
            if settings.path not in loaded:
                loaded[settings.path] = load_clip(settings.path)
        self._clips = loaded
        self._host, self._port = host, port
        self._login = login
        self._cameras: dict[str, SimulatedCamera] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._run, name="rtsp-server", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._finished = threading.Event()
        self._failure: Exception | None = None

    @property
    def port(self) -> int:
        """The port that clients connect to."""
        return self._port

    def url(self, name: str) -> StreamUrl:
        """The address of a camera, with the login if there is one."""
        login = self._login
        account = f"{quote(login.user, '')}:{quote(login.password, '')}@" if login else ""
        return StreamUrl(f"rtsp://{account}{self._host}:{self._port}/{name}")

    def __enter__(self) -> Self:
        """Start to listen and to play."""
        self._thread.start()
        is_up = self._ready.wait(START_TIMEOUT_SECONDS)
        if self._failure is not None or not is_up:
            raise SimulatedCameraError(
                f"cannot serve on {self._host}:{self._port}; choose another port, or 0 for any"
            ) from self._failure
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Cut every connection and stop."""
        self.stop()
        if self._failure is not None and error is None:
            raise SimulatedCameraError("a simulated camera failed") from self._failure

    def stop(self) -> None:
        """Cut every connection without a word; may be called again."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            with suppress(RuntimeError):  # it closed between the question and the call
                loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def wait_until_finished(self, timeout_seconds: float | None = None) -> bool:
        """Wait until every camera has played its clip to the end; False: not in time."""
        return self._finished.wait(timeout_seconds)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - reported by the thread that started this one
            self._failure = error
        finally:
            self._ready.set()
            self._finished.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._cameras = {
            name: SimulatedCamera(settings, self._clips[settings.path], ssrc=number)
            for number, (name, settings) in enumerate(self._settings.items(), start=1)
        }
        server = await asyncio.start_server(
            self._handle, self._host, self._port, limit=MAX_REQUEST_BYTES
        )
        self._port = server.sockets[0].getsockname()[1]
        players = asyncio.create_task(self._play())
        stopped = asyncio.create_task(self._wait_for_stop())
        self._ready.set()
        try:
            done, _ = await asyncio.wait({players, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if players in done:
                players.result()  # raises what killed a player
                self._finished.set()
                await stopped
        finally:
            server.close()
            players.cancel()
            stopped.cancel()
            for writer in tuple(self._writers):
                writer.transport.abort()
            await asyncio.gather(players, stopped, return_exceptions=True)

    async def _play(self) -> None:
        await asyncio.gather(*(camera.play() for camera in self._cameras.values()))

    async def _wait_for_stop(self) -> None:
        await self._stop.wait()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it says goodbye or breaks."""
        session = Session(self._cameras, self._login, writer)
        self._writers.add(writer)
        try:
            while (head := await read_request(reader)) is not None:
                answer = session.answer(head)
                if not session.has_left:
                    writer.write(answer)
                if head.startswith("TEARDOWN"):
                    break
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # the client went away, or does not speak RTSP
        finally:
            session.end()
            self._writers.discard(writer)
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> str | None:
    """The next request, or None at the end; RTCP that the client sends in between is skipped."""
    while first := await reader.read(1):
        if first != b"$":
            return (first + await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
        size = int.from_bytes((await reader.readexactly(3))[1:], "big")
        await reader.readexactly(size)
    return None


class Session:
    """One client's conversation (RFC 2326, the part that players use)."""

    def __init__(
        self,
        cameras: Mapping[str, SimulatedCamera],
        login: Login | None,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._cameras = cameras
        self._check = PasswordCheck(login) if login else None
        self._client = Client(writer)
        self._watched: SimulatedCamera | None = None

    @property
    def has_left(self) -> bool:
        """Whether this end has said goodbye, so that nothing may be answered any more."""
        return self._client.has_left

    def end(self) -> None:
        """Stop watching."""
        if self._watched is not None:
            self._watched.remove(self._client)

    def answer(self, head: str) -> bytes:
        """Carry out one request and give the response."""
        method, _, rest = head.partition(" ")
        url = rest.partition(" ")[0]
        if method == "OPTIONS":
            return respond(head, "200 OK", {"Public": METHODS})
        if self._check and not self._check.accepts(header(head, "Authorization"), method):
            challenge = {"WWW-Authenticate": self._check.challenge()}
            return respond(head, "401 Unauthorized", challenge)
        camera = self._find(url)
        if camera is None:
            return respond(head, "404 Not Found")
        if camera.has_ended and method != "TEARDOWN":
            return respond(head, "503 Service Unavailable")
        return self._obey(method, url, camera, head)

    def _obey(self, method: str, url: str, camera: SimulatedCamera, head: str) -> bytes:
        match method:
            case "DESCRIBE":
                headers = {"Content-Base": f"{url}/", "Content-Type": "application/sdp"}
                return respond(head, "200 OK", headers, describe(camera.clip))
            case "SETUP":
                return self._set_up(head)
            case "PLAY":
                self._watched = camera
                camera.add(self._client)
            case "GET_PARAMETER" | "TEARDOWN":
                pass
            case _:
                return respond(head, "501 Not Implemented")
        return respond(head, "200 OK", {"Session": "1"})

    def _set_up(self, head: str) -> bytes:
        transport = header(head, "Transport") or ""
        if "RTP/AVP/TCP" not in transport:
            return respond(head, "461 Unsupported Transport")
        channels = re.search(r"interleaved=(\d{1,3})-(\d{1,3})", transport)
        rtp, rtcp = (int(channels[1]) % 256, int(channels[2]) % 256) if channels else (0, 1)
        self._client.rtp_channel, self._client.rtcp_channel = rtp, rtcp
        headers = {
            "Transport": f"RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp}",
            "Session": f"1;timeout={SESSION_TIMEOUT_SECONDS}",
        }
        return respond(head, "200 OK", headers)

    def _find(self, url: str) -> SimulatedCamera | None:
        place = url.partition("://")[2].partition("/")[2]  # "name", maybe "/track0" or a query
        return self._cameras.get(re.split(r"[/?]", place, maxsplit=1)[0])


def header(head: str, name: str) -> str | None:
    """One header of a request, or None."""
    found = re.search(rf"^{name}: *(.*?)\r?$", head, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else None


def respond(
    head: str, status: str, headers: Mapping[str, str] | None = None, body: str = ""
) -> bytes:
    """The response to a request."""
    lines = [f"RTSP/1.0 {status}", f"CSeq: {header(head, 'CSeq') or 0}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line until interrupted, or with --once to the end of the clips."""
    options = _parser().parse_args(arguments)
    shared = CameraClip(
        path=Path(),
        loop=not (options.once or options.linger),
        linger_seconds=options.linger,
        speed=options.speed,
        starts_with_first_client=options.wait,
        waits_for_slow_clients=options.lossless,
    )
    cameras = {
        name: replace(
            shared,
            path=path,
            start_offset_seconds=number * SPREAD_SECONDS if options.spread else 0.0,
        )
        for number, (name, path) in enumerate(options.clip)
    }
    login = None
    if options.user is not None:
        login = Login(user=options.user, password=options.password, scheme=options.scheme)
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    try:
        with RtspServer(cameras, port=options.port, host=options.host, login=login) as server:
            for name in cameras:
                sys.stdout.write(f"{server.url(name)}\n")
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            while not interrupted.wait(0.2) and not server.wait_until_finished(0):
                pass
    except SimulatedCameraError as error:
        sys.stderr.write(f"rtsp_server: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Play clips as RTSP cameras.")
    add = parser.add_argument
    add("--clip", action="append", required=True, type=_clip, metavar="NAME=FILE", help="repeat")
    add("--port", type=int, default=DEFAULT_PORT, help="0: any free one (default: %(default)s)")
    add("--host", default=LOOPBACK, help="address to listen on (default: %(default)s)")
    add("--speed", type=float, default=1.0, help="media seconds per second")
    after = parser.add_mutually_exclusive_group()
    after.add_argument("--once", action="store_true", help="play each clip once, then end")
    after.add_argument(
        "--linger",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="play each clip once, then its last seconds again and again at the clock's pace",
    )
    add("--spread", action="store_true", help="begin each clip at another place, as cameras do")
    add("--wait", action="store_true", help="begin a clip when its first client has come")
    add("--lossless", action="store_true", help="wait for slow clients, leave nothing out")
    add("--user", help="account that clients need")
    add("--password", default="", help="its password")
    add("--scheme", type=Scheme, choices=list(Scheme), default=Scheme.DIGEST)
    return parser


def _clip(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not separator or not path or not CAMERA_NAME.fullmatch(name):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FILE")
    return name, Path(path)


if __name__ == "__main__":
    sys.exit(main())
