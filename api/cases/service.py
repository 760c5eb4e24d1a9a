"""Cases as people and case systems see them: lists, one case, its evidence and its copies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.audit.register import register_access
from api.audit.service import append
from api.candidates.queue_list import links_for
from api.cases import repository
from api.cases.callbacks import next_reports
from api.cases.evidence_sets import EvidenceSet, load_set, require_present, verify_set, zip_pieces
from api.cases.inquiry_codes import code_digest, inquiry_code
from api.cases.legal_bases import LegalBases, legal_bases_of
from api.cases.lookup import lock_case, read_case
from api.cases.repository import CaseFilter
from api.cases.schemas import (
    BasisView,
    CallbackView,
    CaseDetail,
    CaseEvidence,
    CaseItem,
    CasePage,
    DeliveryOfCase,
    EventView,
    InquiryCode,
    LogView,
    PurposeRequest,
    SupplementView,
    Verification,
)
from api.cases.tables import Case
from api.database import Database
from api.errors import Conflict, NotFound
from api.evidence.store import Area, EvidenceStore
from api.paging import decode_cursor, encode_cursor
from api.principal import Principal, PrincipalKind
from api.retention.remains import remains_of
from api.review.repository import decisions_of
from api.review.schemas import DecisionView
from api.settings import ApiSettings, Secrets
from api.stamping.authority import roots_of
from api.stamping.service import stamp_of
from pipeline.exchange import API_PREFIX

MAX_HISTORY = 200


def list_cases(session: Session, wanted: CaseFilter, *, cursor: str | None, limit: int) -> CasePage:
    """A page of cases, newest first.

    Raises:
        BadRequest: The cursor is not one of this list.
    """
    before = cast("int", decode_cursor(cursor, int)[0]) if cursor else None
    found = repository.page(session, wanted, before=before, limit=limit + 1)
    items = [item_of(case) for case in found[:limit]]
    more = len(found) > limit
    return CasePage(items=items, next=encode_cursor(items[-1].number) if more else None)


def item_of(case: Case) -> CaseItem:
    """A case as a line."""
    return CaseItem.model_validate(case, from_attributes=True)


def case_detail(
    session: Session,
    caller: Principal,
    case_id: UUID,
    *,
    store: EvidenceStore,
    settings: ApiSettings,
    base_url: str,
) -> CaseDetail:
    """One case.

    Raises:
        NotFound: There is none in the caller's area.
    """
    case = read_case(session, caller, case_id)
    items = repository.items_of(session, case.candidate_id, case.frozen_update)
    remains = remains_of(session, case.candidate_id, items)
    links = links_for(
        store,
        [item for item in items if item.is_redacted and item.name not in remains.deleted],
        area=Area.CASES,
        base_url=base_url,
    )
    return CaseDetail(
        **item_of(case).model_dump(),
        frozen_update=case.frozen_update,
        manifest_sha256=case.manifest_sha256,
        evidence_use_reasons=case.evidence_use_reasons,
        withdraw_note=case.withdraw_note,
        evidence=[
            CaseEvidence.model_validate(
                {
                    **vars(item),
                    "url": links.get(item.name),
                    "deleted": remains.deleted.get(item.name),
                }
            )
            for item in items
        ],
        decisions=[
            DecisionView.model_validate(decision, from_attributes=True)
            for decision in decisions_of(session, case.candidate_id)
        ],
        legal_bases=_bases(case, legal_bases_of(settings.legal_bases)),
        callbacks=[
            CallbackView.model_validate(callback, from_attributes=True)
            for callback in repository.callbacks_of(session, case.id)
        ],
        next_reports=next_reports(session, case),
        supplements=_supplements(session, case),
        events=[
            EventView.model_validate(event, from_attributes=True)
            for event in repository.events_of(session, case.id)
        ],
        deliveries=_deliveries(session, case) if caller.kind is PrincipalKind.USER else [],
        history=[
            LogView.model_validate(entry, from_attributes=True)
            for entry in repository.history(session, case.id, MAX_HISTORY)
        ],
        hold=repository.is_held(session, case.candidate_id),
        deletions=remains.deletions,
        timestamp=stamp_of(session, case.manifest_sha256),
    )


def bundle_of(
    session: Session,
    caller: Principal,
    case_id: UUID,
    *,
    update: int | None,
    purpose: PurposeRequest | None,
    store: EvidenceStore,
    now: datetime,
) -> tuple[str, Iterator[bytes]]:
    """A file name and the ZIP of the frozen set, or of a supplement; who took it stands on record.

    Raises:
        NotFound: There is no such case in the area, no such update, or files are missing.
        Gone: Retention has deleted files of it.
        Forbidden: A person gave no reason worth the name.
    """
    case = read_case(session, caller, case_id)
    found, area = _set_of(session, case, update)
    remains_of(session, case.candidate_id, found.items).require_all(found.items)
    require_present(found, store, area)
    number = case.frozen_update if update is None else update
    if purpose is not None:
        for item in found.items:
            if not item.is_redacted:
                register_access(
                    session,
                    actor=caller,
                    candidate_id=case.candidate_id,
                    organisation_path=case.organisation_path,
                    item_name=item.name,
                    sha256=item.sha256,
                    purpose=purpose.purpose,
                    reason=purpose.reason,
                    now=now,
                )
    append(
        session,
        actor=caller,
        action="case.bundle_taken",
        subject_kind="case",
        subject_id=str(case.id),
        organisation_path=case.organisation_path,
        now=now,
        details={"number": case.number, "update": number},
    )
    return f"case-{case.number:06d}-update-{number}.zip", zip_pieces(found, store, area)


def verify_case(
    database: Database,
    caller: Principal,
    case_id: UUID,
    *,
    store: EvidenceStore,
    settings: ApiSettings,
    now: datetime,
) -> Verification:
    """Hash every byte of a case again; what does not hold freezes its candidate and is logged.

    Raises:
        NotFound: There is no such case in the caller's area.
        Gone: Retention has deleted files of it.
    """
    with database.reading() as session:
        case = read_case(session, caller, case_id)
        found, area = _set_of(session, case, None)
        remains_of(session, case.candidate_id, found.items).require_all(found.items)
    report = verify_set(found, store, area, timestamp_roots=roots_of(settings.timestamp))
    failure = report.first_failure
    problem = f"{failure.file}: {failure.text}" if failure else None
    with database.writing() as session:
        case, record = lock_case(session, caller, case_id)
        if problem is not None and record.integrity_frozen is None:
            record.integrity_frozen = problem
            record.version += 1
            session.flush()
        append(
            session,
            actor=caller,
            action="case.verified" if report.ok else "case.damaged",
            subject_kind="case",
            subject_id=str(case.id),
            organisation_path=case.organisation_path,
            now=now,
            details={"number": case.number, "problem": problem},
        )
    said = report.as_json()
    return Verification.model_validate(said)


def code_for(
    session: Session, caller: Principal, case_id: UUID, *, secrets: Secrets, now: datetime
) -> InquiryCode:
    """The inquiry code of a case, to be handed to its party; who asked for it is logged.

    Raises:
        NotFound: There is no such case in the caller's area.
        Conflict: The centre's secret has changed since the case was made.
    """
    case = read_case(session, caller, case_id)
    code = inquiry_code(secrets.session, case.id)
    if code_digest(code) != case.inquiry_code_sha256:
        raise Conflict(
            "code_lost",
            "The centre's secret has changed since this case was made; codes that were handed out"
            " still work, but cannot be shown again.",
        )
    append(
        session,
        actor=caller,
        action="case.code_shown",
        subject_kind="case",
        subject_id=str(case.id),
        organisation_path=case.organisation_path,
        now=now,
        details={"number": case.number},
    )
    return InquiryCode(code=code, path=f"{API_PREFIX}/public/inquiries/{code}")


def open_item(
    session: Session,
    caller: Principal,
    case_id: UUID,
    name: str,
    *,
    store: EvidenceStore,
    settings: ApiSettings,
    base_url: str,
    now: datetime,
) -> tuple[str, datetime]:
    """A link to one file of a case for a case system, and until when it lives; it is logged.

    Raises:
        NotFound: There is no such case in the area, or no such item.
        Gone: Retention has deleted it.
    """
    case = read_case(session, caller, case_id)
    items = repository.items_of(session, case.candidate_id, case.frozen_update)
    item = next((item for item in items if item.name == name), None)
    if item is None:
        raise NotFound("item_unknown", f"The evidence set of this case has no item {name}.")
    remains_of(session, case.candidate_id, [item]).require_all([item])
    details: dict[str, JsonValue] = {"name": name, "sha256": item.sha256}
    append(
        session,
        actor=caller,
        action="case.item_opened",
        subject_kind="case",
        subject_id=str(case.id),
        organisation_path=case.organisation_path,
        now=now,
        details=details,
    )
    links = links_for(store, [item], area=Area.CASES, base_url=base_url)
    return links[name], now + timedelta(seconds=settings.store.url_seconds)


def _set_of(session: Session, case: Case, update: int | None) -> tuple[EvidenceSet, Area]:
    box_id = repository.box_of(session, case.candidate_id)
    if update is None or update == case.frozen_update:
        found = load_set(session, case.candidate_id, case.frozen_update, box_id)
        return found, Area.CASES
    if update < case.frozen_update:
        raise NotFound("update_unknown", f"Update {update} is no supplement of this case.")
    return load_set(session, case.candidate_id, update, box_id), Area.CANDIDATES


def _bases(case: Case, known: LegalBases) -> list[BasisView]:
    rows = {basis.id: basis for basis in known.bases}
    return [
        BasisView(**rows[basis_id].model_dump(), awaiting_check=rows[basis_id].awaits_legal_check)
        for basis_id in case.legal_bases
        if basis_id in rows
    ]


def _supplements(session: Session, case: Case) -> list[SupplementView]:
    return [
        SupplementView(
            update=found.update,
            received_at=found.received_at,
            manifest_sha256=found.manifest_sha256,
            items=[
                item.name for item in repository.items_of(session, case.candidate_id, found.update)
            ],
        )
        for found in repository.supplements_of(session, case.candidate_id, case.frozen_update)
    ]


def _deliveries(session: Session, case: Case) -> list[DeliveryOfCase]:
    return [
        DeliveryOfCase(
            id=delivery.id,
            subscriber_id=subscriber.id,
            subscriber_name=subscriber.name,
            event_id=event.id,
            event_type=event.type,
            state=delivery.state,
            tries=delivery.tries,
            last_status=delivery.last_status,
            last_error=delivery.last_error,
            delivered_at=delivery.delivered_at,
        )
        for delivery, event, subscriber in repository.deliveries_of(session, case.id)
    ]
