"""Stamps of manifests: wanted at ingest, brought later, shown beside the evidence.

Ingest never waits for an authority, and nothing is refused because one is away: a manifest without
a stamp is as good as it was, and is tried again for as long as it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import State

from api.candidates.tables import CandidateUpdate
from api.database import Database
from api.metrics import Metrics
from api.settings import TimestampSettings
from api.stamping.authority import Authority
from api.stamping.schemas import StampView
from api.stamping.tables import ManifestStamp
from api.timers import Timer
from pipeline.errors import TimestampError

TIMER = "stamp_manifests"
EVERY_SECONDS = 10.0
BATCH = 20  # of one run; each is one HTTP call
# Who takes a manifest has it for so long: beyond the longest time that a call may take.
LEASE = timedelta(minutes=5)

log = structlog.get_logger()


def want_stamp(session: Session, update: CandidateUpdate, now: datetime) -> None:
    """Note, in the transaction of its arrival, that a manifest is to be stamped."""
    session.add(
        ManifestStamp(
            manifest_sha256=update.manifest_sha256,
            candidate_id=update.candidate_id,
            update=update.update,
            wanted_at=now,
            next_try_at=now,
        )
    )


def stamp_of(session: Session, manifest_sha256: str) -> StampView | None:
    """How it stands with a manifest's stamp; none: none was wanted when it came."""
    found = session.get(ManifestStamp, manifest_sha256)
    if found is None:
        return None
    return StampView(
        stamped_at=found.stamped_at,
        authority=found.authority,
        tries=found.tries,
        problem="" if found.stamped_at else found.last_problem,
    )


def stamp_content(session: Session, manifest_sha256: str) -> bytes | None:
    """The authority's answer to the byte; none: there is none yet."""
    found = session.get(ManifestStamp, manifest_sha256)
    return found.content if found is not None else None


def stamping_timer(state: State) -> tuple[Timer, ...]:
    """The timer that brings stamps; none where no authority is configured."""
    settings: TimestampSettings | None = state.settings.timestamp
    if settings is None:
        return ()
    stamping = Stamping(
        database=state.database, settings=settings, metrics=state.metrics, now=state.now
    )
    return (Timer(name=TIMER, every_seconds=EVERY_SECONDS, work=stamping.run),)


class Stamping:
    """Brings stamps from the authority."""

    def __init__(
        self,
        *,
        database: Database,
        settings: TimestampSettings,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._settings = settings
        self._metrics = metrics
        self._now = now

    def run(self) -> None:
        """Stamp what waits, the oldest first; after a failure no more in this run."""
        with httpx.Client(follow_redirects=False) as client:
            authority = Authority(settings=self._settings, client=client)
            for _ in range(BATCH):
                taken = self._take()
                if taken is None or not self._stamp(authority, *taken):
                    return

    def _take(self) -> tuple[str, bytes] | None:
        """The next manifest that waits: its digest and its bytes; others keep away from it."""
        now = self._now()
        with self._database.writing() as session:
            row = ManifestStamp
            stamp = session.scalars(
                select(row)
                .where(row.stamped_at.is_(None), row.next_try_at <= now)
                .order_by(row.next_try_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if stamp is None:
                return None
            stamp.next_try_at = now + LEASE
            update = session.get_one(CandidateUpdate, (stamp.candidate_id, stamp.update))
            return stamp.manifest_sha256, update.manifest.encode()

    def _stamp(self, authority: Authority, sha256: str, manifest: bytes) -> bool:
        try:
            content, said = authority.stamp(manifest)
        except TimestampError as error:
            self._metrics.timestamps.labels("failed").inc()
            self._postpone(sha256, str(error))
            return False
        with self._database.writing() as session:
            stamp = session.get_one(ManifestStamp, sha256, with_for_update=True)
            if stamp.stamped_at is None:  # the first stamp is the earliest, and so the best
                stamp.tries += 1
                stamp.stamped_at, stamp.authority = said.at, said.authority
                stamp.content, stamp.last_problem = content, ""
        self._metrics.timestamps.labels("stamped").inc()
        return True

    def _postpone(self, sha256: str, problem: str) -> None:
        log.warning("not_stamped", manifest=sha256, reason=problem)
        now, settings = self._now(), self._settings
        with self._database.writing() as session:
            stamp = session.get_one(ManifestStamp, sha256, with_for_update=True)
            doubled = settings.first_retry_seconds * 2.0 ** min(stamp.tries, 30)
            wait = min(doubled, settings.longest_retry_seconds)
            stamp.tries += 1
            stamp.last_problem = problem
            stamp.next_try_at = now + timedelta(seconds=wait)
