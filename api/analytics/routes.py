"""The overview's figures over HTTP, as JSON and as CSV."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from api.analytics import service
from api.analytics.coverage import coverage
from api.analytics.repository import Window
from api.analytics.schemas import Coverage, Hours, Pace, Precision, Workload
from api.analytics.spreadsheets import as_csv
from api.clock import Now
from api.database import ReadSession
from api.errors import Unprocessable
from api.instants import PlausibleInstant
from api.paging import DEFAULT_PAGE, Cursor, Limit
from api.principal import Principal
from api.problems import problems
from api.review.claims import area_of
from api.state import CurrentSettings
from api.texts import ThingId
from api.users.access import allow_reader
from pipeline.violations import Violation

router = APIRouter(prefix="/analytics", tags=["analytics"])

DEFAULT_DAYS = 30
MAX_WINDOW = timedelta(days=366)
MAX_COVERAGE = timedelta(days=31)  # a camera that comes and goes has up to 12 gaps an hour
Reader = Annotated[Principal, Depends(allow_reader())]
Area = Annotated[str | None, Query(max_length=400, pattern=r"^[A-Za-z0-9_./-]*$")]
PROBLEMS = problems(401, 403, 404, 422, 503)
CSV = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **PROBLEMS}


def _window(
    caller: Reader,
    now: Now,
    begins: PlausibleInstant | None = None,
    ends: PlausibleInstant | None = None,
    area: Area = None,
) -> Window:
    until = ends or now
    since = begins or until - timedelta(days=DEFAULT_DAYS)
    if not timedelta(0) < until - since <= MAX_WINDOW:
        raise Unprocessable(
            "window", f"`begins` lies before `ends`, at most {MAX_WINDOW.days} days."
        )
    return Window(area=area_of(caller, area), begins=since, ends=until)


def _timezone(settings: CurrentSettings) -> ZoneInfo:
    return ZoneInfo(settings.timezone)


CurrentWindow = Annotated[Window, Depends(_window)]
Timezone = Annotated[ZoneInfo, Depends(_timezone)]


@router.get("/precision", operation_id="get_precision", responses=PROBLEMS)
def get_precision(window: CurrentWindow, session: ReadSession) -> Precision:
    """How often people confirm what each camera reports, with intervals; the worst first."""
    return service.precision(session, window)


@router.get("/workload", operation_id="get_workload", responses=PROBLEMS)
def get_workload(window: CurrentWindow, session: ReadSession, now: Now) -> Workload:
    """How the queue stands, and the share that was judged on time."""
    return service.workload(session, window, now=now)


@router.get("/pace", operation_id="get_pace", responses=PROBLEMS)
def get_pace(window: CurrentWindow, session: ReadSession, timezone: Timezone) -> Pace:
    """Decisions per hour."""
    return service.pace(session, window, timezone=timezone)


@router.get("/hours", operation_id="get_hours", responses=PROBLEMS)
def get_hours(
    window: CurrentWindow,
    session: ReadSession,
    timezone: Timezone,
    violation: Violation | None = None,
) -> Hours:
    """When acts begin, by weekday and hour."""
    return service.hours(session, window, violation=violation, timezone=timezone)


@router.get("/coverage", operation_id="get_coverage", responses=problems(400, 401, 403, 404, 422))
def get_coverage(
    *,
    window: CurrentWindow,
    session: ReadSession,
    now: Now,
    camera_id: ThingId | None = None,
    limit: Limit = DEFAULT_PAGE,
    cursor: Cursor = None,
) -> Coverage:
    """How much of the time each camera was watched: no act seen there means nothing else."""
    if window.ends - window.begins > MAX_COVERAGE:
        raise Unprocessable("window", f"At most {MAX_COVERAGE.days} days are looked at.")
    return coverage(session, window, camera_id=camera_id, cursor=cursor, limit=limit, now=now)


@router.get(
    "/precision.csv", operation_id="get_precision_csv", response_class=Response, responses=CSV
)
def get_precision_csv(window: CurrentWindow, session: ReadSession) -> Response:
    """The table of /analytics/precision."""
    columns = (
        "camera_id", "camera_name", "violation", "received", "confirmed", "rejected", "withdrawn",
        "waiting", "precision.value", "precision.low", "precision.high", "alarm",
    )  # fmt: skip
    return _csv("precision", service.precision(session, window).rows, columns)


@router.get(
    "/workload.csv", operation_id="get_workload_csv", response_class=Response, responses=CSV
)
def get_workload_csv(window: CurrentWindow, session: ReadSession, now: Now) -> Response:
    """The ages of /analytics/workload."""
    columns = ("from_minutes", "to_minutes", "waiting")
    return _csv("workload", service.workload(session, window, now=now).ages, columns)


@router.get("/pace.csv", operation_id="get_pace_csv", response_class=Response, responses=CSV)
def get_pace_csv(window: CurrentWindow, session: ReadSession, timezone: Timezone) -> Response:
    """The table of /analytics/pace."""
    columns = ("hour", "confirmed", "rejected", "need_more", "mean_seconds")
    return _csv("pace", service.pace(session, window, timezone=timezone).rows, columns)


@router.get("/hours.csv", operation_id="get_hours_csv", response_class=Response, responses=CSV)
def get_hours_csv(
    window: CurrentWindow,
    session: ReadSession,
    timezone: Timezone,
    violation: Violation | None = None,
) -> Response:
    """The table of /analytics/hours."""
    found = service.hours(session, window, violation=violation, timezone=timezone)
    return _csv("hours", found.rows, ("weekday", "hour", "violation", "acts"))


def _csv(name: str, rows: Iterable[BaseModel], columns: Iterable[str]) -> Response:
    return Response(
        as_csv(rows, columns),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
