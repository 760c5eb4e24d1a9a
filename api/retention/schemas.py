"""What is told of deletions and holds."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

from api.retention.rules import Rule
from api.texts import Explanation


class DeletedView(BaseModel):
    """That a file is gone: since when, by which rule, and by which deletion."""

    at: datetime
    rule: Rule
    deletion_id: UUID | None


class DeletionBrief(BaseModel):
    """One deletion of a candidate's evidence."""

    id: UUID
    number: int | None  # none: it is under way, or has to be tried again
    rule: Rule
    begun_at: datetime
    completed_at: datetime | None


class DeletionItem(DeletionBrief):
    """One deletion with what it was about."""

    candidate_id: UUID
    case_id: UUID | None
    organisation_path: str
    files: int
    sha256: str  # of the certificate
    audit_number: int  # of the log's entry that names the digest


class DeletionPage(BaseModel):
    """Deletions, the newest first."""

    items: list[DeletionItem]
    next: str | None


class DeletionDetail(DeletionItem):
    """One deletion with its certificate."""

    # The SHA-256 of its canonical JSON (RFC 8785) is `sha256`.
    certificate: dict[str, JsonValue]
    holds: bool  # digest, certificate and the log's entry agree


class HoldRequest(BaseModel):
    """Why evidence must not be deleted, or may be again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Explanation


class HoldView(BaseModel):
    """Whether a hold is on a candidate."""

    candidate_id: UUID
    hold: bool
