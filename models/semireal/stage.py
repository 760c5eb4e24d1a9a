"""A stage: what may happen where in a clip, as its file in `stages/` says. Places are fractions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from models.composites.ground import Ground
from pipeline.settings import Settings, load_settings
from pipeline.violations import Violation

HERE: Final = Path(__file__).parent
STAGES: Final = HERE / "stages"
CAMERAS: Final = HERE / "cameras"

Share = Annotated[float, Field(ge=0, le=1)]
Spot = tuple[Share, Share]
Margin = Annotated[float, Field(ge=-0.6, le=1.6)]  # ways begin and end outside of the picture
Beyond = tuple[Margin, Margin]
Quad = tuple[Spot, Spot, Spot, Spot]  # top left, top right, bottom right, bottom left


class GroundGuess(Settings):
    """The ground under the camera; see `models.composites.ground`."""

    horizon: Annotated[float, Field(ge=-1, le=1)]
    camera_m: Annotated[float, Field(gt=0, le=40)]

    @property
    def ground(self) -> Ground:
        """The same as composites use it."""
        return Ground(horizon=self.horizon, camera_m=self.camera_m)


class VendingStage(Settings):
    """Street vending and its twins."""

    stall: Spot  # where it stands, on forbidden ground
    comes_from: Beyond
    permitted: Spot | None = None  # the twin: a stall in a permitted zone
    parked: Spot | None = None  # the twin: a vehicle
    umbrella: tuple[Beyond, Beyond] | None = None  # the twin: the way of somebody under one


class AdPlace(Settings):
    """Where an ad hangs."""

    kind: Literal["banner", "poster", "billboard"]
    quad: Quad


class AdvertisingStage(Settings):
    """Illegal ads and their twin."""

    ads: Annotated[tuple[AdPlace, ...], Field(min_length=1, max_length=3)]
    shop_sign: Quad | None = None  # the twin: there from the start
    board: Quad | None = None  # the twin: a poster on a permitted board


class DustStage(Settings):
    """A plume over a site and its twin."""

    source: Spot
    wind_m_s: Annotated[float, Field(ge=-6, le=6)]
    radius_m: Annotated[float, Field(gt=0.1, le=4)] = 1.2
    mist: Spot | None = None  # the twin: a spray cannon


class SpillStage(Settings):
    """A truck's way over the road, and where it drops what."""

    way: tuple[Beyond, Beyond]
    lies: Spot
    size_m: tuple[float, float] = (1.6, 3.5)  # across and along the view
    seconds: Annotated[float, Field(gt=1, le=30)] = 6.0  # that the way takes
    wet: Spot | None = None  # the twin: a wet patch


class Stage(Settings):
    """One file of `stages/`."""

    clip: str
    light: Literal["day", "dusk", "night"]
    ground: GroundGuess
    vending: VendingStage | None = None
    advertising: AdvertisingStage | None = None
    dust: DustStage | None = None
    spill: SpillStage | None = None
    without: dict[Literal["vending", "advertising", "dust", "spill"], str] = Field(default={})

    @model_validator(mode="after")
    def _all_is_said(self) -> Stage:
        for name in THEMES:
            if (getattr(self, name) is None) != (name in self.without):
                raise ValueError(f"{name}: give a table, or say under [without] why there is none")
        return self

    @property
    def themes(self) -> tuple[str, ...]:
        """What can be shown."""
        return tuple(name for name in THEMES if name not in self.without)


THEMES: Final = {
    "vending": Violation.STREET_VENDING,
    "advertising": Violation.ILLEGAL_AD,
    "dust": Violation.CONSTRUCTION_DUST,
    "spill": Violation.MUCK_TRUCK_SPILL,
}


def load_stages(folder: Path = STAGES) -> dict[str, Stage]:
    """All stages by name.

    Raises:
        SettingsError: A file is wrong; names it, the key and what to do.
    """
    return {path.stem: load_settings(path, Stage) for path in sorted(folder.glob("*.toml"))}
