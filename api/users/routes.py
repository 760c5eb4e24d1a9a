"""Routes of people, organisations and machine tokens; `router` holds those of sessions too."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path

from api.clock import Now
from api.database import ReadSession, WriteSession
from api.paging import DEFAULT_PAGE, Cursor, Limit
from api.principal import Principal
from api.problems import problems
from api.users import machine_tokens, service
from api.users.access import allow, allow_reader
from api.users.passwords import new_password
from api.users.schemas import (
    MachineTokenPage,
    MachineTokenView,
    MachineTokenWithText,
    NewMachineToken,
    NewOrganisation,
    NewUser,
    OrganisationList,
    OrganisationName,
    OrganisationView,
    UserPage,
    UserPatch,
    UserView,
    UserWithPassword,
)
from api.users.service import UserChange
from api.users.session_routes import router as session_router
from api.users.tables import Role

router = APIRouter()
router.include_router(session_router)
organisations = APIRouter(tags=["organisations"])
users = APIRouter(tags=["users"])
machines = APIRouter(tags=["machine tokens"])

Admin = Annotated[Principal, Depends(allow(Role.ADMIN))]
# LAW-58: a supervisor sees everything of its area; an auditor checks who may do what.
Overseer = Annotated[Principal, Depends(allow(Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR))]
Reader = Annotated[Principal, Depends(allow_reader())]
OrganisationIdInPath = Annotated[str, Path(min_length=2, max_length=32, pattern=r"^[0-9A-Za-z]+$")]


@organisations.get("/organisations", operation_id="list_organisations", responses=problems(401))
def list_organisations(caller: Reader, session: ReadSession) -> OrganisationList:
    """The caller's node of the tree and all below it, parents first."""
    found = service.organisations_seen_by(session, caller)
    return OrganisationList(items=[OrganisationView.of(one) for one in found])


@organisations.post(
    "/organisations",
    status_code=201,
    operation_id="create_organisation",
    responses=problems(401, 403, 404, 409, 422),
)
def create_organisation(
    body: NewOrganisation, caller: Admin, session: WriteSession, now: Now
) -> OrganisationView:
    """Add a node below one of the caller's."""
    made = service.create_organisation(
        session, actor=caller, id_=body.id, name=body.name, parent_id=body.parent_id, now=now
    )
    return OrganisationView.of(made)


@organisations.patch(
    "/organisations/{organisation_id}",
    operation_id="rename_organisation",
    responses=problems(401, 403, 404, 422),
)
def rename_organisation(
    organisation_id: OrganisationIdInPath,
    body: OrganisationName,
    caller: Admin,
    session: WriteSession,
    now: Now,
) -> OrganisationView:
    """Give a node another name; its place in the tree stays."""
    changed = service.rename_organisation(
        session, actor=caller, id_=organisation_id, name=body.name, now=now
    )
    return OrganisationView.of(changed)


@users.get("/users", operation_id="list_users", responses=problems(400, 401, 403))
def list_users(
    caller: Overseer, session: ReadSession, limit: Limit = DEFAULT_PAGE, cursor: Cursor = None
) -> UserPage:
    """People of the caller's area by login, those who are disabled too."""
    found, following = service.users_seen_by(session, caller, cursor=cursor, limit=limit)
    return UserPage(items=[UserView.of(person) for person in found], next=following)


@users.post(
    "/users",
    status_code=201,
    operation_id="create_user",
    responses=problems(401, 403, 404, 409, 422),
)
def create_user(body: NewUser, caller: Admin, session: WriteSession, now: Now) -> UserWithPassword:
    """Add a person. The password is made here, shown this once, and changed at the first login."""
    password = new_password(body.login)
    made = service.create_user(
        session,
        actor=caller,
        login=body.login,
        name=body.name,
        organisation_id=body.organisation_id,
        roles=body.roles,
        password=password,
        now=now,
        legal_qualified=body.legal_qualified,
        certificate_number=body.certificate_number,
        language=body.language,
    )
    person = service.user_seen_by(session, caller, made.id)
    return UserWithPassword(user=UserView.of(person), password=password)


@users.get("/users/{user_id}", operation_id="get_user", responses=problems(401, 403, 404))
def get_user(user_id: UUID, caller: Overseer, session: ReadSession) -> UserView:
    """One person."""
    return UserView.of(service.user_seen_by(session, caller, user_id))


@users.patch(
    "/users/{user_id}",
    operation_id="change_user",
    responses=problems(401, 403, 404, 409, 422),
)
def change_user(
    user_id: UUID, body: UserPatch, caller: Admin, session: WriteSession, now: Now
) -> UserView:
    """Change or disable a person; people are never deleted, as decisions name them."""
    change = UserChange(
        name=body.name,
        organisation_id=body.organisation_id,
        roles=None if body.roles is None else tuple(body.roles),
        legal_qualified=body.legal_qualified,
        certificate_number=body.certificate_number,
        language=body.language,
        disabled=body.disabled,
    )
    person = service.change_user(session, actor=caller, id_=user_id, change=change, now=now)
    return UserView.of(person)


@users.post(
    "/users/{user_id}/password",
    operation_id="reset_password",
    responses=problems(401, 403, 404),
)
def reset_password(
    user_id: UUID, caller: Admin, session: WriteSession, now: Now
) -> UserWithPassword:
    """Make a new password for somebody who forgot theirs; it is shown this once."""
    person, password = service.reset_password(session, actor=caller, id_=user_id, now=now)
    return UserWithPassword(user=UserView.of(person), password=password)


@users.delete(
    "/users/{user_id}/sessions",
    status_code=204,
    operation_id="end_sessions",
    responses=problems(401, 403, 404),
)
def end_sessions(user_id: UUID, caller: Admin, session: WriteSession, now: Now) -> None:
    """Log somebody out everywhere."""
    service.end_sessions(session, actor=caller, id_=user_id, now=now)


@machines.get(
    "/machine-tokens", operation_id="list_machine_tokens", responses=problems(400, 401, 403)
)
def list_machine_tokens(
    caller: Overseer, session: ReadSession, limit: Limit = DEFAULT_PAGE, cursor: Cursor = None
) -> MachineTokenPage:
    """Tokens of machines of the caller's area, without their texts."""
    found, following = machine_tokens.machine_tokens_seen_by(
        session, caller, cursor=cursor, limit=limit
    )
    return MachineTokenPage(items=[MachineTokenView.of(one) for one in found], next=following)


@machines.post(
    "/machine-tokens",
    status_code=201,
    operation_id="create_machine_token",
    responses=problems(401, 403, 404, 422),
)
def create_machine_token(
    body: NewMachineToken, caller: Admin, session: WriteSession, now: Now
) -> MachineTokenWithText:
    """Make a token for a case system or a register; its text is shown this once."""
    made, token = machine_tokens.create_machine_token(
        session,
        actor=caller,
        name=body.name,
        organisation_id=body.organisation_id,
        scopes=body.scopes,
        now=now,
        expires_at=body.expires_at,
    )
    return MachineTokenWithText(machine_token=MachineTokenView.of(made), token=token)


@machines.delete(
    "/machine-tokens/{token_id}",
    operation_id="revoke_machine_token",
    responses=problems(401, 403, 404),
)
def revoke_machine_token(
    token_id: UUID, caller: Admin, session: WriteSession, now: Now
) -> MachineTokenView:
    """End a machine's token at once."""
    return MachineTokenView.of(
        machine_tokens.revoke_machine_token(session, actor=caller, id_=token_id, now=now)
    )


for part in (organisations, users, machines):
    router.include_router(part)
