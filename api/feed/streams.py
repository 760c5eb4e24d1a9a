"""Following the feed and the queue live: one look at the database for all who listen.

The database is asked for its newest number at most every POLL_SECONDS in each process, however many
listen; only when it has moved does each listener read what is its own. Works the same on SQLite and
PostgreSQL, and between processes.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Generic, TypeVar

import anyio.to_thread
from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.datastructures import State

from api.database import Database
from api.errors import Unavailable

POLL_SECONDS = 0.5  # a reviewer does not notice; a case system has webhooks
# Ends by itself, so that a right that was taken away meanwhile counts; clients come back with
# `Last-Event-ID` by themselves.
MAX_STREAM_SECONDS = 900.0
MAX_STREAMS = 200  # of one process: each holds a connection and little else
BATCH = 100  # read at once
RETRY_MILLISECONDS = 3000  # until a client comes back

T = TypeVar("T")

# Guards what streams keep in the application's state; held for an addition only.
_slots_lock = threading.Lock()


@dataclass(slots=True)
class Watch:
    """The newest number of something, as of at most POLL_SECONDS ago."""

    database: Database
    read: Callable[[Session], int]
    _newest: int = 0
    _looked_at: float = field(default=float("-inf"))  # monotonic seconds
    _is_looking: bool = False

    async def newest(self) -> int:
        """The number; looks again only if the last look is too long ago and nobody else looks."""
        if not self._is_looking and time.monotonic() - self._looked_at >= POLL_SECONDS:
            self._is_looking = True
            try:
                self._newest = await anyio.to_thread.run_sync(self._look)
            finally:
                self._looked_at = time.monotonic()
                self._is_looking = False
        return self._newest

    def _look(self) -> int:
        with self.database.reading() as session:
            return self.read(session)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered(Generic[T]):
    """Something with its number in the order of commits."""

    number: int
    content: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower(Generic[T]):
    """One listener: what it reads, where it stands, and when it stops."""

    watch: Watch
    # Reads what comes after a number; gives it with the number up to which it looked.
    read: Callable[[Session, int], tuple[Sequence[Numbered[T]], int]]
    state: State

    async def follow(self, start: int) -> AsyncIterator[Numbered[T]]:
        """What comes after a number, until the process stops or the stream is old enough."""
        position = start
        ends_at = time.monotonic() + MAX_STREAM_SECONDS
        while not self.state.is_stopping and time.monotonic() < ends_at:
            if await self.watch.newest() <= position:
                await asyncio.sleep(POLL_SECONDS)
                continue
            items, position = await anyio.to_thread.run_sync(self._read, position)
            for item in items:
                yield item

    def _read(self, position: int) -> tuple[Sequence[Numbered[T]], int]:
        with self.watch.database.reading() as session:
            return self.read(session, position)


def _stream_slot(request: Request) -> Iterator[None]:
    """A place among the streams of this process, until the answer has been sent."""
    state = request.app.state
    with _slots_lock:
        taken = getattr(state, "streams", 0)
        if taken >= MAX_STREAMS:
            raise Unavailable(
                "too_many_streams",
                "Too many listen to this process. Come back, or ask for pages instead.",
                retry_after_seconds=30,
            )
        state.streams = taken + 1
    try:
        yield
    finally:
        with _slots_lock:
            state.streams -= 1


StreamSlot = Annotated[None, Depends(_stream_slot)]


def watch_of(state: State, name: str, read: Callable[[Session], int]) -> Watch:
    """The process's one watch of this name."""
    with _slots_lock:
        watches: dict[str, Watch] = getattr(state, "watches", {})
        state.watches = watches
        if name not in watches:
            watches[name] = Watch(state.database, read)
        return watches[name]
