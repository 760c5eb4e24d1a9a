"""A party's look at its own case: by its code, redacted pictures only, and rarely wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from api.candidates.queue_list import links_for
from api.cases import repository
from api.cases.evidence_sets import redacted
from api.cases.inquiry_codes import code_digest
from api.cases.schemas import InquiryItem, InquiryView
from api.cases.tables import Case, CaseState
from api.clock import Now
from api.database import Database
from api.errors import NotFound
from api.evidence.store import Area
from api.evidence.tables import EvidenceRecord
from api.problems import problems
from api.retention.remains import remains_of
from api.state import BaseUrl, CurrentDatabase, CurrentSettings, CurrentStore
from api.users.attempts import address_key, begin_attempt, take_back

router = APIRouter(prefix="/public/inquiries")

CODE = r"^[A-Za-z0-9 -]{1,40}$"


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


@router.get("/{code}", operation_id="inquire", responses=problems(404, 422, 429, 503))
def inquire(
    *,
    code: Annotated[str, Path(pattern=CODE)],
    address: Annotated[str, Depends(_address)],
    database: CurrentDatabase,
    store: CurrentStore,
    settings: CurrentSettings,
    base_url: BaseUrl,
    now: Now,
) -> InquiryView:
    """The case of a code. Too many codes that lead nowhere lock an address out for a while."""
    attempt = begin_attempt(
        database,
        settings.accounts,
        login=f"inquiry {address_key(address)}",
        address=address,
        now=now,
    )
    found = _find(database, code)
    take_back(database, attempt)
    case = found.case
    links = links_for(store, found.shown, area=Area.CASES, base_url=base_url)
    return InquiryView(
        number=case.number,
        violation=case.violation,
        subtype=case.subtype,
        place=found.place,
        began_at=case.started_at,
        last_seen_at=found.last_seen_at,
        state=case.state,
        withdrawn=case.state == CaseState.WITHDRAWN,
        outcome=case.outcome,
        items=[
            InquiryItem(
                role=item.role,
                media_type=item.media_type,
                captured_at=item.captured_at,
                url=links[item.name],
            )
            for item in found.shown
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is known of a code's case."""

    case: Case
    shown: list[EvidenceRecord]  # redacted pictures that are still there
    last_seen_at: datetime
    place: str


def _find(database: Database, code: str) -> _Found:
    digest = code_digest(code)
    with database.reading() as session:
        case = repository.by_inquiry_code(session, digest) if digest else None
        if case is None:
            raise NotFound(
                "code_unknown", "There is no case with this code. Compare it with the notice."
            )
        items = repository.items_of(session, case.candidate_id, case.frozen_update)
        deleted = remains_of(session, case.candidate_id, items).deleted
        shown = [item for item in redacted(items) if item.name not in deleted]
        seen_at = max((item.captured_at for item in items), default=case.started_at)
        place = repository.place_of(session, case.candidate_id, case.frozen_update)
        return _Found(case=case, shown=shown, last_seen_at=seen_at, place=place)
