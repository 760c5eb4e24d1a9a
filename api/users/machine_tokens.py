"""Tokens of machines: made, shown once, revoked; each change is logged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.audit.service import append
from api.errors import NotFound, Unprocessable
from api.paging import decode_cursor, encode_cursor
from api.principal import Principal
from api.users import repository
from api.users.service import organisation_seen_by
from api.users.tables import MachineToken, Organisation, Scope
from api.users.tokens import MACHINE_PREFIX, new_token, token_digest

Machine = tuple[MachineToken, Organisation]


def create_machine_token(
    session: Session,
    *,
    actor: Principal,
    name: str,
    organisation_id: str,
    scopes: Iterable[Scope],
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[Machine, str]:
    """A token for a machine, and its text, which is shown this once.

    Raises:
        NotFound: The organisation is not there, or not in the actor's area.
        Unprocessable: It would have expired already.
    """
    organisation = organisation_seen_by(session, actor, organisation_id)
    if expires_at is not None and expires_at <= now:
        raise Unprocessable("expired", "The token would have expired already. Give a later time.")
    token = new_token(MACHINE_PREFIX)
    machine = MachineToken(
        id=uuid4(),
        name=name,
        token_sha256=token_digest(token),
        scopes=sorted({scope.value for scope in scopes}),
        organisation_id=organisation_id,
        created_by=UUID(actor.id),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(machine)
    session.flush()
    details: dict[str, JsonValue] = {"name": name, "scopes": list(machine.scopes)}
    _log(
        session,
        machine,
        "machine_token.created",
        actor=actor,
        organisation=organisation,
        now=now,
        details=details,
    )
    return (machine, organisation), token


def revoke_machine_token(
    session: Session, *, actor: Principal, id_: UUID, now: datetime
) -> Machine:
    """End a machine's token at once; doing it again changes nothing.

    Raises:
        NotFound: Not there, or not in the actor's area.
    """
    found = repository.machine_by_id(session, id_)
    if found is None or not actor.sees(found[1].path):
        raise NotFound("machine_token_unknown", f"There is no machine token {id_}.")
    machine, organisation = found
    if machine.revoked_at is None:
        machine.revoked_at = now
        details: dict[str, JsonValue] = {"name": machine.name}
        _log(
            session,
            machine,
            "machine_token.revoked",
            actor=actor,
            organisation=organisation,
            now=now,
            details=details,
        )
    return machine, organisation


def machine_tokens_seen_by(
    session: Session, actor: Principal, *, cursor: str | None, limit: int
) -> tuple[Sequence[Machine], str | None]:
    """One page of the machine tokens of the actor's area, and the cursor of the next page.

    Raises:
        BadRequest: The cursor is none of this list.
    """
    after = UUID(str(decode_cursor(cursor, UUID)[0])) if cursor else None
    path = actor.organisation_path
    found = repository.machines_below(session, path, after=after, limit=limit + 1)
    page = found[:limit]
    return page, encode_cursor(page[-1][0].id) if len(found) > limit else None


def _log(
    session: Session,
    machine: MachineToken,
    action: str,
    *,
    actor: Principal,
    organisation: Organisation,
    now: datetime,
    details: dict[str, JsonValue],
) -> None:
    append(
        session,
        actor=actor,
        action=action,
        subject_kind="machine_token",
        subject_id=str(machine.id),
        organisation_path=organisation.path,
        now=now,
        details=details,
    )
