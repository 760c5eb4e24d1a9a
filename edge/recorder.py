"""The evidence of one camera's episodes: what is kept, when bundles are built and signed."""

from __future__ import annotations

import tempfile
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from edge.album import KeyframeAlbum
from edge.errors import ClipError
from edge.originals import with_originals
from edge.report import Finding
from edge.shots import Material, ShotFinder
from edge.video.clip import cut_clip
from edge.video.masked_clip import reencode_masked
from pipeline.candidate import Candidate, EpisodeState, ItemKind
from pipeline.episodes.events import EpisodeEnded, EpisodeOpened
from pipeline.errors import StreetcaseError
from pipeline.evidence.bundle import EvidenceFacts, EvidenceFile
from pipeline.evidence.manifest import (
    CameraIdentity,
    ClockState,
    EpisodeFacts,
    Method,
    ModelIdentity,
    PrivacyMasks,
    RuleIdentity,
)
from pipeline.evidence.redaction import plan_redaction, redacted_copy
from pipeline.evidence.stills import decode_picture, make_stills
from pipeline.evidence.templates import TemplateSettings, template_for
from pipeline.privacy import PrivacyMask
from pipeline.rules.observation import VEHICLE_CLASSES
from pipeline.violations import Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from edge.video.clip import ClipInfo
    from edge.video.ring import PacketRing
    from pipeline.camera import Camera
    from pipeline.detection.detector import Detector
    from pipeline.episodes.events import Episode, EpisodeEvent
    from pipeline.evidence.bundle import Bundle
    from pipeline.evidence.stills import Still
    from pipeline.processor import ProcessorSettings, Step
    from pipeline.rules.passage import Passage

# The first bundle waits so long after the rule fired, so that its clip shows what came after and a
# `latest` picture exists beside `later`.
SETTLE_SECONDS = 10.0
CLIP_SECONDS = 20.0  # domain guide, section 8: a clip of 10 to 20 s
RETRY_SECONDS = 30.0  # after the first failure; twice as long after the second, and so on
MAX_FAILURES = 10  # then only with the episode's next event
MAX_RECENT = 64  # instants of triage frames that are remembered
MAX_PASSAGES = 8  # judged truck passages that are remembered
MAX_CASES = 64  # episodes that are remembered; the longest ended is forgotten first
MAX_ENDED_MATERIALS = 8  # of these the ended ones whose pictures are kept, should they be reopened

log = structlog.get_logger()


@dataclass(slots=True)
class _Case:
    """What is known of one episode's evidence so far."""

    episode: Episode
    material: Material = field(default_factory=Material)
    due_seconds: float | None = None  # when the next bundle is built; none: nothing is due
    finding: Finding | None = None
    failures: int = 0  # bundles in a row that could not be built


class EvidenceRecorder:
    """Evidence of one camera, from the first sight of an act to its end.

    A bundle that cannot be built is logged and tried again, later and with the episode's next
    event: evidence trouble never stops the watching.

    Args:
        camera: Whose evidence it is.
        ring: Of the camera.
        build: Makes a bundle.
        settings: Of the camera's pipeline.
        detector: Finds what hides the subject and what must be redacted.
        box_id: For candidates.
        software: For candidates.
        clock: How far the box's clock can be trusted, now.
        publish: Takes each candidate with its bundle.
    """

    def __init__(
        self,
        *,
        camera: Camera,
        ring: PacketRing,
        build: Callable[[EvidenceFacts, Sequence[EvidenceFile]], Bundle],
        settings: ProcessorSettings,
        detector: Detector,
        box_id: str,
        software: str,
        clock: Callable[[], ClockState],
        publish: Callable[[Candidate, Bundle], None],
    ) -> None:
        self._camera = camera
        self._ring = ring
        self._build_bundle = build
        self._settings = settings
        self._detector = detector
        self._publish = publish
        self._box_id = box_id
        self._software = software
        self._clock = clock
        self._mask = PrivacyMask(camera.zones)
        self._album = KeyframeAlbum(ring)
        self._finder = ShotFinder(ring, self._album, self._mask, detector)
        self._templates = TemplateSettings(
            vending_stay_seconds=settings.rules.vending.dwell_seconds
        )
        self._cases: dict[UUID, _Case] = {}
        self._recent: deque[tuple[float, datetime]] = deque(maxlen=MAX_RECENT)
        self._passages: deque[Passage] = deque(maxlen=MAX_PASSAGES)
        self._size = (1, 1)  # width and height of the source frame, in pixels

    def follow(self, step: Step) -> None:
        """Take in one step: hold pictures, note events, build what is due."""
        self._recent.append((step.frame.seconds, step.frame.captured_at))
        self._size = (step.frame.width, step.frame.height)
        self._passages.extend(step.passages)
        self._album.follow(step)
        self._note(step.events, step.frame.seconds)
        for episode in step.open_episodes:
            # Events are rare: without this a bundle would be of the act as it was when it opened.
            if episode.episode_id in self._cases:
                self._cases[episode.episode_id].episode = episode
        for case in list(self._cases.values()):
            if case.due_seconds is not None and step.frame.seconds >= case.due_seconds:
                self._build(case)

    def finish(self, events: Iterable[EpisodeEvent]) -> None:
        """The footage is over: take in the last events and build what is due."""
        now = self._recent[-1][0] if self._recent else 0.0
        self._note(events, now)
        for case in list(self._cases.values()):
            if case.due_seconds is not None:
                self._build(case)

    def findings(self) -> list[Finding]:
        """The episodes with their newest evidence, without those absorbed by others."""
        return [
            case.finding
            for case in self._cases.values()
            if case.finding is not None and case.finding.candidate.absorbed_by is None
        ]

    def _note(self, events: Iterable[EpisodeEvent], now: float) -> None:
        for event in events:
            episode = event.episode
            case = self._cases.get(episode.episode_id)
            if case is None:
                case = self._cases[episode.episode_id] = _Case(episode)
                if episode.violation is Violation.MUCK_TRUCK_SPILL and self._passages:
                    case.material.passage = self._passages[-1]
            case.episode = episode
            if isinstance(event, EpisodeOpened):
                case.due_seconds = now + SETTLE_SECONDS
            elif isinstance(event, EpisodeEnded) or case.due_seconds is None:
                case.due_seconds = now
        ended = [k for k, c in self._cases.items() if c.episode.state is EpisodeState.ENDED]
        for key in ended[:-MAX_ENDED_MATERIALS]:
            if self._cases[key].due_seconds is None:
                self._cases[key].material = Material()
        for key in ended[: max(len(self._cases) - MAX_CASES, 0)]:
            if self._cases[key].due_seconds is None:
                del self._cases[key]

    def _build(self, case: _Case) -> None:
        case.due_seconds = None
        try:
            with tempfile.TemporaryDirectory(prefix="streetcase-") as scratch:
                bundle = self._bundle(case, Path(scratch))
        except (StreetcaseError, OSError) as error:  # no room for scratch files, for one
            log.warning("evidence_failed", camera=self._camera.id, reason=str(error))
            case.failures += 1
            if case.failures < MAX_FAILURES and self._recent:
                case.due_seconds = self._recent[-1][0] + RETRY_SECONDS * case.failures
            return
        case.failures = 0
        candidate = self._candidate(case.episode, bundle)
        self._publish(candidate, bundle)
        case.finding = Finding(candidate=candidate, camera=self._camera, bundle=bundle.folder)

    def _bundle(self, case: _Case, scratch: Path) -> Bundle:
        episode = case.episode
        template = template_for(episode.subtype, self._templates)
        recent = [r for r in self._recent if episode.started_at <= r[1] <= episode.last_seen_at]
        shots = self._finder.find(template, episode, case.material, recent)
        chosen = make_stills(template, shots.by_role)
        # A masked camera's packets show what its masks hide: its masked pictures are the originals.
        keyframes = {} if self._mask.ids else shots.keyframes
        pictures = with_originals(chosen.stills, keyframes, scratch)
        redacted = [self._redacted(still, episode).file for still in pictures.stills]
        files = [*pictures.files, *redacted, *self._clip(scratch)]
        facts = EvidenceFacts(
            camera=CameraIdentity(
                id=self._camera.id,
                name=self._camera.name,
                place=self._camera.place,
                gb28181_id=self._camera.gb28181_id,
            ),
            clock=self._clock(),
            episode=_episode_facts(episode),
            model=ModelIdentity(
                name=self._detector.card.name,
                version=self._detector.card.version,
                sha256=self._detector.card.sha256,
            ),
            rule=RuleIdentity.of(
                episode.explanation.rule, self._settings.rules.model_dump(mode="json")
            ),
            explanation=episode.explanation,
            template=chosen.result,
            privacy=PrivacyMasks(ids=self._mask.ids, burnt_in=bool(self._mask.ids)),
        )
        return self._build_bundle(facts, files)

    def _redacted(self, still: Still, episode: Episode) -> Still:
        """A copy that may be shown: heads, and plates of vehicles that are not the subject."""
        picture = decode_picture(still.file)
        found = self._detector.detect_image(picture)
        height, width = picture.shape[:2]
        plan = plan_redaction(
            people=[still.to_source(d.box, width, height) for d in found.of("person")],
            vehicles=[still.to_source(d.box, width, height) for d in found.of(*VEHICLE_CLASSES)],
            subject=episode.box_in_pixels(*self._size),
        )
        return redacted_copy(still, plan)

    def _clip(self, scratch: Path) -> list[EvidenceFile]:
        """The camera's own bits of the last seconds."""
        end = self._recent[-1][0]
        begin = end - CLIP_SECONDS
        path = scratch / "clip.mp4"
        try:
            info = self._cut(begin, end, path)
        except ClipError as error:
            log.warning("clip_missing", camera=self._camera.id, reason=str(error))
            return []
        return [
            EvidenceFile(
                name="clip.mp4",
                kind=ItemKind.CLIP,
                role="clip",
                media_type="video/mp4",
                content=path,
                captured_at=info.begins_at,
                method=Method.MASKED_REENCODE if self._mask.ids else Method.STREAM_COPY,
                frame_seconds=info.begin_seconds,
                parameters={
                    "ends_at": info.ends_at.isoformat(),
                    "pictures": info.pictures,
                    "codec": info.codec,
                    "complete": info.is_complete,
                },
                proves=("act",),
            )
        ]

    def _cut(self, begin: float, end: float, path: Path) -> ClipInfo:
        if not self._mask.ids:
            return cut_clip(self._ring, begin, end, path)
        return reencode_masked(
            self._ring, begin, end, path, lambda frame: self._mask.apply(frame).image
        )

    def _candidate(self, episode: Episode, bundle: Bundle) -> Candidate:
        facts = bundle.manifest.episode
        return Candidate(
            candidate_id=episode.episode_id,
            update=facts.update,
            box_id=self._box_id,
            camera_id=self._camera.id,
            violation=facts.violation,
            subtype=facts.subtype,
            state=facts.state,
            started_at=facts.started_at,
            fired_at=facts.fired_at,
            last_seen_at=facts.last_seen_at,
            ended_at=facts.ended_at,
            box=facts.box,
            zone_id=facts.zone_id,
            recurrence_of=facts.recurrence_of,
            absorbed_by=episode.absorbed_by,
            explanation=episode.explanation,
            template=bundle.manifest.template,
            evidence=bundle.evidence,
            manifest_sha256=bundle.manifest_sha256,
            clock_offset_seconds=bundle.manifest.clock.offset_seconds,
            software=self._software,
            model=f"{self._detector.card.name} {self._detector.card.version}",
            model_sha256=self._detector.card.sha256,
        )


def _episode_facts(episode: Episode) -> EpisodeFacts:
    return EpisodeFacts(
        candidate_id=episode.episode_id,
        update=episode.update,
        violation=episode.violation,
        subtype=episode.subtype,
        state=episode.state,
        started_at=episode.started_at,
        fired_at=episode.fired_at,
        last_seen_at=episode.last_seen_at,
        ended_at=episode.ended_at,
        zone_id=episode.zone_id,
        box=episode.fraction_box.xyxy,
        recurrence_of=episode.recurrence_of,
    )
