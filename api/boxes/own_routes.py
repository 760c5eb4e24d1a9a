"""Routes by which boxes speak for themselves; docs/api.md describes them for both sides."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.boxes import enrolment, reports, service
from api.candidates import ingest
from api.clock import Now
from api.database import WriteSession
from api.problems import problems
from api.state import (
    BaseUrl,
    CurrentDatabase,
    CurrentMetrics,
    CurrentSecrets,
    CurrentSettings,
    CurrentStore,
)
from api.users.access import CurrentBox
from pipeline.exchange import (
    BoxStatus,
    Enrolled,
    Enrolment,
    GapReceipt,
    GapReport,
    Receipt,
    StatusReply,
    Submission,
    UploadPlan,
    UploadRequest,
)

router = APIRouter()


@router.post("/boxes/enrol", operation_id="enrol_box", responses=problems(403, 409, 422, 429, 503))
def enrol_box(
    *,
    body: Enrolment,
    request: Request,
    database: CurrentDatabase,
    settings: CurrentSettings,
    secrets: CurrentSecrets,
    now: Now,
) -> Enrolled:
    """Register a box's key by a one-time code; gives the token for all other calls."""
    address = request.client.host if request.client else ""
    return enrolment.enrol(database, settings, secrets, body, address=address, now=now)


@router.post("/boxes/me/uploads", operation_id="plan_uploads", responses=problems(401, 422, 503))
def plan_uploads(
    body: UploadRequest, box: CurrentBox, store: CurrentStore, base_url: BaseUrl
) -> UploadPlan:
    """Say where evidence files go: one PUT each, to the link that this gives."""
    return service.plan_uploads(store, box, body, base_url=base_url)


@router.post(
    "/boxes/me/candidates",
    operation_id="submit_candidate",
    responses=problems(401, 404, 409, 413, 422, 503),
)
def submit_candidate(
    *,
    body: Submission,
    box: CurrentBox,
    database: CurrentDatabase,
    store: CurrentStore,
    settings: CurrentSettings,
    metrics: CurrentMetrics,
    now: Now,
) -> Receipt:
    """Hand over a candidate, or an update of one, whose files have been uploaded."""
    centre = ingest.Ingest(database=database, store=store, settings=settings, metrics=metrics)
    return centre.take(body, box, now=now)


@router.post("/boxes/me/gaps", operation_id="report_gaps", responses=problems(401, 409, 422, 503))
def report_gaps(body: GapReport, box: CurrentBox, session: WriteSession, now: Now) -> GapReceipt:
    """Tell of what had to be dropped."""
    return reports.note_gaps(session, box, body, now=now)


@router.post("/boxes/me/status", operation_id="report_status", responses=problems(401, 422, 503))
def report_status(body: BoxStatus, box: CurrentBox, session: WriteSession, now: Now) -> StatusReply:
    """Tell how the box is."""
    reports.note_status(session, box, body, now=now)
    return StatusReply(received_at=now, snapshots=reports.wanted_pictures(session, body, now=now))
