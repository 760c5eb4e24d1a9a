"""The change witness of one camera: frames in, static changes, haze and the view's state out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.change.difference import Comparand
from pipeline.change.evidence import STABLE_SECONDS
from pipeline.change.exposure import Exposure, fit_exposure
from pipeline.change.grid import Grid
from pipeline.change.haze import HazeReference
from pipeline.change.memory import CameraMemory, Look
from pipeline.change.reference import NOISE_STEP_LEVELS, ReferenceView
from pipeline.change.registration import Alignment
from pipeline.change.results import ChangeProposal, ChangeResult, Light, ViewState
from pipeline.change.settings import ChangeSettings
from pipeline.change.sifting import sift
from pipeline.change.view import Sight
from pipeline.errors import FrameError, ReferenceViewError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pipeline.camera import Camera
    from pipeline.change.difference import Difference
    from pipeline.change.haze import HazeField
    from pipeline.change.patches import Patch
    from pipeline.change.results import Haze
    from pipeline.frames import Frame
    from pipeline.geometry import Box

MAX_STEP_SECONDS = 10.0  # what one picture may prove: a gap in the stream is no evidence
TREMBLING_LEVELS = (
    6.0  # mean deviation of leaves and flags: they never hold still, learn their mean
)
NEAR_PX = 17  # coarse pixels, 8 to each side: a canopy's legs, a board's frame
DOUBT_SECONDS = 2.0  # of evidence: the reference does not learn what may be a new thing
EXPLAINED_SHARE = 0.01  # of the picture may differ when dusk falls on the view in use
FOG_DIFFERS_SHARE = 0.05  # of the picture: fog changes far more, a stall rarely as much
TRY_SECONDS = 20.0  # between looks at the views of other weather
FITTING_SHARE = 0.5  # of what differs from the view in use: another must explain the rest
ABSENT_SECONDS = 60.0  # something has been gone for so long: learn the place without it


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
        self._memory: CameraMemory | None = None
        self._waiting: tuple[ReferenceView, ...] = ()
        self._seconds: float | None = None
        self._now = 0.0  # own clock: stream time without its jumps back
        self._tried_at = -TRY_SECONDS  # when other views were last tried
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
        look = memory.look(small, ignore=ignore, frozen=frozen, now=self._now, dt=dt)
        moving = memory.alignment.undo(memory.moving(look))
        startled = memory.steady.update(look.picture, look.step, look.visible, dt)
        difference = memory.compare(look, light, self._now)
        field = _haze_field(memory, look, difference)
        sight = _sight(memory, look, difference, startled, field)
        state = memory.judge.update(sight, dt)
        proposals, standing = self._propose(memory, look, difference, field, state)
        self._learn(memory, look, field, state)
        hazes = self._measure_haze(memory, look, field, state)
        self._move_on(memory, look, state)
        shift = look.alignment.shift
        return ChangeResult(
            seconds=frame.seconds,
            state=state,
            light=light,
            width=frame.width,
            height=frame.height,
            changed=memory.alignment.undo(standing),
            moving=moving,
            proposals=proposals,
            hazes=hazes,
            shift_px=(shift[0] / memory.grid.x_scale, shift[1] / memory.grid.y_scale),
            notes=tuple(self._notes),
        )

    def _advance(self, seconds: float) -> float:
        """Move the own clock; the seconds that this picture may prove."""
        step = 0.0 if self._seconds is None else max(seconds - self._seconds, 0.0)
        self._seconds = seconds
        self._now += step
        return min(step, MAX_STEP_SECONDS)

    def _remember(self, frame: Frame) -> CameraMemory:
        grid = Grid.over(frame, self._settings.width_px)
        memory = self._memory
        if memory is not None and memory.grid.shape == grid.shape:
            memory.grid = grid
            return memory
        if memory is not None:
            self._notes.append("format_changed")
        memory = CameraMemory(self._camera, self._settings, grid)
        fitting = [view for view in self._waiting if view.known.shape == grid.shape]
        if len(fitting) < len(self._waiting):
            self._notes.append("references_other_format")
        memory.bank.adopt(fitting)
        self._waiting = ()
        self._memory = memory
        return memory

    def _follow_light(self, memory: CameraMemory, light: Light) -> None:
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

    def _propose(
        self,
        memory: CameraMemory,
        look: Look,
        difference: Difference,
        field: HazeField | None,
        state: ViewState,
    ) -> tuple[tuple[ChangeProposal, ...], NDArray[np.bool_]]:
        """The things that stand, and the pixels (h x w) that do."""
        if state is not ViewState.OK:
            return (), np.zeros(memory.grid.shape, np.bool_)
        evidence = memory.evidence
        unknown = ~look.visible | ~memory.live.known
        evidence.update(difference, memory.steady.seconds, unknown, look.dt)
        sifted = sift(memory, look, difference, field, self._settings)
        self._notes.extend(sifted.notes)
        for ghost in sifted.ghosts:
            self._bury(memory, ghost, look.frozen)
        first = [
            self._now - float(np.median(evidence.seconds_of(flat=p.flat)[p.window][p.mask]))
            for p in sifted.things
        ]
        ages = memory.ages.update(sifted.things, first, self._now)
        standing = evidence.standing.copy()
        for patch in sifted.hazy:  # a sign behind dust is no new sign
            standing[patch.window] &= ~patch.mask
        proposals = []
        for patch, age in zip(sifted.things, ages, strict=True):
            standing[patch.window] |= patch.mask
            corner = patch.left, patch.top, patch.width, patch.height
            box = memory.grid.source_box(*corner, shift=look.alignment.shift)
            if box.area > 0 and age >= self._settings.min_age_seconds:
                strength, fill = patch.strength, patch.fill
                proposals.append(
                    ChangeProposal(box=box, age_seconds=age, strength=strength, fill=fill)
                )
        return tuple(proposals), standing

    @staticmethod
    def _bury(memory: CameraMemory, patch: Patch, frozen: NDArray[np.bool_]) -> None:
        """Something was taken away long enough ago: learn its place anew, unless a case is open."""
        if (
            float(np.median(memory.evidence.held_seconds[patch.window][patch.mask]))
            < ABSENT_SECONDS
        ):
            return
        mask = np.zeros(memory.grid.shape, np.bool_)
        mask[patch.window] = patch.mask
        mask &= ~frozen
        memory.live.known[mask] = False
        memory.evidence.forget(mask)
        memory.bank.refresh()

    def _learn(
        self,
        memory: CameraMemory,
        look: Look,
        field: HazeField | None,
        state: ViewState,
    ) -> None:
        if state not in {ViewState.OK, ViewState.LEARNING}:
            return
        steady, evidence, live = memory.steady, memory.evidence, memory.live
        settings = self._settings
        free = look.visible & ~look.frozen
        clear = free if field is None else free & ~field.veiled
        trembling = steady.noise > TREMBLING_LEVELS
        watched = steady.watched_seconds >= 2 * settings.learn_seconds
        ready = (steady.seconds >= settings.learn_seconds) | (trembling & watched)
        # The comparand shows the steady view where nothing is known, seldom another by now.
        new = live.acquire(steady, clear & ready)
        if new.any():
            if memory.haze_reference is not None:
                memory.haze_reference.heed(live.noise)
            if not look.comparand.shows(live.colour, new):
                memory.bank.refresh()
        if not live.is_due(look.dt):
            return
        given_up = evidence.held_seconds >= settings.hold_seconds
        standing = evidence.standing & ~given_up
        # Plain parts of a thing differ by brightness only: its surroundings wait with it.
        near = cv2.dilate(standing.astype(np.uint8), np.ones((NEAR_PX, NEAR_PX), np.uint8)) > 0
        doubtful = (near | (evidence.solid_seconds > DOUBT_SECONDS)) & ~given_up
        where = free & ~doubtful & ((steady.seconds >= STABLE_SECONDS) | trembling)
        live.learn(steady, where, given_up, slow_seconds=settings.slow_seconds)

    def _measure_haze(
        self, memory: CameraMemory, look: Look, field: HazeField | None, state: ViewState
    ) -> tuple[Haze, ...]:
        if field is None or state not in {ViewState.OK, ViewState.UNSTABLE}:
            return ()
        usable = look.visible & memory.live.known
        return tuple(
            meter.update(field, usable, memory.grid, look.alignment.shift, self._now)
            for meter in memory.haze_meters
        )

    def _is_time_to_try(self, unstable_seconds: float) -> bool:
        """Other views are tried when the one in use has not fitted for a while, now and then."""
        due = self._now - self._tried_at >= TRY_SECONDS
        if unstable_seconds < TRY_SECONDS or not due:
            return False
        self._tried_at = self._now
        return True

    def _move_on(self, memory: CameraMemory, look: Look, state: ViewState) -> None:
        """Begin other reference views where the ones in use have not fitted for long."""
        settings, judge, bank = self._settings, memory.judge, memory.bank
        if state is ViewState.MOVED and judge.misfit_seconds >= settings.relearn_after_seconds:
            bank.forget()
            memory.evidence.forget(np.ones(memory.grid.shape, np.bool_))
            memory.ages.clear()
            memory.alignment = Alignment()
            memory.begin_anew()
            self._notes.append("references_restarted")
        elif self._is_time_to_try(judge.unstable_seconds):
            view = _fitting(memory, look)
            if view is not None:
                bank.switch_to(view)
                memory.begin_anew()
                self._notes.append("variant_switched")
        if judge.has_settled_elsewhere:
            carried = look.frozen | memory.evidence.standing
            bank.begin_variant(carried, memory.exposure)
            memory.begin_anew()
            self._notes.append("variant_started")


def _fitting(memory: CameraMemory, look: Look) -> ReferenceView | None:
    """The view of another weather that explains the picture far better than the one in use."""
    best, least = None, FITTING_SHARE * memory.judge.differing_share
    for view in memory.bank.others():
        colour = view.colour.astype(np.float32)
        known = look.visible & view.known
        exposure = fit_exposure(look.raw, colour, known, Exposure.neutral())
        comparand = Comparand(colour, view.noise * np.float32(NOISE_STEP_LEVELS))
        difference = comparand.compare(exposure.apply(look.raw), is_day=view.light is Light.DAY)
        share = np.count_nonzero(difference.solid & known) / max(int(known.sum()), 1)
        if share < least:
            best, least = view, share
    return best


def _sight(
    memory: CameraMemory,
    look: Look,
    difference: Difference,
    startled: NDArray[np.bool_],
    field: HazeField | None,
) -> Sight:
    """What the newest picture says about the view."""
    seen = max(int(np.count_nonzero(look.visible)), 1)
    known = memory.live.known & look.visible
    claimed = look.frozen | memory.evidence.standing
    learnable = max(int(np.count_nonzero(look.visible & ~look.frozen)), 1)
    # Level and deviation need no more than 1 pixel in 16.
    mean, deviation = cv2.meanStdDev(np.ascontiguousarray(look.raw[::4, ::4]).reshape(-1))
    return Sight(
        level=float(mean[0, 0]),
        deviation=float(deviation[0, 0]),
        energy=look.energy,
        correlation=look.alignment.correlation,
        shift_share=look.alignment.length / memory.grid.columns,
        known_share=np.count_nonzero(known & ~look.frozen) / learnable,
        startled_share=np.count_nonzero(startled) / seen,
        differing_share=np.count_nonzero(difference.solid & known & ~claimed) / seen,
        hazy_share=0.0 if field is None else field.cover(known),
        settling=memory.meter.settling,
    )


def _haze_field(memory: CameraMemory, look: Look, difference: Difference) -> HazeField | None:
    """Haze over the picture; none where no zone asks and too little differs to be fog."""
    known = memory.live.known
    differs = (difference.solid | difference.veil) & known
    if not known.any() or (
        not memory.haze_meters and np.count_nonzero(differs) < FOG_DIFFERS_SHARE * known.size
    ):
        return None
    if memory.haze_reference is None or memory.haze_comparand is not look.comparand:
        live = memory.live
        memory.haze_reference = HazeReference(look.comparand.colour, live.noise)
        memory.haze_comparand = look.comparand
    return memory.haze_reference.measure(look.raw, look.visible & known)
