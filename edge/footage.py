"""A folder of clips through the pipeline: what was seen in each, with contact sheets to look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import cv2
import numpy as np
from tqdm import tqdm

from edge.networks import Networks
from edge.report import PAGE_STYLE
from edge.settings import undrawn_camera
from edge.video.reader import VideoReader
from edge.words import VIOLATION_WORDS
from edge.worker import CameraWorker, WorkerCounts
from pipeline.episodes.events import EpisodeOpened
from pipeline.errors import StreetcaseError
from pipeline.processor import Processor

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from edge.settings import BoxSettings
    from pipeline.episodes.events import Episode
    from pipeline.frames import Frame
    from pipeline.processor import Step

VIDEO_SUFFIXES = frozenset({".mp4", ".mkv", ".mov", ".avi", ".ts", ".m4v", ".webm", ".flv"})
SHEET_COLUMNS = 4
SHEET_ROWS = 3
TILE_WIDTH_PX = 400
# Pictures are sampled for the sheet as they come; when it is full every second one is let go, so
# that a clip of any length ends with an even spread.
MAX_TILES = SHEET_COLUMNS * SHEET_ROWS


@dataclass(slots=True)
class ClipResult:
    """What the pipeline made of one clip."""

    path: Path
    counts: WorkerCounts = field(default_factory=WorkerCounts)
    packets: int = 0
    keyframes: int = 0
    size: tuple[int, int] = (0, 0)  # width, height in pixels
    episodes: list[Episode] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str | None = None


def run_footage(folder: Path, out: Path, settings: BoxSettings) -> dict[str, object]:
    """Run every clip of a folder and write `index.html` with a contact sheet for each.

    The clips have no zones, so that each rule watches the whole picture.

    Returns:
        The figures, with `ok`: every clip could be read, and no episode was found.

    Raises:
        FileNotFoundError: The folder does not exist or holds no clip.
    """
    clips = sorted(p for p in folder.rglob("*") if p.suffix.lower() in VIDEO_SUFFIXES)
    if not clips:
        raise FileNotFoundError(
            f"{folder}: no clip found; expected files ending in {', '.join(sorted(VIDEO_SUFFIXES))}"
        )
    out.mkdir(parents=True, exist_ok=True)
    results = [_run_clip(clip, out, settings) for clip in tqdm(clips, unit="clip", desc="clips")]
    (out / "index.html").write_text(_page(results), encoding="utf-8")
    episodes = Counter(e.violation.value for result in results for e in result.episodes)
    detections: Counter[str] = Counter()
    for result in results:
        detections.update(result.counts.detections)
    return {
        "ok": not episodes and not any(result.error for result in results),
        "clips": len(results),
        "seconds": round(sum(result.counts.media_seconds for result in results), 1),
        "packets": sum(result.packets for result in results),
        "keyframes": sum(result.keyframes for result in results),
        "frames": sum(result.counts.frames for result in results),
        "detections": dict(sorted(detections.items())),
        "episodes": dict(sorted(episodes.items())),
        "errors": {result.path.name: result.error for result in results if result.error},
        "index": str(out / "index.html"),
    }


def _run_clip(clip: Path, out: Path, settings: BoxSettings) -> ClipResult:
    result = ClipResult(clip)
    sheet = _ContactSheet()
    try:
        processor, reader = _prepare(clip, settings)

        def on_step(step: Step) -> None:
            sheet.add(step)
            result.size = (step.frame.width, step.frame.height)
            result.episodes += [e.episode for e in step.events if isinstance(e, EpisodeOpened)]

        worker = CameraWorker(reader, processor, on_step=on_step)
        result.counts = worker.counts
        try:
            worker.run()
            worker.finish()
        finally:
            result.packets = reader.counters.packets
            result.keyframes = reader.counters.keyframes
            result.warnings = [warning.text for warning in reader.warnings]
    except StreetcaseError as error:
        result.error = f"{type(error).__name__}: {error}"
    sheet.write(out / f"{clip.stem}.jpg")
    return result


def _prepare(clip: Path, settings: BoxSettings) -> tuple[Processor, VideoReader]:
    networks = Networks(settings.model)
    processor = Processor(
        undrawn_camera("clip", clip.name),
        detector=networks.detector(),
        classifier=networks.classifier(),
        patch_classifier=networks.patch_classifier(),
        settings=settings.processor,
    )
    return processor, VideoReader(clip, settings.reader, camera_id="clip")


class _ContactSheet:
    """A bounded, even spread of pictures with what was seen in them."""

    def __init__(self) -> None:
        self._tiles: list[NDArray[np.uint8]] = []
        self._every = 1
        self._seen = 0

    def add(self, step: Step) -> None:
        """Take in one step."""
        if self._seen % self._every == 0:
            self._tiles.append(_tile(step))
            if len(self._tiles) > MAX_TILES:
                self._tiles = self._tiles[::2]
                self._every *= 2
        self._seen += 1

    def write(self, path: Path) -> None:
        """Write the sheet as a JPEG; nothing seen writes nothing."""
        if not self._tiles:
            return
        height = max(tile.shape[0] for tile in self._tiles)
        rows = -(-len(self._tiles) // SHEET_COLUMNS)
        columns = min(len(self._tiles), SHEET_COLUMNS)
        sheet = np.zeros((rows * height, columns * TILE_WIDTH_PX, 3), np.uint8)
        for index, tile in enumerate(self._tiles):
            y, x = index // SHEET_COLUMNS * height, index % SHEET_COLUMNS * TILE_WIDTH_PX
            sheet[y : y + tile.shape[0], x : x + TILE_WIDTH_PX] = tile
        cv2.imwrite(str(path), sheet, [cv2.IMWRITE_JPEG_QUALITY, 85])


def _tile(step: Step) -> NDArray[np.uint8]:
    """One frame, scaled, with its detections and static changes. Not evidence, so drawn on."""
    frame = step.frame
    height = round(TILE_WIDTH_PX * frame.height / frame.width)
    scaled = cv2.resize(frame.image, (TILE_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    picture = np.asarray(scaled, np.uint8)
    scale = TILE_WIDTH_PX / frame.width
    thresholds = step.observation.thresholds
    for found in step.observation.detections:
        if found.score < thresholds.get(found.class_name, 0.0):
            continue
        corner = _draw(picture, found.box.xyxy, scale, (80, 220, 80))
        label = f"{found.class_name} {found.score:.2f}"
        cv2.putText(picture, label, corner, cv2.FONT_HERSHEY_SIMPLEX, 0.35, (80, 220, 80), 1)
    if step.observation.change is not None:
        for proposal in step.observation.change.proposals:
            _draw(picture, proposal.box.xyxy, scale, (60, 160, 255))
    _caption(picture, frame)
    return picture


def _draw(
    picture: NDArray[np.uint8],
    corners: tuple[float, float, float, float],
    scale: float,
    colour: tuple[int, int, int],
) -> tuple[int, int]:
    x1, y1, x2, y2 = (round(value * scale) for value in corners)
    cv2.rectangle(picture, (x1, y1), (x2, y2), colour, 1)
    return x1, max(y1 - 3, 10)


def _caption(picture: NDArray[np.uint8], frame: Frame) -> None:
    text = f"{frame.seconds:.1f} s"
    for colour, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(picture, text, (6, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, width)


def _page(results: list[ClipResult]) -> str:
    body = "".join(_section(result) for result in results)
    found = sum(len(result.episodes) for result in results)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Clips</title>'
        f"<style>{PAGE_STYLE}</style></head><body><main><header><h1>{len(results)} clips</h1>"
        f'<span class="soft">{found} episodes · green: detections at their threshold · orange:'
        f" static changes against the clip's own reference view</span></header>{body}</main>"
        "</body></html>"
    )


def _section(result: ClipResult) -> str:
    counts = result.counts
    classes = ", ".join(
        f"{name} {count}" for name, count in sorted(counts.detections.items(), key=lambda i: -i[1])
    )
    problems = "".join(
        f"<p><b>{escape(text)}</b></p>" for text in [result.error, *result.warnings] if text
    )
    episodes = "".join(
        f"<p><b>{' '.join(VIOLATION_WORDS[episode.violation])}</b>"
        f" {escape(episode.explanation.summary())}</p>"
        for episode in result.episodes
    )
    return (
        f"<article><h2>{escape(result.path.name)}</h2><p class='soft'>"
        f"{result.size[0]}x{result.size[1]} · {counts.media_seconds:.1f} s · {result.packets}"
        f" packets · {result.keyframes} keyframes · {counts.frames} frames judged ·"
        f" {len(result.episodes)} episodes</p><p>{escape(classes)}</p>{problems}{episodes}"
        f'<img loading="lazy" src="{escape(result.path.stem)}.jpg" alt="contact sheet"></article>'
    )
