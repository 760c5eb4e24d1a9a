"""What the review routes take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.candidates.tables import CandidateState
from api.review.codes import Check, MissingEvidence, RejectReason
from api.review.tables import Stage, Verdict
from api.texts import Explanation, Note, ThingId
from pipeline.violations import Subtype, Violation

MAX_INTEGER = 2**31 - 1  # of an INTEGER column
MAX_BATCH = 200  # candidates of one batch: the ads of one street and day


class Request(BaseModel):
    """Base of bodies: no field that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Checklist(Request):
    """The four qualities of a record, each judged by the person (LAW-20)."""

    authentic: bool
    clear: bool
    complete: bool
    accurate: bool

    def failed(self) -> list[str]:
        """The checks that were not passed, in the order of the checklist."""
        return [check.value for check in Check if not getattr(self, check.value)]


class Fact(Request):
    """What the person states about the act, where it differs from the machine or adds to it."""

    subtype: Subtype | None = None
    subject_kind: Literal["vehicle", "shop", "person", "site", "unknown"] | None = None
    plate: Annotated[str, Field(max_length=16, pattern=r"^[\w·-]*$")] | None = None
    # Recommended only; a person decides (LAW-45). Unknown is never "first".
    first_offence: Literal["yes", "no", "unknown"] | None = None
    suggested_handling: Literal["educate", "order_correction", "enforce", "transfer"] | None = None
    text: Note = ""


class DecisionRequest(Request):
    """One judgement. `decision_id` is chosen by the client, so that it may be sent again."""

    decision_id: UUID
    version: Annotated[int, Field(ge=1, le=MAX_INTEGER, description="That the person judged.")]
    update: Annotated[
        int, Field(ge=0, le=MAX_INTEGER, description="Of the candidate: the evidence they saw.")
    ]
    verdict: Literal[Verdict.CONFIRM, Verdict.REJECT, Verdict.NEED_MORE]
    checklist: Checklist | None = None
    reason: RejectReason | None = None
    missing: Annotated[tuple[MissingEvidence, ...], Field(max_length=len(MissingEvidence))] = ()
    note: Note = ""
    fact: Fact = Fact()


class RecusalRequest(Request):
    """Why somebody may not judge a candidate (APL 43)."""

    decision_id: UUID
    note: Explanation


class DecisionView(BaseModel):
    """One judgement as it is on record."""

    id: UUID
    stage: Stage
    verdict: Verdict
    version: int
    update: int
    checklist: dict[str, bool] | None
    reason: str | None
    missing: list[str]
    note: str
    fact: dict[str, object]
    user_id: UUID
    user_name: str
    decided_at: datetime
    seconds_to_decide: float | None
    undone_at: datetime | None


class Standing(BaseModel):
    """Where a candidate stands after a call."""

    candidate_id: UUID
    state: CandidateState
    version: int
    claimed_until: datetime | None
    undo_until: datetime | None


class DecisionAnswer(Standing):
    """A judgement and where it left the candidate."""

    decision: DecisionView


class NextRequest(Request):
    """Which item is wanted next; the queue's order decides among those that fit."""

    violation: Violation | None = None
    camera_id: ThingId | None = None
    area: Annotated[str, Field(max_length=400, pattern=r"^[A-Za-z0-9_./-]*$")] | None = None
    stage: Stage | None = None
    skip: Annotated[tuple[UUID, ...], Field(max_length=50)] = ()  # looked at and left for now


class BatchRejectRequest(Request):
    """Reject several advertisements of one camera's street and one day for one reason."""

    batch_id: UUID  # each decision's id is derived from it: the call may be repeated
    candidates: Annotated[
        tuple[tuple[UUID, Annotated[int, Field(ge=1, le=MAX_INTEGER)]], ...],
        Field(min_length=1, max_length=MAX_BATCH, description="Pairs of id and version."),
    ]
    reason: RejectReason
    note: Note = ""


class BatchAnswer(BaseModel):
    """What became of each."""

    decided: list[DecisionAnswer]


class PolicyRequest(Request):
    """Which stages candidates of a violation need in an area."""

    violation: Violation | None = None  # none: all
    organisation_path: Annotated[
        str, Field(min_length=2, max_length=400, pattern=r"^([A-Za-z0-9_.-]+/)+$")
    ]
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=len(Stage))]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        order = list(Stage)
        places = [order.index(stage) for stage in self.stages]
        if places != sorted(set(places)) or self.stages[0] is not Stage.OPERATOR:
            raise ValueError("stages begin with operator and follow operator, second, legal")
        return self


class PolicyView(BaseModel):
    """One policy with the time in which it holds or held."""

    id: UUID
    violation: Violation | None
    organisation_path: str
    stages: list[Stage]
    valid_from: datetime
    valid_to: datetime | None
    created_by: UUID


class PolicyPage(BaseModel):
    """Policies, newest first."""

    items: list[PolicyView]
    next: str | None
