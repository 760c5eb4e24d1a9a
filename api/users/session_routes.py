"""Routes of logging in, logging out and changing one's password."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.clock import Now
from api.database import ReadSession, WriteSession
from api.problems import problems
from api.settings import ApiSettings
from api.state import CurrentDatabase, CurrentSettings
from api.users import sessions
from api.users.access import CurrentSession, cookie_name
from api.users.schemas import Credentials, PasswordChange, SessionView
from api.users.service import person_of

router = APIRouter(tags=["session"])


@router.post(
    "/session",
    status_code=201,
    operation_id="log_in",
    responses=problems(401, 422, 429),
)
def log_in(
    *,
    body: Credentials,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    settings: CurrentSettings,
    now: Now,
) -> SessionView:
    """Log in: sets the session's cookie and gives the token for the header X-CSRF-Token."""
    begun = sessions.log_in(
        database,
        settings.accounts,
        login=body.login,
        password=body.password.get_secret_value(),
        address=_address(request),
        agent=request.headers.get("User-Agent", ""),
        now=now,
    )
    response.set_cookie(
        cookie_name(settings),
        begun.token,
        max_age=settings.accounts.session_hours * 3600,
        path="/",
        secure=settings.server.secure_cookies,
        httponly=True,
        samesite="strict",
    )
    return SessionView.of(begun.person, begun.csrf, begun.expires_at)


@router.get("/session", operation_id="get_session", responses=problems(401))
def get_session(login: CurrentSession, session: ReadSession) -> SessionView:
    """Who is logged in. Answers also while a new password is due."""
    return SessionView.of_current(person_of(session, login.principal), login)


@router.delete("/session", status_code=204, operation_id="log_out", responses=problems(401, 403))
def log_out(
    login: CurrentSession,
    response: Response,
    settings: CurrentSettings,
    session: WriteSession,
    now: Now,
) -> None:
    """Log out: the session ends at once, everywhere."""
    sessions.log_out(session, login, now=now)
    _forget_cookie(response, settings)


@router.put(
    "/session/password",
    status_code=204,
    operation_id="change_password",
    responses=problems(401, 403, 422, 429),
)
def change_password(
    *,
    body: PasswordChange,
    login: CurrentSession,
    request: Request,
    database: CurrentDatabase,
    settings: CurrentSettings,
    now: Now,
) -> None:
    """Change one's own password; one's other sessions end."""
    sessions.change_password(
        database,
        settings.accounts,
        login=login,
        old=body.old.get_secret_value(),
        new=body.new.get_secret_value(),
        address=_address(request),
        now=now,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _forget_cookie(response: Response, settings: ApiSettings) -> None:
    response.delete_cookie(
        cookie_name(settings),
        path="/",
        secure=settings.server.secure_cookies,
        httponly=True,
        samesite="strict",
    )
