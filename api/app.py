"""The application: settings and secrets in, an ASGI app with every route and timer out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from typing import Any

import anyio.to_thread
import structlog
from fastapi import APIRouter, FastAPI
from sqlalchemy.exc import SQLAlchemyError

from api import console_pages, health, problems
from api.analytics import routes as analytics_routes
from api.audit import routes as audit_routes
from api.audit.export import head_timer
from api.boundary import Boundary
from api.boxes import routes as boxes_routes
from api.cameras import routes as cameras_routes
from api.candidates import routes as candidates_routes
from api.cases import routes as cases_routes
from api.cases.legal_bases import legal_bases_of
from api.clock import utc_now
from api.database import Database, open_engine
from api.evidence import folder_routes
from api.evidence.links import LinkSigner, derive_key
from api.evidence.recorded import is_any_recorded
from api.evidence.store import EvidenceStore
from api.evidence.store_folder import UPLOADS_PATH, FolderStore
from api.evidence.store_s3 import S3Store
from api.feed import routes as feed_routes
from api.feed.deliveries import delivery_timer
from api.metrics import Metrics
from api.migration import is_current, upgrade
from api.retention import routes as retention_routes
from api.retention.deleting import retention_timer
from api.review import routes as review_routes
from api.review.settlement import settlement_timer
from api.settings import STORE_SECRET, ApiSettings, Secrets
from api.stamping.authority import roots_of
from api.stamping.service import stamping_timer
from api.timers import Timer, Timers
from api.users import routes as users_routes
from pipeline.errors import SettingsError
from pipeline.exchange import (
    API_PREFIX,
    MAX_MANIFEST_CHARACTERS,
    MAX_OBJECT_BYTES,
    MAX_PICTURE_BYTES,
)

TITLE = "Streetcase centre"
# Until the database of a centre that has just started is there and migrated.
MIGRATE_SECONDS = 5.0
SWEEP_SECONDS = 3600.0
# A manifest's text may double as JSON in JSON, and the candidate repeats a part of it.
MAX_SUBMISSION_BYTES = 3 * MAX_MANIFEST_CHARACTERS
BODY_LIMITS = {
    f"{API_PREFIX}/boxes/me/candidates": MAX_SUBMISSION_BYTES,
    f"{API_PREFIX}/boxes/me/pictures/": MAX_PICTURE_BYTES,
    f"{API_PREFIX}{UPLOADS_PATH}/": MAX_OBJECT_BYTES,
}
LINKS_PURPOSE = "streetcase store links 1"

log = structlog.get_logger()


def create_app(
    settings: ApiSettings,
    secrets: Secrets,
    *,
    now: Callable[[], datetime] = utc_now,
    with_timers: bool = True,
) -> FastAPI:
    """The centre as one ASGI application; several may run on one database and one store.

    Nothing is contacted yet: a database or store that is away is no reason not to start.

    Args:
        settings: Where everything is.
        secrets: What must not stand in settings.
        now: The present instant; tests say their own.
        with_timers: Whether background work runs while the application does.

    Raises:
        SettingsError: A city's legal bases or a time-stamp authority's certificates do not hold, or
            an S3 server's secret is missing.
    """
    # A file that does not hold is said at once.
    legal_bases_of(settings.legal_bases)
    roots_of(settings.timestamp)
    app = FastAPI(
        title=TITLE,
        version=version("streetcase"),
        lifespan=_lifespan,
        openapi_url=f"{API_PREFIX}/openapi.json",
        docs_url=None,  # FastAPI's page loads its scripts from the internet
        redoc_url=None,
        responses={**problems.problems("4XX", "5XX")},
    )
    app.state.settings = settings
    app.state.secrets = secrets
    app.state.now = now
    app.state.metrics = Metrics()
    app.state.database = Database(open_engine(settings.database, secrets.database_password))
    app.state.store = open_store(settings, secrets, app.state.database, now=now)
    app.state.is_stopping = False
    app.state.timers = Timers(_timers(app) if with_timers else (), app.state.metrics)
    problems.install(app)
    app.include_router(health.router)
    for router in _routers():
        app.include_router(router, prefix=API_PREFIX)
    console_pages.install(app, settings.store)
    app.add_middleware(
        Boundary,
        metrics=app.state.metrics,
        body_limits=BODY_LIMITS,
        is_secure=settings.server.secure_cookies,
    )
    app.openapi = _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def open_store(
    settings: ApiSettings,
    secrets: Secrets,
    database: Database,
    *,
    now: Callable[[], datetime] = utc_now,
) -> EvidenceStore:
    """The evidence store that the settings name, whose files the database records.

    Raises:
        SettingsError: An S3 server is named and its secret key is missing.
    """
    if settings.store.s3 is None:
        return FolderStore(
            settings.store.folder,
            signer=LinkSigner(derive_key(secrets.session, LINKS_PURPOSE)),
            link_seconds=settings.store.url_seconds,
            now=now,
            is_any_recorded=partial(is_any_recorded, database),
        )
    if secrets.store_secret is None:
        raise SettingsError(
            f"store.s3 needs the secret key in {STORE_SECRET}, or a file's name in"
            f" {STORE_SECRET}_FILE"
        )
    return S3Store(settings.store.s3, secrets.store_secret, link_seconds=settings.store.url_seconds)


def _routers() -> tuple[APIRouter, ...]:
    """One line for each noun."""
    return (
        folder_routes.router,
        boxes_routes.router,
        users_routes.router,
        audit_routes.router,
        cameras_routes.router,
        candidates_routes.router,
        review_routes.router,
        cases_routes.router,
        retention_routes.router,
        feed_routes.router,
        analytics_routes.router,
    )


def _timers(app: FastAPI) -> tuple[Timer, ...]:
    """One line for each piece of background work."""
    state = app.state

    def migrate() -> None:
        if not is_current(state.database):
            upgrade(state.database)
            log.info("database_migrated")

    def sweep() -> None:
        # A link that was handed out just before the sweep has ended by twice its life.
        life = timedelta(seconds=state.settings.store.url_seconds)
        swept = state.store.sweep(state.now() - 2 * life)
        if swept:
            log.info("uploads_swept", files=swept)

    return (
        Timer(name="migrate", every_seconds=MIGRATE_SECONDS, work=migrate),
        Timer(name="sweep_uploads", every_seconds=SWEEP_SECONDS, work=sweep),
        settlement_timer(state),
        retention_timer(state),
        delivery_timer(state),
        head_timer(state),
        *stamping_timer(state),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start background work; on the way out say so first, then let work in progress end."""
    state = app.state
    try:
        await anyio.to_thread.run_sync(_migrate_at_start, state.database)
    except SQLAlchemyError as error:
        log.warning("database_away_at_start", kind=type(error).__name__)
    state.timers.start()
    try:
        yield
    finally:
        state.is_stopping = True
        await anyio.to_thread.run_sync(state.timers.stop)
        state.database.engine.dispose()


def _migrate_at_start(database: Database) -> None:
    if not is_current(database):
        upgrade(database)


def _openapi(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """FastAPI's document with the schema of problems, which every route refers to."""
    generate = app.openapi

    def document() -> dict[str, Any]:
        content = generate()
        schemas = content.setdefault("components", {}).setdefault("schemas", {})
        problem = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs", {}))
        schemas["Problem"] = problem
        return content

    return document
