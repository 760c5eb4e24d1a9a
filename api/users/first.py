"""The first administrator of a new centre, and the people of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.database import Database
from api.errors import Conflict
from api.principal import system
from api.users import repository
from api.users.passwords import new_password
from api.users.service import create_organisation, create_user
from api.users.tables import Role

# A city, one district and one street of it, by administrative codes of nowhere: GB/T 2260 gives
# 99 to no province.
DEMO_ORGANISATIONS = (
    ("990000", "演示市", None),
    ("990100", "演示区", "990000"),
    ("990100001", "演示街道", "990100"),
)
# Login, name, organisation and roles.
_DEMO_PEOPLE: tuple[tuple[str, str, str, tuple[Role, ...]], ...] = (
    ("demo-admin", "演示管理员", "990000", (Role.ADMIN,)),
    ("demo-operator", "演示值班员", "990000", (Role.OPERATOR,)),
    ("demo-second", "演示二审员", "990000", (Role.SECOND_REVIEWER,)),
    ("demo-legal", "演示法制员", "990000", (Role.LEGAL_REVIEWER,)),
    ("demo-dispatcher", "演示派遣员", "990000", (Role.DISPATCHER,)),
    ("demo-supervisor", "演示督查员", "990000", (Role.SUPERVISOR,)),
    ("demo-auditor", "演示审计员", "990000", (Role.AUDITOR,)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLogin:
    """A login that has just been made, to be told once to whoever asked for it."""

    login: str
    password: str
    roles: tuple[Role, ...]


def create_first_admin(
    database: Database,
    *,
    login: str,
    adcode: str,
    now: datetime,
    password: str | None = None,
    name: str = "",
    organisation_name: str = "",
) -> NewLogin:
    """The administrator with whom a new centre begins, and the city's node if there is none.

    Without a password one is made; it has to be changed at the first login either way.

    Raises:
        Conflict: There is an administrator already, or the login name is taken.
        Unprocessable: The password is weak.
    """
    chosen = password if password is not None else new_password(login)
    actor = system("command")
    with database.reading() as session:
        root = next(iter(repository.organisations_below(session, "")), None)
    with database.writing() as session:
        for user, organisation in repository.enabled_users(session):
            if Role.ADMIN in user.roles and organisation.parent_id is None:
                raise Conflict(
                    "admin_exists",
                    f"There is an administrator already: {user.login}. Ask for an account there.",
                )
        if root is None:
            root = create_organisation(
                session,
                actor=actor,
                id_=adcode,
                name=organisation_name or adcode,
                parent_id=None,
                now=now,
            )
        create_user(
            session,
            actor=actor,
            login=login,
            name=name or login,
            organisation_id=root.id,
            roles=(Role.ADMIN,),
            password=chosen,
            now=now,
        )
    return NewLogin(login=login.lower(), password=chosen, roles=(Role.ADMIN,))


def create_demo_users(database: Database, *, now: datetime) -> list[NewLogin]:
    """People of all roles with passwords made anew, for a demo only: they need no change.

    Must not be used outside the demo. It refuses a database in which anybody exists.

    Raises:
        Conflict: There are people already.
    """
    made: list[NewLogin] = []
    actor = system("demo")
    with database.writing() as session:
        if repository.has_users(session):
            raise Conflict("not_a_demo", "There are people already. A demo needs a new database.")
        for id_, organisation_name, parent_id in DEMO_ORGANISATIONS:
            create_organisation(
                session,
                actor=actor,
                id_=id_,
                name=organisation_name,
                parent_id=parent_id,
                now=now,
            )
        for login, person, organisation_id, roles in _DEMO_PEOPLE:
            password = new_password(login)
            create_user(
                session,
                actor=actor,
                login=login,
                name=person,
                organisation_id=organisation_id,
                roles=roles,
                password=password,
                now=now,
                legal_qualified=Role.LEGAL_REVIEWER in roles,
                certificate_number=f"DEMO-{login.removeprefix('demo-').upper()}",
                must_change_password=False,
            )
            made.append(NewLogin(login=login, password=password, roles=roles))
    return made
