"""Who is calling: a person, a machine, a box, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from api.users.tables import Role, Scope


class PrincipalKind(StrEnum):
    """What kind of caller."""

    USER = "user"
    MACHINE = "machine"
    BOX = "box"
    SYSTEM = "system"  # timers: may merge, expire and settle, never decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """One caller with what it may do, as of this request."""

    kind: PrincipalKind
    id: str  # UUID of a person or token, id of a box, name of a timer
    name: str
    organisation_path: str  # it sees this node of the tree and all below
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[Scope] = frozenset()
    legal_qualified: bool = False

    def sees(self, organisation_path: str) -> bool:
        """Whether something of that organisation lies in the caller's area.

        >>> caller = Principal(kind=PrincipalKind.USER, id="1", name="n",
        ...                    organisation_path="110000/110105/")
        >>> caller.sees("110000/110105/110105014/"), caller.sees("110000/110106/")
        (True, False)
        """
        return organisation_path.startswith(self.organisation_path)

    def has(self, *roles: Role) -> bool:
        """Whether the caller holds one of the roles."""
        return not self.roles.isdisjoint(roles)


def system(name: str) -> Principal:
    """The caller of a timer."""
    return Principal(kind=PrincipalKind.SYSTEM, id=name, name=name, organisation_path="")
