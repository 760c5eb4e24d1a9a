"""What the routes of people, organisations, sessions and machine tokens take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from api.instants import PlausibleInstant
from api.texts import Label, Name
from api.users.access import SessionOfUser
from api.users.machine_tokens import Machine
from api.users.passwords import MAX_CHARACTERS
from api.users.service import Person
from api.users.tables import Organisation, Role, Scope

# Six figures for a city or district, nine for a street (GB/T 2260), letters for units of a city.
OrganisationId = Annotated[
    str, StringConstraints(min_length=2, max_length=32, pattern=r"^[0-9A-Za-z]+$")
]
Login = Annotated[
    str,
    StringConstraints(
        to_lower=True, min_length=2, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$"
    ),
]
# Longer than any policy allows: a refusal may say why, and nobody sends a megabyte to be hashed.
Password = Annotated[SecretStr, Field(min_length=1, max_length=2 * MAX_CHARACTERS)]
Language = Literal["zh-CN", "en"]


class Body(BaseModel):
    """Base of everything that a request brings: no field that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Credentials(Body):
    """Name and password of somebody who logs in."""

    login: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Password


class PasswordChange(Body):
    """A new password, and the old one as a proof."""

    old: Password
    new: Password


class NewOrganisation(Body):
    """A node to add below another one."""

    id: OrganisationId
    name: Name
    parent_id: OrganisationId


class OrganisationName(Body):
    """A node's new name."""

    name: Name


class NewUser(Body):
    """A person to add; the password is made by the centre and shown once."""

    login: Login
    name: Name
    organisation_id: OrganisationId
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    legal_qualified: bool = False
    certificate_number: Annotated[Label, Field(max_length=64)] = ""
    language: Language = "zh-CN"


class UserPatch(Body):
    """What to change of a person; what is left out stays."""

    name: Name | None = None
    organisation_id: OrganisationId | None = None
    roles: Annotated[frozenset[Role], Field(min_length=1)] | None = None
    legal_qualified: bool | None = None
    certificate_number: Annotated[Label, Field(max_length=64)] | None = None
    language: Language | None = None
    disabled: bool | None = None


class NewMachineToken(Body):
    """A machine's token to make."""

    name: Name
    organisation_id: OrganisationId
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    expires_at: PlausibleInstant | None = None


class OrganisationView(BaseModel):
    """A node of the tree."""

    id: str
    parent_id: str | None
    name: str
    path: Annotated[str, Field(examples=["110000/110105/"])]

    @classmethod
    def of(cls, organisation: Organisation) -> Self:
        """As a route shows it."""
        return cls(
            id=organisation.id,
            parent_id=organisation.parent_id,
            name=organisation.name,
            path=organisation.path,
        )


class OrganisationList(BaseModel):
    """The caller's node and all below, parents first."""

    items: list[OrganisationView]


class UserView(BaseModel):
    """A person, without anything about the password."""

    id: UUID
    login: str
    name: str
    organisation_id: str
    organisation_path: str
    organisation_name: str
    roles: list[Role]
    legal_qualified: bool
    certificate_number: str
    language: str
    must_change_password: bool
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, person: Person) -> Self:
        """As a route shows them."""
        user, organisation = person
        return cls(
            id=user.id,
            login=user.login,
            name=user.name,
            organisation_id=organisation.id,
            organisation_path=organisation.path,
            organisation_name=organisation.name,
            roles=[Role(role) for role in user.roles],
            legal_qualified=user.legal_qualified,
            certificate_number=user.certificate_number,
            language=user.language,
            must_change_password=user.must_change_password,
            created_at=user.created_at,
            disabled_at=user.disabled_at,
        )


class UserWithPassword(BaseModel):
    """A person and the password that was made for them; it is shown this once."""

    user: UserView
    password: str


class UserPage(BaseModel):
    """People by login."""

    items: list[UserView]
    next: str | None


class SessionView(BaseModel):
    """Who is logged in, and what a page needs to send requests that change something."""

    user: UserView
    csrf: Annotated[str, Field(description="To be sent as X-CSRF-Token.")]
    expires_at: datetime

    @classmethod
    def of(cls, person: Person, csrf: str, expires_at: datetime) -> Self:
        """As a route shows it."""
        return cls(user=UserView.of(person), csrf=csrf, expires_at=expires_at)

    @classmethod
    def of_current(cls, person: Person, login: SessionOfUser) -> Self:
        """A session under way."""
        return cls.of(person, login.csrf, login.expires_at)


class MachineTokenView(BaseModel):
    """A machine's token, without its text."""

    id: UUID
    name: str
    organisation_id: str
    organisation_path: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: Annotated[datetime | None, Field(description="To within a minute.")]

    @classmethod
    def of(cls, found: Machine) -> Self:
        """As a route shows it."""
        machine, organisation = found
        return cls(
            id=machine.id,
            name=machine.name,
            organisation_id=organisation.id,
            organisation_path=organisation.path,
            scopes=[Scope(scope) for scope in machine.scopes],
            created_at=machine.created_at,
            expires_at=machine.expires_at,
            revoked_at=machine.revoked_at,
            used_at=machine.used_at,
        )


class MachineTokenWithText(BaseModel):
    """A machine's token and its text; it is shown this once."""

    machine_token: MachineTokenView
    token: str


class MachineTokenPage(BaseModel):
    """Machine tokens by id."""

    items: list[MachineTokenView]
    next: str | None
