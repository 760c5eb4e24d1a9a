"""What case systems and officers report on a case: checked against its order, once each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.audit.service import append
from api.candidates.tables import CandidateRecord
from api.cases import repository
from api.cases.changes import change_status, send_to_review
from api.cases.codes import Reported
from api.cases.lookup import lock_case
from api.cases.schemas import CallbackRequest, StatusRequest
from api.cases.tables import Case, CaseCallback, CaseState
from api.cases.transitions import STATE_OF_REPORT, allowed_states, lacking
from api.errors import Conflict, Forbidden, Unprocessable
from api.principal import Principal
from api.settings import ApiSettings
from api.users.tables import Role

# Domain guide, section 9: what a person may report by role.
REPORTS_OF_ROLE: dict[Role, frozenset[Reported]] = {
    Role.DISPATCHER: frozenset({Reported.RETURNED, Reported.CORRECTING}),
    Role.STREET_TEAM: frozenset({Reported.CORRECTING, Reported.RECHECK}),
    Role.OPERATOR: frozenset({Reported.CORRECTING, Reported.STILL_THERE, Reported.CLOSED}),
}


def receive_callback(
    session: Session,
    machine: Principal,
    case_id: UUID,
    request: CallbackRequest,
    *,
    settings: ApiSettings,
    now: datetime,
) -> tuple[Case, CaseCallback, bool]:
    """Take in one report of a case system; a repeated one changes nothing.

    A refused report leaves nothing behind: it may come again, under the same id, when its time has
    come.

    Returns:
        The case, the report as it is on record, and whether it was there already.

    Raises:
        NotFound: There is no such case in the machine's area.
        Conflict: It comes out of order, is older than what was reported before, or its id was used
            for something else.
        Unprocessable: What the status needs is missing.
    """
    case, record = lock_case(session, machine, case_id)
    content = request.model_dump(mode="json", exclude={"callback_id", "status", "reported_at"})
    earlier = repository.callback(session, UUID(machine.id), request.callback_id)
    if earlier is not None:
        _require_same(earlier, case_id, request, content)
        return case, earlier, True
    reports = repository.callbacks_of(session, case_id)
    _require_newer(reports, machine, request)
    _apply(session, case, record, request, actor=machine, settings=settings, now=now)
    callback = CaseCallback(
        id=uuid4(),
        case_id=case_id,
        token_id=UUID(machine.id),
        callback_id=request.callback_id,
        status=request.status,
        reported_at=request.reported_at,
        received_at=now,
        content=content,
        result=case.state,
    )
    session.add(callback)
    session.flush()
    return case, callback, False


def report_status(
    session: Session,
    user: Principal,
    case_id: UUID,
    request: StatusRequest,
    *,
    settings: ApiSettings,
    now: datetime,
) -> Case:
    """Take in what an officer reports.

    Raises:
        NotFound: There is no such case in the person's area.
        Forbidden: None of the person's roles may report this.
        Conflict: It comes out of order.
        Unprocessable: What the status needs is missing.
    """
    may = {report for role in user.roles for report in REPORTS_OF_ROLE.get(role, ())}
    if request.status not in may:
        raise Forbidden(
            "report_not_yours",
            f"Your roles may not report {request.status}.",
            allowed=[*sorted(report.value for report in may)],
        )
    case, record = lock_case(session, user, case_id)
    _apply(session, case, record, request, actor=user, settings=settings, now=now)
    return case


def next_reports(session: Session, case: Case) -> list[Reported]:
    """What may be reported on a case now, in the order of the list."""
    done = [callback.status for callback in repository.callbacks_of(session, case.id)]
    return [
        report
        for report in Reported
        if case.state in allowed_states(report) and not lacking(report, done)
    ]


def _apply(
    session: Session,
    case: Case,
    record: CandidateRecord,
    request: StatusRequest,
    *,
    actor: Principal,
    settings: ApiSettings,
    now: datetime,
) -> None:
    report = request.status
    _require_in_order(session, case, report)
    if report is Reported.RETURNED:
        if request.reason is None:
            raise Unprocessable("reason_missing", "Say why: a return needs a reason.")
        send_to_review(
            session,
            case,
            record,
            actor=actor,
            reason=request.reason,
            note=request.note,
            settings=settings,
            now=now,
        )
        return
    state = STATE_OF_REPORT.get(report)
    if state is not None:
        change_status(
            session,
            case,
            state,
            actor=actor,
            outcome=request.outcome,
            note=request.note,
            settings=settings,
            now=now,
        )
        return
    append(
        session,
        actor=actor,
        action=f"case.{report}",
        subject_kind="case",
        subject_id=str(case.id),
        organisation_path=case.organisation_path,
        now=now,
        details={"number": case.number, "note": request.note},
    )


def _require_in_order(session: Session, case: Case, report: Reported) -> None:
    allowed = allowed_states(report)
    if CaseState(case.state) not in allowed:
        raise Conflict(
            "out_of_order",
            f"{report} cannot be reported on a case that is {case.state}. Read the case and report"
            " what comes next.",
            state=case.state,
            allowed_states=[*sorted(state.value for state in allowed)],
        )
    done = [callback.status for callback in repository.callbacks_of(session, case.id)]
    missing = lacking(report, done)
    if missing:
        raise Conflict(
            "out_of_order",
            f"Before {report} the case needs {' and '.join(missing)} (APL 45, 62). Report that"
            " first.",
            missing=[*missing],
        )


def _require_newer(
    reports: list[CaseCallback], machine: Principal, request: CallbackRequest
) -> None:
    """By one case system's own clock its reports come in the order in which things happened."""
    own = [report.reported_at for report in reports if str(report.token_id) == machine.id]
    if own and request.reported_at < max(own):
        raise Conflict(
            "older_than_last",
            "This happened before what was reported last. Read the case, and report what holds"
            " now.",
            last_reported_at=max(own).isoformat(),
        )


def _require_same(
    earlier: CaseCallback, case_id: UUID, request: CallbackRequest, content: dict[str, JsonValue]
) -> None:
    same = (earlier.case_id, earlier.status, earlier.reported_at, earlier.content) == (
        case_id,
        request.status,
        request.reported_at,
        content,
    )
    if not same:
        raise Conflict(
            "callback_id_used",
            "This callback id stands for another report. Choose a new one for each report.",
            callback_id=request.callback_id,
        )
