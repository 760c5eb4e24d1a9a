"""Taking in what boxes submit: verified first, then all of it in one transaction, or nothing.

The order is: texts and signature, then the files (in the store, without a transaction), then the
database. A repetition finds everything there and changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from api.audit.service import append
from api.boxes import chain
from api.boxes.service import lock_own
from api.boxes.tables import BoxKey
from api.candidates import ingest_repository as repository
from api.candidates.recording import Arrival, record_arrival, require_wanted
from api.candidates.rows import content_of, require_recordable
from api.candidates.submissions import VerifiedSubmission, verify_submission
from api.candidates.tables import CandidateUpdate
from api.database import Database
from api.errors import ApiError, Conflict, NotFound
from api.evidence.store import EvidenceStore
from api.metrics import Metrics
from api.principal import Principal
from api.review.working_days import working_calendar
from api.settings import ApiSettings
from api.stamping.service import want_stamp
from pipeline.exchange import Receipt, Submission

# Problems that mean a copied key, a restored disk or an intruder: somebody must look.
ALARMING = frozenset({"chain_forked", "update_conflict", "candidate_of_another_box"})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """The centre's side of a submission."""

    database: Database
    store: EvidenceStore
    settings: ApiSettings
    metrics: Metrics

    def take(self, submission: Submission, caller: Principal, *, now: datetime) -> Receipt:
        """Take in one submission of the calling box.

        Raises:
            Unprocessable: It is not what it says; see `verify_submission` and the store.
            NotFound: evidence_missing: files must be uploaded first. The box tries again.
            Conflict: chain_forked, update_conflict, candidate_of_another_box,
                camera_of_another_area. Trying again does not help.
            Unavailable: The store or the database does not answer; nothing was kept.
        """
        began_at = time.monotonic()
        try:
            receipt = self._take(submission, caller, now)
        except ApiError as error:
            self.metrics.candidates_refused.labels(error.code).inc()
            if error.code in ALARMING:
                self._alarm(error, submission, caller, now)
            raise
        finally:
            self.metrics.ingest_seconds.observe(time.monotonic() - began_at)
        if receipt.duplicate:
            self.metrics.candidates_duplicate.inc()
        else:
            self.metrics.candidates_ingested.labels(submission.candidate.violation.value).inc()
        return receipt

    def _take(self, submission: Submission, caller: Principal, now: datetime) -> Receipt:
        with self.database.reading() as session:
            keys = chain.keys_of_box(session, caller.id)
            verified = verify_submission(submission, box_id=caller.id, keys=keys)
            require_recordable(submission)
            if _known(session, verified) is not None:
                return _receipt(session, verified, keys, duplicate=True)
            # Before the files: what will not be recorded must not stay in the store.
            chain.require_continuity(session, verified.link)
            require_wanted(session, verified.candidate, caller)
        self._take_files(verified, caller)
        with self.database.writing() as session:
            return self._record(session, submission, verified, caller, now)

    def _take_files(self, verified: VerifiedSubmission, caller: Principal) -> None:
        missing = []
        for expected in verified.files:
            try:
                self.store.finish(caller.id, expected)
            except NotFound:
                missing.append(expected.sha256)
        if missing:
            raise _evidence_missing(missing, len(verified.files))

    def _record(
        self,
        session: Session,
        submission: Submission,
        verified: VerifiedSubmission,
        caller: Principal,
        now: datetime,
    ) -> Receipt:
        # One submission of a box at a time: what was looked at before may have come meanwhile.
        box = lock_own(session, caller)
        keys = chain.keys_of_box(session, caller.id)
        if _known(session, verified) is not None:
            return _receipt(session, verified, keys, duplicate=True)
        chain.require_continuity(session, verified.link)
        brought_again = record_arrival(
            session,
            Arrival(
                submission=submission,
                verified=verified,
                box=box,
                caller=caller,
                settings=self.settings.review,
                feed_source=self.settings.feed.source,
                calendar=working_calendar(self.settings),
                now=now,
            ),
        )
        if self.settings.timestamp is not None:
            candidate = verified.candidate
            update = repository.update(session, candidate.candidate_id, candidate.update)
            if update is not None:
                want_stamp(session, update, now)
        missing = [sha256 for sha256 in brought_again if self.store.size_of(sha256) is None]
        if missing:
            raise _evidence_missing(missing, len(verified.files))
        box.seen_at = now
        return _receipt(session, verified, keys, duplicate=False)

    def _alarm(
        self, error: ApiError, submission: Submission, caller: Principal, now: datetime
    ) -> None:
        """Tell the log once, however often the box tries."""
        sha256 = submission.candidate.manifest_sha256 or ""
        log.error("submission_conflict", box=caller.id, code=error.code, manifest=sha256)
        with self.database.writing() as session:
            if repository.is_logged(session, f"alarm.{error.code}", "manifest", sha256):
                return
            append(
                session,
                actor=caller,
                action=f"alarm.{error.code}",
                subject_kind="manifest",
                subject_id=sha256,
                organisation_path=caller.organisation_path,
                now=now,
                details={
                    "candidate_id": str(submission.candidate.candidate_id),
                    "update": submission.candidate.update,
                    **error.fields,
                },
            )


def _evidence_missing(missing: Sequence[str], files: int) -> NotFound:
    return NotFound(
        "evidence_missing",
        f"{len(missing)} of {files} files have not been uploaded. Ask for uploads, bring them, then"
        " submit again.",
        sha256=[*missing],
    )


def _known(session: Session, verified: VerifiedSubmission) -> CandidateUpdate | None:
    """The same update with the same content, if it has come.

    Raises:
        Conflict: The update has come with another content.
    """
    candidate, sha256 = verified.candidate, verified.link.sha256
    known = repository.update(session, candidate.candidate_id, candidate.update)
    if known is None:
        return None
    if known.manifest_sha256 == sha256 and known.content == content_of(candidate):
        return known
    raise Conflict(
        "update_conflict",
        f"Update {candidate.update} of this candidate has come before with another content.",
        known_sha256=known.manifest_sha256,
        manifest_sha256=sha256,
    )


def _receipt(
    session: Session,
    verified: VerifiedSubmission,
    keys: Mapping[str, BoxKey],
    *,
    duplicate: bool,
) -> Receipt:
    link = verified.link
    found = chain.holes(session, keys[link.key_id], below=link.sequence)
    return Receipt(
        candidate_id=str(verified.candidate.candidate_id),
        update=verified.candidate.update,
        sequence=link.sequence,
        duplicate=duplicate,
        missing_sequences=found.missing,
    )
