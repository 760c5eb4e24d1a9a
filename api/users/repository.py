"""Queries over people, organisations, sessions, tokens and failed logins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from api.areas import within
from api.users.tables import LoginAttempt, LoginSession, MachineToken, Organisation, User


def organisation(session: Session, id_: str) -> Organisation | None:
    """A node of the tree."""
    return session.get(Organisation, id_)


def organisations_below(session: Session, path: str) -> Sequence[Organisation]:
    """A node and all below it, parents first."""
    return session.scalars(
        select(Organisation).where(within(Organisation.path, path)).order_by(Organisation.path)
    ).all()


def user(session: Session, id_: UUID) -> tuple[User, Organisation] | None:
    """A person with their node."""
    row = session.execute(
        select(User, Organisation)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(User.id == id_)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def user_by_login(session: Session, login: str) -> tuple[User, Organisation] | None:
    """A person with their node, by the name with which they log in (lower case)."""
    row = session.execute(
        select(User, Organisation)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(User.login == login)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def users_below(
    session: Session, path: str, *, after: str, limit: int
) -> Sequence[tuple[User, Organisation]]:
    """People of a node and of all below it, by login, from the one after `after` on."""
    rows = session.execute(
        select(User, Organisation)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(within(Organisation.path, path), User.login > after)
        .order_by(User.login)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def enabled_users(session: Session) -> Sequence[tuple[User, Organisation]]:
    """Everybody who may log in."""
    rows = session.execute(
        select(User, Organisation)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(User.disabled_at.is_(None))
    )
    return [(row[0], row[1]) for row in rows]


def has_users(session: Session) -> bool:
    """Whether anybody was ever created."""
    return session.scalar(select(User.id).limit(1)) is not None


def open_session(
    session: Session, token_sha256: bytes
) -> tuple[LoginSession, User, Organisation] | None:
    """A session with its person; whether it is still good is for the caller to judge."""
    row = session.execute(
        select(LoginSession, User, Organisation)
        .join(User, User.id == LoginSession.user_id)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(LoginSession.token_sha256 == token_sha256)
    ).one_or_none()
    return (row[0], row[1], row[2]) if row else None


def sessions_of(session: Session, user_id: UUID) -> Sequence[LoginSession]:
    """The sessions of a person, the newest first."""
    return session.scalars(
        select(LoginSession)
        .where(LoginSession.user_id == user_id)
        .order_by(LoginSession.created_at.desc())
    ).all()


def touch_session(session: Session, token_sha256: bytes, now: datetime) -> None:
    """Note that a session was used."""
    session.execute(
        update(LoginSession).where(LoginSession.token_sha256 == token_sha256).values(seen_at=now)
    )


def delete_session(session: Session, token_sha256: bytes) -> None:
    """End one session."""
    session.execute(delete(LoginSession).where(LoginSession.token_sha256 == token_sha256))


def delete_sessions(session: Session, user_id: UUID, *, keep: bytes | None = None) -> None:
    """End every session of a person, but for the one whose digest is given."""
    statement = delete(LoginSession).where(LoginSession.user_id == user_id)
    if keep is not None:
        statement = statement.where(LoginSession.token_sha256 != keep)
    session.execute(statement)


def delete_expired_sessions(session: Session, now: datetime) -> None:
    """Forget sessions that nobody can use any more."""
    session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))


def machine(session: Session, token_sha256: bytes) -> tuple[MachineToken, Organisation] | None:
    """A machine's token with its node."""
    row = session.execute(
        select(MachineToken, Organisation)
        .join(Organisation, Organisation.id == MachineToken.organisation_id)
        .where(MachineToken.token_sha256 == token_sha256)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def machine_by_id(session: Session, id_: UUID) -> tuple[MachineToken, Organisation] | None:
    """A machine's token with its node, by its id."""
    row = session.execute(
        select(MachineToken, Organisation)
        .join(Organisation, Organisation.id == MachineToken.organisation_id)
        .where(MachineToken.id == id_)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def machines_below(
    session: Session, path: str, *, after: UUID | None, limit: int
) -> Sequence[tuple[MachineToken, Organisation]]:
    """Machine tokens of a node and of all below it, by id."""
    statement = (
        select(MachineToken, Organisation)
        .join(Organisation, Organisation.id == MachineToken.organisation_id)
        .where(within(Organisation.path, path))
        .order_by(MachineToken.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(MachineToken.id > after)
    return [(row[0], row[1]) for row in session.execute(statement)]


def touch_machine(session: Session, id_: UUID, now: datetime) -> None:
    """Note that a machine's token was used."""
    session.execute(update(MachineToken).where(MachineToken.id == id_).values(used_at=now))


def attempts(session: Session, key: str, since: datetime, *, but: int) -> Sequence[datetime]:
    """When logins under a key failed or began since an instant, but for one row; oldest first."""
    return session.scalars(
        select(LoginAttempt.at)
        .where(LoginAttempt.key == key, LoginAttempt.at > since, LoginAttempt.id != but)
        .order_by(LoginAttempt.at)
    ).all()


def delete_attempts(session: Session, *ids: int) -> None:
    """Take attempts back: they were no failures."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.id.in_(ids)))


def delete_attempts_of(session: Session, key: str) -> None:
    """Forget the failures of a name: its owner came in."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.key == key))


def delete_old_attempts(session: Session, before: datetime) -> None:
    """Forget failures that no limit counts any more; keeps the table small."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.at <= before))


def count_attempts(session: Session) -> int:
    """How many rows there are."""
    return session.scalar(select(func.count()).select_from(LoginAttempt)) or 0
