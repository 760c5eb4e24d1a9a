"""The manifest of an evidence set, format 1: what was fixed, how, by whom, and what it proves.

Standard library and pydantic only, so that the API reads it without the vision stack. The format
is described for integrators and courts in docs/evidence.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, JsonValue, ValidationError, model_validator

from pipeline.candidate import (
    EpisodeState,
    EvidenceItem,
    Explanation,
    FractionBox,
    Sha256,
    TemplateResult,
    WireModel,
)
from pipeline.errors import ManifestError
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.digests import digest
from pipeline.violations import Subtype, Violation, violation_of

NO_PREVIOUS = "0" * 64  # stands for the manifest before a box's first
# A box without a clock of its own begins in 1970; beyond the range, sums with instants overflow.
FIRST_YEAR, LAST_YEAR = 1970, 2200
MAX_ITEMS = 500  # ours: a full template with clip and redacted copies has about 15
MAX_PROBLEMS_SHOWN = 5  # of a manifest that does not fit; the first ones say enough


def _possible_instant(value: datetime) -> datetime:
    if value.utcoffset() != timedelta(0):
        raise ValueError(f"must be an instant in UTC, got {value.isoformat()}")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"must lie between {FIRST_YEAR} and {LAST_YEAR}, got {value.isoformat()}")
    return value


Instant = Annotated[datetime, AfterValidator(_possible_instant)]
Identifier = Annotated[str, Field(min_length=1, max_length=64)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
HexDigest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Method(StrEnum):
    """How an item came to be."""

    STREAM_COPY = "stream_copy"  # the camera's own packets, copied bit for bit
    MASKED_REENCODE = "masked_reencode"  # clip of a masked camera, encoded again with the mask in
    DECODED_FRAME = "decoded_frame"  # one picture of the stream, fixed as a file, not drawn on
    REFERENCE_VIEW = "reference_view"  # the camera's own picture of the place before the act
    DERIVED = "derived"  # made from another item of the set


class Operation(StrEnum):
    """What was done to an item to make a derivative of it."""

    DECODE = "decode"  # one picture of a clip, or that of a keyframe
    CROP = "crop"
    REDACT = "redact"
    TRANSCODE = "transcode"


class CameraIdentity(WireModel):
    """Which camera saw it, and where it hangs."""

    id: Identifier
    name: str = ""
    place: str = ""
    gb28181_id: Annotated[str, Field(pattern=r"^\d{20}$")] | None = None


class ClockState(WireModel):
    """How far the instants in the manifest can be trusted."""

    offset_seconds: Finite | None  # box clock minus true time; none: not known
    synchronised: bool | None  # none: not known
    source: str  # what says so: "chrony", "api" ...


class EpisodeFacts(WireModel):
    """The act: what, where and when."""

    candidate_id: UUID
    update: Annotated[int, Field(ge=0)] = 0
    violation: Violation
    subtype: Subtype
    state: EpisodeState
    started_at: Instant  # when the act was first seen
    fired_at: Instant  # when the rule fired
    last_seen_at: Instant
    ended_at: Instant | None = None
    zone_id: str
    box: FractionBox
    recurrence_of: UUID | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if violation_of(self.subtype) is not self.violation:
            raise ValueError(f"subtype {self.subtype} does not belong to {self.violation}")
        if (self.state is EpisodeState.ENDED) != (self.ended_at is not None):
            raise ValueError("an ended episode, and only an ended one, has ended_at")
        x1, y1, x2, y2 = self.box
        if x2 < x1 or y2 < y1:
            raise ValueError(f"box corners are swapped: {self.box}")
        return self


class ModelIdentity(WireModel):
    """The neural network whose detections the rule used."""

    name: Identifier
    version: str
    sha256: Sha256


class RuleIdentity(WireModel):
    """The rule and every setting it ran with; the digest is that of their canonical JSON."""

    name: Identifier
    settings: dict[str, JsonValue]
    settings_sha256: Sha256

    @classmethod
    def of(cls, name: str, settings: dict[str, JsonValue]) -> Self:
        """Digest the settings.

        Raises:
            ManifestError: A setting has no canonical JSON form.
        """
        return cls(name=name, settings=settings, settings_sha256=_digest_of_json(settings))

    @model_validator(mode="after")
    def _digest_fits(self) -> Self:
        if _digest_of_json(self.settings) != self.settings_sha256:
            raise ValueError("settings_sha256 is not the digest of settings")
        return self


class PrivacyMasks(WireModel):
    """Which parts of the picture were blanked at capture."""

    ids: tuple[Identifier, ...] = ()
    burnt_in: bool  # true: no item of the set shows what lies under the masks

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        if self.burnt_in and not self.ids:
            raise ValueError("burnt_in without a mask id: name the masks or say false")
        return self


class ManifestItem(EvidenceItem):
    """One file of the set, with how it was made and what it proves."""

    captured_at: Instant
    frame_seconds: Finite | None = None  # on the stream's own monotonic clock
    method: Method
    software: str  # what made the file
    operation: Operation | None = None  # of a derivative
    parameters: dict[str, JsonValue] = Field(default_factory=dict)  # of operation or encoder
    proves: tuple[Code, ...] = ()

    @model_validator(mode="after")
    def _lineage_is_said(self) -> Self:
        if self.is_original:
            if self.derived_from is not None or self.operation is not None:
                raise ValueError("an original has neither derived_from nor operation")
            if self.method is Method.DERIVED:
                raise ValueError("an original is captured; its method cannot be 'derived'")
        elif self.derived_from is None or self.operation is None:
            raise ValueError("a derivative names the item it was derived_from and the operation")
        elif self.method is not Method.DERIVED:
            raise ValueError("the method of a derivative is 'derived'")
        return self


class AttachedText(WireModel):
    """The notice that lies beside the items: no evidence, but it must not change either."""

    name: Literal["README.txt"] = "README.txt"
    size_bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256


class Manifest(WireModel):
    """Everything that one signature covers."""

    format: Literal[1]
    manifest_id: UUID
    box_id: Identifier
    sequence: Annotated[int, Field(ge=1, le=2**53 - 1)]  # of this box, without gaps
    previous_sha256: Sha256  # of the manifest before; zeros for the first
    created_at: Instant
    key_id: HexDigest  # SHA-256 of the raw public key that signs
    software: str
    digest_algorithms: Annotated[tuple[Literal["sha256", "sm3"], ...], Field(min_length=1)]
    camera: CameraIdentity
    clock: ClockState
    episode: EpisodeFacts
    model: ModelIdentity
    rule: RuleIdentity
    explanation: Explanation
    template: TemplateResult
    privacy: PrivacyMasks
    items: Annotated[tuple[ManifestItem, ...], Field(min_length=1, max_length=MAX_ITEMS)]
    readme: AttachedText

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if (self.sequence == 1) != (self.previous_sha256 == NO_PREVIOUS):
            raise ValueError("the first manifest of a box, and only the first, has no previous one")
        if "sha256" not in self.digest_algorithms:
            raise ValueError("digest_algorithms must name sha256")
        has_sm3 = "sm3" in self.digest_algorithms
        for item in self.items:
            if (item.sm3 is not None) != has_sm3:
                raise ValueError(f"{item.name}: sm3 and digest_algorithms do not agree")
            if self.privacy.burnt_in and item.method is Method.STREAM_COPY:
                raise ValueError(
                    f"{item.name}: the camera's own packets cannot have privacy masks burnt in"
                )
        problem = next(lineage_problems(self.items), None)
        if problem is not None:
            raise ValueError(": ".join(problem))
        return self

    def canonical_bytes(self) -> bytes:
        """The bytes of manifest.json: what is hashed, chained and signed.

        Raises:
            ManifestError: A number in it is not finite or is too large for JSON.
        """
        return canonical_json(self.model_dump(mode="json"))


def lineage_problems(items: tuple[ManifestItem, ...]) -> Iterator[tuple[str, str]]:
    """Each break in the lineage as (item name, what is wrong).

    Names differ even where a file system ignores case, and every derivative leads, over any number
    of steps, to an original in the same set.
    """
    by_name: dict[str, ManifestItem] = {}
    folded: set[str] = set()
    for item in items:
        if item.name.casefold() in folded:
            yield item.name, "this name stands twice in the set"
        folded.add(item.name.casefold())
        by_name[item.name] = item
    for item in items:
        seen = {item.name}
        parent = item
        while parent.derived_from is not None:
            source = by_name.get(parent.derived_from)
            if source is None:
                yield item.name, f"it was derived from {parent.derived_from}, which is not listed"
                break
            if source.name in seen:
                yield item.name, "it was derived, in the end, from itself"
                break
            seen.add(source.name)
            parent = source


T = TypeVar("T", bound=BaseModel)


def read_record(value: object, kind: type[T]) -> T:
    """A record of the bundle from parsed JSON.

    Raises:
        ManifestError: It does not fit the format; the message names each field at fault.

    >>> read_record({"name": "n", "version": "1"}, ModelIdentity)
    Traceback (most recent call last):
    pipeline.errors.ManifestError: sha256: Field required
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        lines = [
            f"{'.'.join(str(part) for part in problem['loc']) or 'the whole'}:"
            f" {problem['msg'].removeprefix('Value error, ')}"
            for problem in problems[:MAX_PROBLEMS_SHOWN]
        ]
        if len(problems) > MAX_PROBLEMS_SHOWN:
            lines.append(f"and {len(problems) - MAX_PROBLEMS_SHOWN} more")
        raise ManifestError("; ".join(lines)) from error


def _digest_of_json(value: object) -> str:
    return digest(canonical_json(value)).sha256
