"""Who is calling, and may they: the dependencies with which every route begins.

`CurrentUser` (a cookie, and for changes the header X-CSRF-Token), `CurrentMachine` and `CurrentBox`
(a bearer token) name the caller or answer 401. `allow`, `allow_scope`, `allow_reader` and
`allow_either` add the right, or answer 403. The caller is looked up in a transaction of its own
that has ended when the route's begins, so that a request never holds two connections.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select

from api.boxes.tables import BoxRecord
from api.clock import Now
from api.database import Database
from api.errors import Forbidden, Unauthenticated
from api.principal import Principal, PrincipalKind
from api.settings import ApiSettings
from api.users import repository
from api.users.tables import MachineToken, Organisation, Role, Scope, User
from api.users.tokens import csrf_token, token_digest

# `__Host-`: browsers take it only over TLS, for this host alone and for all of its paths.
SECURE_COOKIE = "__Host-streetcase"
PLAIN_COOKIE = "streetcase"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# How exact "last seen" is: a console asks every few seconds, and not each one needs a write.
SEEN_EVERY = timedelta(seconds=60)

_cookie_scheme = APIKeyCookie(
    name=SECURE_COOKIE,
    scheme_name="session",
    description=f"A person's session; without TLS its name is `{PLAIN_COOKIE}`."
    f" Requests that change something also send `{CSRF_HEADER}`, as GET /session gives it.",
    auto_error=False,
)
_machine_scheme = HTTPBearer(scheme_name="machine", auto_error=False)
_box_scheme = HTTPBearer(scheme_name="box", auto_error=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOfUser:
    """A person's session with what its routes need."""

    principal: Principal
    token_sha256: bytes
    csrf: str
    must_change_password: bool
    expires_at: datetime


def cookie_name(settings: ApiSettings) -> str:
    """The name of the session's cookie."""
    return SECURE_COOKIE if settings.server.secure_cookies else PLAIN_COOKIE


def principal_of(user: User, organisation: Organisation) -> Principal:
    """A person as a caller."""
    return Principal(
        kind=PrincipalKind.USER,
        id=str(user.id),
        name=user.name,
        organisation_path=organisation.path,
        roles=frozenset(Role(role) for role in user.roles),
        legal_qualified=user.legal_qualified,
    )


def current_session(
    request: Request,
    now: Now,
    _cookie: Annotated[str | None, Security(_cookie_scheme)],
) -> SessionOfUser:
    """The session of the cookie, checked, with the CSRF token where something may change."""
    settings: ApiSettings = request.app.state.settings
    database: Database = request.app.state.database
    token = request.cookies.get(cookie_name(settings), "")
    if not token:
        raise Unauthenticated("not_logged_in", "Nobody is logged in. Log in first.")
    digest = token_digest(token)
    with database.reading() as session:
        found = repository.open_session(session, digest)
    idle = timedelta(minutes=settings.accounts.idle_minutes)
    if found is None or found[1].disabled_at is not None:
        raise Unauthenticated("session_unknown", "The session has ended. Log in again.")
    login, user, organisation = found
    if now >= login.expires_at or now >= login.seen_at + idle:
        raise Unauthenticated("session_expired", "The session has expired. Log in again.")
    _check_csrf(request, login.csrf_sha256)
    if now - login.seen_at >= SEEN_EVERY:
        with database.writing() as session:
            repository.touch_session(session, digest, now)
    return SessionOfUser(
        principal=principal_of(user, organisation),
        token_sha256=digest,
        csrf=csrf_token(token),
        must_change_password=user.must_change_password,
        expires_at=login.expires_at,
    )


CurrentSession = Annotated[SessionOfUser, Depends(current_session)]


def current_user(login: CurrentSession) -> Principal:
    """The person who is logged in, unless a new password is due first."""
    if login.must_change_password:
        raise Forbidden(
            "password_change_needed", "This password was given by somebody else. Change it first."
        )
    return login.principal


CurrentUser = Annotated[Principal, Depends(current_user)]


def current_machine(
    request: Request,
    now: Now,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_machine_scheme)],
) -> Principal:
    """The machine of a bearer token."""
    token = _token_of(bearer)
    database: Database = request.app.state.database
    with database.reading() as session:
        found = repository.machine(session, token_digest(token))
    if found is None or not _is_good(found[0], now):
        raise Unauthenticated("token_unknown", "The token is unknown, expired or revoked.")
    machine, organisation = found
    if machine.used_at is None or now - machine.used_at >= SEEN_EVERY:
        with database.writing() as session:
            repository.touch_machine(session, machine.id, now)
    return Principal(
        kind=PrincipalKind.MACHINE,
        id=str(machine.id),
        name=machine.name,
        organisation_path=organisation.path,
        scopes=frozenset(Scope(scope) for scope in machine.scopes),
    )


CurrentMachine = Annotated[Principal, Depends(current_machine)]


def current_box(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_box_scheme)],
) -> Principal:
    """The enrolled box of a bearer token."""
    digest = token_digest(_token_of(bearer))
    database: Database = request.app.state.database
    with database.reading() as session:
        row = session.execute(
            select(BoxRecord, Organisation)
            .join(Organisation, Organisation.id == BoxRecord.organisation_id)
            .where(BoxRecord.token_sha256 == digest)
        ).one_or_none()
    if row is None or row[0].revoked_at is not None:
        raise Unauthenticated("token_unknown", "The token is unknown or revoked. Enrol again.")
    return Principal(
        kind=PrincipalKind.BOX,
        id=row[0].id,
        name=row[0].id,
        organisation_path=row[1].path,
    )


CurrentBox = Annotated[Principal, Depends(current_box)]


def allow(*roles: Role) -> Callable[[Principal], Principal]:
    """A dependency: a person with one of the roles. An administrator needs them like others."""

    def with_role(user: CurrentUser) -> Principal:
        if not user.has(*roles):
            raise _role_missing(roles)
        return user

    return with_role


def allow_reader() -> Callable[[Principal], Principal]:
    """A dependency: anybody who is logged in."""

    def reader(user: CurrentUser) -> Principal:
        return user

    return reader


def allow_scope(*scopes: Scope) -> Callable[[Principal], Principal]:
    """A dependency: a machine whose token has one of the scopes."""

    def with_scope(machine: CurrentMachine) -> Principal:
        if machine.scopes.isdisjoint(scopes):
            raise _scope_missing(scopes)
        return machine

    return with_scope


def allow_either(
    *, roles: Iterable[Role], scopes: Iterable[Scope]
) -> Callable[[Request, datetime, str | None, HTTPAuthorizationCredentials | None], Principal]:
    """A dependency: a person with one of the roles, or a machine with one of the scopes.

    A request with a bearer token is a machine's, whatever cookies come along.
    """
    wanted_roles, wanted_scopes = frozenset(roles), frozenset(scopes)

    def either(
        request: Request,
        now: Now,
        cookie: Annotated[str | None, Security(_cookie_scheme)],
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_machine_scheme)],
    ) -> Principal:
        if bearer is not None:
            machine = current_machine(request, now, bearer)
            if machine.scopes.isdisjoint(wanted_scopes):
                raise _scope_missing(wanted_scopes)
            return machine
        user = current_user(current_session(request, now, cookie))
        if not user.has(*wanted_roles):
            raise _role_missing(wanted_roles)
        return user

    return either


def _check_csrf(request: Request, csrf_sha256: bytes) -> None:
    if request.method in SAFE_METHODS:
        return
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(token_digest(sent), csrf_sha256):
        raise Forbidden(
            "csrf", f"The header {CSRF_HEADER} is missing or wrong. Take it from GET /session."
        )


def _token_of(bearer: HTTPAuthorizationCredentials | None) -> str:
    if bearer is None:
        raise Unauthenticated(
            "token_missing", "A token is needed. Send it as `Authorization: Bearer ...`."
        )
    return bearer.credentials


def _is_good(machine: MachineToken, now: datetime) -> bool:
    return machine.revoked_at is None and (machine.expires_at is None or now < machine.expires_at)


def _role_missing(roles: Iterable[Role]) -> Forbidden:
    names: list[str] = sorted(role.value for role in roles)
    return Forbidden(
        "role_missing", f"This needs one of the roles {', '.join(names)}.", roles=list(names)
    )


def _scope_missing(scopes: Iterable[Scope]) -> Forbidden:
    names: list[str] = sorted(scope.value for scope in scopes)
    return Forbidden(
        "scope_missing",
        f"This needs a token with one of the scopes {', '.join(names)}.",
        scopes=list(names),
    )
