"""What happens once a decision can no longer be undone, and to what nobody judged in time.

    confirmed --> the next stage of the policy, or after the last one: hand over
    rejected, need_more --> final; a returned case whose candidate is rejected is withdrawn
    pending for too many working days --> expired

A timer calls it, in every API process. Evidence is copied, locked and digested before the
transaction that makes the case, so that no row is locked while files are copied; all of it may be
done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.orm import Session
from starlette.datastructures import State

from api.candidates import queue_repository
from api.candidates.tables import CandidateRecord, CandidateState
from api.cases.changes import withdraw
from api.cases.codes import WithdrawReason
from api.cases.evidence_sets import is_damage, load_set, statement_problem
from api.cases.handover import hand_over
from api.cases.lookup import lock_case_of
from api.cases.tables import CaseState
from api.database import Database
from api.errors import ApiError
from api.evidence.store import EvidenceStore
from api.principal import Principal, PrincipalKind, system
from api.review import repository
from api.review.claims import end_claim, log_candidate
from api.review.codes import RejectReason
from api.review.returning import mark_overdue
from api.review.stages import STATE_OF_STAGE, next_stage
from api.review.tables import Decision, Stage, Verdict
from api.settings import ApiSettings, Secrets
from api.timers import Timer

# Of one run; each is a transaction of its own, so that a run never holds others up for long.
BATCH = 100
DEFAULT_RETENTION_DAYS = 1825  # as S3Settings.retention_days; a folder cannot lock anyway

TIMER = "settle_decisions"
EVERY_SECONDS = 1.0  # a case system hears of a case at most so long after the window to undo

# What a rejection says about the case that it takes back.
WITHDRAW_REASON_OF = {
    RejectReason.HANDLED_ON_SITE: WithdrawReason.HANDLED_ON_SITE,
    RejectReason.PERMITTED_ZONE: WithdrawReason.PERMITTED,
    RejectReason.PERMITTED_TIME: WithdrawReason.PERMITTED,
    RejectReason.LICENSED: WithdrawReason.PERMITTED,
    RejectReason.OCCLUDED: WithdrawReason.UNCLEAR,
    RejectReason.BLURRY: WithdrawReason.UNCLEAR,
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frozen:
    """What became of a candidate's evidence before its case is made."""

    version: int  # of the candidate, when it was looked at
    locked_until: datetime | None = None
    damage: str | None = None  # in words


def settlement_timer(state: State) -> Timer:
    """The timer that settles, with what it needs from the application's state."""
    settlement = Settlement(
        database=state.database,
        store=state.store,
        settings=state.settings,
        secrets=state.secrets,
        now=state.now,
    )
    return Timer(name=TIMER, every_seconds=EVERY_SECONDS, work=settlement.run)


class Settlement:
    """Takes decisions on once their windows are over."""

    def __init__(
        self,
        *,
        database: Database,
        store: EvidenceStore,
        settings: ApiSettings,
        secrets: Secrets,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._store = store
        self._settings = settings
        self._secrets = secrets
        self._now = now
        self._actor = system("settlement")

    def run(self) -> None:
        """Settle everything that is due, then expire what is too old."""
        with self._database.reading() as session:
            due = repository.waiting_to_settle(session, self._now(), BATCH)
        for candidate_id in due:
            try:
                self.settle(candidate_id)
            except ApiError as error:
                # The store is away: this one waits for the next run, the others need not.
                log.warning("settling_waits", candidate=str(candidate_id), code=error.code)
            except Exception:
                log.exception("settling_failed", candidate=str(candidate_id))
        self.expire()

    def settle(self, candidate_id: UUID) -> None:
        """Take one candidate on; one that is not due, or no longer, is left alone."""
        frozen = self._freeze(candidate_id)
        now = self._now()
        with self._database.writing() as session:
            record = queue_repository.locked(session, candidate_id)
            if record is None or not _is_due(record, now):
                return
            if frozen is not None and frozen.version != record.version:
                return  # it was undone and decided anew meanwhile; the next run sees it
            if record.state == CandidateState.CONFIRMED:
                self._confirm(session, record, frozen, now)
                return
            record.undo_until = None
            if record.state == CandidateState.REJECTED:
                self._withdraw_returned(session, record, now)

    def expire(self) -> None:
        """End what nobody judged in time (LAW-41)."""
        now = self._now()
        with self._database.reading() as session:
            due = repository.waiting_to_expire(session, now, BATCH)
        for candidate_id in due:
            with self._database.writing() as session:
                record = queue_repository.locked(session, candidate_id)
                if record is not None and _is_expired(record, now):
                    record.state = CandidateState.EXPIRED
                    record.version += 1
                    mark_overdue(record)
                    end_claim(record)
                    session.flush()
                    log_candidate(session, self._actor, "candidate.expired", record, now)

    def _freeze(self, candidate_id: UUID) -> _Frozen | None:
        """Copy, lock and digest the evidence of a candidate that is about to be handed over."""
        now = self._now()
        with self._database.reading() as session:
            record = session.get(CandidateRecord, candidate_id)
            if record is None or not _is_due(record, now):
                return None
            if record.state != CandidateState.CONFIRMED:
                return None
            decision = _last(repository.decisions_of(session, candidate_id))
            if next_stage(record.policy, Stage(decision.stage)) is not None:
                return None
            version = record.version
            found = load_set(session, candidate_id, decision.update, record.box_id)
        problem = statement_problem(found)
        if problem is not None:
            return _Frozen(version=version, damage=problem)
        try:
            locked_until = self._store.freeze(found.sha256s, until=now + self._retention())
        except ApiError as error:
            if not is_damage(error):
                raise
            return _Frozen(version=version, damage=_in_words(error, found.items))
        return _Frozen(version=version, locked_until=locked_until)

    def _retention(self) -> timedelta:
        s3 = self._settings.store.s3
        return timedelta(days=s3.retention_days if s3 else DEFAULT_RETENTION_DAYS)

    def _confirm(
        self, session: Session, record: CandidateRecord, frozen: _Frozen | None, now: datetime
    ) -> None:
        decisions = repository.decisions_of(session, record.id)
        stage = Stage(_last(decisions).stage)
        following = next_stage(record.policy, stage)
        if following is not None:
            record.state = STATE_OF_STAGE[following]
            record.undo_until = None
            record.version += 1
            session.flush()
            log_candidate(
                session, self._actor, "candidate.passed_on", record, now, stage=following.value
            )
        elif frozen is None:
            return  # it was not due when the evidence was looked at; the next run sees it
        elif frozen.damage is not None:
            self._set_integrity_frozen(session, record, stage, frozen.damage, now=now)
        else:
            hand_over(
                session,
                record,
                decisions,
                actor=self._actor,
                settings=self._settings,
                secrets=self._secrets,
                locked_until=frozen.locked_until,
                now=now,
            )
            log_candidate(session, self._actor, "candidate.exported", record, now)

    def _set_integrity_frozen(
        self, session: Session, record: CandidateRecord, stage: Stage, damage: str, *, now: datetime
    ) -> None:
        """Back to the stage it came from, where it cannot be confirmed until the evidence holds."""
        record.integrity_frozen = damage
        record.state = STATE_OF_STAGE[stage]
        record.undo_until = None
        record.version += 1
        session.flush()
        log.error("evidence_damaged", candidate=str(record.id), damage=damage)
        log_candidate(
            session, self._actor, "candidate.integrity_frozen", record, now, damage=damage
        )

    def _withdraw_returned(self, session: Session, record: CandidateRecord, now: datetime) -> None:
        case = lock_case_of(session, record.id)
        if case is None or case.state != CaseState.RETURNED:
            return
        decision = _last(repository.decisions_of(session, record.id))
        reason = WITHDRAW_REASON_OF.get(
            RejectReason(decision.reason or RejectReason.OTHER), WithdrawReason.OTHER
        )
        withdraw(
            session,
            case,
            actor=_person(decision, record),
            reason=reason,
            note=decision.note or f"rejected in review: {decision.reason}",
            settings=self._settings,
            now=now,
        )


def _is_due(record: CandidateRecord, now: datetime) -> bool:
    return record.undo_until is not None and record.undo_until <= now


def _is_expired(record: CandidateRecord, now: datetime) -> bool:
    waits = record.state in {CandidateState.PENDING_REVIEW, CandidateState.NEED_MORE}
    is_held = record.claimed_until is not None and record.claimed_until > now
    return waits and record.expires_at <= now and record.undo_until is None and not is_held


def _last(decisions: list[Decision]) -> Decision:
    """The newest judgement that holds."""
    return next(
        decision
        for decision in reversed(decisions)
        if decision.undone_at is None and decision.verdict != Verdict.RECUSE
    )


def _person(decision: Decision, record: CandidateRecord) -> Principal:
    """Who decided, as the one who withdraws: the timer only carries it out."""
    return Principal(
        kind=PrincipalKind.USER,
        id=str(decision.user_id),
        name=decision.user_name,
        organisation_path=record.organisation_path,
    )


def _in_words(error: ApiError, items: object) -> str:
    sha256 = error.fields.get("sha256")
    names = [item.name for item in items if item.sha256 == sha256]  # type: ignore[attr-defined]
    return f"{', '.join(names) or 'a file'}: {error.detail}"
