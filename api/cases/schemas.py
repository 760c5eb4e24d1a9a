"""What the routes of cases take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.audit.register import Purpose
from api.candidates.tables import EvidenceUse
from api.cases.codes import Outcome, Reported, ReturnReason, WithdrawReason
from api.cases.legal_bases import LegalBasis
from api.cases.tables import CaseState
from api.feed.content import EventType
from api.feed.tables import DeliveryState
from api.instants import PlausibleInstant
from api.retention.schemas import DeletedView, DeletionBrief
from api.review.schemas import DecisionView
from api.stamping.schemas import StampView
from api.texts import Explanation, Note
from pipeline.violations import Subtype, Violation


class Request(BaseModel):
    """Base of bodies: no field that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CaseItem(BaseModel):
    """One case as a line."""

    id: UUID
    number: int
    candidate_id: UUID
    state: CaseState
    violation: Violation
    subtype: Subtype
    camera_id: str
    organisation_path: str
    started_at: datetime
    created_at: datetime
    updated_at: datetime
    evidence_use: EvidenceUse
    outcome: Outcome | None
    withdraw_reason: WithdrawReason | None
    last_sequence: int  # of its newest event


class CasePage(BaseModel):
    """Cases, newest first."""

    items: list[CaseItem]
    next: str | None


class CaseEvidence(BaseModel):
    """One item of the frozen set; redacted ones have a link that lives for minutes."""

    name: str
    role: str
    media_type: str
    size_bytes: int
    sha256: str
    sm3: str | None
    captured_at: datetime
    is_original: bool
    is_redacted: bool
    derived_from: str | None
    url: str | None
    deleted: DeletedView | None  # none: retention has not touched it


class BasisView(LegalBasis):
    """A norm with its statutory range; Streetcase computes no fine."""

    awaiting_check: bool  # no lawyer has compared it with the official text


class CallbackView(BaseModel):
    """One report of a case system."""

    id: UUID
    callback_id: str
    status: Reported
    reported_at: datetime
    received_at: datetime
    content: dict[str, JsonValue]
    result: str


class EventView(BaseModel):
    """One event of the case."""

    id: str
    type: EventType
    sequence: int
    created_at: datetime


class DeliveryOfCase(BaseModel):
    """How one event reached one subscriber."""

    id: UUID
    subscriber_id: UUID
    subscriber_name: str
    event_id: str
    event_type: EventType
    state: DeliveryState
    tries: int
    last_status: int | None
    last_error: str
    delivered_at: datetime | None


class SupplementView(BaseModel):
    """Material that came after the freeze."""

    update: int
    received_at: datetime
    manifest_sha256: str
    items: list[str]


class LogView(BaseModel):
    """One entry of the log on the case."""

    number: int
    at: datetime
    actor_name: str
    action: str
    details: dict[str, JsonValue]
    sha256: str


class CaseDetail(CaseItem):
    """One case with everything that belongs to it."""

    frozen_update: int
    manifest_sha256: str
    evidence_use_reasons: list[str]
    withdraw_note: str
    evidence: list[CaseEvidence]
    decisions: list[DecisionView]
    legal_bases: list[BasisView]
    callbacks: list[CallbackView]
    next_reports: list[Reported]  # what may be reported now
    supplements: list[SupplementView]
    events: list[EventView]
    deliveries: list[DeliveryOfCase]
    history: list[LogView]
    hold: bool  # retention must not touch its evidence
    deletions: list[DeletionBrief]  # of its evidence, the oldest first
    timestamp: StampView | None  # none: no authority was configured when it came


class WithdrawRequest(Request):
    """Why a case is taken back."""

    reason: WithdrawReason
    note: Note = ""


class StatusRequest(Request):
    """What an officer reports on a case."""

    status: Reported
    reason: ReturnReason | None = None  # of a return
    outcome: Outcome | None = None  # of a closed case
    note: Note = ""


class CallbackRequest(StatusRequest):
    """What a case system reports. `callback_id` is its own, so that it may be sent again."""

    callback_id: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:/-]+$")]
    reported_at: Annotated[PlausibleInstant, Field(description="By the case system's clock.")]
    reference: Annotated[
        str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$", description="Its own number.")
    ] = ""


class CallbackAnswer(BaseModel):
    """What became of a report. A repeated one gets the answer of the first."""

    callback_id: str
    result: str  # the case's state after it
    duplicate: bool
    case: CaseItem


class PurposeRequest(Request):
    """What originals leave the centre for; it stands in the access register (LAW-71)."""

    purpose: Purpose
    reason: Explanation


class Verification(BaseModel):
    """What a new look at every byte found."""

    ok: bool
    manifest_sha256: str
    first_failure: dict[str, JsonValue] | None
    checks: list[dict[str, JsonValue]]


class InquiryCode(BaseModel):
    """What the party is given to see its own case."""

    code: str
    path: str  # below the centre's address


class InquiryItem(BaseModel):
    """One picture that the party may see: others' faces and plates are unrecognisable in it."""

    role: str
    media_type: str
    captured_at: datetime
    url: str


class InquiryView(BaseModel):
    """What a party sees of its own case, and of no other (LAW-40)."""

    number: int
    violation: Violation
    subtype: Subtype
    place: str
    began_at: datetime
    last_seen_at: datetime
    state: CaseState
    withdrawn: bool
    outcome: Outcome | None
    items: list[InquiryItem]
