"""What a detector remembers of its camera, and one look at a new picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.change.channels import absolute_difference, luma
from pipeline.change.evidence import STABLE_SECONDS, StandingEvidence
from pipeline.change.exposure import Exposure, fit_exposure
from pipeline.change.haze import HazeMeter
from pipeline.change.light import LightMeter
from pipeline.change.patches import PatchAges
from pipeline.change.references import ReferenceBank
from pipeline.change.registration import FLOOR_LEVELS, Alignment, log_of, relief, relief_energy
from pipeline.change.results import Light
from pipeline.change.steady import SteadyView
from pipeline.change.view import MISFIT_CORRELATION, ViewJudge
from pipeline.errors import ReferenceViewError
from pipeline.zones import ZoneKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.camera import Camera
    from pipeline.change.difference import Comparand, Difference
    from pipeline.change.grid import Grid
    from pipeline.change.haze import HazeReference
    from pipeline.change.reference import LiveReference
    from pipeline.change.settings import ChangeSettings
    from pipeline.geometry import Box

MOTION_LEVELS = 14.0  # between two pictures, after exposure compensation
MOTION_NOISE_FACTOR = 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """One picture brought to the reference's place and tones; all arrays are coarse."""

    raw: NDArray[np.uint8]  # aligned, as exposed, h x w x 3
    picture: NDArray[np.float32]  # aligned, in the reference's tones, h x w x 3
    visible: NDArray[
        np.bool_
    ]  # neither person, vehicle, privacy mask nor beyond the picture's edge
    frozen: NDArray[np.bool_]  # under an open episode
    step: NDArray[np.float32]  # how far it differs from the picture before, grey levels
    alignment: Alignment
    comparand: Comparand
    energy: float  # relief energy over the reference's
    dt: float  # seconds that this picture may prove


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """The last comparison, with what it was made from."""

    seconds: float  # of the detector's own clock
    comparand: Comparand
    light: Light
    difference: Difference


class CameraMemory:
    """Everything that depends on the picture's raster; begun anew if the format changes."""

    def __init__(self, camera: Camera, settings: ChangeSettings, grid: Grid) -> None:
        self.grid = grid
        self._settings = settings
        self.bank = ReferenceBank(camera.id, grid.shape, settings.max_variants)
        self.meter = LightMeter(settings.light_hold_seconds)
        self.judge = ViewJudge(settings)
        self.evidence = StandingEvidence(
            grid.shape,
            min_age_seconds=settings.min_age_seconds,
            flat_age_seconds=settings.flat_age_seconds,
        )
        self.ages = PatchAges(settings.max_patches)
        self.exposure = Exposure.neutral()
        self.alignment = Alignment()
        self.haze_reference: HazeReference | None = None
        self.haze_comparand: Comparand | None = None  # that haze_reference was made from
        self._compared: _Compared | None = None
        self._steady: SteadyView | None = None
        self._previous: NDArray[np.float32] | None = None
        self._blind = np.zeros(grid.shape, np.bool_)
        for zone in camera.zones_of(ZoneKind.PRIVACY_MASK):
            self._blind |= grid.polygon_mask(zone.polygon)
        self.haze_meters = tuple(
            HazeMeter(zone.id, grid.polygon_mask(zone.polygon))
            for zone in camera.zones_of(ZoneKind.SITE)
        )

    @property
    def live(self) -> LiveReference:
        """The reference view in use."""
        if self.bank.live is None:
            raise ReferenceViewError("no reference view is in use; call use_light first")
        return self.bank.live

    @property
    def steady(self) -> SteadyView:
        """What the camera shows now, less what passes by."""
        if self._steady is None:
            raise ReferenceViewError("there is no steady view yet; look at a picture first")
        return self._steady

    def begin_anew(self) -> None:
        """Another reference view is in use: what was normalised to the old one is void."""
        self._steady = None
        self._previous = None
        self._compared = None
        self.exposure = Exposure.neutral()
        self.judge.begin_anew()

    def compare(self, look: Look, light: Light, now: float) -> Difference:
        """How the steady view differs from the reference.

        While too little stands to be a patch, the last answer serves for as long as a new thing
        must hold before it counts: until then a new one would say nothing else.
        """
        last = self._compared
        smallest = self._settings.min_area_share * self.grid.rows * self.grid.columns
        is_quiet = self.evidence.standing_px < smallest
        is_recent = (
            last is not None
            and last.comparand is look.comparand
            and last.light is light
            and now - last.seconds < STABLE_SECONDS
        )
        if last is None or not (is_quiet and is_recent):
            is_day = light is Light.DAY
            difference = look.comparand.compare(self.steady.colour, is_day=is_day)
            last = self._compared = _Compared(now, look.comparand, light, difference)
        return last.difference

    def look(
        self,
        small: NDArray[np.uint8],
        *,
        ignore: Sequence[Box],
        frozen: Sequence[Box],
        now: float,
        dt: float,
    ) -> Look:
        """Bring a coarse picture (h x w x 3) to the reference's place and tones."""
        if self._steady is None:
            self._steady = SteadyView(small.astype(np.float32))
        comparand, registration = self.bank.prepared(self._steady, now)
        levels = luma(small)
        shape = relief(log_of(levels + np.float32(FLOOR_LEVELS)))
        occupied = self._occupied(ignore, self.alignment)
        alignment = registration.find(shape, ~occupied, self.alignment)
        placed = self._placed(alignment)
        aligned = placed.apply(small)
        occupied = self._occupied(ignore, placed) | ~placed.inside(self.grid.shape)
        usable = ~occupied & ~self.evidence.standing
        self.exposure = fit_exposure(aligned, comparand.colour, usable, self.exposure)
        picture = self.exposure.apply(aligned)
        energy = relief_energy(shape) / max(comparand.relief_energy, 1e-9)
        return Look(
            raw=aligned,
            picture=picture,
            visible=~occupied,
            frozen=self.grid.box_mask(frozen, shift=placed.shift),
            step=self._step(picture),
            alignment=alignment,
            comparand=comparand,
            energy=energy,
            dt=dt,
        )

    def _placed(self, alignment: Alignment) -> Alignment:
        """The alignment to use: none where the view does not fit or lies too far off."""
        limit = self._settings.max_shift_share * self.grid.columns
        if alignment.correlation >= MISFIT_CORRELATION and alignment.length <= limit:
            self.alignment = alignment
            return alignment
        return Alignment(correlation=alignment.correlation)

    def _occupied(self, ignore: Sequence[Box], alignment: Alignment) -> NDArray[np.bool_]:
        grow = self._settings.ignore_margin_share
        return self.grid.box_mask(ignore, grow=grow, shift=alignment.shift) | self._blind

    def _step(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        previous, self._previous = self._previous, picture
        if previous is None:
            return np.zeros(self.grid.shape, np.float32)
        return absolute_difference(picture, previous)

    def moving(self, look: Look) -> NDArray[np.bool_]:
        """Where the picture differs from the one before by more than the place trembles, h x w."""
        change = cv2.blur(look.step, (3, 3))
        return np.asarray(
            change > MOTION_LEVELS + MOTION_NOISE_FACTOR * self.steady.noise, np.bool_
        )
