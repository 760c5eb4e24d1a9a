"""Whether the centre lives, is ready, and what it counts."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from api.database import Database
from api.errors import ApiError
from api.evidence.store import EvidenceStore
from api.migration import is_current
from api.principal import Principal
from api.problems import problems
from api.state import CurrentDatabase, CurrentMetrics, CurrentStore
from api.users.access import allow_scope
from api.users.tables import Scope

router = APIRouter(tags=["operation"])

# No file has this digest; asking for it shows that the store answers.
NOTHING = "0" * 64

Scraper = Annotated[Principal, Depends(allow_scope(Scope.METRICS_READ))]


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether requests can be served, part by part."""

    ready: bool
    database: bool
    migrated: bool  # the schema is the one that this version works with
    store: bool


@router.get("/health", operation_id="health")
def health() -> Health:
    """For a supervisor: restart the process if this does not answer."""
    return Health()


@router.get("/ready", operation_id="ready", responses={503: {"model": Readiness}})
def ready(
    response: Response, request: Request, database: CurrentDatabase, store: CurrentStore
) -> Readiness:
    """For a proxy: send requests here only while this says so."""
    has_database, is_migrated = _database(database)
    has_store = _store(store)
    is_ready = has_database and is_migrated and has_store and not request.app.state.is_stopping
    if not is_ready:
        response.status_code = 503
    return Readiness(ready=is_ready, database=has_database, migrated=is_migrated, store=has_store)


@router.get(
    "/metrics", operation_id="metrics", response_class=Response, responses=problems(401, 403)
)
def metrics(_machine: Scraper, counted: CurrentMetrics) -> Response:
    """Counters for Prometheus, by a token with the scope metrics:read."""
    return Response(counted.text(), media_type=counted.content_type)


def _database(database: Database) -> tuple[bool, bool]:
    try:
        return database.is_reachable(), is_current(database)
    except SQLAlchemyError:
        return False, False


def _store(store: EvidenceStore) -> bool:
    try:
        store.size_of(NOTHING)
    except ApiError:
        return False
    return True
