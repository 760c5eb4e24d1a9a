"""What events say: one CloudEvent per thing that happens to a case, each type with its shape.

Types read `streetcase.case.<what>.v<n>`. CloudEvents suggests a reverse-DNS prefix; the project
owns no domain, and a name under somebody else's would promise what only they can keep. A change
that an old reader would misread gets a new `v`; new optional members may come at any time.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.candidates.tables import EvidenceUse
from api.cases.tables import CaseState
from api.review.tables import Stage
from pipeline.evidence.manifest import Operation
from pipeline.violations import Subtype, Violation

SCHEMA_PREFIX = "urn:streetcase:schema:"  # of `dataschema`; docs/events holds the schemas
MEDIA_TYPE = "application/cloudevents+json"


class EventType(StrEnum):
    """What may happen to a case."""

    CONFIRMED = "streetcase.case.confirmed.v1"  # handed over, also after a return
    RETURNED = "streetcase.case.returned.v1"  # back in review
    STATUS_CHANGED = "streetcase.case.status_changed.v1"  # a case system or an officer reported
    SUPPLEMENTED = "streetcase.case.supplemented.v1"  # later material, kept apart
    WITHDRAWN = "streetcase.case.withdrawn.v1"  # the tombstone: forget it
    TEST = "streetcase.test.v1"  # asked for by an administrator; no case


class Content(BaseModel):
    """Base of everything in an event."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Act(Content):
    """When it happened."""

    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None  # none: it was still going on


class Location(Content):
    """Where it happened."""

    longitude: float | None
    latitude: float | None
    coord_sys: str
    place: str  # of the camera, in words
    zone_id: str


class CameraSaid(Content):
    """Which camera saw it, and which of its legality conditions held then."""

    id: str
    name: str
    gb28181_id: str | None
    gates: dict[str, bool]


class ItemSaid(Content):
    """One file of the evidence set."""

    name: str
    role: str
    kind: Literal["original", "derivative"]
    media_type: str
    size_bytes: int
    sha256: str
    sm3: str | None
    captured_at: datetime
    derived_from: str | None  # name of another item
    operation: Operation | None
    redacted: bool  # faces and plates are unrecognisable


class EvidenceSaid(Content):
    """The frozen evidence set. `bundle` is a path below the API's address."""

    manifest_sha256: str
    manifest_sm3: str | None
    update: int
    bundle: str
    items: list[ItemSaid]


class StageSaid(Content):
    """Who confirmed at which stage."""

    stage: Stage
    user_id: UUID
    certificate_number: str
    at: datetime
    checklist: dict[str, bool]


class SubjectSaid(Content):
    """What is known of the party; as people stated it."""

    kind: str
    plate_masked: str | None
    first_offence: Literal["yes", "no", "unknown"]


class CaseContent(Content):
    """What every event of a case begins with. `seq` counts the events of this case from 1."""

    case_id: UUID
    case_number: int
    candidate_id: UUID
    seq: int


class CaseConfirmed(CaseContent):
    """A case is handed over."""

    source: Literal["video_ai"] = "video_ai"
    occurred_at: datetime  # when the last person confirmed
    adcode: str
    street_code: str | None
    organisation_path: list[str]
    violation: Violation
    subtype: Subtype
    act: Act
    location: Location
    camera: CameraSaid
    evidence_use: EvidenceUse
    evidence_use_reasons: list[str]
    evidence: EvidenceSaid
    review: list[StageSaid]
    subject: SubjectSaid
    legal_bases: list[str]
    suggested_handling: str | None
    note: str  # of the person who confirmed
    recurrence_of: UUID | None  # candidate_id of the act before it
    dedupe_key: str  # the same for the same act


class CaseReturned(CaseContent):
    """A case went back to its last review stage."""

    reason: str
    note: str
    returned_at: datetime
    returned_by: str
    stage: Stage


class CaseStatusChanged(CaseContent):
    """A case has another state."""

    state: CaseState
    previous: CaseState
    outcome: str | None
    note: str
    changed_at: datetime
    changed_by: str


class CaseSupplemented(CaseContent):
    """Material that came after the freeze; it belongs to the case, not to its evidence set."""

    update: int
    manifest_sha256: str
    bundle: str
    items: list[ItemSaid]


class CaseWithdrawn(CaseContent):
    """A case is taken back. Whoever has it must not act on it any more."""

    reason: str
    note: str
    withdrawn_at: datetime
    withdrawn_by: str


class TestSaid(Content):
    """A delivery that an administrator asked for."""

    __test__ = False  # no test class of pytest's

    text: str


class CloudEvent(Content):
    """The envelope, CloudEvents 1.0 in JSON."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: Annotated[str, Field(description="The centre.")]
    type: EventType
    subject: str  # id of the case
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str


class ConfirmedEvent(CloudEvent):
    """See `CaseConfirmed`."""

    type: Literal[EventType.CONFIRMED]
    data: CaseConfirmed


class ReturnedEvent(CloudEvent):
    """See `CaseReturned`."""

    type: Literal[EventType.RETURNED]
    data: CaseReturned


class StatusChangedEvent(CloudEvent):
    """See `CaseStatusChanged`."""

    type: Literal[EventType.STATUS_CHANGED]
    data: CaseStatusChanged


class SupplementedEvent(CloudEvent):
    """See `CaseSupplemented`."""

    type: Literal[EventType.SUPPLEMENTED]
    data: CaseSupplemented


class WithdrawnEvent(CloudEvent):
    """See `CaseWithdrawn`."""

    type: Literal[EventType.WITHDRAWN]
    data: CaseWithdrawn


class TestEvent(CloudEvent):
    """See `TestSaid`."""

    __test__ = False  # no test class of pytest's

    type: Literal[EventType.TEST]
    data: TestSaid


EVENTS: dict[EventType, type[CloudEvent]] = {
    EventType.CONFIRMED: ConfirmedEvent,
    EventType.RETURNED: ReturnedEvent,
    EventType.STATUS_CHANGED: StatusChangedEvent,
    EventType.SUPPLEMENTED: SupplementedEvent,
    EventType.WITHDRAWN: WithdrawnEvent,
    EventType.TEST: TestEvent,
}
AnyEvent = Annotated[
    ConfirmedEvent | ReturnedEvent | StatusChangedEvent | SupplementedEvent | WithdrawnEvent,
    Field(discriminator="type"),
]


def json_schema(event_type: EventType) -> dict[str, object]:
    """The published JSON Schema of an event type, envelope included.

    It lets members through that it does not name: an event may grow by optional ones. A member that
    is added here needs a default, as events of earlier versions are read again.
    """
    event = EVENTS[event_type]
    content = event.model_fields["data"].annotation
    schema = event.model_json_schema(mode="serialization")
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("additionalProperties", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_PREFIX + event_type,
        **schema,
        "title": event_type.value,
        "description": content.__doc__ if content else "",
    }
