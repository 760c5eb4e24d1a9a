"""What the queue and the review screen are given."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.audit.register import Purpose
from api.candidates.tables import CandidateState, EvidenceUse
from api.cases.tables import CaseState
from api.retention.schemas import DeletedView, DeletionBrief
from api.review.schemas import DecisionView
from api.review.tables import Stage
from api.stamping.schemas import StampView
from api.texts import Explanation as Reason
from pipeline.candidate import Explanation, FractionBox, TemplateResult
from pipeline.violations import Subtype, Violation


class ClaimView(BaseModel):
    """Who is judging it now."""

    user_id: UUID
    user_name: str
    until: datetime
    mine: bool


class QueueItem(BaseModel):
    """One candidate as a line of the queue."""

    id: UUID
    number: int
    violation: Violation
    subtype: Subtype
    camera_id: str
    camera_name: str
    organisation_path: str
    zone_id: str
    state: CandidateState
    version: int
    update: int
    priority: int
    priority_reasons: list[str]  # codes: why it stands where it does
    due_at: datetime
    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    received_at: datetime
    recurrence_of: UUID | None
    score: float
    template_complete: bool
    evidence_use: EvidenceUse
    integrity_frozen: bool
    claim: ClaimView | None
    thumbnail: str | None  # link to a redacted still


class QueuePage(BaseModel):
    """A page of the queue, in its order."""

    items: list[QueueItem]
    next: str | None


class QueueCountView(BaseModel):
    """How many candidates share state, violation and priority."""

    state: CandidateState
    violation: Violation
    priority: int
    total: int
    overdue: int


class QueueCounts(BaseModel):
    """Counts of what waits. `stream` is where `/queue/stream` goes on from here."""

    items: list[QueueCountView]
    total: int
    overdue: int
    mine: int
    stream: int


class ItemView(BaseModel):
    """One evidence item. Only redacted ones have a link; originals are asked for."""

    name: str
    kind: str
    role: str
    media_type: str
    size_bytes: int
    sha256: str
    sm3: str | None
    captured_at: datetime
    is_original: bool
    is_redacted: bool
    derived_from: str | None
    method: str
    operation: str | None
    proves: list[str]
    pictures: int | None  # of a clip; none: not known
    verified_at: datetime | None  # last time its bytes were hashed; none: they are gone
    url: str | None
    deleted: DeletedView | None  # none: retention has not touched it


class UpdateView(BaseModel):
    """One submission of the candidate."""

    update: int
    received_at: datetime
    manifest_sha256: str
    is_supplement: bool


class CameraView(BaseModel):
    """The camera as it was when the act began: the core's settings, zones included."""

    id: str
    version: int | None
    valid_from: datetime | None
    longitude: float | None
    latitude: float | None
    coord_sys: str
    settings: dict[str, JsonValue]


class GateView(BaseModel):
    """One legality condition of the camera, as of the act."""

    gate: str
    met: bool
    met_until: datetime | None
    document: str


class PermitView(BaseModel):
    """A permitted zone of the camera: was it open when the act began?"""

    zone_id: str
    name: str
    document: str
    open_at_start: bool
    open_at_last_seen: bool


class EarlierView(BaseModel):
    """Another episode at the same spot."""

    id: UUID
    number: int
    subtype: Subtype
    started_at: datetime
    last_seen_at: datetime
    state: CandidateState


class PrecheckView(BaseModel):
    """One automatic check; it informs and decides nothing."""

    code: str  # template, clock, integrity
    holds: bool | None  # none: not known
    values: dict[str, JsonValue]


class HistoryView(BaseModel):
    """One entry of the log on this candidate."""

    number: int
    at: datetime
    actor_kind: str
    actor_name: str
    action: str
    details: dict[str, JsonValue]
    sha256: str


class CaseBrief(BaseModel):
    """The candidate's case."""

    id: UUID
    number: int
    state: CaseState


class CandidateDetail(QueueItem):
    """Everything that the review screen needs, in one answer."""

    judged_update: int  # the evidence below is this one's; a decision names it
    fired_at: datetime  # when the rule fired
    box: FractionBox
    explanation: Explanation
    template: TemplateResult | None
    clock_offset_seconds: float | None
    software: str
    model: str
    model_sha256: str
    manifest_sha256: str
    policy: list[Stage]
    stage: Stage | None  # that it waits for
    obstacles: list[str]  # codes: why the caller cannot confirm it now; empty: nothing but a claim
    undo_until: datetime | None
    expires_at: datetime
    evidence_use_reasons: list[str]
    quality_flags: list[str]  # codes: what the automatic pre-check found
    integrity_problem: str | None
    hold: bool  # retention must not touch it
    evidence: list[ItemView]
    updates: list[UpdateView]
    camera: CameraView
    gates: list[GateView]
    permits: list[PermitView]
    earlier: list[EarlierView]
    earlier_count: int  # at this spot in EARLIER_DAYS days
    decisions: list[DecisionView]
    prechecks: list[PrecheckView]
    history: list[HistoryView]
    case: CaseBrief | None
    deletions: list[DeletionBrief]  # of its evidence, the oldest first
    timestamp: StampView | None  # none: no authority was configured when it came


class OpenOriginalRequest(BaseModel):
    """What an unredacted original is opened for; both stand in the access register (LAW-71)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: Purpose
    reason: Reason
    update: Annotated[int | None, Field(ge=0, le=2**31 - 1)] = None  # none: the one to be judged


class OpenedOriginal(BaseModel):
    """A link that lives for minutes, and the register's entry about it."""

    url: str
    expires_at: datetime
    access_id: UUID


class IntegrityReport(BaseModel):
    """What a new look at a candidate's evidence found."""

    ok: bool
    checks: list[dict[str, JsonValue]]
    version: int
