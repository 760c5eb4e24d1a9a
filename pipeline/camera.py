"""A camera as the core knows it: who it is, where its zones lie, which zone of time it lives in."""

from __future__ import annotations

from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_serializer, field_validator, model_validator

from pipeline.errors import GeometryError
from pipeline.schedules import load_timezone
from pipeline.settings import Settings
from pipeline.zones import Zone, ZoneKind


class Camera(Settings):
    """One camera.

    Raises:
        GeometryError: (inside pydantic's ValidationError) two zones share an id.
        ScheduleError: (inside pydantic's ValidationError) the time zone is unknown.
    """

    id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
    name: str = ""
    place: str = ""
    timezone: ZoneInfo = ZoneInfo("UTC")
    gb28181_id: Annotated[str, Field(pattern=r"^\d{20}$")] | None = None
    zones: tuple[Zone, ...] = ()

    @field_validator("timezone", mode="before")
    @classmethod
    def _timezone(cls, value: object) -> ZoneInfo:
        return value if isinstance(value, ZoneInfo) else load_timezone(str(value))

    @field_serializer("timezone")
    def _timezone_name(self, timezone: ZoneInfo) -> str:
        return timezone.key

    @model_validator(mode="after")
    def _zone_ids_differ(self) -> Self:
        ids = [zone.id for zone in self.zones]
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise GeometryError(f"zone ids must differ, repeated: {', '.join(repeated)}")
        return self

    def zones_of(self, *kinds: ZoneKind) -> tuple[Zone, ...]:
        """The zones of the given kinds, in the order of the file."""
        return tuple(zone for zone in self.zones if zone.kind in kinds)
