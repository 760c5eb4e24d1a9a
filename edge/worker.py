"""One camera at work: frames processed, bursts and close looks on request, evidence kept."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import structlog

from edge.errors import VideoError
from edge.video.decode import decode_keyframe, decode_span

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.recorder import EvidenceRecorder
    from edge.video.reader import VideoReader
    from pipeline.frames import Frame
    from pipeline.processor import Processor, Step
    from pipeline.rules.close_look import CloseLookRequest
    from pipeline.rules.passage import BurstRequest, Passage
    from pipeline.rules.patch_look import PatchLookRequest

MAX_WAITING_BURSTS = 16  # a request that waits behind so many others is no longer in the ring

log = structlog.get_logger()


@dataclass(slots=True)
class WorkerCounts:
    """What a worker has done so far."""

    frames: int = 0
    bursts: int = 0
    bursts_missed: int = 0  # their seconds had left the ring, or could not be decoded
    looks: int = 0  # close looks at a part of a picture
    looks_missed: int = 0  # their picture had left the ring, or could not be decoded
    media_seconds: float = 0.0  # of the stream
    detections: dict[str, int] = field(default_factory=dict)  # class -> at or above its threshold


class CameraWorker:
    """Runs one camera until its source ends or `reader.stop()` is called.

    Args:
        reader: Of the camera.
        processor: Of the camera.
        recorder: Keeps first pictures and makes evidence; none: judge only.
        on_step: Called after every frame, for progress and reports.
        beside: Does something longer in another thread, or says that it cannot: then bursts of a
            live camera do not hold up its triage. None: bursts are looked at at once, so that the
            same footage always gives the same result.
    """

    def __init__(
        self,
        reader: VideoReader,
        processor: Processor,
        *,
        recorder: EvidenceRecorder | None = None,
        on_step: Callable[[Step], None] | None = None,
        beside: Callable[[Callable[[], None]], bool] | None = None,
    ) -> None:
        self.counts = WorkerCounts()
        self._reader = reader
        self._processor = processor
        self._recorder = recorder
        self._on_step = on_step
        self._bursts: deque[BurstRequest] = deque(maxlen=MAX_WAITING_BURSTS)
        self._first_seconds: float | None = None
        self._beside = beside
        # Passages that another thread has seen, for the next frame to take in.
        self._seen: deque[Passage] = deque(maxlen=MAX_WAITING_BURSTS)

    def run(self) -> None:
        """Work until the source ends.

        Raises:
            VideoError: The source failed; what was open stays open, a later `run` goes on.
        """
        for frame in self._reader:
            self.take(frame)

    def take(self, frame: Frame) -> None:
        """Judge one frame and do what it asks for; frames come in the order of their seconds."""
        while self._seen:
            self._processor.hear_passage(self._seen.popleft())
        step = self._processor.process(frame)
        self._count(step)
        self._bursts.extend(step.burst_requests)
        if self._recorder is not None:
            self._recorder.follow(step)
        self._run_due_bursts(frame.seconds)
        for request in step.look_requests:
            self._look(request)
        if self._on_step is not None:
            self._on_step(step)

    def finish(self) -> None:
        """The footage is over: end what is open and fix its last evidence."""
        events = self._processor.finish()
        if self._recorder is not None:
            self._recorder.finish(events)

    def _run_due_bursts(self, now_seconds: float) -> None:
        for _ in range(len(self._bursts)):
            request = self._bursts.popleft()
            if request.end_seconds > now_seconds:
                self._bursts.append(request)
            elif self._beside is None:
                self._run_burst(request)
            elif not self._beside(partial(self._run_burst, request)):
                self.counts.bursts_missed += 1

    def _run_burst(self, request: BurstRequest) -> None:
        frames = decode_span(
            self._reader.ring,
            request.begin_seconds,
            request.end_seconds,
            request.frames_per_second,
        )
        try:
            passage = self._processor.look_at_burst(request, frames)
        except VideoError as error:
            self.counts.bursts_missed += 1
            log.warning("burst_missed", camera=self._processor.camera.id, reason=str(error))
        else:
            self.counts.bursts += 1
            if self._beside is None:
                self._processor.hear_passage(passage)
            else:
                self._seen.append(passage)

    def _look(self, request: CloseLookRequest | PatchLookRequest) -> None:
        """Show the processor a part of the newest keyframe; without it, it tries another time."""
        try:
            frame = decode_keyframe(self._reader.ring.keyframe_at(request.seconds))
        except VideoError as error:
            self.counts.looks_missed += 1
            log.warning("look_missed", camera=self._processor.camera.id, reason=str(error))
            return
        self._processor.process_look(request, frame)
        self.counts.looks += 1

    def _count(self, step: Step) -> None:
        counts, frame = self.counts, step.frame
        counts.frames += 1
        if self._first_seconds is None:
            self._first_seconds = frame.seconds
        counts.media_seconds = frame.seconds - self._first_seconds
        thresholds = step.observation.thresholds
        for found in step.observation.detections:
            if found.score >= thresholds.get(found.class_name, 0.0):
                name = found.class_name
                counts.detections[name] = counts.detections.get(name, 0) + 1
