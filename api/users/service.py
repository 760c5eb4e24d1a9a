"""Organisations and people: created, changed, disabled; each change is logged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.audit.service import append
from api.database import insert_new
from api.errors import Conflict, NotFound, Unprocessable
from api.paging import decode_cursor, encode_cursor
from api.principal import Principal
from api.users import repository
from api.users.passwords import check_password, hash_password, new_password
from api.users.tables import Organisation, Role, User

MAX_PATH_CHARACTERS = 400  # as the columns that hold an organisation's path

Person = tuple[User, Organisation]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """What to change of a person; none stays as it is."""

    name: str | None = None
    organisation_id: str | None = None
    roles: tuple[Role, ...] | None = None
    legal_qualified: bool | None = None
    certificate_number: str | None = None
    language: str | None = None
    disabled: bool | None = None


def create_organisation(
    session: Session, *, actor: Principal, id_: str, name: str, parent_id: str | None, now: datetime
) -> Organisation:
    """Add a node to the tree.

    Raises:
        NotFound: The parent is not there, or not in the actor's area.
        Conflict: The id is taken.
        Unprocessable: The tree would become too deep.
    """
    path = f"{id_}/"
    if parent_id is not None:
        path = organisation_seen_by(session, actor, parent_id).path + path
    elif actor.organisation_path:  # only the system plants a root
        raise NotFound("organisation_unknown", "Name the parent: a new root needs the console.")
    if len(path) > MAX_PATH_CHARACTERS:
        raise Unprocessable("too_deep", "The tree has too many levels here. Choose a parent above.")
    organisation = Organisation(id=id_, parent_id=parent_id, name=name, path=path, created_at=now)
    if repository.organisation(session, id_) or not insert_new(session, organisation):
        raise Conflict("organisation_exists", f"The organisation {id_} is there already.")
    append(
        session,
        actor=actor,
        action="organisation.created",
        subject_kind="organisation",
        subject_id=id_,
        organisation_path=path,
        now=now,
        details={"name": name},
    )
    return organisation


def rename_organisation(
    session: Session, *, actor: Principal, id_: str, name: str, now: datetime
) -> Organisation:
    """Give a node another name; its place in the tree stays, as records refer to it.

    Raises:
        NotFound: It is not there, or not in the actor's area.
    """
    organisation = organisation_seen_by(session, actor, id_)
    before, organisation.name = organisation.name, name
    append(
        session,
        actor=actor,
        action="organisation.renamed",
        subject_kind="organisation",
        subject_id=id_,
        organisation_path=organisation.path,
        now=now,
        details={"before": before, "after": name},
    )
    return organisation


def organisation_seen_by(session: Session, actor: Principal, id_: str) -> Organisation:
    """A node in somebody's area.

    Raises:
        NotFound: It is not there, or not in the area.
    """
    organisation = repository.organisation(session, id_)
    if organisation is None or not actor.sees(organisation.path):
        raise NotFound("organisation_unknown", f"There is no organisation {id_}.")
    return organisation


def create_user(
    session: Session,
    *,
    actor: Principal,
    login: str,
    name: str,
    organisation_id: str,
    roles: Iterable[Role],
    password: str,
    now: datetime,
    legal_qualified: bool = False,
    certificate_number: str = "",
    language: str = "zh-CN",
    must_change_password: bool = True,
) -> User:
    """Add a person. Somebody else knows the password, so it has to be changed unless said so.

    Call it first in a transaction: hashing takes a tenth of a second, and no lock is held yet.

    Raises:
        Unprocessable: The password is weak.
        NotFound: The organisation is not there, or not in the actor's area.
        Conflict: The login name is taken.
    """
    login = login.lower()
    check_password(password, login=login)
    password_hash = hash_password(password)
    organisation = organisation_seen_by(session, actor, organisation_id)
    user = User(
        id=uuid4(),
        login=login,
        name=name,
        organisation_id=organisation_id,
        roles=_sorted_roles(roles),
        legal_qualified=legal_qualified,
        certificate_number=certificate_number,
        password_hash=password_hash,
        must_change_password=must_change_password,
        language=language,
        created_at=now,
    )
    if repository.user_by_login(session, login) or not insert_new(session, user):
        raise Conflict("login_taken", f"Somebody has the login name {login} already.")
    facts: dict[str, JsonValue] = {"login": login, "name": name, "roles": list(user.roles)}
    _log(
        session,
        user,
        "user.created",
        actor=actor,
        organisation=organisation,
        now=now,
        details=facts,
    )
    return user


def user_seen_by(session: Session, actor: Principal, id_: UUID) -> Person:
    """A person in somebody's area.

    Raises:
        NotFound: Not there, or not in the area.
    """
    found = repository.user(session, id_)
    if found is None or not actor.sees(found[1].path):
        raise NotFound("user_unknown", f"There is no user {id_}.")
    return found


def change_user(
    session: Session, *, actor: Principal, id_: UUID, change: UserChange, now: datetime
) -> Person:
    """Change a person. What they may do changes with their next request.

    Raises:
        NotFound: The person or the new organisation is not there, or not in the actor's area.
        Conflict: Nobody would be left to administer the person's organisation.
    """
    # One at a time: two administrators must not take each other's role at once.
    session.execute(select(Organisation.id).order_by(Organisation.path).limit(1).with_for_update())
    user, before = user_seen_by(session, actor, id_)
    target = before
    if change.organisation_id is not None:
        target = organisation_seen_by(session, actor, change.organisation_id)
    was_admin = Role.ADMIN in user.roles and user.disabled_at is None
    differences = _apply(user, change, now)
    session.flush()
    if was_admin:
        _check_admin_left(session, before)
    if user.disabled_at is not None:
        repository.delete_sessions(session, user.id)
    if differences:
        _log(
            session,
            user,
            "user.changed",
            actor=actor,
            organisation=target,
            now=now,
            details=differences,
        )
    return user, target


def reset_password(
    session: Session, *, actor: Principal, id_: UUID, now: datetime
) -> tuple[Person, str]:
    """Give a person a new password, to be changed at the next login; every session ends.

    Raises:
        NotFound: Not there, or not in the actor's area.
    """
    user, organisation = user_seen_by(session, actor, id_)
    password = new_password(user.login)
    password_hash = hash_password(password)
    user.password_hash, user.must_change_password = password_hash, True
    repository.delete_sessions(session, user.id)
    _log(session, user, "user.password_reset", actor=actor, organisation=organisation, now=now)
    return (user, organisation), password


def end_sessions(session: Session, *, actor: Principal, id_: UUID, now: datetime) -> None:
    """Log a person out everywhere.

    Raises:
        NotFound: Not there, or not in the actor's area.
    """
    user, organisation = user_seen_by(session, actor, id_)
    repository.delete_sessions(session, user.id)
    _log(session, user, "user.sessions_ended", actor=actor, organisation=organisation, now=now)


def organisations_seen_by(session: Session, actor: Principal) -> Sequence[Organisation]:
    """The actor's node and all below, parents first."""
    return repository.organisations_below(session, actor.organisation_path)


def users_seen_by(
    session: Session, actor: Principal, *, cursor: str | None, limit: int
) -> tuple[Sequence[Person], str | None]:
    """One page of the people of the actor's area, by login, and the cursor of the next page.

    Raises:
        BadRequest: The cursor is none of this list.
    """
    after = str(decode_cursor(cursor, str)[0]) if cursor else ""
    found = repository.users_below(session, actor.organisation_path, after=after, limit=limit + 1)
    page = found[:limit]
    return page, encode_cursor(page[-1][0].login) if len(found) > limit else None


def person_of(session: Session, principal: Principal) -> Person:
    """The person behind a caller.

    Raises:
        NotFound: The caller is no person.
    """
    found = repository.user(session, UUID(principal.id))
    if found is None:
        raise NotFound("user_unknown", f"There is no user {principal.id}.")
    return found


def _sorted_roles(roles: Iterable[Role]) -> list[str]:
    return sorted({Role(role).value for role in roles})


def _apply(user: User, change: UserChange, now: datetime) -> dict[str, JsonValue]:
    """Write a change into a person; what it was and became, by field."""
    wanted: dict[str, object] = {
        "name": change.name,
        "organisation_id": change.organisation_id,
        "roles": None if change.roles is None else _sorted_roles(change.roles),
        "legal_qualified": change.legal_qualified,
        "certificate_number": change.certificate_number,
        "language": change.language,
    }
    differences: dict[str, JsonValue] = {}
    for field, value in wanted.items():
        before = getattr(user, field)
        if value is not None and value != before:
            differences[field] = [before, value]  # type: ignore[list-item]  # all plain JSON
            setattr(user, field, value)
    is_disabled = user.disabled_at is not None
    if change.disabled is not None and change.disabled != is_disabled:
        differences["disabled"] = [is_disabled, change.disabled]
        user.disabled_at = now if change.disabled else None
    return differences


def _check_admin_left(session: Session, organisation: Organisation) -> None:
    for user, own in repository.enabled_users(session):
        if Role.ADMIN in user.roles and organisation.path.startswith(own.path):
            return
    raise Conflict(
        "last_admin",
        f"Nobody would be left to administer {organisation.name}."
        " Name another administrator first.",
    )


def _log(
    session: Session,
    user: User,
    action: str,
    *,
    actor: Principal,
    organisation: Organisation,
    now: datetime,
    details: dict[str, JsonValue] | None = None,
) -> None:
    append(
        session,
        actor=actor,
        action=action,
        subject_kind="user",
        subject_id=str(user.id),
        organisation_path=organisation.path,
        now=now,
        details=details,
    )
