"""What a box and the centre say to each other: enrolment, uploads, submissions, status, gaps.

Beside `pipeline.candidate`, the only module that both `edge` and `api` use on the wire. Format 1.

    POST /api/v1/boxes/enrol         Enrolment      -> Enrolled
    POST /api/v1/boxes/me/uploads    UploadRequest  -> UploadPlan     then one PUT per target
    POST /api/v1/boxes/me/candidates Submission     -> Receipt
    POST /api/v1/boxes/me/gaps       GapReport      -> GapReceipt
    POST /api/v1/boxes/me/status     BoxStatus      -> StatusReply
    PUT  /api/v1/boxes/me/cameras    Introductions  -> IntroductionsReply
    GET  /api/v1/boxes/me/cameras                   -> CamerasReply   with ETag; 304 if unchanged
    PUT  /api/v1/boxes/me/pictures/{camera_id}      JPEG bytes -> 204; see PICTURE_TIME_HEADER

All but the first carry `Authorization: Bearer <token of Enrolled>`, and all of them
WIRE_REVISION_HEADER. Every call may be repeated: the answer to a repetition is that of the first
time. A message that is newer than the centre is answered with 409 CENTRE_TOO_OLD: keep it, and
send it again when the centre has been updated.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, JsonValue, SecretStr, field_serializer

from pipeline.candidate import Candidate, Sha256, WireModel

API_PREFIX = "/api/v1"
# Ours: a clip of 20 s of 8 Mb/s has 20 MB; three times that is no evidence but a mistake.
MAX_OBJECT_BYTES = 64 * 1024 * 1024
MAX_UPLOADS = 500  # as MAX_ITEMS of a manifest
MAX_MANIFEST_CHARACTERS = 4 * 1024 * 1024  # as the offline verifier's limit
MAX_CAMERAS = 200  # of one box; design: about 100 on two cores
MAX_PICTURE_BYTES = 2 * 1024 * 1024  # a JPEG of 640 x 360 has some 60 kB
# Raised with every change of these messages, be it one more field. A box says its own with every
# call, so that a centre that cannot read a message knows whether it is wrong or newer than itself.
WIRE_REVISION = 1
WIRE_REVISION_HEADER = "X-Streetcase-Wire"
CENTRE_TOO_OLD = "centre_too_old"  # the problem's code
# When a camera's picture was taken, in ISO 8601 with its offset from UTC.
PICTURE_TIME_HEADER = "X-Captured-At"


class TolerantModel(WireModel):
    """Base of what may come from newer software than ours: what it does not know, it leaves out.

    Everything that the centre answers, so that an older box goes on with a newer centre; and a
    box's status, so that an older centre still sees that a newer box lives. Candidates and gaps are
    strict: of what a centre takes in, nothing may be lost.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class Enrolment(WireModel):
    """A new box presents the one-time code that an administrator gave it."""

    code: SecretStr
    box_id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
    public_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # raw Ed25519, 32 bytes
    # Ed25519 signature, in hex, over canonical JSON of {"box_id", "code", "public_key"}: whoever
    # enrols holds the private key.
    proof: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    software: Annotated[str, Field(max_length=200)] = ""

    @field_serializer("code", when_used="json")
    def _spoken(self, code: SecretStr) -> str:
        return code.get_secret_value()  # this message is the one place where it is meant to be


class Enrolled(TolerantModel):
    """The box's bearer token; it is shown once and stored hashed."""

    box_id: str
    token: SecretStr

    @field_serializer("token", when_used="json")
    def _spoken(self, token: SecretStr) -> str:
        return token.get_secret_value()


class UploadObject(WireModel):
    """One evidence file that the box wants to bring."""

    sha256: Sha256
    size_bytes: Annotated[int, Field(ge=0, le=MAX_OBJECT_BYTES)]
    media_type: Annotated[str, Field(max_length=100, pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$")]


class UploadRequest(WireModel):
    """Which files are to be brought."""

    objects: Annotated[tuple[UploadObject, ...], Field(min_length=1, max_length=MAX_UPLOADS)]


class UploadTarget(TolerantModel):
    """Where one file goes: PUT its bytes to `url` with `headers`, before `expires_at`.

    `url` none: the centre has these bytes already.
    """

    sha256: Sha256
    url: str | None
    headers: Annotated[dict[str, str], Field(default_factory=dict)]
    expires_at: AwareDatetime | None = None


class UploadPlan(TolerantModel):
    """One target for each object asked for, in the same order."""

    targets: tuple[UploadTarget, ...]


class Submission(WireModel):
    """A candidate with its signed manifest; its files have been uploaded before.

    `manifest` and `signature` are the texts of manifest.json and manifest.sig.json to the byte.
    `notice` is the text of README.txt, to which the manifest refers.
    """

    candidate: Candidate
    manifest: Annotated[str, Field(max_length=MAX_MANIFEST_CHARACTERS)]
    signature: Annotated[str, Field(max_length=4096)]
    notice: Annotated[str, Field(max_length=64 * 1024)]


class Receipt(TolerantModel):
    """The centre has it: committed to its database, its files verified and stored."""

    candidate_id: str
    update: int
    sequence: int  # of the box's manifest
    duplicate: bool  # it was there already, with the same content
    missing_sequences: tuple[int, ...] = ()  # manifests before it that have not come; the first 100


class GapReason(StrEnum):
    """Why a box dropped what it had, or had nothing."""

    QUOTA = "quota"  # the disk's quota was reached; the least important went
    DAMAGED = "damaged"  # files of the bundle could no longer be read
    NOT_WATCHED = "not_watched"  # no picture of the camera was judged, whatever the cause


class Gap(WireModel):
    """A manifest number that will never come, or pictures that were never taken."""

    number: Annotated[int, Field(ge=1, le=2**53 - 1)]  # of the gap itself, counted by the box
    reason: GapReason
    # Of the manifest that was dropped.
    sequence: Annotated[int, Field(ge=1, le=2**53 - 1)] | None = None
    camera_id: Annotated[str, Field(max_length=64)] | None = None
    began_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    detail: Annotated[str, Field(max_length=500)] = ""


class GapReport(WireModel):
    """What a box had to drop."""

    gaps: Annotated[tuple[Gap, ...], Field(min_length=1, max_length=500)]


class GapReceipt(TolerantModel):
    """The highest gap number that the centre has; the box forgets up to it."""

    through: int


class CameraState(StrEnum):
    """How a camera is, as its supervisor sees it."""

    CONNECTING = "connecting"
    RUNNING = "running"
    BACKING_OFF = "backing_off"  # failed, waits before the next try
    STOPPED = "stopped"  # its restart budget is spent, or a file has ended
    DISABLED = "disabled"


class CameraStatus(TolerantModel):
    """One camera of a box."""

    camera_id: Annotated[str, Field(max_length=64)]
    state: CameraState
    since: AwareDatetime
    reason: Annotated[str, Field(max_length=500)] = ""  # in words, without credentials
    last_frame_at: AwareDatetime | None = None
    frames: int = 0  # judged since the box started
    view: Annotated[str, Field(max_length=32)] = ""  # of the change witness: ok, moved, blocked ...
    width: int | None = None
    height: int | None = None
    # Of the centre's settings that it judges by; none: by those of the box's own file.
    settings_version: int | None = None


class BoxStatus(TolerantModel):
    """How a box is; sent every minute and when something changes."""

    format: Literal[1] = 1
    sent_at: AwareDatetime  # by the box's clock
    started_at: AwareDatetime
    software: Annotated[str, Field(max_length=200)]
    model: Annotated[str, Field(max_length=200)] = ""
    clock_offset_seconds: float | None = None
    outbox_candidates: int = 0
    outbox_bytes: int = 0
    outbox_quota_bytes: int = 0
    oldest_waiting_at: AwareDatetime | None = None
    dropped: int = 0  # candidates, since the box was set up
    refused: int = 0  # candidates that the centre refused for good, kept on the box
    # What a person should see to, in words: a full disk, evidence that cannot be made.
    trouble: Annotated[str, Field(max_length=500)] = ""
    cpu_share: float | None = None  # of all cores, 0..1
    memory_bytes: int | None = None
    disk_free_bytes: int | None = None
    cameras: Annotated[tuple[CameraStatus, ...], Field(max_length=MAX_CAMERAS)] = ()


class StatusReply(TolerantModel):
    """What the centre wants the box to know."""

    received_at: datetime  # by the centre's clock, in UTC
    snapshots: tuple[str, ...] = ()  # cameras of which a current picture is wanted


class CameraIntroduction(WireModel):
    """What a box's own file says of one camera, without the address of its stream."""

    settings: dict[str, JsonValue]  # `pipeline.camera.Camera` as JSON, its id included
    # Where it hangs, WGS 84, in degrees; both or none.
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None


class Introductions(WireModel):
    """The cameras of a box as its own file has them; told when the box starts and when it changes.

    The centre keeps them as a camera's first version. Once somebody has drawn there, the centre's
    version holds, and an introduction changes nothing more.
    """

    cameras: Annotated[tuple[CameraIntroduction, ...], Field(max_length=MAX_CAMERAS)]


class IntroductionsReply(TolerantModel):
    """What the centre did not take, in words, by camera; the others are known now."""

    refused: Annotated[dict[str, str], Field(default_factory=dict)]


class CameraSettings(TolerantModel):
    """What the centre says of one camera: its zones, names and time zone, in their newest version.

    They replace those of the box's own file; the address of the stream stays the box's.
    """

    camera_id: Annotated[str, Field(min_length=1, max_length=64)]
    version: Annotated[int, Field(ge=1)]
    settings: dict[str, JsonValue]  # `pipeline.camera.Camera` as JSON


class CamerasReply(TolerantModel):
    """The cameras of a box that the centre has settings for."""

    cameras: Annotated[tuple[CameraSettings, ...], Field(max_length=MAX_CAMERAS)] = ()
