"""Deleting evidence whose period is over: the plan first, then the bytes, then the certificate.

1. One transaction looks at the candidate under its lock, writes down what is to go (`Deletion`),
   and marks those files as deleted, so that nobody relies on them any more.
2. The store deletes them. Done twice, it does no harm.
3. One transaction writes the certificate, and the log's entry with its digest.

Whatever ends the process in between, the open `Deletion` is taken up by whoever runs next. The
record never says that bytes are gone for good before they are: a certificate is written last.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import structlog
from pydantic import JsonValue
from sqlalchemy.orm import Session
from starlette.datastructures import State

from api.audit.service import append
from api.candidates import queue_repository
from api.candidates.tables import CandidateRecord, CandidateState
from api.cases.tables import Case, CaseState
from api.database import Database, next_number
from api.errors import ApiError, Locked
from api.evidence.store import Area, EvidenceStore
from api.principal import system
from api.retention import repository
from api.retention.repository import HeldFile, Position
from api.retention.rules import Due, Standing, due
from api.retention.tables import Deletion
from api.settings import RetentionSettings
from api.timers import Timer
from pipeline.evidence.canonical import canonical_json

TIMER = "delete_evidence"
EVERY_SECONDS = 300.0  # periods are days; this spreads a day's work over it
BATCH = 200  # deletions of one run: 57,600 a day, five times the busiest month told of
PAGE = 100  # candidates looked at by one query
MAX_FILES = 1000  # of one certificate; what is left has one of its own
# Who is at a deletion has it for so long, and begins no file after half of that: an S3 call ends
# within a minute and a half, so nobody deletes what somebody else has finished with.
LEASE = timedelta(minutes=20)
WORK_SECONDS = LEASE.total_seconds() / 2
COUNTER = "deletions"
AREAS = (Area.CASES, Area.CANDIDATES)  # the one that may be locked first

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sorted:
    """A candidate's files: what goes, and what stays although the candidate's period is over."""

    going: list[HeldFile]
    kept: list[tuple[HeldFile, str]]  # with the reason, as a code

    @property
    def is_whole(self) -> bool:
        """Whether the candidate needs nothing of its evidence after this."""
        return all(why == "needed_elsewhere" for _, why in self.kept)


def retention_timer(state: State) -> Timer:
    """The timer that deletes, with what it needs from the application's state."""
    retention = Retention(
        database=state.database,
        store=state.store,
        settings=state.settings.retention,
        now=state.now,
    )
    return Timer(name=TIMER, every_seconds=EVERY_SECONDS, work=retention.run)


class Retention:
    """Deletes evidence once nobody needs it any more (LAW-73)."""

    def __init__(
        self,
        *,
        database: Database,
        store: EvidenceStore,
        settings: RetentionSettings,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._store = store
        self._settings = settings
        self._now = now
        self._actor = system("retention")

    def run(self) -> None:
        """End what was begun, then delete what is due, up to BATCH candidates."""
        with self._database.reading() as session:
            left_behind = repository.left_behind(session, self._now(), BATCH)
        for deletion_id in left_behind:
            if self._take_up(deletion_id):
                self._carry_out(deletion_id)
        begun = 0
        for candidate_id in self._candidates():
            planned = self._begin(candidate_id)
            if planned is not None:
                self._carry_out(planned)
                begun += 1
            if begun >= BATCH:
                return

    def _candidates(self) -> Iterator[UUID]:
        """Whoever may be due: a superset, decided under each one's lock."""
        now, settings = self._now(), self._settings
        shortest = timedelta(days=min(settings.rejected_days, settings.expired_days))
        for query in (
            partial(repository.ended_candidates, received_until=now - shortest),
            partial(
                repository.candidates_of_ended_cases,
                ended_until=now - timedelta(days=settings.case_days),
            ),
        ):
            after: Position | None = None
            while True:
                with self._database.reading() as session:
                    page = query(session, after=after, limit=PAGE)
                yield from (candidate_id for _, candidate_id in page)
                if len(page) < PAGE:
                    break
                after = page[-1]

    def _begin(self, candidate_id: UUID) -> UUID | None:
        """Write down what of a candidate's evidence is to go; none: nothing is."""
        now = self._now()
        with self._database.writing() as session:
            record = queue_repository.locked(session, candidate_id)
            if record is None or record.evidence_deleted_at is not None:
                return None
            if repository.open_deletion(session, candidate_id) is not None:
                return None  # another process is at it
            case = repository.case_of(session, candidate_id)
            reason = due(standing_of(session, record, case), self._settings, now)
            if reason is None:
                return None
            held = repository.held_files(session, candidate_id)
            files = _sort(session, candidate_id, held, reason, now)
            if files.is_whole:
                record.evidence_deleted_at = now
            if not files.going and not (held and files.is_whole):
                return None
            deletion = Deletion(
                id=uuid4(),
                candidate_id=candidate_id,
                case_id=case.id if case is not None else None,
                organisation_path=record.organisation_path,
                rule=reason.rule.value,
                plan=_plan(reason, files),
                begun_at=now,
                leased_until=now + LEASE,
            )
            for file in files.going:
                file.stored.deleted_at = now
                file.stored.deletion_reason = reason.rule.value
                file.stored.deletion_id = deletion.id
            session.add(deletion)
        return deletion.id

    def _take_up(self, deletion_id: UUID) -> bool:
        """Go on with a deletion that nobody is at."""
        now = self._now()
        with self._database.writing() as session:
            deletion = repository.lock_deletion(session, deletion_id)
            if deletion is None or deletion.completed_at is not None or deletion.leased_until > now:
                return False
            deletion.leased_until = now + LEASE
        return True

    def _carry_out(self, deletion_id: UUID) -> None:
        """Delete the planned bytes and certify it; what fails is left for another run."""
        began = time.monotonic()
        with self._database.reading() as session:
            plan = session.get_one(Deletion, deletion_id).plan
        locked: set[str] = set()
        for file in plan["files"]:
            if time.monotonic() - began > WORK_SECONDS:
                log.warning("deletion_takes_long", deletion=str(deletion_id))
                return
            try:
                for area in AREAS:
                    self._store.delete(file["sha256"], area)
            except Locked:
                locked.add(file["sha256"])
            except ApiError as error:
                log.warning("deletion_waits", deletion=str(deletion_id), code=error.code)
                return
        self._complete(deletion_id, locked)

    def _complete(self, deletion_id: UUID, locked: Collection[str]) -> None:
        """Certify what went; what the store did not let go is as it was before."""
        now = self._now()
        with self._database.writing() as session:
            candidate_id = session.get_one(Deletion, deletion_id).candidate_id
            record = queue_repository.locked(session, candidate_id)
            deletion = repository.lock_deletion(session, deletion_id)
            if record is None or deletion is None or deletion.completed_at is not None:
                return  # another process took it up and was faster
            for stored in repository.lock_files(session, [*locked]):
                stored.deleted_at, stored.deletion_reason, stored.deletion_id = None, "", None
            if locked:
                log.warning("evidence_still_locked", candidate=str(record.id), files=len(locked))
                record.evidence_deleted_at = None
                if len(locked) == len(deletion.plan["files"]):
                    session.delete(deletion)  # nothing went; another run tries again
                    return
            self._certify(session, deletion, record, locked, now)

    def _certify(
        self,
        session: Session,
        deletion: Deletion,
        record: CandidateRecord,
        locked: Collection[str],
        now: datetime,
    ) -> None:
        deletion.number = next_number(session, COUNTER)
        deletion.completed_at = now
        case = session.get(Case, deletion.case_id) if deletion.case_id is not None else None
        content = _certificate(
            deletion,
            record,
            case,
            manifests=repository.manifests_of(session, record.id),
            locked=locked,
            store=self._store.kind,
        )
        deletion.certificate = content
        deletion.sha256 = certificate_digest(content)
        session.flush()
        entry = append(
            session,
            actor=self._actor,
            action="candidate.evidence_deleted",
            subject_kind="candidate",
            subject_id=str(record.id),
            organisation_path=record.organisation_path,
            now=now,
            details={
                "deletion_id": str(deletion.id),
                "number": deletion.number,
                "rule": deletion.rule,
                "files": len(content["files"]),
                "certificate_sha256": deletion.sha256,
            },
        )
        deletion.audit_number = entry.number


def standing_of(session: Session, record: CandidateRecord, case: Case | None) -> Standing:
    """What decides on a candidate's evidence; the caller holds its row."""
    state = CandidateState(record.state)
    return Standing(
        state=state,
        hold=record.hold,
        undo_until=record.undo_until,
        ended_at=repository.ended_at(session, record),
        case_state=CaseState(case.state) if case is not None else None,
        case_ended_at=case.updated_at if case is not None else None,
        target_deleted_at=repository.target_deleted_at(session, record)
        if state is CandidateState.MERGED
        else None,
    )


def certificate_digest(certificate: dict[str, Any]) -> str:
    """SHA-256, in hexadecimal, of a certificate's canonical JSON (RFC 8785)."""
    return hashlib.sha256(canonical_json(certificate)).hexdigest()


def _sort(
    session: Session, candidate_id: UUID, held: Sequence[HeldFile], reason: Due, now: datetime
) -> _Sorted:
    going: list[HeldFile] = []
    kept: list[tuple[HeldFile, str]] = []
    for file in held:
        locked_until = file.stored.locked_until
        if file.received_at > reason.received_until:
            kept.append((file, "inside_period"))
        elif locked_until is not None and locked_until > now:
            kept.append((file, "locked"))
        elif repository.is_needed_elsewhere(session, file.stored.sha256, candidate_id):
            kept.append((file, "needed_elsewhere"))
        elif len(going) == MAX_FILES:
            kept.append((file, "in_another_certificate"))
        else:
            going.append(file)
    return _Sorted(going=going, kept=kept)


def _plan(reason: Due, files: _Sorted) -> dict[str, Any]:
    return {
        "period_days": reason.period_days,
        "period_began_at": _text(reason.began_at),
        "files": [_said(file) for file in files.going],
        "kept": [{"sha256": file.stored.sha256, "reason": why} for file, why in files.kept],
    }


def _said(file: HeldFile) -> dict[str, JsonValue]:
    """What remains of a file: its digests, its size, and where it stood."""
    first = file.items[0]
    return {
        "sha256": file.stored.sha256,
        "sm3": first.sm3,
        "size_bytes": file.stored.size_bytes,
        "media_type": file.stored.media_type,
        "captured_at": _text(first.captured_at),
        "items": [{"update": item.update, "name": item.name} for item in file.items],
    }


def _certificate(
    deletion: Deletion,
    record: CandidateRecord,
    case: Case | None,
    *,
    manifests: Sequence[tuple[int, str]],
    locked: Collection[str],
    store: str,
) -> dict[str, Any]:
    """What went, when, why and by which rule, for whoever asks years later."""
    plan = deletion.plan
    return {
        "format": 1,
        "id": str(deletion.id),
        "number": deletion.number,
        "rule": deletion.rule,
        "period_days": plan["period_days"],
        "period_began_at": plan["period_began_at"],
        "begun_at": _text(deletion.begun_at),
        "completed_at": _text(deletion.completed_at or deletion.begun_at),
        "store": store,
        "organisation_path": deletion.organisation_path,
        "candidate": {
            "id": str(record.id),
            "number": record.number,
            "camera_id": record.camera_id,
            "violation": record.violation,
            "started_at": _text(record.started_at),
            "state": record.state,
        },
        "case": {"id": str(case.id), "number": case.number, "state": case.state} if case else None,
        # The manifests themselves are kept: they say what each file was, and are signed.
        "manifests": [{"update": number, "sha256": sha256} for number, sha256 in manifests],
        "files": [file for file in plan["files"] if file["sha256"] not in locked],
        "kept": [
            *plan["kept"],
            *({"sha256": sha256, "reason": "locked"} for sha256 in sorted(locked)),
        ],
    }


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="microseconds")
