"""Boxes as HTTP shows them to people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_serializer

from api.boxes.enrolment import DEFAULT_HOURS, NewCode
from api.boxes.service import BoxOverview
from api.boxes.tables import BoxGap
from api.texts import ThingId
from pipeline.exchange import BoxStatus, GapReason

MAX_CODE_HOURS = 24 * 14  # ours: a code that lies about for longer should be made anew


class CodeRequest(BaseModel):
    """For which box an enrolment code is wanted."""

    model_config = ConfigDict(extra="forbid")

    box_id: ThingId
    organisation_id: Annotated[str, Field(min_length=1, max_length=32)]
    hours: Annotated[int, Field(ge=1, le=MAX_CODE_HOURS)] = DEFAULT_HOURS


class CodeView(BaseModel):
    """An enrolment code; it is shown this once."""

    code: SecretStr
    box_id: str
    organisation_id: str
    expires_at: datetime

    @field_serializer("code", when_used="json")
    def _spoken(self, code: SecretStr) -> str:
        return code.get_secret_value()

    @classmethod
    def of(cls, made: NewCode) -> CodeView:
        """From the service's answer."""
        return cls(
            code=SecretStr(made.code),
            box_id=made.box_id,
            organisation_id=made.organisation_id,
            expires_at=made.expires_at,
        )


class BoxView(BaseModel):
    """A box: whether it may speak, when it last did, and how it then was."""

    id: str
    organisation_id: str
    organisation_path: str
    enrolled_at: datetime
    revoked_at: datetime | None
    seen_at: datetime | None
    software: str
    key_id: str | None
    clock_difference_seconds: float | None
    gaps: Annotated[int, Field(description="That it has told of, ever.")]
    missing_sequences: Annotated[
        list[int], Field(description="Manifests that have not come; the first 100.")
    ]
    status: BoxStatus | None

    @classmethod
    def of(cls, seen: BoxOverview) -> BoxView:
        """From the service's answer."""
        box = seen.box
        return cls(
            id=box.id,
            organisation_id=seen.organisation.id,
            organisation_path=seen.organisation.path,
            enrolled_at=box.enrolled_at,
            revoked_at=box.revoked_at,
            seen_at=box.seen_at,
            software=box.software,
            key_id=seen.key.key_id if seen.key else None,
            clock_difference_seconds=box.clock_difference_seconds,
            gaps=seen.gaps,
            missing_sequences=list(seen.missing),
            status=BoxStatus.model_validate(box.status) if box.status else None,
        )


class BoxPage(BaseModel):
    """Some boxes."""

    items: list[BoxView]
    next: str | None


class GapView(BaseModel):
    """Something that a box had to drop."""

    number: int
    reason: GapReason
    sequence: int | None
    camera_id: str | None
    began_at: datetime
    ended_at: datetime | None
    detail: str
    received_at: datetime

    @classmethod
    def of(cls, gap: BoxGap) -> GapView:
        """From its row."""
        return cls.model_validate(gap, from_attributes=True)


class GapPage(BaseModel):
    """Some gaps."""

    items: list[GapView]
    next: str | None
