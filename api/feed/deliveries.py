"""Bringing events to subscribers: tried again and again, slow ones apart from the others."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import anyio.to_thread
import httpx
import structlog
from pydantic import SecretStr
from sqlalchemy.orm import Session
from starlette.datastructures import State

from api.audit.service import append
from api.database import Database
from api.feed import repository
from api.feed.repository import BESIDE_FEED
from api.feed.secrets import SecretBox, SecretLostError
from api.feed.sending import GONE, Call, Outcome, send
from api.feed.tables import Delivery, DeliveryState, Event, Subscriber
from api.principal import system
from api.settings import FeedSettings
from api.timers import Timer

TIMER = "deliver_webhooks"
EVERY_SECONDS = 1.0  # a new event is under way at most so long after its commit
# Of one process. A call waits for the network only, so the bound is for receivers, not for us.
MAX_IN_FLIGHT = 100
PER_SUBSCRIBER = 4  # a receiver is not flooded, and a hanging one holds few
# Beyond the timeout of a call: how long recording its outcome may take before another process
# takes the delivery for lost and makes the call again.
LEASE_MARGIN = timedelta(seconds=30)
GONE_LIMIT = 3  # answers of 410 in a row; one may be a mistake during an upgrade

log = structlog.get_logger()


def delivery_timer(state: State) -> Timer:
    """The timer that delivers, with what it needs from the application's state."""
    dispatcher = Dispatcher(
        database=state.database,
        settings=state.settings.feed,
        session_secret=state.secrets.session,
        now=state.now,
    )
    return Timer(name=TIMER, every_seconds=EVERY_SECONDS, work=dispatcher.run)


class Dispatcher:
    """Claims what is due and makes the calls, many at once, in a thread of its own."""

    def __init__(
        self,
        *,
        database: Database,
        settings: FeedSettings,
        session_secret: SecretStr,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._settings = settings
        self._box = SecretBox(session_secret)
        self._now = now
        self._loop = _LoopThread()
        self._in_flight: Counter[UUID] = Counter()  # by subscriber; at most MAX_IN_FLIGHT in all
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)

    def run(self) -> None:
        """Start the calls that are due now; does not wait for their ends."""
        with self._lock:
            room = MAX_IN_FLIGHT - self._in_flight.total()
            busy = [one for one, calls in self._in_flight.items() if calls >= PER_SUBSCRIBER]
        if room <= 0:
            return
        now = self._now()
        timeout = timedelta(seconds=self._settings.timeout_seconds)
        with self._database.reading() as session:
            if not repository.has_due(session, now):
                return
        with self._database.writing() as session:
            claimed = repository.claim_due(
                session,
                now=now,
                lease_until=now + timeout + LEASE_MARGIN,
                not_for=busy,
                per_subscriber=PER_SUBSCRIBER,
                limit=room,
            )
            calls = [self._call(session, *row) for row in claimed]
        for call in calls:
            if call is not None:
                with self._lock:
                    self._in_flight[call.subscriber_id] += 1
                self._loop.submit(self._deliver(call))

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait for the ends of all calls that were started; whether they came."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._in_flight.total(), timeout=seconds)

    def _call(
        self, session: Session, delivery: Delivery, event: Event, subscriber: Subscriber
    ) -> Call | None:
        try:
            secret = self._box.open(subscriber.secret)
        except SecretLostError as error:
            delivery.state = DeliveryState.DEAD
            delivery.last_error = str(error)
            session.flush()
            return None
        return Call(
            delivery_id=delivery.id,
            subscriber_id=subscriber.id,
            url=subscriber.url,
            secret=secret,
            event_id=event.id,
            content=event.content,
            at=self._now(),
        )

    async def _deliver(self, call: Call) -> None:
        try:
            outcome = await send(
                self._loop.client,
                call,
                timeout_seconds=self._settings.timeout_seconds,
                allow_private=self._settings.allow_private_addresses,
            )
            await anyio.to_thread.run_sync(self._record, call, outcome)
        except Exception:  # the lease ends, and the call is made again
            log.exception("delivery_not_recorded", delivery=str(call.delivery_id))
        finally:
            with self._idle:
                self._in_flight[call.subscriber_id] -= 1
                self._in_flight += Counter()  # drops the zeros
                self._idle.notify_all()

    def _record(self, call: Call, outcome: Outcome) -> None:
        now = self._now()
        with self._database.writing() as session:
            subscriber = session.get_one(
                Subscriber, call.subscriber_id, with_for_update=BESIDE_FEED
            )
            delivery = session.get_one(Delivery, call.delivery_id, with_for_update=True)
            if delivery.state == DeliveryState.DELIVERED:
                return  # a call of another process, after a lease that ended too early, got through
            delivery.tries += 1
            delivery.last_status = outcome.status
            delivery.last_error = outcome.error
            delivery.last_seconds = outcome.seconds
            if outcome.is_delivered:
                delivery.state = DeliveryState.DELIVERED
                delivery.delivered_at = now
                subscriber.gone_in_a_row = 0
                return
            self._plan(delivery, outcome, now)
            self._count_gone(session, subscriber, outcome, now)
        log.info(
            "delivery_failed",
            delivery=str(call.delivery_id),
            subscriber=str(call.subscriber_id),
            status=outcome.status,
            tries=delivery.tries,
            state=delivery.state,
        )

    def _plan(self, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
        waits = self._settings.retry_seconds
        if delivery.tries > len(waits):
            delivery.state = DeliveryState.DEAD
            return
        wait = timedelta(seconds=waits[delivery.tries - 1])
        delivery.next_try_at = now + max(wait, outcome.retry_after or wait)

    def _count_gone(
        self, session: Session, subscriber: Subscriber, outcome: Outcome, now: datetime
    ) -> None:
        """Standard Webhooks: 410 says that nobody wants these any more."""
        if outcome.status != GONE:
            if outcome.status is not None:
                subscriber.gone_in_a_row = 0
            return
        subscriber.gone_in_a_row += 1
        if subscriber.gone_in_a_row < GONE_LIMIT or subscriber.disabled_at is not None:
            return
        subscriber.disabled_at = now
        subscriber.disabled_reason = f"answered 410 Gone {GONE_LIMIT} times in a row"
        session.flush()
        append(
            session,
            actor=system("deliveries"),
            action="subscriber.disabled",
            subject_kind="subscriber",
            subject_id=str(subscriber.id),
            organisation_path=subscriber.organisation_path,
            now=now,
            details={"reason": subscriber.disabled_reason},
        )


@dataclass(frozen=True, slots=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    client: httpx.AsyncClient


class _LoopThread:
    """An event loop with an HTTP client in a daemon thread; begins with the first call."""

    def __init__(self) -> None:
        self._running: _Running | None = None
        self._lock = threading.Lock()

    @property
    def client(self) -> httpx.AsyncClient:
        """The client of the loop."""
        return self._started().client

    def submit(self, work: Coroutine[None, None, None]) -> None:
        """Have the loop do something."""
        asyncio.run_coroutine_threadsafe(work, self._started().loop)

    def _started(self) -> _Running:
        with self._lock:
            if self._running is None:
                loop = asyncio.new_event_loop()
                # Each call has its own deadline. Neither proxies nor passwords come from the
                # environment; connections are not kept, as receivers are called rarely.
                client = httpx.AsyncClient(
                    timeout=None,  # noqa: S113 - `send` bounds the whole of a call
                    follow_redirects=False,
                    trust_env=False,
                    limits=httpx.Limits(max_connections=MAX_IN_FLIGHT, max_keepalive_connections=0),
                )
                self._running = _Running(loop, client)
                threading.Thread(target=loop.run_forever, name="webhook-calls", daemon=True).start()
            return self._running
