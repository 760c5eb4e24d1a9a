"""The change witness of one camera: frames in, static changes, haze and the state of the view out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.change.channels import channel_max
from pipeline.change.evidence import STABLE_SECONDS, StandingEvidence
from pipeline.change.exposure import Exposure, fit_exposure
from pipeline.change.grid import Grid
from pipeline.change.haze import HazeField, HazeMeter, HazeReference
from pipeline.change.light import LightMeter
from pipeline.change.patches import (
    Patch,
    PatchAges,
    find_patches,
    is_airborne,
    is_ghost,
    is_in_haze,
    is_light,
)
from pipeline.change.references import ReferenceBank
from pipeline.change.registration import Alignment, relief
from pipeline.change.results import ChangeProposal, ChangeResult, Light, ViewState
from pipeline.change.settings import ChangeSettings
from pipeline.change.steady import SteadyView
from pipeline.change.view import MISFIT_CORRELATION, Sight, ViewJudge
from pipeline.errors import FrameError, ReferenceViewError
from pipeline.zones import ZoneKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pipeline.camera import Camera
    from pipeline.change.difference import Comparand, Difference
    from pipeline.change.reference import LiveReference, ReferenceView
    from pipeline.change.results import Haze
    from pipeline.frames import Frame
    from pipeline.geometry import Box

MAX_STEP_SECONDS = 10.0  # what one picture may prove: a gap in the stream is no evidence
MOTION_LEVELS = 14.0  # between two pictures, after exposure compensation
MOTION_NOISE_FACTOR = 3.0
TREMBLING_LEVELS = (
    6.0  # mean deviation of leaves and flags: they never hold still, learn their mean
)
DOUBT_SECONDS = 2.0  # of evidence: the reference does not learn what may be a new thing
EXPLAINED_SHARE = 0.01  # of the picture may differ when dusk falls on the view in use
FOG_DIFFERS_SHARE = 0.02  # of the picture: fog changes far more
LIGHT_EVENT_SHARE = 0.02  # of the picture is proven shadow or sun: plain patches may be it, too


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Look:
    """One picture brought to the reference's place and tones; all arrays are coarse."""

    grid: Grid
    raw: NDArray[np.uint8]  # aligned, as exposed
    picture: NDArray[np.float32]  # aligned, in the reference's tones
    visible: NDArray[np.bool_]  # neither person, vehicle nor privacy mask
    frozen: NDArray[np.bool_]  # under an open episode
    alignment: Alignment
    comparand: Comparand
    energy: float  # relief energy over the reference's
    dt: float  # seconds that this picture may prove


class _Memory:
    """Everything that depends on the picture's raster; built anew if the camera's format changes."""

    def __init__(self, camera: Camera, settings: ChangeSettings, grid: Grid) -> None:
        self.grid = grid
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
        self.steady: SteadyView | None = None
        self.previous: NDArray[np.float32] | None = None
        self.haze_reference: HazeReference | None = None
        self.haze_comparand: Comparand | None = None
        self.blind = np.zeros(grid.shape, np.bool_)
        for zone in camera.zones_of(ZoneKind.PRIVACY_MASK):
            self.blind |= grid.polygon_mask(zone.polygon)
        self.meters = tuple(
            HazeMeter(zone.id, grid.polygon_mask(zone.polygon))
            for zone in camera.zones_of(ZoneKind.SITE)
        )

    @property
    def live(self) -> LiveReference:
        """The reference view in use."""
        if self.bank.live is None:
            raise ReferenceViewError("no reference view is in use; call use_light first")
        return self.bank.live

    def begin_anew(self) -> None:
        """Another reference view is in use: what was normalised to the old one is void."""
        self.steady = None
        self.previous = None
        self.exposure = Exposure.neutral()
        self.judge.begin_anew()


class ChangeDetector:
    """Compares a camera's pictures with its own reference views, about once a second.

    Same frames, same results. All state is bounded: about 12 MB at 320 x 180 (see docs/change.md).

    Args:
        camera: Its `site` zones are watched for haze, its privacy masks are left out.
        settings: See `ChangeSettings`.
    """

    def __init__(self, camera: Camera, settings: ChangeSettings | None = None) -> None:
        self._camera = camera
        self._settings = settings or ChangeSettings()
        self._memory: _Memory | None = None
        self._waiting: tuple[ReferenceView, ...] = ()
        self._seconds: float | None = None
        self._now = 0.0  # own clock: stream time without its jumps back
        self._notes: list[str] = []

    def import_references(self, views: Iterable[ReferenceView]) -> None:
        """Take over reference views, as `ReferenceStore.load` gives them.

        Views of another raster (the camera's format changed) are dropped at the next frame with the
        note `references_other_format`.

        Raises:
            ReferenceViewError: A view belongs to another camera.
        """
        views = tuple(views)
        for view in views:
            if view.camera_id != self._camera.id:
                raise ReferenceViewError(
                    f"the reference view belongs to camera {view.camera_id!r}, not"
                    f" {self._camera.id!r}; give each camera a folder of its own"
                )
        self._waiting = views
        self._memory = None

    def export_references(self) -> tuple[ReferenceView, ...]:
        """The reference views learned so far, for `ReferenceStore.save`."""
        return self._memory.bank.export() if self._memory else self._waiting

    def update(
        self, frame: Frame, *, ignore: Sequence[Box] = (), frozen: Sequence[Box] = ()
    ) -> ChangeResult:
        """Compare one frame.

        Args:
            frame: The picture, scaled or not; of this camera.
            ignore: People and vehicles now, in source pixels: never learned, never proposed.
            frozen: Open episodes and presences, in source pixels: never learned.

        Raises:
            FrameError: The frame is another camera's.
        """
        if frame.camera_id != self._camera.id:
            raise FrameError(
                f"a frame of camera {frame.camera_id!r} came to the detector of"
                f" {self._camera.id!r}; make one ChangeDetector per camera"
            )
        self._notes = []
        dt = self._advance(frame.seconds)
        memory = self._remember(frame)
        small = memory.grid.shrink(frame.image)
        light = memory.meter.update(small, dt)
        self._follow_light(memory, light)
        look = self._look(memory, small, ignore, frozen, dt)
        moving = self._motion(memory, look)
        steady = memory.steady
        if steady is None:
            raise ReferenceViewError("the steady view is missing after a look; this is a bug")
        startled = steady.update(look.picture, look.visible, dt)
        difference = look.comparand.compare(steady.colour, light_is_day=light is Light.DAY)
        field = self._haze_field(memory, look, difference)
        state = self._judge(memory, look, small, startled, difference, field)
        proposals, standing = self._propose(memory, look, difference, field, state)
        self._learn(memory, look, difference, field, state)
        hazes = self._measure_haze(memory, look, field, state)
        self._move_on(memory, look, state)
        alignment = look.alignment
        return ChangeResult(
            seconds=frame.seconds,
            state=state,
            light=light,
            width=frame.width,
            height=frame.height,
            changed=alignment.undo(standing),
            moving=alignment.undo(moving),
            proposals=proposals,
            hazes=hazes,
            shift_px=(
                alignment.dx / memory.grid.x_scale,
                alignment.dy / memory.grid.y_scale,
            ),
            notes=tuple(self._notes),
        )

    def _advance(self, seconds: float) -> float:
        """Move the own clock; the seconds that this picture may prove."""
        step = 0.0 if self._seconds is None else max(seconds - self._seconds, 0.0)
        self._seconds = seconds
        self._now += step
        return min(step, MAX_STEP_SECONDS)

    def _remember(self, frame: Frame) -> _Memory:
        grid = Grid.over(frame, self._settings.width_px)
        memory = self._memory
        if memory is not None and memory.grid.shape == grid.shape:
            memory.grid = grid
            return memory
        if memory is not None:
            self._notes.append("format_changed")
        memory = _Memory(self._camera, self._settings, grid)
        fitting = [view for view in self._waiting if view.known.shape == grid.shape]
        if len(fitting) < len(self._waiting):
            self._notes.append("references_other_format")
        memory.bank.adopt(fitting)
        self._waiting = ()
        self._memory = memory
        return memory

    def _follow_light(self, memory: _Memory, light: Light) -> None:
        bank = memory.bank
        if bank.live is None:
            bank.use_light(light)
            return
        if bank.live.light is light:
            return
        if bank.has_light(light) or not bank.live.known.any():
            bank.use_light(light)
        elif memory.judge.differing_share > EXPLAINED_SHARE:
            bank.use_light(light)  # the view in use does not explain the picture: learn afresh
        else:
            bank.begin_light_from_live(light)
            self._notes.append("light_changed")
            return  # the same view goes on, nothing is void
        self._notes.append("light_changed")
        memory.begin_anew()

    def _look(
        self,
        memory: _Memory,
        small: NDArray[np.uint8],
        ignore: Sequence[Box],
        frozen: Sequence[Box],
        dt: float,
    ) -> _Look:
        """Bring the picture to the reference's place and tones."""
        if memory.steady is None:
            memory.steady = SteadyView(small.astype(np.float32))
        comparand, registration, target = memory.bank.prepared(memory.steady, self._now)
        grow = self._settings.ignore_margin_share
        luma = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)
        shape = relief(luma)
        before = memory.alignment
        occupied = memory.grid.box_mask(ignore, grow=grow, shift=before.shift) | memory.blind
        alignment = registration.find(shape, ~occupied, before)
        limit = self._settings.max_shift_share * memory.grid.columns
        fits = alignment.correlation >= MISFIT_CORRELATION and alignment.length <= limit
        placed = alignment if fits else Alignment(dx=0.0, dy=0.0, correlation=alignment.correlation)
        if fits:
            memory.alignment = alignment
        aligned = placed.apply(small)
        occupied = memory.grid.box_mask(ignore, grow=grow, shift=placed.shift) | memory.blind
        occupied |= ~placed.inside(memory.grid.shape)
        usable = ~occupied & ~memory.evidence.standing
        memory.exposure = fit_exposure(aligned, target, usable, memory.exposure)
        energy = float((shape * shape).mean()) / max(float((comparand.relief**2).mean()), 1e-9)
        return _Look(
            grid=memory.grid,
            raw=aligned,
            picture=memory.exposure.apply(aligned),
            visible=~occupied,
            frozen=memory.grid.box_mask(frozen, shift=placed.shift),
            alignment=alignment,
            comparand=comparand,
            energy=energy,
            dt=dt,
        )

    @staticmethod
    def _motion(memory: _Memory, look: _Look) -> NDArray[np.bool_]:
        previous, memory.previous = memory.previous, look.picture
        if previous is None or memory.steady is None:
            return np.zeros(look.grid.shape, np.bool_)
        change = cv2.blur(channel_max(cv2.absdiff(look.picture, previous)), (3, 3))
        limit = MOTION_LEVELS + MOTION_NOISE_FACTOR * memory.steady.noise
        return np.asarray(change > limit, np.bool_)

    @staticmethod
    def _judge(
        memory: _Memory,
        look: _Look,
        small: NDArray[np.uint8],
        startled: NDArray[np.bool_],
        difference: Difference,
        field: HazeField | None,
    ) -> ViewState:
        seen = max(int(look.visible.sum()), 1)
        known = memory.live.known & look.visible
        claimed = look.frozen | memory.evidence.standing
        sight = Sight(
            level=float(small.mean()),
            deviation=float(small[::4, ::4].std()),
            energy=look.energy,
            correlation=look.alignment.correlation,
            shift_share=look.alignment.length / look.grid.columns,
            known_share=float((known & ~look.frozen).sum())
            / max(int((look.visible & ~look.frozen).sum()), 1),
            startled_share=float(startled.sum()) / seen,
            differing_share=float((difference.solid & known & ~claimed).sum()) / seen,
            hazy_share=0.0 if field is None else field.cover(known),
            settling=memory.meter.settling,
        )
        return memory.judge.update(sight, look.dt)

    def _propose(
        self,
        memory: _Memory,
        look: _Look,
        difference: Difference,
        field: HazeField | None,
        state: ViewState,
    ) -> tuple[tuple[ChangeProposal, ...], NDArray[np.bool_]]:
        evidence, steady = memory.evidence, memory.steady
        if state is not ViewState.OK or steady is None:
            return (), np.zeros(look.grid.shape, np.bool_)
        occupied = ~look.visible | ~memory.live.known
        evidence.update(difference, steady.seconds, occupied, look.dt)
        patches = self._patches(memory, look, difference, field)
        first = [
            self._now - float(np.median(evidence.seconds_of(patch.flat)[patch.window][patch.mask]))
            for patch in patches
        ]
        ages = memory.ages.update(patches, first, self._now)
        standing = evidence.standing.copy()
        proposals = []
        for patch, age in zip(patches, ages, strict=True):
            standing[patch.window] |= patch.mask
            box = look.grid.source_box(
                patch.left, patch.top, patch.width, patch.height, look.alignment.shift
            )
            if box.area > 0 and age >= self._settings.min_age_seconds:
                proposals.append(
                    ChangeProposal(
                        box=box, age_seconds=age, strength=patch.strength, fill=patch.fill
                    )
                )
        return tuple(proposals), standing

    def _patches(
        self, memory: _Memory, look: _Look, difference: Difference, field: HazeField | None
    ) -> list[Patch]:
        """Patches that are things: not ghosts, not light, not what people and vehicles cover."""
        settings, evidence, steady = self._settings, memory.evidence, memory.steady
        pixels = look.grid.rows * look.grid.columns
        limits = {
            "min_area": settings.min_area_share * pixels,
            "max_area": settings.max_area_share * pixels,
        }
        found = []
        theirs = evidence.occupied_share > settings.max_occupied_share
        for patch in find_patches(evidence.standing & ~theirs, difference, **limits):
            if steady is None:
                continue
            hazy = field is not None and is_in_haze(patch, field.veiled)
            if hazy or is_airborne(patch, steady.colour, look.comparand):
                self._notes.append("airborne")
            elif is_ghost(patch, steady.colour, look.comparand):
                self._bury(memory, patch, look.frozen)
            else:
                found.append(patch)
        lit = evidence.standing_veil & difference.veil & difference.telling
        if lit.mean() < LIGHT_EVENT_SHARE:
            plain = evidence.standing_veil & ~evidence.standing & ~theirs
            for patch in find_patches(plain, difference, flat=True, **limits):
                if steady is None or is_light(patch, difference):
                    continue
                if not is_ghost(patch, steady.colour, look.comparand):
                    found.append(patch)
        else:
            self._notes.append("light_event")
        return found[: settings.max_patches]

    def _bury(self, memory: _Memory, patch: Patch, frozen: NDArray[np.bool_]) -> None:
        """Something was taken away: what shows now is the new reference, unless a case is open."""
        mask = np.zeros(memory.grid.shape, np.bool_)
        mask[patch.window] = patch.mask
        mask &= ~frozen
        memory.live.known[mask] = False
        memory.evidence.forget(mask)
        memory.bank.refresh()
        self._notes.append("ghost")

    def _learn(
        self,
        memory: _Memory,
        look: _Look,
        difference: Difference,
        field: HazeField | None,
        state: ViewState,
    ) -> None:
        steady, evidence, live = memory.steady, memory.evidence, memory.live
        if state not in {ViewState.OK, ViewState.LEARNING} or steady is None:
            return
        settings = self._settings
        free = look.visible & ~look.frozen
        clear = free if field is None else free & ~field.veiled
        trembling = steady.noise > TREMBLING_LEVELS
        watched = steady.watched_seconds >= 2 * settings.learn_seconds
        ready = (steady.seconds >= settings.learn_seconds) | (trembling & watched)
        if live.acquire(steady, clear & ready):
            memory.bank.refresh()
        given_up = evidence.held_seconds >= settings.hold_seconds
        doubtful = (evidence.standing | (evidence.solid_seconds > DOUBT_SECONDS)) & ~given_up
        where = free & ~doubtful & ((steady.seconds >= STABLE_SECONDS) | trembling)
        live.learn(
            steady,
            where,
            given_up | difference.veil,
            dt=look.dt,
            slow_seconds=settings.slow_seconds,
        )

    @staticmethod
    def _haze_field(memory: _Memory, look: _Look, difference: Difference) -> HazeField | None:
        """Haze over the picture; none where no zone asks and too little differs to be fog."""
        known = memory.live.known
        differs = (difference.solid | difference.veil) & known
        if not known.any() or (not memory.meters and differs.mean() < FOG_DIFFERS_SHARE):
            return None
        if memory.haze_reference is None or memory.haze_comparand is not look.comparand:
            live = memory.live
            memory.haze_reference = HazeReference(look.comparand.colour, live.noise)
            memory.haze_comparand = look.comparand
        return memory.haze_reference.measure(look.raw, look.visible & known)

    def _measure_haze(
        self, memory: _Memory, look: _Look, field: HazeField | None, state: ViewState
    ) -> tuple[Haze, ...]:
        if field is None or state not in {ViewState.OK, ViewState.UNSTABLE}:
            return ()
        usable = look.visible & memory.live.known
        return tuple(
            meter.update(field, usable, look.grid, look.alignment.shift, self._now)
            for meter in memory.meters
        )

    def _move_on(self, memory: _Memory, look: _Look, state: ViewState) -> None:
        """Begin other reference views where the ones in use have not fitted for long."""
        settings, judge, bank = self._settings, memory.judge, memory.bank
        if state is ViewState.MOVED and judge.misfit_seconds >= settings.relearn_after_seconds:
            bank.forget()
            memory.evidence.forget(np.ones(memory.grid.shape, np.bool_))
            memory.ages.clear()
            memory.alignment = Alignment()
            memory.begin_anew()
            self._notes.append("references_restarted")
        elif judge.unstable_seconds >= settings.variant_after_seconds:
            carried = look.frozen | memory.evidence.standing
            bank.begin_variant(carried, memory.exposure)
            memory.begin_anew()
            self._notes.append("variant_started")
