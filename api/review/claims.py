"""Leases: who is judging a candidate now, so that two people never judge the same one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.audit.service import append
from api.candidates import queue_repository
from api.candidates.queue_access import lock_candidate
from api.candidates.queue_repository import QueueFilter
from api.candidates.tables import CandidateRecord
from api.errors import Conflict, Forbidden, NotFound
from api.principal import Principal
from api.review import repository
from api.review.schemas import NextRequest
from api.review.stages import STATE_OF_STAGE, require_stage, stage_of, stages_of
from api.review.tables import Stage, Verdict
from api.settings import ReviewSettings

# One on the screen and some looked at ahead; more would keep items from colleagues.
MAX_HELD = 10
# How far `claim_next` looks for somebody who may not judge what comes first: 2,000 candidates.
LOOKED_AT = 40
MAX_PAGES_LOOKED_AT = 50
CLAIMED = "candidate.claimed"
RELEASED = "candidate.released"


def log_candidate(
    session: Session,
    actor: Principal,
    action: str,
    record: CandidateRecord,
    now: datetime,
    **details: JsonValue,
) -> None:
    """Write to the log what happened to a candidate, with where it stands now."""
    append(
        session,
        actor=actor,
        action=action,
        subject_kind="candidate",
        subject_id=str(record.id),
        organisation_path=record.organisation_path,
        now=now,
        details={"state": record.state, "version": record.version, **details},
    )


def claim(
    session: Session,
    user: Principal,
    candidate_id: UUID,
    *,
    settings: ReviewSettings,
    now: datetime,
) -> CandidateRecord:
    """Take a candidate to judge it. Who holds it already only gets more time.

    Raises:
        NotFound: It is not in the person's area.
        Conflict: It cannot be judged now, somebody else holds it, the person judged it at another
            stage or recused, or holds too many.
        Forbidden: The person may not judge at its stage.
    """
    record = lock_candidate(session, user, candidate_id)
    stage = open_stage(record)
    require_stage(user, stage)
    require_first_time(session, user, record, stage)
    user_id = UUID(user.id)
    if record.claimed_by == user_id and _is_held(record, now):
        record.claimed_until = now + timedelta(seconds=settings.claim_seconds)
        return record
    _require_free(session, record, now)
    if queue_repository.held_by(session, user_id, now) >= MAX_HELD:
        raise Conflict(
            "too_many_claims",
            f"You hold {MAX_HELD} candidates. Decide or release one first.",
            limit=MAX_HELD,
        )
    _take(session, user, record, settings=settings, now=now)
    return record


def claim_next(
    session: Session,
    user: Principal,
    wanted: NextRequest,
    *,
    settings: ReviewSettings,
    now: datetime,
) -> CandidateRecord | None:
    """Take the first candidate of the queue that the person may judge; none: there is no such.

    Raises:
        NotFound: The area asked for is not the person's.
        Forbidden: The person may not judge at the stage asked for.
        Conflict: The person holds too many.
    """
    if wanted.stage is not None:
        require_stage(user, wanted.stage)
    stages = (wanted.stage,) if wanted.stage is not None else stages_of(user)
    if not stages:
        raise Forbidden("stage_role_missing", "You may judge at no stage.")
    user_id = UUID(user.id)
    if queue_repository.held_by(session, user_id, now) >= MAX_HELD:
        raise Conflict(
            "too_many_claims",
            f"You hold {MAX_HELD} candidates. Decide or release one first.",
            limit=MAX_HELD,
        )
    record = _first_allowed(
        session,
        user_id,
        QueueFilter(
            states=tuple(STATE_OF_STAGE[stage] for stage in stages),
            area=area_of(user, wanted.area),
            violation=wanted.violation,
            camera_id=wanted.camera_id,
            free_at=now,
        ),
        skip=frozenset(wanted.skip),
        now=now,
    )
    if record is not None:
        _take(session, user, record, settings=settings, now=now)
    return record


def _first_allowed(
    session: Session,
    user_id: UUID,
    wanted: QueueFilter,
    *,
    skip: frozenset[UUID],
    now: datetime,
) -> CandidateRecord | None:
    """The first free candidate that the person may judge, locked.

    The queue is read a page at a time in the order of its index, and the person's own decisions on
    that page beside it: as one query a planner may prefer to join all of both.
    """
    after = None
    for _ in range(MAX_PAGES_LOOKED_AT):
        page = queue_repository.page(session, wanted, after=after, limit=LOOKED_AT)
        barred = _barred(session, user_id, page)
        for record in page:
            if record.id in skip or record.id in barred:
                continue
            # Several people ask at once and see the same page: each takes the first that is free.
            taken = queue_repository.lock_free(session, record, now)
            if taken is not None:
                return taken
        if len(page) < LOOKED_AT:
            return None
        after = queue_repository.position_of(page[-1])
    return None


def _barred(session: Session, user_id: UUID, page: Sequence[CandidateRecord]) -> set[UUID]:
    """The candidates of a page that the person judged at another stage, or recused from."""
    stages = {record.id: stage_of(record.state) for record in page}
    return {
        decision.candidate_id
        for decision in repository.own_decisions(session, user_id, list(stages))
        if decision.verdict == Verdict.RECUSE or decision.stage != stages[decision.candidate_id]
    }


def renew(
    session: Session,
    user: Principal,
    candidate_id: UUID,
    *,
    settings: ReviewSettings,
    now: datetime,
) -> CandidateRecord:
    """Give a lease more time, also one that has run out and that nobody has taken since.

    Raises:
        NotFound: It is not in the person's area.
        Conflict: The person does not hold it (any more).
    """
    record = lock_candidate(session, user, candidate_id)
    if record.claimed_by != UUID(user.id):
        raise _not_held(session, record, now)
    record.claimed_until = now + timedelta(seconds=settings.claim_seconds)
    return record


def release(
    session: Session, user: Principal, candidate_id: UUID, *, now: datetime
) -> CandidateRecord:
    """Put a candidate back; putting back what one does not hold changes nothing.

    Raises:
        NotFound: It is not in the person's area.
    """
    record = lock_candidate(session, user, candidate_id)
    if record.claimed_by == UUID(user.id):
        end_claim(record)
        record.version += 1
        log_candidate(session, user, RELEASED, record, now)
    return record


def require_claim(
    session: Session, user: Principal, record: CandidateRecord, now: datetime
) -> None:
    """Refuse a decision by somebody who does not hold the candidate.

    Raises:
        Conflict: Nobody or somebody else holds it, or the person's own lease has run out.
    """
    if record.claimed_by != UUID(user.id):
        raise _not_held(session, record, now)
    if not _is_held(record, now):
        raise Conflict(
            "claim_expired",
            "Your claim has run out and nothing was decided. Claim the candidate again, look at"
            " what has changed, and decide then.",
            claimed_until=_iso(record.claimed_until),
            version=record.version,
        )


def open_stage(record: CandidateRecord) -> Stage:
    """The stage at which a candidate waits for a judgement.

    Raises:
        Conflict: It waits for none.
    """
    stage = stage_of(record.state)
    if stage is None:
        raise Conflict(
            "not_open",
            f"This candidate is {record.state}: it cannot be judged now. Take the next one.",
            state=record.state,
            version=record.version,
        )
    return stage


def require_first_time(
    session: Session, user: Principal, record: CandidateRecord, stage: Stage
) -> None:
    """Each stage is another person's, and who recused stays out (LAW-44).

    Raises:
        Conflict: The person judged at another stage, or recused.
    """
    for decision in repository.decisions_of(session, record.id):
        if str(decision.user_id) != user.id or decision.undone_at is not None:
            continue
        if decision.verdict == Verdict.RECUSE:
            raise Conflict("recused", "You recused yourself from this candidate. Take another one.")
        if decision.stage != stage:
            raise Conflict(
                "same_person",
                f"You judged this candidate at the {decision.stage} stage; the {stage} stage is"
                " for somebody else. Take another one.",
                stage=decision.stage,
            )


def end_claim(record: CandidateRecord) -> None:
    """Nobody holds it any more."""
    record.claimed_by = None
    record.claimed_until = None


def area_of(caller: Principal, asked: str | None) -> str:
    """The organisation path to look in: the caller's own, or one below it.

    Raises:
        NotFound: The path asked for is not in the caller's area.
    """
    if not asked:
        return caller.organisation_path
    if not caller.sees(asked):
        raise NotFound("organisation_unknown", "There is no such organisation in your area.")
    return asked


def _take(
    session: Session,
    user: Principal,
    record: CandidateRecord,
    *,
    settings: ReviewSettings,
    now: datetime,
) -> None:
    record.claimed_by = UUID(user.id)
    record.claimed_until = now + timedelta(seconds=settings.claim_seconds)
    record.version += 1
    log_candidate(session, user, CLAIMED, record, now)


def _is_held(record: CandidateRecord, now: datetime) -> bool:
    return record.claimed_until is not None and record.claimed_until > now


def _require_free(session: Session, record: CandidateRecord, now: datetime) -> None:
    if record.claimed_by is not None and _is_held(record, now):
        raise _not_held(session, record, now)


def _not_held(session: Session, record: CandidateRecord, now: datetime) -> Conflict:
    if record.claimed_by is None or not _is_held(record, now):
        return Conflict(
            "not_claimed",
            "You do not hold this candidate. Claim it first.",
            version=record.version,
        )
    name = queue_repository.names_of(session, [record.claimed_by])[record.claimed_by]
    return Conflict(
        "claimed",
        f"{name} is judging this candidate. Take the next one, or wait until the claim ends.",
        claimed_by=name,
        claimed_until=_iso(record.claimed_until),
    )


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
