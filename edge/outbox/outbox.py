"""The outbox: candidates and their evidence, on disk from the bundle to the centre's receipt.

    bundle's folder -> files linked into blobs/ -> one row committed -> folder removed
                       waiting -> uploading -> acknowledged (kept a while) | refused (kept)

A kill at any point leaves the folder, the row or both; `sweep` at the next start takes in what has
no row and removes what has one. What must be dropped goes in the order of `priority.py`, each with
a numbered gap that is committed with the drop and reported to the centre.
"""

from __future__ import annotations

import errno
import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import structlog
from pydantic import Field

from edge.errors import OutboxError, OutboxFull
from edge.outbox.ballast import BALLAST_BYTES, Ballast
from edge.outbox.blobs import BlobFolder
from edge.outbox.intake import PublishedBundle, candidate_of, read_bundle
from edge.outbox.ledger import MAX_DETAIL, Blob, Entry, Ledger, Loss, NewEntry
from edge.outbox.priority import EntryState, Worth, drop_order, urgency_of
from pipeline.errors import BundleError
from pipeline.exchange import Gap, GapReason
from pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path
    from uuid import UUID

    from pipeline.candidate import Candidate

MEBIBYTE = 1024 * 1024
# The update numbers of a candidate are remembered so long after its last one: longer than an
# episode of an advertisement is open (domain guide, section 6: months).
CANDIDATE_MEMORY = timedelta(days=180)
MAX_RESERVED = 1000  # update numbers given out for bundles that are still being built
MAX_DAMAGED = 20  # damaged bundles kept for a person to look at
BUNDLE_FOLDERS = "[0-9]*-*"  # as `EvidenceBuilder` names what it publishes
REMOVED_PREFIX = ".removed-"

log = structlog.get_logger()


class OutboxSettings(Settings):
    """How much a box keeps, and for how long."""

    # Ours: 8 GiB hold some 1,500 candidates with a clip of 4 Mb/s, days of a bad uplink.
    quota_bytes: Annotated[int, Field(gt=0)] = 8192 * MEBIBYTE
    # So much of the disk is left to everything else, whatever the quota says.
    min_free_bytes: Annotated[int, Field(ge=0)] = 512 * MEBIBYTE
    keep_acknowledged_hours: Annotated[float, Field(ge=0)] = 72.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFigures:
    """How full an outbox is."""

    waiting: int  # what is being sent counts as waiting
    acknowledged: int
    refused: int
    dropped: int  # since the box was set up
    used_bytes: int
    quota_bytes: int
    oldest_waiting_at: datetime | None
    gaps_unreported: bool
    is_full: bool  # the newest attempt to take something in found no room


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Outbox:
    """What the centre does not have yet, and what it has had for a short while.

    May be used from several threads.

    Args:
        root: Its folder.
        settings: See `OutboxSettings`.
        is_key_area: Whether a camera, by its id, watches a place with priority.
        now: The box's clock.
        free_bytes: Of the disk, for tests; none: asked of the disk.

    Raises:
        OutboxError: It cannot be opened.
    """

    def __init__(
        self,
        root: Path,
        settings: OutboxSettings | None = None,
        *,
        is_key_area: Callable[[str], bool] = lambda _camera_id: False,
        now: Callable[[], datetime] = _utc_now,
        free_bytes: Callable[[], int] | None = None,
    ) -> None:
        self.settings = settings or OutboxSettings()
        self._root = root
        self._is_key_area = is_key_area
        self._now = now
        self._free_bytes = free_bytes or (lambda: shutil.disk_usage(root).free)
        try:
            root.mkdir(parents=True, exist_ok=True)
            self._blobs = BlobFolder(root / "blobs")
        except OSError as error:
            raise OutboxError(f"{root}: cannot be used: {error.strerror}") from error
        self._ballast = Ballast(root / "ballast")
        self._ledger = self._ballast.spend_on(
            lambda: _ledger_at(root / "outbox.sqlite3"), free_bytes=self._free_bytes
        )
        self._lock = threading.RLock()  # files and rows change together
        self._reserved: OrderedDict[str, int] = OrderedDict()
        self._is_full = False
        self.news = threading.Event()  # set when there is something to send
        self._remove_orphans()
        self._refill_ballast()

    def close(self) -> None:
        """Close the database; everything is on disk already."""
        self._ledger.close()

    def free_update(self, candidate_id: UUID, wanted: int) -> int:
        """The update number of the next bundle of a candidate: the wanted, or the next free one.

        After a kill an episode may be taken up from a state that is older than its last bundle. The
        numbers go on all the same, so that no two bundles ever carry the same one.
        """
        key = str(candidate_id)
        with self._lock:
            taken = [self._reserved.get(key), self._ledger.last_update(key)]
            number = max([wanted, *(n + 1 for n in taken if n is not None)])
            self._reserved[key] = number
            self._reserved.move_to_end(key)
            if len(self._reserved) > MAX_RESERVED:
                self._reserved.popitem(last=False)
            return number

    def take_in(self, folder: Path, candidate: Candidate | None = None) -> None:
        """Take a published bundle in; when this returns it is safe, and its folder is gone.

        Args:
            folder: Of the bundle.
            candidate: What it presents; none: as the manifest says.

        Raises:
            OutboxFull: There is no room even after everything that may be dropped was dropped; the
                folder stays, and the next `sweep` tries again.
            OutboxError: The outbox cannot be used; the folder stays.
            BundleError: The bundle is damaged; the folder stays.
        """
        bundle = read_bundle(folder)
        with self._lock:
            try:
                self._write_down(bundle, candidate)
            except OutboxFull:
                log.warning("outbox_disk_full", bundle=folder.name)
                self.make_room(sum(item.size_bytes for item in bundle.manifest.items))
                self._write_down(bundle, candidate)
            self._is_full = False
            # Before anything is dropped: a kill in between must not leave a folder whose number
            # has just become a gap, for the next sweep would send it after all.
            _remove(folder)
            self.news.set()
            try:
                self._keep_to_quota()
            except OutboxError as error:
                # The bundle is safe; the next one, or `tidy`, keeps to the quota.
                log.warning("quota_not_kept", reason=str(error))

    def sweep(self, evidence: Path, *, leave_out: Collection[str] = ()) -> int:
        """Take in every bundle that lies in the evidence folder.

        A damaged one is moved aside into the outbox's own folder `damaged` and becomes a gap.

        Args:
            evidence: The folder.
            leave_out: Names of bundles that somebody else is about to hand over.

        Returns:
            How many were taken in.

        Raises:
            OutboxError: The outbox cannot be used, or has no room.
        """
        for rest in evidence.glob(f"{REMOVED_PREFIX}*"):
            shutil.rmtree(rest, ignore_errors=True)  # a kill came while it was removed
        taken = 0
        for folder in sorted(evidence.glob(BUNDLE_FOLDERS)):
            if folder.name in leave_out:
                continue
            try:
                self.take_in(folder)
            except BundleError as error:
                self._set_aside(folder, str(error))
            else:
                taken += 1
        return taken

    def next_entry(self, *, leave_out: Collection[int] = ()) -> Entry | None:
        """What to send next, most urgent first; it counts as being sent until it is answered."""
        with self._lock:  # never while somebody chooses what is dropped
            return self._ledger.start_next(leave_out=leave_out)

    def path_of(self, blob: Blob) -> Path:
        """Where a file lies."""
        return self._blobs.path_of(blob.sha256)

    def acknowledge(self, entry: Entry) -> None:
        """The centre's receipt has come."""
        with self._lock:
            self._ledger.settle(entry.entry_id, EntryState.ACKNOWLEDGED, self._now())

    def postpone(self, entry: Entry | None = None) -> None:
        """It could not be sent now; none: whatever is marked as being sent."""
        with self._lock:
            self._ledger.wait_again(entry.entry_id if entry else None)

    def refuse(self, entry: Entry, problem: str) -> None:
        """The centre refused it for good; it is kept, and told in the status."""
        with self._lock:
            self._ledger.settle(entry.entry_id, EntryState.REFUSED, self._now(), problem)

    def declare_damaged(self, entry: Entry, detail: str) -> None:
        """A file of it can no longer be read as it was: it becomes a gap."""
        log.error("evidence_damaged", sequence=entry.sequence, reason=detail)
        self._drop(entry.entry_id, Loss(reason=GapReason.DAMAGED, detail=detail))

    def gaps(self, limit: int) -> tuple[Gap, ...]:
        """The gaps that the centre does not know of, in the order of their numbers."""
        return self._ledger.gaps(limit)

    def note_gap(self, gap: Gap) -> None:
        """Have the centre told of a gap that no entry stands for; it gets the next number.

        Raises:
            OutboxError: It cannot be written down now.
        """
        self._ledger.note_gap(gap)

    def forget_gaps(self, through: int) -> None:
        """The centre has these."""
        self._ledger.forget_gaps(through)

    def retry_refused(self) -> int:
        """Let everything that was refused wait again, for when the reason is mended."""
        count = self._ledger.wait_after_refusal()
        self.news.set()
        return count

    def problems(self, limit: int = 20) -> list[tuple[str, str]]:
        """Candidates and words of the newest refusals."""
        return self._ledger.problems(limit)

    def tidy(self) -> None:
        """Let go of evidence that the centre has had for long enough; make sure of the quota."""
        with self._lock:
            kept = timedelta(hours=self.settings.keep_acknowledged_hours)
            for entry_id in self._ledger.acknowledged_before(self._now() - kept):
                self._drop(entry_id, None)
            self._ledger.forget_candidates(self._now() - CANDIDATE_MEMORY)
            self._keep_to_quota()
            self._refill_ballast()

    def make_room(self, needed_bytes: int) -> None:
        """The disk is full: let go of so much, and of what the ballast takes.

        Raises:
            OutboxError: Not even that can be written down.
        """
        with self._lock:
            self._is_full = True
            self._ballast.release()
            enough = self._ledger.used_bytes() - needed_bytes - BALLAST_BYTES
            for _, entry_id, loss in self._droppable():
                if self._ledger.used_bytes() <= enough:
                    break
                self._drop(entry_id, loss)
            self._ballast.refill()

    def figures(self) -> OutboxFigures:
        """How full it is."""
        counts = self._ledger.counts()
        return OutboxFigures(
            waiting=counts[EntryState.WAITING] + counts[EntryState.UPLOADING],
            acknowledged=counts[EntryState.ACKNOWLEDGED],
            refused=counts[EntryState.REFUSED],
            dropped=self._ledger.dropped(),
            used_bytes=self._ledger.used_bytes(),
            quota_bytes=self.settings.quota_bytes,
            oldest_waiting_at=self._ledger.oldest_waiting(),
            gaps_unreported=bool(self._ledger.gaps(1)),
            is_full=self._is_full,
        )

    def _write_down(self, bundle: PublishedBundle, candidate: Candidate | None) -> None:
        if self._ledger.knows(bundle.manifest_sha256):
            return
        manifest = bundle.manifest
        try:
            for item in manifest.items:
                self._blobs.take(bundle.path_of(item.name), item.sha256)
        except OSError as error:
            kind = OutboxFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else OutboxError
            raise kind(
                f"{error.filename or self._root}: cannot be written: {error.strerror}"
            ) from error
        facts = manifest.episode
        candidate = candidate or candidate_of(manifest, bundle.manifest_sha256)
        blobs = {
            item.sha256: Blob(
                sha256=item.sha256, size_bytes=item.size_bytes, media_type=item.media_type
            )
            for item in manifest.items
        }
        self._ledger.add(
            NewEntry(
                manifest_sha256=bundle.manifest_sha256,
                sequence=manifest.sequence,
                candidate_id=str(facts.candidate_id),
                update=facts.update,
                camera_id=manifest.camera.id,
                urgency=urgency_of(
                    facts.violation, is_key_area=self._is_key_area(manifest.camera.id)
                ),
                began_at=facts.started_at,
                ended_at=facts.last_seen_at,
                taken_at=self._now(),
                candidate=candidate.model_dump_json(),
                manifest=bundle.manifest_text,
                signature=bundle.signature_text,
                notice=bundle.notice_text,
                blobs=tuple(blobs.values()),
            )
        )

    def _keep_to_quota(self) -> None:
        """Drop what is worth least until the quota is kept.

        For a disk that others fill, only what is redundant is dropped: the rest would not help.
        """
        for worth, entry_id, loss in self._droppable():
            is_over = self._ledger.used_bytes() > self.settings.quota_bytes
            is_tight = self._free_bytes() < self.settings.min_free_bytes
            if not is_over and not (is_tight and worth <= Worth.SUPERSEDED):
                return
            self._drop(entry_id, loss)

    def _droppable(self) -> Iterator[tuple[Worth, int, Loss | None]]:
        for worth, holding in drop_order(self._ledger.holdings()):
            loss = None
            if worth is not Worth.COPY:
                loss = Loss(
                    reason=GapReason.QUOTA,
                    detail=f"update {holding.update} of candidate {holding.candidate_id}"
                    f" ({holding.urgency.name}, {worth.name}): no room on the box",
                )
            yield worth, holding.entry_id, loss

    def _drop(self, entry_id: int, loss: Loss | None) -> None:
        """The row and its gap first, then the files: a kill in between leaves orphans, no lies."""
        with self._lock:
            if loss is not None:
                log.warning("candidate_dropped", entry=entry_id, reason=loss.detail)
            for sha256 in self._ledger.remove(entry_id, loss):
                self._blobs.remove(sha256)

    def _set_aside(self, folder: Path, reason: str) -> None:
        """A damaged bundle is no evidence any more, but nothing is deleted in silence."""
        log.error("bundle_damaged", bundle=folder.name, reason=reason)
        damaged = self._root / "damaged"
        damaged.mkdir(exist_ok=True)
        number, _, candidate_id = folder.name.partition("-")
        changed = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        self._ledger.note_gap(
            Gap(
                number=1,  # the ledger gives the true one
                reason=GapReason.DAMAGED,
                sequence=int(number) if number.isdigit() else None,
                began_at=changed,
                detail=f"bundle of candidate {candidate_id}: {reason}"[:MAX_DETAIL],
            )
        )
        shutil.rmtree(damaged / folder.name, ignore_errors=True)
        folder.rename(damaged / folder.name)
        for oldest in sorted(damaged.iterdir())[:-MAX_DAMAGED]:
            shutil.rmtree(oldest, ignore_errors=True)

    def _refill_ballast(self) -> None:
        if self._free_bytes() >= self.settings.min_free_bytes:
            self._ballast.refill()

    def _remove_orphans(self) -> None:
        """Files that no row needs: a kill came between the two."""
        needed = self._ledger.blob_names()
        for name in list(self._blobs.names()):
            if name not in needed:
                self._blobs.remove(name)


def _ledger_at(path: Path) -> Ledger:
    """The database, with nothing marked as being sent: a kill may have come meanwhile."""
    ledger = Ledger(path)
    try:
        ledger.wait_again()
    except BaseException:
        ledger.close()
        raise
    return ledger


def _remove(folder: Path) -> None:
    """In one step for whoever looks on: half a folder would look like a damaged bundle."""
    rest = folder.with_name(REMOVED_PREFIX + folder.name)
    folder.rename(rest)
    shutil.rmtree(rest, ignore_errors=True)
