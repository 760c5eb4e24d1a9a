"""Changing a case's state: by people and by case systems, with its event and its log entry."""

from __future__ import annotations

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.audit.service import append
from api.candidates.tables import CandidateRecord
from api.cases.codes import Outcome, ReturnReason, WithdrawReason
from api.cases.tables import Case, CaseState
from api.cases.transitions import FROM
from api.errors import Conflict, Unprocessable
from api.feed.content import CaseReturned, CaseStatusChanged, CaseWithdrawn, EventType
from api.feed.events import publish
from api.principal import Principal
from api.review.claims import log_candidate
from api.review.returning import send_back
from api.settings import ApiSettings


def require_transition(case: Case, wanted: CaseState) -> None:
    """Refuse a state that may not follow the present one.

    Raises:
        Conflict: `fields` names the present state and those from which it may be reached.
    """
    if case.state not in FROM[wanted]:
        raise Conflict(
            "out_of_order",
            f"A case that is {case.state} cannot become {wanted}. Read the case and report what"
            " comes next.",
            state=case.state,
            allowed_from=[*sorted(state.value for state in FROM[wanted])],
        )


def withdraw(
    session: Session,
    case: Case,
    *,
    actor: Principal,
    reason: WithdrawReason,
    note: str,
    settings: ApiSettings,
    now: datetime,
) -> None:
    """Take a case back; consumers get a tombstone. Done again for the same reason changes nothing.

    Raises:
        Conflict: It is closed, or was withdrawn for another reason.
        Unprocessable: The reason `other` has no note.
    """
    if reason is WithdrawReason.OTHER and not note:
        raise Unprocessable("note_missing", "The reason `other` needs a note that explains it.")
    if case.state == CaseState.WITHDRAWN:
        if (case.withdraw_reason, case.withdraw_note) == (reason, note):
            return
        raise Conflict(
            "withdrawn_already",
            "This case was withdrawn already, for another reason.",
            reason=case.withdraw_reason,
        )
    require_transition(case, CaseState.WITHDRAWN)
    case.withdraw_reason = reason
    case.withdraw_note = note
    _enter(session, case, CaseState.WITHDRAWN, now)
    _publish(
        session,
        EventType.WITHDRAWN,
        CaseWithdrawn(
            case_id=case.id,
            case_number=case.number,
            candidate_id=case.candidate_id,
            seq=case.last_sequence,
            reason=reason,
            note=note,
            withdrawn_at=now,
            withdrawn_by=actor.name,
        ),
        case,
        settings=settings,
        now=now,
    )
    _log(session, actor, case, now, reason=reason.value)


def send_to_review(
    session: Session,
    case: Case,
    record: CandidateRecord,
    *,
    actor: Principal,
    reason: ReturnReason,
    note: str,
    settings: ApiSettings,
    now: datetime,
) -> None:
    """Return a case to the last stage of its review, and to no earlier one.

    Raises:
        Conflict: Its state does not allow it.
        Unprocessable: The reason `other` has no note.
    """
    if reason is ReturnReason.OTHER and not note:
        raise Unprocessable("note_missing", "The reason `other` needs a note that explains it.")
    require_transition(case, CaseState.RETURNED)
    stage = send_back(session, record, settings=settings.review, now=now)
    _enter(session, case, CaseState.RETURNED, now)
    _publish(
        session,
        EventType.RETURNED,
        CaseReturned(
            case_id=case.id,
            case_number=case.number,
            candidate_id=case.candidate_id,
            seq=case.last_sequence,
            reason=reason,
            note=note,
            returned_at=now,
            returned_by=actor.name,
            stage=stage,
        ),
        case,
        settings=settings,
        now=now,
    )
    _log(session, actor, case, now, reason=reason.value, stage=stage.value)
    log_candidate(session, actor, "candidate.returned", record, now, case_id=str(case.id))


def change_status(
    session: Session,
    case: Case,
    state: CaseState,
    *,
    actor: Principal,
    outcome: Outcome | None,
    note: str,
    settings: ApiSettings,
    now: datetime,
) -> None:
    """Enter a state that needs no more than its place in the order; the caller has checked that.

    Raises:
        Unprocessable: A case is closed with an outcome only.
    """
    if state is CaseState.CLOSED:
        if outcome is None:
            raise Unprocessable("outcome_missing", "A case is closed with an outcome.")
        case.outcome = outcome
    previous = CaseState(case.state)
    _enter(session, case, state, now)
    _publish(
        session,
        EventType.STATUS_CHANGED,
        CaseStatusChanged(
            case_id=case.id,
            case_number=case.number,
            candidate_id=case.candidate_id,
            seq=case.last_sequence,
            state=state,
            previous=previous,
            outcome=case.outcome,
            note=note,
            changed_at=now,
            changed_by=actor.name,
        ),
        case,
        settings=settings,
        now=now,
    )
    _log(session, actor, case, now, previous=previous.value, outcome=case.outcome)


def _enter(session: Session, case: Case, state: CaseState, now: datetime) -> None:
    case.state = state
    case.updated_at = now
    case.last_sequence += 1
    session.flush()


def _publish(
    session: Session,
    event_type: EventType,
    data: CaseReturned | CaseStatusChanged | CaseWithdrawn,
    case: Case,
    *,
    settings: ApiSettings,
    now: datetime,
) -> None:
    publish(
        session,
        event_type,
        data,
        source=settings.feed.source,
        case_id=case.id,
        sequence=case.last_sequence,
        organisation_path=case.organisation_path,
        now=now,
    )


def _log(
    session: Session, actor: Principal, case: Case, now: datetime, **details: JsonValue
) -> None:
    append(
        session,
        actor=actor,
        action=f"case.{case.state}",
        subject_kind="case",
        subject_id=str(case.id),
        organisation_path=case.organisation_path,
        now=now,
        details={"number": case.number, "sequence": case.last_sequence, **details},
    )
