"""The network between box and centre: a proxy on loopback that breaks what passes, as it is told.

It reads HTTP/1.1, so that it can break a request at a chosen place, keep its answer to itself, send
it twice, or bring it late. One request at a time on each of the box's connections, each with a
connection of its own to the centre.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Self, TypeVar

from pipeline.exchange import API_PREFIX

CHUNK_BYTES = 8 * 1024  # small beside a clip, so that a cut has many places to fall on
MAX_HEAD_BYTES = 64 * 1024
MAX_HELD = 20  # requests kept to be brought late
CONNECT_SECONDS = 5.0
# Longer than the centre waits for its database, so that every answer is seen and counted.
ANSWER_SECONDS = 60.0
LINGER_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: close by a reset


T = TypeVar("T")


class Breakage(StrEnum):
    """What may be done to single requests."""

    BODY_CUT = "body_cut"  # reset in the middle of the body, on both sides
    ANSWER_LOST = "answer_lost"  # the centre has it; the box hears nothing and is reset
    HALF_CLOSED = "half_closed"  # as ANSWER_LOST, but the box is told of an orderly end
    ANSWER_CUT = "answer_cut"  # half of the answer comes through
    DOUBLED = "doubled"  # the centre gets it twice at the same time
    LATE = "late"  # the box is reset; the centre gets it after later ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it is sent to the centre."""

    kind: str  # candidates, uploads, put, gaps, status, cameras, other
    head: bytes  # with its empty line; asks for the connection to be closed
    body: bytes


@dataclass(slots=True)
class Seen:
    """What passed, counted."""

    requests: Counter[str] = field(default_factory=Counter)  # by kind
    answers: Counter[str] = field(default_factory=Counter)  # "kind status"
    broken: Counter[str] = field(default_factory=Counter)  # by what was done
    duplicates: int = 0  # receipts that say: had it already
    evidence_bytes: int = 0  # of files, towards the centre


class FaultProxy:
    """A proxy in a thread of its own; use it as a context manager.

    Args:
        centre: Host and port behind it.
        seed: Of what it chooses: where a cut falls, in which order late requests come.
    """

    def __init__(self, centre: tuple[str, int], *, seed: int = 0) -> None:
        self.seen = Seen()
        self._centre = centre
        self._random = Random(seed)  # noqa: S311 - a test's choice
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._armed: dict[Breakage, tuple[int, frozenset[str]]] = {}
        self._held: list[Request] = []
        self._cuts = self._silences = 0
        self._paces: list[float] = []  # bytes per second
        self._open: set[asyncio.StreamWriter] = set()
        self._background: set[asyncio.Task[None]] = set()
        self._uploading = 0
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """Where the box finds the centre."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def uploading(self) -> int:
        """How many files are on their way at this moment."""
        return self._uploading

    @property
    def held(self) -> int:
        """How many requests wait to be brought late."""
        return len(self._held)

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Inside, no connection stands and none is made."""
        self._cuts += 1
        self._call(self._reset_all())
        try:
            yield
        finally:
            self._cuts -= 1

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Inside, connections stand and nothing passes."""
        self._silences += 1
        try:
            yield
        finally:
            self._silences -= 1

    @contextmanager
    def slow(self, bytes_per_second: float) -> Iterator[None]:
        """Inside, each connection passes no more than this."""
        self._paces.append(bytes_per_second)
        try:
            yield
        finally:
            self._paces.remove(bytes_per_second)

    def arm(self, breakage: Breakage, times: int, kinds: frozenset[str]) -> None:
        """Do something to the next so many requests of these kinds."""
        self._armed[breakage] = times, kinds

    def disarm(self, breakage: Breakage) -> None:
        """Let what was armed and not used rest."""
        self._armed.pop(breakage, None)

    def bring_late(self) -> None:
        """Send the centre, in any order, what was kept back."""
        self._call(self._bring_late())

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_SECONDS)

    async def _close(self) -> None:
        self._server.close()
        for task in self._background:
            task.cancel()
        self._silences, self._cuts = 0, 1  # whoever still waits comes out with a broken connection
        await self._reset_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=CONNECT_SECONDS)

    async def _reset_all(self) -> None:
        for writer in list(self._open):
            _reset(writer)
            self.seen.broken["connection_reset"] += 1

    async def _bring_late(self) -> None:
        held, self._held = self._held, []
        self._random.shuffle(held)
        for request in held:
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await self._ask(request)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while not self._cuts:
                if not await self._pass_one(reader, writer):
                    break
            else:
                self.seen.broken["connection_refused"] += 1
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            self.seen.broken["connection_lost"] += 1
        finally:
            self._open.discard(writer)
            _reset(writer)

    async def _pass_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; false: the connection is to be closed."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False  # the box has hung up
        kind, length, head = _read_head(head)
        self.seen.requests[kind] += 1
        to = await asyncio.wait_for(asyncio.open_connection(*self._centre), CONNECT_SECONDS)
        breakage = self._next_breakage(kind, length)
        self._open.add(to[1])
        self._uploading += kind == "put"
        try:
            cut_at = self._random.randrange(length) if breakage is Breakage.BODY_CUT else None
            body = await self._pass_body(
                reader,
                None if breakage is Breakage.LATE else to[1],
                Request(kind=kind, head=head, body=b""),
                length,
                cut_at=cut_at,
            )
            if body is None:
                return False
            request = Request(kind=kind, head=head, body=body)
            if breakage is Breakage.LATE:
                self._held.append(request)
                return False
            if breakage is Breakage.DOUBLED:
                self._beside(self._ask(request))
            answer = await asyncio.wait_for(_read_answer(to[0]), ANSWER_SECONDS)
        finally:
            self._uploading -= kind == "put"
            self._open.discard(to[1])
            _reset(to[1])
        self._note(kind, answer)
        return await self._answer(writer, answer, breakage)

    async def _pass_body(
        self,
        reader: asyncio.StreamReader,
        to: asyncio.StreamWriter | None,
        begun: Request,
        length: int,
        *,
        cut_at: int | None,
    ) -> bytes | None:
        """The body, sent on while it comes; none: it was cut."""
        body = bytearray()
        if to is not None:
            to.write(begun.head)
        while len(body) < length:
            if cut_at is not None and len(body) >= cut_at:
                return None
            chunk = await reader.read(min(CHUNK_BYTES, length - len(body)))
            if not chunk:
                raise ConnectionResetError("the box has hung up")
            await self._take_time(len(chunk))
            body += chunk
            if to is not None:
                to.write(chunk)
                await to.drain()
                self.seen.evidence_bytes += len(chunk) if begun.kind == "put" else 0
        if cut_at is not None:
            return None
        return bytes(body)

    async def _answer(
        self, writer: asyncio.StreamWriter, answer: bytes, breakage: Breakage | None
    ) -> bool:
        if breakage is Breakage.ANSWER_LOST:
            return False
        if breakage is Breakage.HALF_CLOSED:
            writer.write_eof()
            await asyncio.sleep(0.2)
            return False
        if breakage is Breakage.ANSWER_CUT:
            writer.write(answer[: len(answer) // 2])
            await writer.drain()
            return False
        await self._take_time(len(answer))
        writer.write(answer)
        await writer.drain()
        return True

    async def _ask(self, request: Request) -> None:
        """Send the centre a request of our own accord; nobody waits for the answer."""
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(*self._centre), CONNECT_SECONDS
        )
        try:
            writer.write(request.head + request.body)
            await writer.drain()
            answer = await asyncio.wait_for(_read_answer(reader), ANSWER_SECONDS)
        finally:
            _reset(writer)
        self._note(request.kind, answer)

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        async def quietly() -> None:
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await work

        task = self._loop.create_task(quietly())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _take_time(self, count: int) -> None:
        """As long as the link needs for so many bytes."""
        while self._silences:  # noqa: ASYNC110 - other threads set it
            await asyncio.sleep(0.05)
        if self._cuts:
            raise ConnectionResetError("the link is cut")
        if self._paces:
            await asyncio.sleep(count / min(self._paces))

    def _next_breakage(self, kind: str, length: int) -> Breakage | None:
        for breakage, (times, kinds) in list(self._armed.items()):
            is_possible = {
                Breakage.BODY_CUT: length > 0,
                Breakage.LATE: len(self._held) < MAX_HELD,
            }.get(breakage, True)
            if times and kind in kinds and is_possible:
                self._armed[breakage] = times - 1, kinds
                self.seen.broken[breakage.value] += 1
                return breakage
        return None

    def _note(self, kind: str, answer: bytes) -> None:
        head, _, body = answer.partition(b"\r\n\r\n")
        status = head.split(b" ", 2)[1].decode()
        self.seen.answers[f"{kind} {status}"] += 1
        if kind == "candidates" and status == "200":
            self.seen.duplicates += bool(json.loads(body)["duplicate"])


def _read_head(head: bytes) -> tuple[str, int, bytes]:
    """Kind and body's length of a request, and its head as the centre gets it."""
    if len(head) > MAX_HEAD_BYTES:
        raise ConnectionResetError("a head without an end")
    lines = head.rstrip(b"\r\n").split(b"\r\n")
    method, path, _ = lines[0].decode("ascii").split(" ")
    kept, length = [lines[0]], 0
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        if name.lower() != b"connection":
            kept.append(line)
    kept.append(b"Connection: close")
    return _kind_of(method, path), length, b"\r\n".join(kept) + b"\r\n\r\n"


def _kind_of(method: str, path: str) -> str:
    """What a request is for.

    >>> _kind_of("PUT", "/api/v1/store/uploads/abc"), _kind_of("POST", "/api/v1/boxes/me/gaps")
    ('put', 'gaps')
    """
    if method == "PUT":
        return "put"
    name = path.partition("?")[0].rpartition("/")[2]
    is_known = path.startswith(f"{API_PREFIX}/boxes/me/")
    return name if is_known and name in {"candidates", "uploads", "gaps", "status"} else "other"


async def _read_answer(reader: asyncio.StreamReader) -> bytes:
    """A whole answer, without the word that the connection ends."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.rstrip(b"\r\n").split(b"\r\n")
    length = 0
    kept = [lines[0]]
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        if name.lower() != b"connection":
            kept.append(line)
    body = await reader.readexactly(length)
    return b"\r\n".join(kept) + b"\r\n\r\n" + body


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close at once; who is on the other side sees a broken connection."""
    held: socket.socket | None = writer.get_extra_info("socket")
    with suppress(OSError):
        if held is not None:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_AT_ONCE)
    writer.transport.abort()
