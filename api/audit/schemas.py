"""What the routes of the log and of the access register give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.audit.register import Purpose
from api.audit.service import ChainCheck
from api.audit.tables import AccessEntry, AuditEntry

Sha256Text = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class AuditView(BaseModel):
    """One thing that happened."""

    number: int
    at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    organisation_path: str
    action: str
    subject_kind: str
    subject_id: str
    details: dict[str, Any]
    previous_sha256: Sha256Text
    sha256: Sha256Text

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """As a route shows it."""
        return cls(**{name: getattr(entry, name) for name in cls.model_fields})


class AuditPage(BaseModel):
    """Entries of the log, the newest first."""

    items: list[AuditView]
    next: str | None


class AccessView(BaseModel):
    """One opening of an original."""

    id: UUID
    at: datetime
    user_id: UUID
    user_name: str
    organisation_path: str
    candidate_id: UUID
    item_name: str
    sha256: Sha256Text
    purpose: Purpose
    reason: str
    audit_number: int

    @classmethod
    def of(cls, entry: AccessEntry) -> Self:
        """As a route shows it."""
        return cls(**{name: getattr(entry, name) for name in cls.model_fields})


class AccessPage(BaseModel):
    """Rows of the access register, the newest first."""

    items: list[AccessView]
    next: str | None


class HeadView(BaseModel):
    """The newest entry of the log: keep it elsewhere, and nobody can write the log anew."""

    number: int
    sha256: Sha256Text


class CheckView(BaseModel):
    """What a check of the log found."""

    intact: bool
    entries: Annotated[int, Field(description="That hold, of those read by this call.")]
    broken_at: Annotated[int | None, Field(description="First entry that does not hold.")]
    problem: str
    head: Annotated[HeadView, Field(description="The last entry that holds.")]
    next_number: Annotated[
        int | None, Field(description="Where to go on; none: the end was reached.")
    ]

    @classmethod
    def of(cls, check: ChainCheck, register_problem: str) -> Self:
        """As a route shows it; the register is checked with the end of the log."""
        return cls(
            intact=not check.problem and not register_problem,
            entries=check.entries,
            broken_at=check.broken_at,
            problem=check.problem or register_problem,
            head=HeadView(number=check.head.number, sha256=check.head.sha256),
            next_number=check.next_number,
        )
