"""Logging in and out: sessions that expire, and passwords that are checked at a steady pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from api.audit.service import append
from api.database import Database
from api.errors import Forbidden, Unauthenticated, Unprocessable
from api.principal import Principal, system
from api.settings import AccountSettings
from api.users import repository
from api.users.access import SessionOfUser, principal_of
from api.users.attempts import begin_attempt, login_key, take_back
from api.users.passwords import check_password, hash_password, needs_rehash, verify_password
from api.users.service import Person
from api.users.tables import LoginSession
from api.users.tokens import SESSION_PREFIX, csrf_token, new_token, token_digest

# Browsers in which one person is logged in at once; the oldest session gives way.
MAX_SESSIONS = 10
MAX_AGENT_CHARACTERS = 300  # as the column
MAX_ADDRESS_CHARACTERS = 64  # as the column
UNKNOWN = "unknown"  # stands in the log for a name that nobody has: it may be a mistyped password

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A session that has just begun. `token` goes into the cookie and is kept nowhere else."""

    token: str
    csrf: str
    expires_at: datetime
    person: Person


def log_in(
    database: Database,
    settings: AccountSettings,
    *,
    login: str,
    password: str,
    address: str,
    agent: str,
    now: datetime,
) -> LoggedIn:
    """Begin a session. Takes as long, and writes as much, for an unknown name as for a known one.

    Several short transactions: a failure must stay counted although the request fails, and no lock
    is held while a password is hashed.

    Raises:
        TooManyRequests: Too many failures under this name or from this address.
        Unauthenticated: The name or the password is wrong, or the person is disabled.
    """
    login, address = login.lower(), address[:MAX_ADDRESS_CHARACTERS]
    attempt = begin_attempt(database, settings, login=login, address=address, now=now)
    with database.reading() as session:
        found = repository.user_by_login(session, login)
    password_hash = None
    if found is not None and found[0].disabled_at is None:
        password_hash = found[0].password_hash
    if not verify_password(password, password_hash) or found is None or password_hash is None:
        _note_refusal(database, found, address, now)
        raise Unauthenticated("login_failed", "The name or the password is wrong.")
    fresh_hash = hash_password(password) if needs_rehash(password_hash) else None
    take_back(database, attempt)
    with database.writing() as session:
        return _begin(
            session,
            settings,
            found,
            fresh_hash=fresh_hash,
            address=address,
            agent=agent,
            now=now,
        )


def log_out(session: Session, login: SessionOfUser, *, now: datetime) -> None:
    """End one session."""
    repository.delete_session(session, login.token_sha256)
    _log(session, login.principal, "session.ended", login.principal, now=now)


def change_password(
    database: Database,
    settings: AccountSettings,
    *,
    login: SessionOfUser,
    old: str,
    new: str,
    address: str,
    now: datetime,
) -> None:
    """Change one's own password; one's other sessions end.

    Raises:
        Forbidden: The old password is wrong.
        Unprocessable: The new one is weak, or the old one.
        TooManyRequests: Too many failures.
    """
    with database.reading() as session:
        name, password_hash = _credentials(session, login)
    attempt = begin_attempt(database, settings, login=name, address=address, now=now)
    if not verify_password(old, password_hash):
        raise Forbidden("wrong_password", "The old password is wrong.")
    take_back(database, attempt)
    check_password(new, login=name)
    if old == new:
        raise Unprocessable("weak_password", "The new password is the old one. Choose another one.")
    fresh_hash = hash_password(new)
    with database.writing() as session:
        user, _ = _person(session, login)
        user.password_hash, user.must_change_password = fresh_hash, False
        repository.delete_sessions(session, user.id, keep=login.token_sha256)
        _log(session, login.principal, "user.password_changed", login.principal, now=now)


def _begin(
    session: Session,
    settings: AccountSettings,
    found: Person,
    *,
    fresh_hash: str | None,
    address: str,
    agent: str,
    now: datetime,
) -> LoggedIn:
    person = repository.user(session, found[0].id)
    if person is None or person[0].disabled_at is not None:  # since the password was checked
        raise Unauthenticated("login_failed", "The name or the password is wrong.")
    user, organisation = person
    if fresh_hash is not None:
        user.password_hash = fresh_hash
    repository.delete_attempts_of(session, login_key(user.login))
    repository.delete_expired_sessions(session, now)
    for surplus in repository.sessions_of(session, user.id)[MAX_SESSIONS - 1 :]:
        session.delete(surplus)
    token = new_token(SESSION_PREFIX)
    csrf = csrf_token(token)
    expires_at = now + timedelta(hours=settings.session_hours)
    session.add(
        LoginSession(
            token_sha256=token_digest(token),
            csrf_sha256=token_digest(csrf),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
            address=address,
            agent=agent[:MAX_AGENT_CHARACTERS],
        )
    )
    session.flush()
    principal = principal_of(user, organisation)
    _log(session, principal, "session.began", principal, now=now, address=address)
    return LoggedIn(token=token, csrf=csrf, expires_at=expires_at, person=person)


def _note_refusal(database: Database, found: Person | None, address: str, now: datetime) -> None:
    subject = principal_of(*found) if found else None
    log.warning("login_refused", address=address, user=subject.id if subject else UNKNOWN)
    with database.writing() as session:
        _log(session, system("login"), "session.refused", subject, now=now, address=address)


def _log(
    session: Session,
    actor: Principal,
    action: str,
    subject: Principal | None,
    *,
    now: datetime,
    address: str = "",
) -> None:
    append(
        session,
        actor=actor,
        action=action,
        subject_kind="user",
        subject_id=subject.id if subject else UNKNOWN,
        organisation_path=subject.organisation_path if subject else "",
        now=now,
        details={"address": address} if address else {},
    )


def _person(session: Session, login: SessionOfUser) -> Person:
    found = repository.open_session(session, login.token_sha256)
    if found is None:  # it ended while the request was under way
        raise Unauthenticated("session_unknown", "The session has ended. Log in again.")
    return found[1], found[2]


def _credentials(session: Session, login: SessionOfUser) -> tuple[str, str]:
    user, _ = _person(session, login)
    return user.login, user.password_hash
