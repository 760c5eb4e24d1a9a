"""Tables of people, organisations, sessions and machine tokens."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, Instant, Json


class Role(StrEnum):
    """What somebody may do; domain guide, section 10."""

    OPERATOR = "operator"
    SECOND_REVIEWER = "second_reviewer"
    LEGAL_REVIEWER = "legal_reviewer"
    DISPATCHER = "dispatcher"
    STREET_TEAM = "street_team"
    SUPERVISOR = "supervisor"  # reads everything of its area, changes nothing
    AUDITOR = "auditor"  # reads logs and registers, changes nothing
    ADMIN = "admin"


class Scope(StrEnum):
    """What a machine's token may do."""

    FEED_READ = "feed:read"  # read cases, events and evidence of cases
    CASES_WRITE = "cases:write"  # receipts and status call-backs
    METRICS_READ = "metrics:read"
    REGISTER_WRITE = "register:write"  # cameras, zones and permits from another register


class Organisation(Base):
    """A node of the tree: city, district, street."""

    __tablename__ = "organisations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)  # adcode or street code
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(String(200))
    # "110000/110105/110105014/": whoever belongs to a prefix of it sees it.
    path: Mapped[str] = mapped_column(String(400), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class User(Base):
    """A person who logs in."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)  # lower case
    name: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    roles: Mapped[list[str]] = mapped_column(Json)  # of Role
    legal_qualified: Mapped[bool] = mapped_column(Boolean, default=False)  # LAW-49
    certificate_number: Mapped[str] = mapped_column(String(64), default="")  # LAW-44
    password_hash: Mapped[str] = mapped_column(String(300))  # argon2id
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=False)
    language: Mapped[str] = mapped_column(String(8), default="zh-CN")
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)


class LoginSession(Base):
    """A browser that is logged in; the cookie holds the token, the table its digest."""

    __tablename__ = "login_sessions"

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    csrf_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(300), default="")


class MachineToken(Base):
    """A case system's or register's bearer token; shown once, kept as a digest."""

    __tablename__ = "machine_tokens"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    scopes: Mapped[list[str]] = mapped_column(Json)  # of Scope
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class LoginAttempt(Base):
    """Failed logins, counted per name and per address; shared by all API processes."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index("ix_login_attempts_key_at", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(200))  # "login:<name>" or "address:<address>"
    at: Mapped[datetime] = mapped_column(Instant)
