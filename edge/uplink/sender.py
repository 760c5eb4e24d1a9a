"""Sends what the outbox holds: files, then the candidate, until the centre's receipt."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

import structlog

from edge.backoff import BackOff
from edge.errors import (
    CentreRefused,
    CentreUnreachable,
    EvidenceDamaged,
    NotEnrolled,
    UplinkError,
)
from pipeline.candidate import Candidate
from pipeline.exchange import Submission, UploadObject, UploadRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.outbox.ledger import Entry
    from edge.outbox.outbox import Outbox
    from edge.uplink.centre import Centre
    from edge.uplink.settings import CentreSettings

IDLE_SECONDS = 30.0  # a look without being told that there is news
# So many entries in a row that fail for reasons of their own are taken as a centre in trouble.
MAX_FAILING = 8

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkFigures:
    """How the way to the centre is."""

    sent: int = 0  # candidates acknowledged since the start
    failures: int = 0  # since the start
    failures_in_a_row: int = 0
    last_receipt_at: datetime | None = None
    trouble: str = ""  # in words, while it lasts


class Sender:
    """A thread that empties the outbox.

    Of one candidate the updates go in their order, of all candidates the most urgent goes first.
    Within one, small files go before large ones: the centre needs all of them before it can take
    the candidate, but what has arrived is not sent again, so that a link that breaks every minute
    still gets the stills across.

    Args:
        outbox: What to send.
        connect: Opens a connection to the centre.
        settings: For the waits after failures.
        stopping: Set when the box shuts down.
        seed: Of the waits' jitter.
    """

    def __init__(
        self,
        outbox: Outbox,
        connect: Callable[[], Centre],
        settings: CentreSettings,
        *,
        stopping: threading.Event,
        seed: int = 0,
    ) -> None:
        self._outbox = outbox
        self._connect = connect
        self._settings = settings
        self._stopping = stopping
        self._random = Random(seed)  # noqa: S311 - jitter, no secret
        self._back_off = self._new_back_off()
        # Entries that failed for reasons of their own: when they may be tried again.
        self._failing: dict[int, tuple[BackOff, float]] = {}
        self._figures = UplinkFigures()
        self._is_idle = False
        self._thread = threading.Thread(target=self._run, name="uplink-sender", daemon=True)

    @property
    def figures(self) -> UplinkFigures:
        """How it goes."""
        return self._figures

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def join(self, timeout_seconds: float) -> bool:
        """Wait for the end after `stopping` was set; false: it still waits for the network."""
        self._outbox.news.set()  # so that it does not sleep through the end
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to send now."""
        return self._is_idle

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._work()
            except Exception:
                # The thread must survive what nobody foresaw; nothing is lost, it is tried again.
                log.exception("uplink_fault")
                self._stopping.wait(self._back_off.next_seconds())

    def _work(self) -> None:
        """One connection's life."""
        try:
            centre = self._connect()
        except UplinkError as error:
            self._fail(str(error), None)
            return
        try:
            # Where the outbox's own disk failed, what was being sent is still marked as such.
            self._outbox.postpone()
            while not self._stopping.is_set():
                self._outbox.news.clear()
                entry = self._outbox.next_entry(leave_out=self._resting())
                self._is_idle = entry is None
                if entry is None:
                    self._outbox.news.wait(self._idle_seconds())
                elif not self._send(centre, entry):
                    return
        finally:
            centre.close()

    def _send(self, centre: Centre, entry: Entry) -> bool:
        """Try one entry; false: the connection is in doubt, and the wait for it is over."""
        try:
            self._deliver(centre, entry)
        except EvidenceDamaged as error:
            self._outbox.declare_damaged(entry, str(error))
        except CentreRefused as error:
            log.warning("candidate_refused", candidate=entry.candidate_id, reason=str(error))
            self._outbox.refuse(entry, json.dumps({"status": error.status, "said": error.problem}))
        except (CentreUnreachable, NotEnrolled) as error:
            self._outbox.postpone(entry)
            if isinstance(error, CentreUnreachable) and error.chokes and self._rest(entry):
                self._note_failure(str(error))
                return True
            wished = error.retry_after_seconds if isinstance(error, CentreUnreachable) else None
            self._fail(str(error), wished)
            return False
        except BaseException:
            self._outbox.postpone(entry)
            raise
        self._failing.pop(entry.entry_id, None)
        self._back_off.reset()
        return True

    def _deliver(self, centre: Centre, entry: Entry) -> None:
        request = UploadRequest(
            objects=tuple(
                UploadObject(sha256=b.sha256, size_bytes=b.size_bytes, media_type=b.media_type)
                for b in entry.blobs
            )
        )
        plan = centre.plan(request)
        for target, blob in zip(plan.targets, entry.blobs, strict=True):
            if self._stopping.is_set():
                raise CentreUnreachable("the box is shutting down")
            centre.put(target, blob, self._outbox.path_of(blob))
        candidate = Candidate.model_validate_json(entry.candidate)
        receipt = centre.submit(
            Submission(
                candidate=candidate,
                manifest=entry.manifest,
                signature=entry.signature,
                notice=entry.notice,
            )
        )
        said = (receipt.candidate_id, receipt.update, receipt.sequence)
        if said != (entry.candidate_id, entry.update, entry.sequence):
            raise CentreUnreachable("the centre's receipt is for something else")
        self._outbox.acknowledge(entry)
        log.info(
            "candidate_sent",
            candidate=entry.candidate_id,
            update=entry.update,
            sequence=entry.sequence,
            duplicate=receipt.duplicate,
        )
        self._figures = UplinkFigures(
            sent=self._figures.sent + 1,
            failures=self._figures.failures,
            last_receipt_at=datetime.now(UTC),
        )

    def _rest(self, entry: Entry) -> bool:
        """Let others go first for a while: one candidate that the centre chokes on holds no other.

        Returns:
            False: so many fail that it is not them, it is the centre.
        """
        if entry.entry_id not in self._failing and len(self._failing) >= MAX_FAILING:
            self._failing.clear()
            return False
        back_off, _ = self._failing.get(entry.entry_id, (self._new_back_off(), 0.0))
        self._failing[entry.entry_id] = (back_off, time.monotonic() + back_off.next_seconds())
        return True

    def _resting(self) -> list[int]:
        now = time.monotonic()
        return [entry_id for entry_id, (_, until) in self._failing.items() if until > now]

    def _idle_seconds(self) -> float:
        """Until an entry that rests may be tried again, or for news."""
        until = min((u for _, u in self._failing.values()), default=float("inf"))
        return min(max(until - time.monotonic(), 0.0), IDLE_SECONDS)

    def _fail(self, trouble: str, wished_seconds: float | None) -> None:
        """Say so and wait, as long as the centre wished at least."""
        if self._stopping.is_set():
            return
        self._note_failure(trouble)
        self._stopping.wait(max(self._back_off.next_seconds(), wished_seconds or 0.0))

    def _note_failure(self, trouble: str) -> None:
        before = self._figures
        if before.trouble != trouble:
            log.warning("uplink_trouble", reason=trouble)
        self._figures = UplinkFigures(
            sent=before.sent,
            failures=before.failures + 1,
            failures_in_a_row=before.failures_in_a_row + 1,
            last_receipt_at=before.last_receipt_at,
            trouble=trouble,
        )

    def _new_back_off(self) -> BackOff:
        return BackOff(
            first_seconds=self._settings.first_retry_seconds,
            longest_seconds=self._settings.longest_retry_seconds,
            random=self._random,
        )
