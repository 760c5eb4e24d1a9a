"""Cases over HTTP, for people and for case systems."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.cases import callbacks, changes, service
from api.cases.inquiry_routes import router as inquiry_router
from api.cases.lookup import lock_case
from api.cases.repository import CaseFilter
from api.cases.schemas import (
    CallbackAnswer,
    CallbackRequest,
    CaseDetail,
    CaseItem,
    CasePage,
    InquiryCode,
    PurposeRequest,
    StatusRequest,
    Verification,
    WithdrawRequest,
)
from api.cases.tables import CaseState
from api.clock import Now
from api.database import ReadSession, WriteSession
from api.instants import PlausibleInstant
from api.paging import DEFAULT_PAGE, MAX_CURSOR_CHARACTERS, MAX_PAGE
from api.principal import Principal
from api.problems import problems
from api.review.claims import area_of
from api.review.stages import REVIEWERS
from api.state import BaseUrl, CurrentDatabase, CurrentSecrets, CurrentSettings, CurrentStore
from api.texts import ThingId
from api.users.access import allow, allow_either, allow_scope
from api.users.tables import Role, Scope
from pipeline.violations import Violation

router = APIRouter(tags=["cases"])
router.include_router(inquiry_router)

HANDLERS = (Role.DISPATCHER, Role.STREET_TEAM)
READERS = (*REVIEWERS, *HANDLERS, Role.SUPERVISOR, Role.AUDITOR)
MACHINES = (Scope.FEED_READ, Scope.CASES_WRITE)
Reader = Annotated[Principal, Depends(allow_either(roles=READERS, scopes=MACHINES))]
Reviewer = Annotated[Principal, Depends(allow(*REVIEWERS))]
Handler = Annotated[Principal, Depends(allow(*HANDLERS, Role.OPERATOR))]
FeedReader = Annotated[Principal, Depends(allow_scope(Scope.FEED_READ))]
CaseSystem = Annotated[Principal, Depends(allow_scope(Scope.CASES_WRITE))]
CodeHolder = Annotated[
    Principal,
    Depends(allow_either(roles=(*REVIEWERS, *HANDLERS), scopes=(Scope.CASES_WRITE,))),
]
ItemName = Annotated[str, Path(max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Update = Annotated[int, Path(ge=0, le=2**31 - 1)]
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}


class CaseQuery(BaseModel):
    """Which cases, and which page of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Annotated[list[CaseState], Field(max_length=len(CaseState))] = []
    violation: Violation | None = None
    camera_id: ThingId | None = None
    area: Annotated[str | None, Field(max_length=400, pattern=r"^[A-Za-z0-9_./-]*$")] = None
    created_from: PlausibleInstant | None = None
    created_before: PlausibleInstant | None = None
    cursor: Annotated[str | None, Field(max_length=MAX_CURSOR_CHARACTERS)] = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE


class OpenedItem(BaseModel):
    """A link that lives for minutes."""

    url: str
    expires_at: datetime


@router.get("/cases", operation_id="list_cases", responses=problems(400, 401, 403, 404, 422, 503))
def list_cases(
    query: Annotated[CaseQuery, Query()], caller: Reader, session: ReadSession
) -> CasePage:
    """Cases of one's area, newest first."""
    wanted = CaseFilter(
        area=area_of(caller, query.area),
        states=tuple(query.state),
        violation=query.violation,
        camera_id=query.camera_id,
        created_from=query.created_from,
        created_before=query.created_before,
    )
    return service.list_cases(session, wanted, cursor=query.cursor, limit=query.limit)


@router.get(
    "/cases/{case_id}", operation_id="get_case", responses=problems(401, 403, 404, 422, 503)
)
def get_case(
    *,
    case_id: UUID,
    caller: Reader,
    session: ReadSession,
    store: CurrentStore,
    settings: CurrentSettings,
    base_url: BaseUrl,
) -> CaseDetail:
    """One case with its evidence, people, norms, reports, events and log."""
    return service.case_detail(
        session, caller, case_id, store=store, settings=settings, base_url=base_url
    )


@router.post(
    "/cases/{case_id}/withdrawal",
    operation_id="withdraw_case",
    responses=problems(401, 403, 404, 409, 422, 503),
)
def withdraw_case(
    *,
    case_id: UUID,
    request: WithdrawRequest,
    user: Reviewer,
    session: WriteSession,
    settings: CurrentSettings,
    now: Now,
) -> CaseItem:
    """Take a case back; everybody who had it gets a tombstone."""
    case, _ = lock_case(session, user, case_id)
    changes.withdraw(
        session,
        case,
        actor=user,
        reason=request.reason,
        note=request.note,
        settings=settings,
        now=now,
    )
    return service.item_of(case)


@router.post(
    "/cases/{case_id}/status",
    operation_id="report_case_status",
    responses=problems(401, 403, 404, 409, 422, 503),
)
def report_case_status(
    *,
    case_id: UUID,
    request: StatusRequest,
    user: Handler,
    session: WriteSession,
    settings: CurrentSettings,
    now: Now,
) -> CaseItem:
    """Report as an officer what happened on a case."""
    case = callbacks.report_status(session, user, case_id, request, settings=settings, now=now)
    return service.item_of(case)


@router.post(
    "/cases/{case_id}/callbacks",
    operation_id="report_callback",
    responses=problems(401, 403, 404, 409, 422, 503),
)
def report_callback(
    *,
    case_id: UUID,
    request: CallbackRequest,
    machine: CaseSystem,
    session: WriteSession,
    settings: CurrentSettings,
    now: Now,
) -> CallbackAnswer:
    """Report as a case system what happened on a case; each report counts once."""
    case, callback, duplicate = callbacks.receive_callback(
        session, machine, case_id, request, settings=settings, now=now
    )
    return CallbackAnswer(
        callback_id=callback.callback_id,
        result=callback.result,
        duplicate=duplicate,
        case=service.item_of(case),
    )


@router.post(
    "/cases/{case_id}/verifications",
    operation_id="verify_case",
    responses=problems(401, 403, 404, 410, 422, 503),
)
def verify_case(
    *,
    case_id: UUID,
    caller: Reader,
    database: CurrentDatabase,
    store: CurrentStore,
    settings: CurrentSettings,
    now: Now,
) -> Verification:
    """Hash every byte of a case's evidence again and name what does not hold."""
    return service.verify_case(database, caller, case_id, store=store, settings=settings, now=now)


@router.get(
    "/cases/{case_id}/bundle",
    operation_id="get_case_bundle",
    response_class=StreamingResponse,
    responses={**ZIP, **problems(401, 403, 404, 410, 422, 503)},
)
def get_case_bundle(
    case_id: UUID, machine: FeedReader, session: WriteSession, store: CurrentStore, now: Now
) -> StreamingResponse:
    """The frozen evidence set as one ZIP file that `pipeline.evidence.verify` checks offline."""
    return _zip(
        *service.bundle_of(
            session, machine, case_id, update=None, purpose=None, store=store, now=now
        )
    )


@router.post(
    "/cases/{case_id}/bundle",
    operation_id="take_case_bundle",
    response_class=StreamingResponse,
    responses={**ZIP, **problems(401, 403, 404, 410, 422, 503)},
)
def take_case_bundle(
    *,
    case_id: UUID,
    request: PurposeRequest,
    user: Reviewer,
    session: WriteSession,
    store: CurrentStore,
    now: Now,
) -> StreamingResponse:
    """The same for a person, who says what for; each original stands in the access register."""
    return _zip(
        *service.bundle_of(
            session, user, case_id, update=None, purpose=request, store=store, now=now
        )
    )


@router.get(
    "/cases/{case_id}/supplements/{update}/bundle",
    operation_id="get_supplement_bundle",
    response_class=StreamingResponse,
    responses={**ZIP, **problems(401, 403, 404, 410, 422, 503)},
)
def get_supplement_bundle(
    *,
    case_id: UUID,
    update: Update,
    machine: FeedReader,
    session: WriteSession,
    store: CurrentStore,
    now: Now,
) -> StreamingResponse:
    """Material that came after the freeze, as a bundle of its own."""
    return _zip(
        *service.bundle_of(
            session, machine, case_id, update=update, purpose=None, store=store, now=now
        )
    )


@router.post(
    "/cases/{case_id}/items/{name}",
    operation_id="open_case_item",
    responses=problems(401, 403, 404, 410, 422, 503),
)
def open_case_item(
    *,
    case_id: UUID,
    name: ItemName,
    machine: FeedReader,
    session: WriteSession,
    store: CurrentStore,
    settings: CurrentSettings,
    base_url: BaseUrl,
    now: Now,
) -> OpenedItem:
    """A link to one file of the set, originals included; the log keeps who asked for it."""
    url, expires_at = service.open_item(
        session,
        machine,
        case_id,
        name,
        store=store,
        settings=settings,
        base_url=base_url,
        now=now,
    )
    return OpenedItem(url=url, expires_at=expires_at)


@router.post(
    "/cases/{case_id}/inquiry-code",
    operation_id="show_inquiry_code",
    responses=problems(401, 403, 404, 409, 422, 503),
)
def show_inquiry_code(
    case_id: UUID, caller: CodeHolder, session: WriteSession, secrets: CurrentSecrets, now: Now
) -> InquiryCode:
    """The code with which the party sees its own case; who asked for it is logged."""
    return service.code_for(session, caller, case_id, secrets=secrets, now=now)


def _zip(name: str, pieces: object) -> StreamingResponse:
    return StreamingResponse(
        pieces,  # type: ignore[arg-type]  # an iterator of bytes
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
