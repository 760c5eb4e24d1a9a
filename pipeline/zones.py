"""Polygons with a meaning, drawn on a camera's picture in fractions of its size."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_serializer,
    field_validator,
    model_validator,
)

from pipeline.errors import GeometryError
from pipeline.geometry import Polygon
from pipeline.schedules import Schedule, WeeklyWindow


class ZoneKind(StrEnum):
    """What a zone says about the things inside it."""

    NO_VENDING = "no_vending"
    PERMITTED = "permitted"  # vending allowed in its windows, for its kinds of business
    AD_SURFACE = "ad_surface"  # a wall, fence, pole or pavement where ads are not allowed
    PERMITTED_AD = "permitted_ad"  # a licensed sign or notice board
    SITE = "site"  # construction site, dust
    ROAD = "road"  # carriageway that trucks cross, spills
    SENSITIVE = "sensitive"  # school or hospital near by: raises priority
    PRIVACY_MASK = "privacy_mask"  # blanked before anything else sees the picture


class Business(StrEnum):
    """Kinds of vending that a permitted zone may name."""

    FOOD = "food"
    GOODS = "goods"
    PRODUCE = "produce"
    REPAIR = "repair"


class Zone(BaseModel):
    """One polygon with its meaning and, where it permits something, when and for whom.

    Raises:
        GeometryError: (inside pydantic's ValidationError) the polygon crosses itself, has no area,
            or leaves the picture.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    id: Annotated[str, Field(min_length=1, max_length=64)]
    kind: ZoneKind
    polygon: Polygon  # in fractions of the frame, x right, y down
    name: str = ""
    windows: tuple[WeeklyWindow, ...] = ()
    valid_from: date | None = None  # first local day
    valid_to: date | None = None  # last local day
    business: tuple[Business, ...] = ()  # none: any kind
    capacity: Annotated[int, Field(ge=1)] | None = None
    document: str = ""  # number of the plan or permit

    @field_validator("polygon", mode="before")
    @classmethod
    def _polygon(cls, value: object) -> Polygon:
        polygon = value if isinstance(value, Polygon) else Polygon.from_points(value)  # type: ignore[arg-type]  # from_points checks it
        outside = [p for p in polygon.points if not (0 <= p[0] <= 1 and 0 <= p[1] <= 1)]
        if outside:
            raise GeometryError(
                f"zone corners are fractions 0..1 of the picture, got {outside[0]};"
                " divide pixels by the picture's width and height"
            )
        return polygon

    @field_serializer("polygon")
    def _corners(self, polygon: Polygon) -> list[list[float]]:
        return [list(point) for point in polygon.points]

    @model_validator(mode="after")
    def _schedule_is_sound(self) -> Self:
        _ = self.schedule
        if self.kind is ZoneKind.PERMITTED and not self.document:
            raise GeometryError("a permitted zone needs the number of its document")
        return self

    @property
    def schedule(self) -> Schedule:
        """When the zone's permission holds."""
        return Schedule(windows=self.windows, valid_from=self.valid_from, valid_to=self.valid_to)

    def permits(self, instant: datetime, timezone: ZoneInfo) -> bool:
        """Whether this is a permitted zone that is open at the instant."""
        return self.kind is ZoneKind.PERMITTED and self.schedule.is_open(instant, timezone)

    def in_pixels(self, width: int, height: int) -> Polygon:
        """The polygon in pixels of a source frame."""
        return self.polygon.scaled(width, height)
