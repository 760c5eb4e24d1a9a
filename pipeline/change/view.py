"""Whether the picture can be compared with its reference view at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.change.results import ViewState

if TYPE_CHECKING:
    from pipeline.change.settings import ChangeSettings

BLACK_LEVEL = 5.0  # mean grey level of a picture with nothing in it
WHITE_LEVEL = 250.0
BLANK_DEVIATION = 3.0  # grey levels over the whole picture
BLANK_ENERGY = 0.10  # relief energy over the reference's; dense fog keeps some and correlates
MISFIT_CORRELATION = 0.25  # below it nothing of the reference is recognised
FIT_CORRELATION = 0.4  # above it a far shift is believed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one picture says about the view."""

    level: float  # mean grey level
    deviation: float  # of the grey levels over the picture
    energy: float  # relief energy over the reference's
    correlation: float  # of the two reliefs after alignment, in [-1, 1]
    shift_share: float  # length of the shift over the picture's width
    known_share: float  # of what can be seen, how much the reference knows
    startled_share: float  # of the picture differs from the last seconds
    differing_share: float  # of the picture that is solidly different from the reference
    hazy_share: float  # of the picture is veiled: fog
    settling: bool  # the light is changing


class ViewJudge:
    """Turns sights into a state and counts how long bad ones last."""

    def __init__(self, settings: ChangeSettings) -> None:
        self._settings = settings
        self.misfit_seconds = 0.0  # how long the view has not fitted
        self.unstable_seconds = 0.0  # how long it has differed as a whole
        self.foggy_seconds = 0.0  # how long it has been veiled
        self.differing_share = 0.0  # of the newest picture, 1 where nothing of it fits
        self._learned = False

    def begin_anew(self) -> None:
        """Another reference view is in use."""
        self.misfit_seconds = self.unstable_seconds = self.foggy_seconds = 0.0
        self._learned = False

    @property
    def has_settled_elsewhere(self) -> bool:
        """Whether the light or weather has been another for so long that it wants its own view."""
        settings = self._settings
        return (
            self.unstable_seconds >= settings.variant_after_seconds
            or self.foggy_seconds >= settings.fog_variant_after_seconds
        )

    def update(self, sight: Sight, dt: float) -> ViewState:
        """The state of one picture, `dt` seconds after the one before."""
        settings = self._settings
        fits = sight.correlation >= MISFIT_CORRELATION
        self.differing_share = sight.differing_share if fits else 1.0
        if self._is_blocked(sight):
            return ViewState.BLOCKED
        # Most of the view is learned once, then stays learned: a crowd may not undo that.
        self._learned = self._learned or sight.known_share >= LEARNED_SHARE
        if not self._learned:
            return ViewState.LEARNING
        far = sight.shift_share > settings.max_shift_share
        if far or not fits:
            self.misfit_seconds += dt
            sure = far and sight.correlation >= FIT_CORRELATION
            if sure or (self.misfit_seconds >= settings.moved_after_seconds and not sight.settling):
                return ViewState.MOVED
            return ViewState.UNSTABLE
        self.misfit_seconds = 0.0
        if sight.differing_share > settings.unstable_share:
            self.unstable_seconds += dt
            return ViewState.UNSTABLE
        self.unstable_seconds = 0.0
        foggy = sight.hazy_share > settings.foggy_share
        self.foggy_seconds = self.foggy_seconds + dt if foggy else 0.0
        startled = sight.startled_share > settings.unstable_share
        return ViewState.UNSTABLE if startled or foggy or sight.settling else ViewState.OK

    @staticmethod
    def _is_blocked(sight: Sight) -> bool:
        if not BLACK_LEVEL <= sight.level <= WHITE_LEVEL or sight.deviation < BLANK_DEVIATION:
            return True
        return sight.energy < BLANK_ENERGY and sight.correlation < MISFIT_CORRELATION


LEARNED_SHARE = 0.8  # of what can be seen; the rest is learned as it becomes visible
