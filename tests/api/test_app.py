"""What every request meets: problem documents, ids, limits, headers, probes, the last resort."""

from __future__ import annotations

import json
import os
import re
import signal
import sys

import pytest
from postgres_server import running_postgres
from sqlalchemy import event, insert
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from api.app import create_app
from api.boundary import MAX_BODY_BYTES, SECURITY_HEADERS
from api.database import Counter, WriteSession
from api.logs import configure_logs
from api.settings import DatabaseSettings, S3Settings, StoreSettings
from api.users.tables import MachineToken, Role, Scope
from api.users.tokens import token_digest
from pipeline.errors import SettingsError
from tests.api.conftest import BASE_URL, DISTRICT

both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
SECRET = "what-nobody-may-read"  # noqa: S105 - a word to look for


@pytest.fixture
def routes(app):
    """The application with some routes that go wrong."""

    def write(session: WriteSession) -> dict[str, bool]:
        session.execute(insert(Counter).values(name="half", value=1))
        return {"answered": True}

    def fail() -> None:
        raise RuntimeError(SECRET)

    def fail_late(session: WriteSession) -> None:
        session.execute(insert(Counter).values(name="half", value=1))
        raise RuntimeError(SECRET)

    for path, handler in (("write", write), ("fail", fail), ("fail-late", fail_late)):
        app.add_api_route(f"/test/{path}", handler, methods=["POST"])
        app.router.routes.insert(0, app.router.routes.pop())  # before the console's pages
    return app


def problem_of(answer, status, code):
    """The problem document of an answer, after checking its form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "fields", "request_id"}
    assert problem["code"] == code
    assert problem["type"] == f"urn:streetcase:problem:{code}"
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    return problem


def test_live(client):
    """A running process says so."""
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


@both
def test_ready(client):
    """A centre with database, schema and store is ready."""
    answer = client.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": True, "migrated": True, "store": True}


def test_not_ready_while_stopping(client, app):
    """A centre that is about to stop asks the proxy for no more requests."""
    app.state.is_stopping = True
    assert client.get("/ready").status_code == 503


def test_not_ready_without_store(client, store):
    """A store that is away is told, and the rest still answers."""
    store._root.parent.mkdir(exist_ok=True)
    store._root.write_bytes(b"")  # no folder
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": True, "migrated": True, "store": False}
    assert client.get("/health").status_code == 200


def test_problems_of_addresses_and_methods(client):
    """What is not there and what is not allowed are problem documents too."""
    problem_of(client.get("/api/nowhere"), 404, "not_found")
    problem_of(client.get("/api/v1/nowhere"), 404, "not_found")
    answer = client.delete("/health")
    problem_of(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_a_body_that_does_not_fit_is_named_and_not_repeated(client):
    """Each field at fault is named; what was sent, perhaps a password, is not."""
    answer = client.post("/api/v1/session", json={"login": 5, "password": [SECRET], "x": SECRET})
    problem = problem_of(answer, 422, "invalid_request")
    places = {error["at"] for error in problem["fields"]["errors"]}
    assert {"body.login", "body.password", "body.x"} <= places
    assert SECRET not in answer.text
    problem_of(
        client.post("/api/v1/session", content=b"{", headers={"Content-Type": "application/json"}),
        422,
        "invalid_request",
    )


def test_a_fault_of_ours_tells_nothing(routes):
    """An unexpected exception gives 500 with an id and no word of what it was."""
    with TestClient(routes, base_url=BASE_URL, raise_server_exceptions=False) as client:
        answer = client.post("/test/fail", headers={"X-Request-Id": "trace-0001"})
    problem = problem_of(answer, 500, "internal_error")
    assert problem["request_id"] == "trace-0001"
    assert SECRET not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@both
def test_a_failing_commit_is_no_success(routes, database):
    """If the commit fails, the answer is 500 and nothing is stored."""

    def refuse(_connection):
        raise RuntimeError("the disk is full")

    with TestClient(routes, base_url=BASE_URL, raise_server_exceptions=False) as client:
        event.listen(database.engine, "commit", refuse)
        answer = client.post("/test/write")
        event.remove(database.engine, "commit", refuse)
        problem_of(answer, 500, "internal_error")
        with database.reading() as session:
            assert session.get(Counter, "half") is None
        assert client.post("/test/write").status_code == 200
    with database.reading() as session:
        assert session.get(Counter, "half").value == 1


@both
def test_a_fault_after_a_write_undoes_it(routes, database):
    """Nothing of a request that fails half-way stays."""
    with TestClient(routes, base_url=BASE_URL, raise_server_exceptions=False) as client:
        problem_of(client.post("/test/fail-late"), 500, "internal_error")
    with database.reading() as session:
        assert session.get(Counter, "half") is None


@both
def test_a_database_that_goes_away_is_the_callers_to_retry(routes, database):
    """While the database does not answer every route gives 503; afterwards all is well."""

    def away(*_):
        raise OperationalError("SELECT", {}, Exception(SECRET))

    with TestClient(routes, base_url=BASE_URL, raise_server_exceptions=False) as client:
        event.listen(database.engine, "begin", away)
        answer = client.post("/test/write")
        problem_of(answer, 503, "database_unavailable")
        assert answer.headers["Retry-After"] == "5"
        assert SECRET not in answer.text
        assert client.get("/ready").json()["database"] is False
        event.remove(database.engine, "begin", away)
        assert client.post("/test/write").status_code == 200


def test_a_database_that_is_away_at_start_is_no_reason_to_die(settings, secrets, now, tmp_path):
    """The centre starts, answers 503, and works once the database is there and migrated."""
    folder = tmp_path / "not-yet"
    away = settings.model_copy(
        update={"database": DatabaseSettings(url=f"sqlite:///{folder}/centre.db")}
    )
    folder.write_bytes(b"")  # in the way of the folder
    app = create_app(away, secrets, now=now)
    with TestClient(app, base_url=BASE_URL, raise_server_exceptions=False) as client:
        assert client.get("/ready").status_code == 503
        body = {"login": "li", "password": "long enough for once"}
        problem_of(client.post("/api/v1/session", json=body), 503, "database_unavailable")
        folder.unlink()
        folder.mkdir()
        app.state.timers.due("migrate")
        for _ in range(100):
            if client.get("/ready").status_code == 200:
                break
        else:
            pytest.fail("it never got ready")
    app.state.database.engine.dispose()


def test_a_real_postgresql_that_stops(settings, secrets, now):
    """When the server is gone in the middle of things, requests end as 503 and not as a hang."""
    with running_postgres() as server:
        own = settings.model_copy(update={"database": DatabaseSettings(url=server.url_of())})
        app = create_app(own, secrets, now=now, with_timers=False)
        with TestClient(app, base_url=BASE_URL, raise_server_exceptions=False) as client:
            assert client.get("/ready").status_code == 200
            os.kill(server.pid, signal.SIGINT)
            body = {"login": "li", "password": "long enough for once"}
            for _ in range(100):  # until it has gone
                if client.get("/ready").status_code == 503:
                    break
            problem_of(client.post("/api/v1/session", json=body), 503, "database_unavailable")
        app.state.database.engine.dispose()


@pytest.mark.parametrize("brought", ["short", "with space in it", "x" * 65, "a\tb-cdefgh"])
def test_foreign_ids_are_checked(client, brought):
    """An id that could forge a log line is replaced by one of ours."""
    answer = client.get("/health", headers={"X-Request-Id": brought})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_every_answer_carries_the_security_headers(client):
    """Browsers are told to guess nothing, frame nothing and keep nothing."""
    for path in ("/health", "/api/nowhere", "/api/v1/session"):
        headers = client.get(path).headers
        for name, value in SECURITY_HEADERS.items():
            assert headers[name] == value, (path, name)
        assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_bodies_have_a_limit(client):
    """A body over the limit gives 413, whether its length was announced or not."""
    large = b'{"login": "' + b"x" * MAX_BODY_BYTES + b'"}'
    headers = {"Content-Type": "application/json"}
    announced = client.post("/api/v1/session", content=large, headers=headers)
    problem_of(announced, 413, "too_large")
    pieces = (large[at : at + 100_000] for at in range(0, len(large), 100_000))
    chunked = client.post("/api/v1/session", content=pieces, headers=headers)
    problem_of(chunked, 413, "too_large")


def test_submissions_may_be_larger(client):
    """The few bodies that are larger by nature have limits of their own."""
    large = b'{"login": "' + b"x" * MAX_BODY_BYTES + b'"}'
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/v1/boxes/me/candidates", content=large, headers=headers)
    assert answer.status_code in {401, 422}


def test_the_log_names_routes_and_no_secrets(app, client, store, capsys):
    """A request is one line with route, status and time: no query, no token."""
    configure_logs(sys.stderr)  # as captured here
    token = "scb_" + SECRET
    client.get(f"/api/v1/users?cursor={SECRET}", headers={"Authorization": f"Bearer {token}"})
    client.get(f"/api/v1/store/objects/{SECRET}")
    client.get("/health")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["status"], line["route"]) for line in requests] == [
        (401, "/api/v1/users"),
        (403, "/api/v1/store/objects/{token}"),
    ]
    assert SECRET not in json.dumps(lines)
    assert all(line["request_id"] for line in requests)


@pytest.fixture
def scraper(database, organisations, make_user, now):
    """Headers of a machine that may read metrics."""
    admin = make_user("admin", Role.ADMIN)
    with database.writing() as session:
        session.add(
            MachineToken(
                id=admin.id,
                name="prometheus",
                token_sha256=token_digest("sct_metrics"),
                scopes=[Scope.METRICS_READ.value],
                organisation_id=DISTRICT,
                created_by=admin.id,
                created_at=now(),
            )
        )
    return {"Authorization": "Bearer sct_metrics"}


def test_metrics_count_requests_by_route(client, scraper):
    """Prometheus sees routes as templates, never as addresses; strangers see nothing."""
    problem_of(client.get("/metrics"), 401, "token_missing")
    client.get("/api/v1/users/6a0b0d29-5e4a-4b0e-8f61-0c5a3d3c9c11")
    client.request("BREW", "/coffee")
    text = client.get("/metrics", headers=scraper).text
    found = 'streetcase_requests_total{method="GET",route="/api/v1/users/{user_id}",status="401"}'
    assert f"{found} 1.0" in text
    assert 'method="OTHER"' in text
    assert "coffee" not in text


def test_applications_share_nothing(settings, secrets, now):
    """Two applications in one process have their own counters."""
    first, second = (create_app(settings, secrets, now=now) for _ in range(2))
    first.state.metrics.candidates_duplicate.inc()
    assert "duplicate_total 1.0" in first.state.metrics.text().decode()
    assert "duplicate_total 0.0" in second.state.metrics.text().decode()


def test_the_description_names_every_problem(app):
    """OpenAPI refers to one schema of problems, and each operation has a readable id."""
    document = app.openapi()
    assert "Problem" in document["components"]["schemas"]
    ids = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", id_) for id_ in ids), ids
    assert "HTTPValidationError" not in json.dumps(document)


def test_an_s3_store_needs_its_secret(settings, secrets, now):
    """Settings that name an S3 server without a secret key are refused in words."""
    s3 = StoreSettings(s3=S3Settings(endpoint="s3.example", access_key="key"))
    with pytest.raises(SettingsError, match="STREETCASE_STORE_SECRET"):
        create_app(settings.model_copy(update={"store": s3}), secrets, now=now)
