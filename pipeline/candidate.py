"""The wire contract between a box and the centre: one episode presented for review.

Format 1. Only the standard library and pydantic, so that the API reads it without the vision
stack. Boxes are fractions of the frame (x right, y down); instants are UTC.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.violations import Subtype, Violation, violation_of

Share = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FractionBox = tuple[Share, Share, Share, Share]  # x1, y1, x2, y2


# The reason with which every rule begins: without evidence it is no violation. It belongs to the
# sum and goes without saying.
PRIOR = "prior"


class Witness(StrEnum):
    """Who says so: the three witnesses, and the facts of place and time of day."""

    NETWORK = "network"  # what the detector saw
    CHANGE = "change"  # what differs from the camera's own reference view
    TIME = "time"  # how it behaves over time
    PLACE = "place"  # zones and permits
    SCHEDULE = "schedule"  # windows and validity


class EpisodeState(StrEnum):
    """Where an episode stands."""

    OPEN = "open"
    ENDED = "ended"


class ItemKind(StrEnum):
    """What an evidence item is."""

    CLIP = "clip"
    KEYFRAME = "keyframe"
    STILL = "still"
    CROP = "crop"
    REDACTED = "redacted"


class WireModel(BaseModel):
    """Base of everything on the wire: frozen, and no field that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(WireModel):
    """One statement of a rule: why it fired, or why it did not."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    witness: Witness
    supports: bool  # true: speaks for a violation
    weight: float  # what it added to the rule's score, in log-odds
    values: dict[str, str | float | int | bool] = {}  # the figures in the text
    text: str  # in English, for people
    text_zh: str  # in Chinese, for people


class Explanation(WireModel):
    """What a rule made of its witnesses."""

    rule: str
    fired: bool
    score: Share  # logistic of the summed weights
    threshold: Share
    reasons: tuple[Reason, ...] = ()

    def summary(self, language: Literal["en", "zh"] = "en") -> str:
        """The reasons as one paragraph, the weightiest first, without the prior."""
        spoken = [reason for reason in self.reasons if reason.code != PRIOR]
        ordered = sorted(spoken, key=lambda reason: -abs(reason.weight))
        texts = [r.text_zh if language == "zh" else r.text for r in ordered]
        return ("；" if language == "zh" else "; ").join(texts)


class EvidenceItem(WireModel):
    """One stored object of the evidence set, as the manifest lists it."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    kind: ItemKind
    role: str  # what it shows: first, later, latest, context, close_up, before, after, plate ...
    media_type: str
    size_bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256
    sm3: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    captured_at: datetime
    is_original: bool
    derived_from: str | None = None  # name of the item it was made from


class TemplateResult(WireModel):
    """Whether the evidence template of the violation is met, and what is missing."""

    template: str
    complete: bool
    present: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Candidate(WireModel):
    """One continuing act at one spot, seen by one camera, presented for review.

    The same `candidate_id` comes again with a higher `update` while the episode runs.
    """

    format: Literal[1] = 1
    candidate_id: UUID
    update: Annotated[int, Field(ge=0)] = 0
    box_id: Annotated[str, Field(min_length=1, max_length=64)]
    camera_id: Annotated[str, Field(min_length=1, max_length=64)]
    violation: Violation
    subtype: Subtype
    state: EpisodeState
    started_at: datetime  # when the act was first seen
    fired_at: datetime  # when the rule fired
    last_seen_at: datetime
    ended_at: datetime | None = None
    box: FractionBox
    zone_id: str
    recurrence_of: UUID | None = None
    absorbed_by: UUID | None = None  # the candidate of which this one turned out to be a part
    explanation: Explanation
    template: TemplateResult | None = None
    evidence: tuple[EvidenceItem, ...] = ()
    manifest_sha256: Sha256 | None = None
    clock_offset_seconds: float | None = None  # box clock minus true time; none: not known
    software: str
    model: str
    model_sha256: Sha256

    @field_validator("started_at", "fired_at", "last_seen_at", "ended_at")
    @classmethod
    def _utc(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.utcoffset() != timedelta(0):
            raise ValueError(f"must be an instant in UTC, got {value.isoformat()}")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if violation_of(self.subtype) is not self.violation:
            raise ValueError(f"subtype {self.subtype} does not belong to {self.violation}")
        if (self.state is EpisodeState.ENDED) != (self.ended_at is not None):
            raise ValueError("an ended episode, and only an ended one, has ended_at")
        x1, y1, x2, y2 = self.box
        if x2 < x1 or y2 < y1:
            raise ValueError(f"box corners are swapped: {self.box}")
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise ValueError("ended_at lies before started_at")
        return self
