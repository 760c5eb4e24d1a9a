"""Deciding and undoing: a named person, a checked claim, the version they saw, one window to undo.

While the window runs, a confirmed candidate is `confirmed`, whichever stage it was; nothing leaves
the centre before `api.review.settlement` has taken it on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.candidates import queue_repository
from api.candidates.queue_access import lock_candidate
from api.candidates.tables import CandidateRecord, CandidateState
from api.cases.lookup import frozen_update_of
from api.errors import Conflict, Forbidden, Locked, NotFound, Unprocessable
from api.principal import Principal
from api.review import repository
from api.review.claims import (
    CLAIMED,
    end_claim,
    log_candidate,
    open_stage,
    require_claim,
    require_first_time,
)
from api.review.codes import MissingEvidence, RejectReason
from api.review.schemas import DecisionRequest, RecusalRequest
from api.review.stages import STATE_OF_STAGE, require_stage, standing
from api.review.tables import Decision, Stage, Verdict
from api.settings import ReviewSettings
from pipeline.violations import violation_of

STATE_OF_VERDICT = {
    Verdict.CONFIRM: CandidateState.CONFIRMED,
    Verdict.REJECT: CandidateState.REJECTED,
    Verdict.NEED_MORE: CandidateState.NEED_MORE,
}
ACTION_OF_VERDICT = {
    Verdict.CONFIRM: "candidate.confirmed",
    Verdict.REJECT: "candidate.rejected",
    Verdict.NEED_MORE: "candidate.need_more",
    Verdict.RECUSE: "candidate.recused",
}
UNDONE = "candidate.undone"


def decide(
    session: Session,
    user: Principal,
    candidate_id: UUID,
    request: DecisionRequest,
    *,
    settings: ReviewSettings,
    now: datetime,
) -> tuple[CandidateRecord, Decision]:
    """Put a judgement on record; the same one sent again gives what the first gave.

    Raises:
        NotFound: The candidate is not in the person's area.
        Unprocessable: The checklist, the reason or a note is missing; `fields` says which.
        Forbidden: The person may not judge at this stage.
        Conflict: The candidate cannot be judged now, the claim is missing or has run out, the
            person judged at another stage, or the candidate is no longer as they saw it.
        Locked: Its evidence is damaged, so that it cannot be confirmed.
    """
    record = lock_candidate(session, user, candidate_id)
    earlier = session.get(Decision, request.decision_id)
    if earlier is not None:
        _require_same(earlier, user, candidate_id, request)
        return record, earlier
    _require_whole(request)
    stage = open_stage(record)
    require_stage(user, stage)
    require_first_time(session, user, record, stage)
    require_claim(session, user, record, now)
    _require_current(session, record, stage, request)
    _require_subtype(record, request)
    if request.verdict == Verdict.CONFIRM and record.integrity_frozen is not None:
        raise Locked(
            "integrity_frozen",
            "The evidence of this candidate is damaged, so it cannot be confirmed. Reject it, or"
            " have an administrator restore the evidence and check it again.",
            problem=record.integrity_frozen,
        )
    decision = _decision(session, user, record, request, stage=stage, now=now)
    record.state = STATE_OF_VERDICT[Verdict(request.verdict)]
    record.undo_until = now + timedelta(seconds=settings.undo_seconds)
    record.version += 1
    end_claim(record)
    session.add(decision)
    session.flush()
    _log(session, user, record, decision, now)
    return record, decision


def undo(
    session: Session,
    user: Principal,
    candidate_id: UUID,
    decision_id: UUID,
    *,
    settings: ReviewSettings,
    now: datetime,
) -> tuple[CandidateRecord, Decision]:
    """Take back one's own last judgement while its window runs; the candidate is claimed again.

    Raises:
        NotFound: There is no such candidate or decision in the person's area.
        Forbidden: It is somebody else's decision.
        Conflict: The window is over, or the candidate has gone on.
    """
    record = lock_candidate(session, user, candidate_id)
    decision = session.get(Decision, decision_id)
    if decision is None or decision.candidate_id != candidate_id or _is_recusal(decision):
        raise NotFound("decision_unknown", f"There is no decision {decision_id} on this candidate.")
    if str(decision.user_id) != user.id:
        raise Forbidden("not_your_decision", "Only the person who decided may undo it.")
    if decision.undone_at is not None:
        return record, decision
    has_gone_on = record.state != STATE_OF_VERDICT[Verdict(decision.verdict)]
    is_over = record.undo_until is None or now >= record.undo_until
    if has_gone_on or is_over or _last(session, record) != decision:
        raise Conflict(
            "undo_window_over",
            "This decision can no longer be undone; it is on record. A case may be withdrawn.",
            decided_at=decision.decided_at.isoformat(),
            window_seconds=settings.undo_seconds,
        )
    decision.undone_at = now
    record.state = STATE_OF_STAGE[Stage(decision.stage)]
    record.undo_until = None
    record.claimed_by = decision.user_id
    record.claimed_until = now + timedelta(seconds=settings.claim_seconds)
    record.version += 1
    session.flush()
    log_candidate(session, user, UNDONE, record, now, decision_id=str(decision.id))
    return record, decision


def recuse(
    session: Session,
    user: Principal,
    candidate_id: UUID,
    request: RecusalRequest,
    *,
    now: datetime,
) -> tuple[CandidateRecord, Decision]:
    """Say that one may not judge a candidate; it goes back to the others (APL 43).

    Raises:
        NotFound: The candidate is not in the person's area.
        Forbidden: The person may not judge at its stage anyway.
        Conflict: It cannot be judged now, or the id was used for something else.
    """
    record = lock_candidate(session, user, candidate_id)
    earlier = session.get(Decision, request.decision_id)
    if earlier is not None:
        if (earlier.candidate_id, str(earlier.user_id)) != (candidate_id, user.id) or (
            earlier.verdict != Verdict.RECUSE or earlier.note != request.note
        ):
            raise _id_used(earlier.id)
        return record, earlier
    stage = open_stage(record)
    require_stage(user, stage)
    decision = _new_decision(
        user,
        record,
        request.decision_id,
        stage=stage,
        verdict=Verdict.RECUSE,
        version=record.version,
        update=record.update,
        note=request.note,
        decided_at=now,
    )
    if record.claimed_by == decision.user_id:
        end_claim(record)
    record.version += 1
    session.add(decision)
    session.flush()
    _log(session, user, record, decision, now)
    return record, decision


def judged_update(session: Session, record: CandidateRecord, stage: Stage) -> int | None:
    """The update that must be judged at a stage; none: any that has come.

    The operator's confirmation fixes the set: later stages judge the same one, and a returned case
    is judged on what was handed over.
    """
    frozen = frozen_update_of(session, record.id)
    if frozen is not None or stage is Stage.OPERATOR:
        return frozen
    first = standing(repository.decisions_of(session, record.id)).get(Stage.OPERATOR)
    return first.update if first is not None else None


def _require_current(
    session: Session, record: CandidateRecord, stage: Stage, request: DecisionRequest
) -> None:
    if request.version != record.version:
        raise Conflict(
            "stale",
            "The candidate has changed since you loaded it. Load it again and decide then.",
            version=record.version,
            your_version=request.version,
        )
    wanted = judged_update(session, record, stage)
    if wanted is not None and request.update != wanted:
        raise Conflict(
            "stale_update",
            f"This stage judges update {wanted}, the one that was confirmed before.",
            update=wanted,
        )
    if not queue_repository.has_update(session, record.id, request.update):
        raise Conflict(
            "stale_update",
            f"Update {request.update} has not come. Load the candidate again.",
            update=record.update,
        )


def _require_whole(request: DecisionRequest) -> None:
    """What a verdict needs besides itself."""
    if request.verdict == Verdict.CONFIRM:
        if request.checklist is None:
            raise Unprocessable(
                "checklist_missing",
                "Answer all four checks: authentic, clear, complete, accurate.",
                missing=["authentic", "clear", "complete", "accurate"],
            )
        if failed := request.checklist.failed():
            raise Unprocessable(
                "checklist_failed",
                f"A record that is not {', '.join(failed)} cannot be confirmed. Reject it or ask"
                " for more.",
                failed=list[JsonValue](failed),
            )
    elif request.verdict == Verdict.REJECT:
        if request.reason is None:
            raise Unprocessable("reason_missing", "Say why: a rejection needs a reason code.")
        if request.reason is RejectReason.OTHER and not request.note:
            raise Unprocessable("note_missing", "The reason `other` needs a note that explains it.")
    elif not request.missing:
        raise Unprocessable("missing_unsaid", "Say what is missing.")
    elif MissingEvidence.OTHER in request.missing and not request.note:
        raise Unprocessable("note_missing", "`other` needs a note that says what is missing.")


def _require_subtype(record: CandidateRecord, request: DecisionRequest) -> None:
    """A person may correct what exactly it is, not make another violation of it."""
    corrected = request.fact.subtype
    if corrected is not None and violation_of(corrected) != record.violation:
        raise Unprocessable(
            "subtype_differs",
            f"{corrected} is no subtype of {record.violation}. Reject the candidate if it shows"
            " something else.",
            violation=record.violation,
        )


def _decision(
    session: Session,
    user: Principal,
    record: CandidateRecord,
    request: DecisionRequest,
    *,
    stage: Stage,
    now: datetime,
) -> Decision:
    return _new_decision(
        user,
        record,
        request.decision_id,
        stage=stage,
        verdict=Verdict(request.verdict),
        version=request.version,
        update=request.update,
        decided_at=now,
        seconds_to_decide=repository.seconds_since_claim(session, record.id, user.id, CLAIMED, now),
        **_content(request),
    )


def _new_decision(
    user: Principal,
    record: CandidateRecord,
    decision_id: UUID,
    *,
    stage: Stage,
    verdict: Verdict,
    **content: object,
) -> Decision:
    empty: dict[str, object] = {"checklist": None, "reason": None, "missing": [], "fact": {}}
    return Decision(
        id=decision_id,
        candidate_id=record.id,
        stage=stage,
        verdict=verdict,
        user_id=UUID(user.id),
        user_name=user.name,
        organisation_path=record.organisation_path,
        due_at=record.due_at,
        **empty | content,
    )


def _content(request: DecisionRequest) -> dict[str, object]:
    """What a person said, as the table keeps it."""
    return {
        "checklist": request.checklist.model_dump() if request.checklist else None,
        "reason": request.reason.value if request.reason else None,
        "missing": [missing.value for missing in request.missing],
        "note": request.note,
        "fact": request.fact.model_dump(mode="json", exclude_defaults=True),
    }


def _require_same(
    earlier: Decision, user: Principal, candidate_id: UUID, request: DecisionRequest
) -> None:
    content = _content(request)
    same = (
        earlier.candidate_id == candidate_id
        and str(earlier.user_id) == user.id
        and (earlier.version, earlier.update) == (request.version, request.update)
        and earlier.verdict == request.verdict
        and all(getattr(earlier, name) == value for name, value in content.items())
    )
    if not same:
        raise _id_used(earlier.id)


def _id_used(decision_id: UUID) -> Conflict:
    return Conflict(
        "decision_id_used",
        "This decision id stands for another decision. Choose a new one for each decision.",
        decision_id=str(decision_id),
    )


def _is_recusal(decision: Decision) -> bool:
    return decision.verdict == Verdict.RECUSE


def _last(session: Session, record: CandidateRecord) -> Decision | None:
    made = [
        decision
        for decision in repository.decisions_of(session, record.id)
        if decision.undone_at is None and not _is_recusal(decision)
    ]
    return made[-1] if made else None


def _log(
    session: Session, user: Principal, record: CandidateRecord, decision: Decision, now: datetime
) -> None:
    details: dict[str, JsonValue] = {
        "decision_id": str(decision.id),
        "stage": decision.stage,
        "update": decision.update,
    }
    if decision.reason:
        details["reason"] = decision.reason
    if decision.missing:
        details["missing"] = list(decision.missing)
    log_candidate(
        session, user, ACTION_OF_VERDICT[Verdict(decision.verdict)], record, now, **details
    )
