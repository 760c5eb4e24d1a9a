"""Handing over: the one place where a case comes into being.

It asks for a standing confirmation by a named person at every stage of the candidate's policy, each
by another person. Whatever calls it, there is no case without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.audit.service import append
from api.cameras.legality import EvidenceUseReason
from api.candidates.tables import (
    CandidateRecord,
    CandidateState,
    CandidateUpdate,
    EvidenceUse,
)
from api.cases import repository
from api.cases.content import Judged, confirmed_content
from api.cases.inquiry_codes import code_digest, inquiry_code
from api.cases.legal_bases import (
    LegalBases,
    jurisdiction_chain,
    legal_bases_at,
    legal_bases_of,
)
from api.cases.tables import Case, CaseState
from api.database import next_number
from api.feed.content import EventType
from api.feed.events import publish
from api.principal import Principal
from api.review.stages import standing
from api.review.tables import Decision, Stage
from api.settings import ApiSettings, Secrets
from pipeline.violations import Subtype, Violation

COUNTER = "cases"


class HandoverRefusedError(Exception):
    """A case was to be made without the people that its policy asks for. A fault of ours."""


def hand_over(
    session: Session,
    record: CandidateRecord,
    decisions: Sequence[Decision],
    *,
    actor: Principal,
    settings: ApiSettings,
    secrets: Secrets,
    locked_until: datetime | None,
    now: datetime,
) -> Case:
    """Make the case of a candidate, or hand a returned one over again, with its event.

    The caller holds the candidate's row and has frozen the evidence of the judged update.

    Args:
        session: The transaction in which all of it happens.
        record: The candidate, confirmed, its window over.
        decisions: Every decision on it, in order.
        actor: The timer.
        settings: Of the API.
        secrets: Of the API; the inquiry code is derived from one.
        locked_until: Until when the store has locked the evidence; none: it cannot.
        now: The present instant.

    Raises:
        HandoverRefusedError: A stage lacks its person, one person stands at two, or they judged
            another evidence set than the frozen one.
    """
    judged = _judged(session, record, _people(record, decisions))
    for stored in repository.stored_objects(session, [item.sha256 for item in judged.items]):
        stored.verified_at = now
        stored.locked_until = locked_until
    case = repository.of_candidate(session, record.id)
    is_new = case is None
    if case is None:
        case = _new_case(session, judged, settings=settings, secrets=secrets, now=now)
    elif case.frozen_update != judged.update.update:
        raise HandoverRefusedError(f"{record.id}: another update than the frozen one was judged")
    case.state = CaseState.EXPORTED
    case.updated_at = now
    case.last_sequence += 1
    record.state = CandidateState.EXPORTED
    record.undo_until = None
    record.version += 1
    session.flush()
    publish(
        session,
        EventType.CONFIRMED,
        confirmed_content(session, case, judged, settings),
        source=settings.feed.source,
        case_id=case.id,
        sequence=case.last_sequence,
        organisation_path=case.organisation_path,
        now=now,
    )
    action = "case.created" if is_new else "case.handed_over_again"
    _log(session, actor, action, case, judged.decisions, now=now)
    return case


def _judged(session: Session, record: CandidateRecord, people: list[Decision]) -> Judged:
    update = session.get_one(CandidateUpdate, (record.id, people[0].update))
    return Judged(
        record=record,
        update=update,
        items=repository.items_of(session, record.id, update.update),
        decisions=people,
    )


def _log(
    session: Session,
    actor: Principal,
    action: str,
    case: Case,
    decisions: Sequence[Decision],
    *,
    now: datetime,
) -> None:
    people: list[JsonValue] = [
        {"stage": decision.stage, "user_id": str(decision.user_id), "decision_id": str(decision.id)}
        for decision in decisions
    ]
    append(
        session,
        actor=actor,
        action=action,
        subject_kind="case",
        subject_id=str(case.id),
        organisation_path=case.organisation_path,
        now=now,
        details={
            "number": case.number,
            "candidate_id": str(case.candidate_id),
            "manifest_sha256": case.manifest_sha256,
            "people": people,
        },
    )


def _people(record: CandidateRecord, decisions: Sequence[Decision]) -> list[Decision]:
    holding = standing(decisions)
    missing = [stage for stage in record.policy if Stage(stage) not in holding]
    if missing or not record.policy:
        raise HandoverRefusedError(
            f"{record.id}: nobody confirmed at {', '.join(missing) or 'all'}"
        )
    people = [holding[Stage(stage)] for stage in record.policy]
    if len({decision.user_id for decision in people}) != len(people):
        raise HandoverRefusedError(f"{record.id}: one person stands at two stages")
    if len({decision.update for decision in people}) != 1:
        raise HandoverRefusedError(f"{record.id}: the stages judged different updates")
    return people


def _new_case(
    session: Session,
    judged: Judged,
    *,
    settings: ApiSettings,
    secrets: Secrets,
    now: datetime,
) -> Case:
    record, case_id = judged.record, uuid4()
    digest = code_digest(inquiry_code(secrets.session, case_id))
    if digest is None:  # pragma: no cover - our own codes have the form
        raise HandoverRefusedError(f"{record.id}: no inquiry code")
    evidence_use, against = _evidence_use(judged)
    among = legal_bases_of(settings.legal_bases)
    case = Case(
        id=case_id,
        number=next_number(session, COUNTER),
        candidate_id=record.id,
        organisation_path=record.organisation_path,
        camera_id=record.camera_id,
        violation=record.violation,
        subtype=str(judged.fact.get("subtype") or record.subtype),
        started_at=record.started_at,
        created_at=now,
        updated_at=now,
        frozen_update=judged.update.update,
        manifest_sha256=judged.update.manifest_sha256,
        evidence_use=evidence_use,
        evidence_use_reasons=against,
        legal_bases=_legal_basis_ids(judged, among),
        inquiry_code_sha256=digest,
        last_sequence=0,
    )
    session.add(case)
    return case


def _evidence_use(judged: Judged) -> tuple[str, list[str]]:
    """As assessed, but that a plate is known once a person has read it (LAW-28)."""
    record, reasons = judged.record, judged.record.evidence_use_reasons
    if not judged.fact.get("plate") or EvidenceUseReason.IDENTITY_UNKNOWN not in reasons:
        return record.evidence_use, list(reasons)
    left = [reason for reason in reasons if reason != EvidenceUseReason.IDENTITY_UNKNOWN]
    return (EvidenceUse.LEAD_ONLY if left else EvidenceUse.PENALTY_EVIDENCE), left


def _legal_basis_ids(judged: Judged, among: LegalBases) -> list[str]:
    """The norms that the act falls under, by the law of its day; a person chooses among them."""
    record = judged.record
    rows = legal_bases_at(
        Violation(record.violation),
        Subtype(str(judged.fact.get("subtype") or record.subtype)),
        jurisdiction_chain(record.organisation_path),
        record.ended_at or record.last_seen_at,
        decision_time=judged.decisions[-1].decided_at,
        among=among,
    )
    return [row.id for row in rows]
