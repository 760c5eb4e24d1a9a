"""A centre for each test: its database, store, clock, people and clients.

Tests run on SQLite. A module (or test) that depends on the database runs on both with

    pytestmark = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
"""

from __future__ import annotations

import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import structlog
from ceph_server import missing_programs, running_ceph
from postgres_server import running_postgres
from pydantic import SecretStr
from sqlalchemy import create_engine, text

from api import migration
from api.app import create_app
from api.boxes.enrolment import create_code
from api.database import Database, open_engine
from api.logs import configure_logs
from api.principal import system
from api.schema import METADATA
from api.settings import ApiSettings, DatabaseSettings, Secrets, ServerSettings, StoreSettings
from api.users.passwords import hash_password
from api.users.tables import LoginSession, Organisation, User
from api.users.tokens import SESSION_PREFIX, csrf_token, new_token, token_digest
from tests.api.simulated_box import SimulatedBox

with warnings.catch_warnings():
    # Starlette prefers a successor of httpx; httpx is what the product uses.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSWORD = "correct horse battery staple"  # noqa: S105 - of people who live for one test
BASE_URL = "https://testserver"
CITY, DISTRICT, OTHER_DISTRICT = "110000", "110105", "110106"


class Clock:
    """The present instant, as a test says it."""

    def __init__(self, instant):
        self.instant = instant

    def __call__(self):
        return self.instant

    def advance(self, **duration):
        """Let time pass, as `advance(minutes=5)`."""
        self.instant += timedelta(**duration)
        return self.instant

    def set(self, instant):
        """Say what time it is."""
        self.instant = instant


class Caller:
    """A person's or machine's client: every request carries what shows who it is."""

    def __init__(self, app, headers, cookies=None, user=None):
        self.user = user
        self._client = TestClient(
            app,
            base_url=BASE_URL,
            headers=headers,
            cookies=cookies,
            raise_server_exceptions=False,
        )

    def __getattr__(self, name):
        return getattr(self._client, name)


@pytest.fixture(autouse=True)
def plain_logs():
    """Logs as the centre writes them; pytest shows them when a test fails."""
    configure_logs(sys.stderr)
    yield
    structlog.reset_defaults()


@pytest.fixture
def now():
    """A clock that stands until a test moves it: a Monday morning in Beijing."""
    return Clock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A database file with the schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(open_engine(DatabaseSettings(url=f"sqlite:///{path}")))
    _build(database)
    return path


@pytest.fixture(scope="session")
def postgres():
    """A real PostgreSQL server of our own; gives the URL of a database by its name."""
    with running_postgres() as server:
        yield server.url_of


@pytest.fixture(scope="session")
def postgres_template(postgres):
    """The name of a database with the schema, to be copied."""
    with _administrating(postgres("postgres")) as connection:
        connection.execute(text("CREATE DATABASE template_streetcase"))
    database = Database(
        open_engine(DatabaseSettings(url=postgres("template_streetcase"), pool_size=1))
    )
    _build(database)
    return "template_streetcase"


@pytest.fixture(scope="session")
def ceph():
    """Ceph's S3 gateway; skipped where its Debian packages are missing."""
    missing = missing_programs()
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (packages ceph-mon, ceph-osd, radosgw)")
    with running_ceph() as server:
        yield server


@pytest.fixture
def database_kind(request):
    """Which database a test runs on; see the module's docstring."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def database_url(database_kind, tmp_path, request):
    """A database of its own for one test, with the schema."""
    if database_kind == "sqlite":
        path = tmp_path / "centre.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url_of = request.getfixturevalue("postgres")
    template = request.getfixturevalue("postgres_template")
    name = f"test_{uuid4().hex}"
    with _administrating(url_of("postgres")) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield url_of(name)
    with _administrating(url_of("postgres")) as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def secrets():
    """The centre's secrets."""
    return Secrets(session=SecretStr("for tests only, and at least 32 characters long"))


@pytest.fixture
def settings(database_url, tmp_path):
    """The centre's settings."""
    return ApiSettings(
        server=ServerSettings(public_url=BASE_URL),
        database=DatabaseSettings(url=database_url, pool_size=5),
        store=StoreSettings(folder=tmp_path / "store"),
    )


@pytest.fixture
def app(settings, secrets, now):
    """The application, without background work: a test does it when it wants it."""
    application = create_app(settings, secrets, now=now, with_timers=False)
    yield application
    application.state.database.engine.dispose()


@pytest.fixture
def database(app):
    """The application's own database."""
    return app.state.database


@pytest.fixture
def store(app):
    """The application's own evidence store."""
    return app.state.store


@pytest.fixture
def client(app):
    """A client that nobody is logged in with; faults come back as answers."""
    with TestClient(app, base_url=BASE_URL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def organisations(database, now):
    """A city with two districts; ids are CITY, DISTRICT and OTHER_DISTRICT."""
    rows = (
        Organisation(id=CITY, parent_id=None, name="City", path=f"{CITY}/"),
        Organisation(id=DISTRICT, parent_id=CITY, name="East", path=f"{CITY}/{DISTRICT}/"),
        Organisation(
            id=OTHER_DISTRICT, parent_id=CITY, name="West", path=f"{CITY}/{OTHER_DISTRICT}/"
        ),
    )
    with database.writing() as session:
        for row in rows:
            row.created_at = now()
            session.add(row)
            session.flush()
    return {row.id: row for row in rows}


@pytest.fixture(scope="session")
def password_hash():
    """The digest of PASSWORD, made once: making it slow is its point."""
    return hash_password(PASSWORD)


@pytest.fixture
def make_user(database, organisations, password_hash, now):
    """Makes people with the password PASSWORD: `make_user("li", Role.OPERATOR)`."""

    def make(login, *roles, organisation=DISTRICT, **fields):
        user = User(
            id=uuid4(),
            login=login,
            name=fields.pop("name", login.title()),
            organisation_id=organisation,
            roles=[role.value for role in roles],
            password_hash=password_hash,
            created_at=now(),
            **fields,
        )
        with database.writing() as session:
            session.add(user)
        return user

    return make


@pytest.fixture
def log_in(app, database, make_user, now):
    """Makes a person and logs in: `log_in(Role.OPERATOR).get("/api/v1/session")`."""

    def begin(*roles, login=None, organisation=DISTRICT, **fields):
        name = login or f"user-{uuid4().hex[:8]}"
        user = make_user(name, *roles, organisation=organisation, **fields)
        token = new_token(SESSION_PREFIX)
        with database.writing() as session:
            session.add(
                LoginSession(
                    token_sha256=token_digest(token),
                    csrf_sha256=token_digest(csrf_token(token)),
                    user_id=user.id,
                    created_at=now(),
                    seen_at=now(),
                    expires_at=now() + timedelta(hours=12),
                )
            )
        return Caller(
            app,
            headers={"X-CSRF-Token": csrf_token(token)},
            cookies={"__Host-streetcase": token},
            user=user,
        )

    return begin


@pytest.fixture
def enrolled(client, database, organisations, now):
    """Makes boxes that are enrolled: `enrolled("box-2", OTHER_DISTRICT).send()`."""

    def make(box_id="box-1", organisation=DISTRICT, key=None, clock=now):
        with database.writing() as session:
            made = create_code(
                session,
                actor=system("command"),
                box_id=box_id,
                organisation_id=organisation,
                now=now(),
            )
        box = SimulatedBox(client, clock, box_id, key)
        answer = box.enrol(made.code)
        assert answer.status_code == 200, answer.text
        return box

    return make


@pytest.fixture
def box(enrolled):
    """An enrolled box of DISTRICT; `box.send(...)` has it deliver a candidate."""
    return enrolled()


def _build(database):
    METADATA.create_all(database.engine)
    migration.stamp(database)
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # The file alone is copied, so everything must be in it.
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine.dispose()


@contextmanager
def _administrating(url) -> Iterator:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
