"""The settings of a box: its cameras, models and folders, from one TOML file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from edge.cameras.supervisor import SupervisionSettings
from edge.errors import StreamUrlError
from edge.judging.service import JudgingSettings
from edge.outbox.outbox import OutboxSettings
from edge.uplink.settings import CentreSettings
from edge.video.reader import ReaderSettings
from edge.video.source import StreamUrl, VideoSource, parse_source
from pipeline.camera import Camera
from pipeline.exchange import MAX_CAMERAS
from pipeline.frames import require_utc
from pipeline.processor import ProcessorSettings
from pipeline.settings import Settings, load_settings
from pipeline.zones import Zone, ZoneKind

WHOLE_PICTURE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


class ModelSettings(Settings):
    """Which networks run, and on what."""

    detector: Path = Path("models/shipped/street.toml")
    # An empty path: no classifier, and every load is unclear.
    load_state: Path | None = Path("models/shipped/load_state.toml")
    # An empty path: what is new on an ad surface is not cut out and told apart.
    patch_kind: Path | None = Path("models/shipped/patch_kind.toml")
    provider: str = "cpu"
    threads: Annotated[int, Field(ge=1, le=64)] = 1  # of one network call

    @field_validator("load_state", "patch_kind", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        return value or None  # TOML has no null


class BoxCamera(Camera):
    """A camera and where its pictures come from.

    Raises:
        StreamUrlError: (inside pydantic's ValidationError) `source` is no address.
        FrameError: (inside pydantic's ValidationError) `starts_at` is not UTC.
    """

    source: Annotated[str, Field(repr=False)]  # a file or rtsp://name:password@host/path
    enabled: bool = True
    loop: bool = False  # a file stands in for a camera: in real time, again and again
    # UTC instant of the first picture of a recording. Of a stream it holds for who joins it first.
    starts_at: datetime | None = None
    # Where it hangs, WGS 84, in degrees; both or none. For the centre's map.
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None

    @model_validator(mode="after")
    def _source_is_sound(self) -> Self:
        _ = self.video_source
        if self.starts_at is not None:
            require_utc(self.starts_at, "starts_at")
        if self.loop and isinstance(self.video_source, StreamUrl):
            raise ValueError("only a file can loop; leave `loop` out for a camera")
        if (self.longitude is None) != (self.latitude is None):
            raise ValueError("longitude and latitude belong together; give both or none")
        return self

    @property
    def view(self) -> Camera:
        """The camera as the core and the centre know it, without its source."""
        return Camera(**{name: getattr(self, name) for name in Camera.model_fields})

    @property
    def video_source(self) -> VideoSource:
        """The source, with its credentials hidden."""
        if not self.source.strip():
            raise StreamUrlError("the source is empty; give a file or an rtsp:// address")
        return parse_source(self.source)

    @property
    def is_recording(self) -> bool:
        """Whether every picture must be judged, however long it takes: no picture is ever lost."""
        return self.starts_at is not None or not isinstance(self.video_source, StreamUrl)


class HealthSettings(Settings):
    """Where the box tells those beside it how it is."""

    port: Annotated[int, Field(ge=0, le=65535)] = 9105  # 0: any free one
    host: str = "127.0.0.1"  # who reaches the port may read; there is no login
    enabled: bool = True


class BoxSettings(Settings):
    """Everything a box needs to know."""

    id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")] = "box-1"
    data: Path = Path("var/box")  # evidence, keys, reference views
    model: ModelSettings = ModelSettings()
    reader: ReaderSettings = ReaderSettings()
    processor: ProcessorSettings = ProcessorSettings()
    judging: JudgingSettings = JudgingSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    outbox: OutboxSettings = OutboxSettings()
    health: HealthSettings = HealthSettings()
    centre: CentreSettings | None = None  # none: the box keeps what it finds to itself
    cameras: Annotated[tuple[BoxCamera, ...], Field(max_length=MAX_CAMERAS)] = ()

    @model_validator(mode="after")
    def _camera_ids_differ(self) -> Self:
        ids = [camera.id for camera in self.cameras]
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise ValueError(f"camera ids must differ, repeated: {', '.join(repeated)}")
        return self


class _CameraFacts(Settings):
    """The [camera] table of a camera file."""

    id: str
    name: str = ""
    place: str = ""
    timezone: str = "UTC"
    gb28181_id: str | None = None


class CameraFile(Settings):
    """A camera with its zones in a file of its own: `[camera]` and `[[zones]]`."""

    camera: _CameraFacts
    zones: tuple[Zone, ...] = ()


def load_camera(path: Path) -> Camera:
    """Read a camera file.

    Raises:
        SettingsError: See `load_settings`.
    """
    file = load_settings(path, CameraFile)
    return Camera(**file.camera.model_dump(), zones=file.zones)


def undrawn_camera(camera_id: str, name: str) -> Camera:
    """A camera on which nobody has drawn zones: each rule watches the whole picture."""
    kinds = (ZoneKind.NO_VENDING, ZoneKind.AD_SURFACE, ZoneKind.SITE, ZoneKind.ROAD)
    return Camera(
        id=camera_id,
        name=name,
        zones=tuple(Zone(id=f"whole-{kind}", kind=kind, polygon=WHOLE_PICTURE) for kind in kinds),
    )
