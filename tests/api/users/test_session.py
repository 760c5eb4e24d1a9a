"""Logging in and out over HTTP: cookies, CSRF, expiry, limits, passwords."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from api.audit.service import check_chain
from api.audit.tables import AuditEntry
from api.settings import ApiSettings
from api.users import passwords, repository
from api.users.tables import LoginSession, Role, User
from pipeline.settings import parse_settings

PASSWORD = "correct horse battery staple"  # noqa: S105 - of people who exist in tests only
both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def hasher(request, monkeypatch):
    """Passwords cost a millisecond here, but for tests that ask for the real parameters."""
    if "real_hasher" in request.fixturenames:
        return
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))
    monkeypatch.setattr(passwords, "_nobodys_hash", passwords._nobodys_hash.__wrapped__)


@pytest.fixture
def real_hasher():
    """Ask for it to have passwords cost what they do in life."""


@pytest.fixture
def password_hash(hasher):
    """The digest of PASSWORD by the hasher of the test."""
    return passwords.hash_password(PASSWORD)


def begin(client, login="li", password=PASSWORD):
    return client.post("/api/v1/session", json={"login": login, "password": password})


@both
def test_log_in_and_out(client, make_user):
    """A person logs in, is named with roles, logs out, and the session is gone."""
    make_user("li", Role.OPERATOR, Role.AUDITOR)
    answer = begin(client, "LI")
    assert answer.status_code == 201
    body = answer.json()
    assert body["user"]["login"] == "li"
    assert body["user"]["roles"] == ["operator", "auditor"]
    assert client.get("/api/v1/session").json()["csrf"] == body["csrf"]
    gone = client.delete("/api/v1/session", headers={"X-CSRF-Token": body["csrf"]})
    assert gone.status_code == 204
    assert client.get("/api/v1/session").json()["code"] == "not_logged_in"


def test_the_cookie_is_kept_from_scripts_and_other_sites(client, make_user):
    """The session's cookie is host-only, over TLS, unseen by scripts, never sent across sites."""
    make_user("li")
    cookie = begin(client).headers["set-cookie"]
    name, *attributes = [part.strip().lower() for part in cookie.split(";")]
    assert name.startswith("__host-streetcase=scs_")
    assert {"httponly", "secure", "path=/", "samesite=strict"} <= set(attributes)
    assert not any(part.startswith("domain") for part in attributes)


def test_the_token_is_kept_as_a_digest_only(client, make_user, database):
    """Whoever reads the table cannot take a session over."""
    make_user("li")
    token = begin(client).cookies["__Host-streetcase"]
    with database.reading() as session:
        row = session.scalars(select(LoginSession)).one()
    stored = row.token_sha256 + row.csrf_sha256 + row.agent.encode() + row.address.encode()
    assert token.encode() not in stored


@pytest.mark.parametrize("sent", [None, "", "0" * 64])
def test_a_change_needs_the_csrf_token(log_in, sent):
    """Without the token of this very session nothing changes; reading needs none."""
    caller = log_in(Role.OPERATOR)
    headers = {"X-CSRF-Token": sent or ""}
    answer = caller.delete("/api/v1/session", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert caller.get("/api/v1/session", headers=headers).status_code == 200


def test_another_sessions_csrf_token_is_refused(log_in):
    """The token belongs to one session."""
    one, other = log_in(Role.OPERATOR), log_in(Role.OPERATOR)
    foreign = other.get("/api/v1/session").json()["csrf"]
    answer = one.delete("/api/v1/session", headers={"X-CSRF-Token": foreign})
    assert answer.json()["code"] == "csrf"


def test_a_session_expires_when_idle(log_in, now):
    """A desk left alone for an hour asks for the password; one in use does not."""
    caller = log_in(Role.OPERATOR)
    for _ in range(3):
        now.advance(minutes=59)
        assert caller.get("/api/v1/session").status_code == 200
    now.advance(minutes=60)
    assert caller.get("/api/v1/session").json()["code"] == "session_expired"


def test_a_session_expires_after_a_shift(log_in, now):
    """However busy it is, after twelve hours everybody logs in again."""
    caller = log_in(Role.OPERATOR)
    for _ in range(23):
        now.advance(minutes=31)
        assert caller.get("/api/v1/session").status_code == 200
    now.advance(minutes=7)
    assert caller.get("/api/v1/session").json()["code"] == "session_expired"


def test_a_disabled_persons_session_ends(log_in, database):
    """Disabling takes effect with the next request."""
    caller = log_in(Role.OPERATOR)
    with database.writing() as session:
        session.get(User, caller.user.id).disabled_at = caller.user.created_at
    assert caller.get("/api/v1/session").json()["code"] == "session_unknown"


def test_wrong_name_and_wrong_password_look_the_same(client, make_user):
    """Nobody learns from an answer which names exist, or who is disabled."""
    make_user("li")
    make_user("wang", disabled_at=make_user("zhao").created_at)
    answers = [
        begin(client, "li", "wrong"),
        begin(client, "nobody", "wrong"),
        begin(client, "wang"),
    ]
    bodies = [{k: v for k, v in a.json().items() if k != "request_id"} for a in answers]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert bodies[0] == bodies[1] == bodies[2]


def test_an_unknown_name_costs_a_hash(client, make_user, monkeypatch):
    """An unknown and a disabled name take the time of a known one: one verification each."""
    made = make_user("li")
    make_user("wang", disabled_at=made.created_at)
    verified = []

    class Counting:
        def verify(self, known, password):
            verified.append(known)
            return hasher.verify(known, password)

        def __getattr__(self, name):
            return getattr(hasher, name)

    hasher = passwords._HASHER
    monkeypatch.setattr(passwords, "_HASHER", Counting())
    for login in ("li", "nobody", "wang"):
        begin(client, login, "wrong")
    parameters = [known.split("$")[3] for known in verified]
    assert len(parameters) == 3
    assert len(set(parameters)) == 1


@both
def test_a_name_is_locked_after_too_many_failures(client, make_user, now, settings):
    """Ten failures lock a name, not the others; the lock says when it ends, and ends."""
    make_user("li")
    make_user("wang")
    for _ in range(settings.accounts.failures_per_name):
        assert begin(client, "li", "wrong").status_code == 401
        now.advance(seconds=10)
    locked = begin(client, "li")
    assert (locked.status_code, locked.json()["code"]) == (429, "too_many_failures")
    wait = int(locked.headers["Retry-After"])
    assert wait == 15 * 60 - 100
    assert begin(client, "wang").status_code == 201
    now.advance(seconds=wait - 1)
    assert begin(client, "li").status_code == 429
    now.advance(seconds=1)
    assert begin(client, "li").status_code == 201


def test_an_address_is_locked_after_too_many_failures(client, make_user, settings):
    """Guessing one password for many names ends as well, also for names that do not exist."""
    make_user("li")
    for number in range(settings.accounts.failures_per_address):
        assert begin(client, f"name{number}", "wrong").status_code == 401
    assert begin(client, "li").status_code == 429


def test_coming_in_forgets_the_names_failures(client, make_user, settings):
    """Somebody who mistypes every morning is never locked out."""
    make_user("li")
    for _ in range(3):
        for _ in range(settings.accounts.failures_per_name - 1):
            begin(client, "li", "wrong")
        assert begin(client, "li").status_code == 201


@both
def test_many_guesses_at_once_do_not_slip_through(client, make_user, settings):
    """However many processes guess at the same time, no more than the limit are looked at."""
    make_user("li")
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.append(begin(client, "li", "wrong").status_code))
        for _ in range(2 * settings.accounts.failures_per_name)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {401, 429}
    assert statuses.count(401) <= settings.accounts.failures_per_name


def test_old_failures_are_forgotten(client, make_user, database, now):
    """The table of failures does not grow with time."""
    make_user("li")
    for _ in range(3):
        begin(client, "li", "wrong")
        now.advance(hours=1)
    begin(client, "li", "wrong")
    with database.reading() as session:
        assert repository.count_attempts(session) == 2  # of the name and of the address


def test_sessions_of_one_person_are_bounded(client, make_user, database, now):
    """The eleventh browser logs the first one out; expired sessions are forgotten."""
    made = make_user("li")
    for _ in range(12):
        assert begin(client).status_code == 201
        now.advance(minutes=1)
    with database.reading() as session:
        assert len(repository.sessions_of(session, made.id)) == 10
    now.advance(hours=13)
    begin(client)
    with database.reading() as session:
        assert len(repository.sessions_of(session, made.id)) == 1


def test_a_password_of_old_parameters_is_hashed_anew(client, make_user, database, real_hasher):
    """Stronger parameters reach everybody who logs in."""
    made = make_user("li")
    with database.writing() as session:
        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        session.get(User, made.id).password_hash = weak
    assert begin(client).status_code == 201
    with database.reading() as session:
        fresh = session.get(User, made.id).password_hash
    assert fresh != weak
    assert "m=65536,t=3,p=1" in fresh
    assert begin(client).status_code == 201


def test_a_given_password_must_be_changed_first(client, make_user):
    """A password that somebody else knows opens nothing but its own change."""
    make_user("li", Role.ADMIN, must_change_password=True)
    headers = {"X-CSRF-Token": begin(client).json()["csrf"]}
    assert client.get("/api/v1/users").json()["code"] == "password_change_needed"
    assert client.get("/api/v1/session").json()["user"]["must_change_password"]
    body = {"old": PASSWORD, "new": "an entirely new phrase"}
    assert client.put("/api/v1/session/password", json=body, headers=headers).status_code == 204
    assert client.get("/api/v1/users").status_code == 200


def test_changing_the_password_ends_the_other_sessions(app, client, make_user, log_in, database):
    """A stolen session does not outlive a change; the one that made it does."""
    caller = log_in(Role.OPERATOR, login="li")
    headers = {"X-CSRF-Token": begin(client).json()["csrf"]}
    body = {"old": PASSWORD, "new": "an entirely new phrase"}
    assert client.put("/api/v1/session/password", json=body, headers=headers).status_code == 204
    assert client.get("/api/v1/session").status_code == 200
    assert caller.get("/api/v1/session").status_code == 401
    assert begin(client, "li", "an entirely new phrase").status_code == 201


def test_a_stolen_session_cannot_guess_the_password(log_in, settings):
    """The old password is asked for, and guesses are counted like those of a login."""
    caller = log_in(Role.OPERATOR)
    body = {"old": "wrong", "new": "an entirely new phrase"}
    for _ in range(settings.accounts.failures_per_name):
        answer = caller.put("/api/v1/session/password", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")
    assert caller.put("/api/v1/session/password", json=body).status_code == 429


@pytest.mark.parametrize("new", ["short", PASSWORD, "password1234567"])
def test_a_weak_new_password_is_refused(log_in, new):
    """A new password follows the policy and is not the old one."""
    caller = log_in(Role.OPERATOR)
    answer = caller.put("/api/v1/session/password", json={"old": PASSWORD, "new": new})
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")


def test_what_was_sent_is_not_repeated(client):
    """A refused body is not shown again: it may hold a password."""
    answer = client.post("/api/v1/session", json={"login": "li", "password": [PASSWORD]})
    assert answer.status_code == 422
    assert PASSWORD not in answer.text


def test_coming_and_going_is_logged(client, make_user, database):
    """The log knows of logins, refusals and logouts, and not what was typed as a name."""
    made = make_user("li")
    begin(client, "my-password-by-mistake", "x")
    begin(client, "li", "wrong")
    headers = {"X-CSRF-Token": begin(client).json()["csrf"]}
    client.delete("/api/v1/session", headers=headers)
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
        assert check_chain(session).broken_at is None
    told = [(entry.action, entry.subject_id) for entry in entries]
    assert told == [
        ("session.refused", "unknown"),
        ("session.refused", str(made.id)),
        ("session.began", str(made.id)),
        ("session.ended", str(made.id)),
    ]
    assert "my-password-by-mistake" not in str([entry.details for entry in entries])


@pytest.mark.parametrize("cookie", ["scs_x", "", "scs_" + "A" * 43])
def test_an_unknown_session_is_refused(client, cookie):
    """A made-up cookie opens nothing."""
    client.cookies.set("__Host-streetcase", cookie)
    assert client.get("/api/v1/session").status_code == 401


def test_the_documents_settings_are_the_defaults():
    """The example of docs/accounts.md loads, and says what holds without it."""
    document = Path(__file__).parents[3] / "docs/accounts.md"
    example = document.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    assert parse_settings(example, ApiSettings, document.name) == ApiSettings()
