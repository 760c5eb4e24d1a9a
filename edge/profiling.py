"""Where the time goes: milliseconds per triage frame and stage on a 1080p clip."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
from tqdm import tqdm

from edge.networks import patch_card
from edge.settings import undrawn_camera
from edge.video.reader import VideoReader
from pipeline.detection.classifier import Classifier
from pipeline.detection.detector import Detector
from pipeline.processor import Processor

if TYPE_CHECKING:
    from pathlib import Path

    from edge.settings import BoxSettings

WIDTH, HEIGHT, FRAMES_PER_SECOND = 1920, 1080, 25
CLIP_SECONDS = 40
KEYFRAME_INTERVAL = 2 * FRAMES_PER_SECOND  # what cameras are shipped with
BIT_RATE = 4_000_000
NOISE_LEVELS = 6.0  # standard deviation; a street camera at dusk
WARM_UP_FRAMES = 3  # the first calls allocate
# What is not ours to make faster: reading and decoding, and the network itself.
FOREIGN_STAGES = ("decode", "network")


def run_profile(source: Path | None, out: Path, settings: BoxSettings) -> dict[str, object]:
    """Measure one clip in one thread.

    Returns:
        Milliseconds of CPU per triage frame and stage, and the share outside decoding and network.

    Raises:
        StreetcaseError: The clip or the networks cannot be used.
    """
    out.mkdir(parents=True, exist_ok=True)
    clip = source or make_clip(out / "profile-1080p25.mp4")
    models = settings.model
    detector = Detector.from_card(
        models.detector, provider=models.provider, threads=models.threads,
        stopwatch=_cpu_seconds,
    )  # fmt: skip
    classifier = Classifier.from_card(models.load_state) if models.load_state else None
    patches = patch_card(models)
    patch_classifier = Classifier.from_card(patches) if patches else None
    processor = Processor(
        undrawn_camera("profile", clip.name),
        detector=detector,
        classifier=classifier,
        patch_classifier=patch_classifier,
        settings=settings.processor,
        stopwatch=_cpu_seconds,
    )
    reader = VideoReader(clip, settings.reader, camera_id="profile")
    totals: dict[str, float] = {}
    frames = 0
    before = _cpu_seconds()
    for frame in tqdm(reader, unit="frame", desc="profile"):
        read_seconds = _cpu_seconds() - before
        step = processor.process(frame)
        frames += 1
        if frames > WARM_UP_FRAMES:
            timings = detector.timings
            laps = {**step.lap_seconds, "decode": read_seconds}
            laps["network"] = timings.network_seconds
            laps["detection"] = laps.get("detection", 0.0) - timings.network_seconds
            for stage, seconds in laps.items():
                totals[stage] = totals.get(stage, 0.0) + seconds
        before = _cpu_seconds()
    measured = frames - WARM_UP_FRAMES
    per_frame = {stage: 1000 * total / measured for stage, total in totals.items()}
    whole = sum(per_frame.values())
    ours = whole - sum(per_frame[stage] for stage in FOREIGN_STAGES)
    for stage, milliseconds in sorted(per_frame.items(), key=lambda item: -item[1]):
        print(f"{stage:<12}{milliseconds:8.2f} ms  {milliseconds / whole:6.1%}")  # noqa: T201
    return {
        "ok": measured > 0,
        "clip": str(clip),
        "size": [frame.width, frame.height],
        "frames": measured,
        "ms_per_frame": {stage: round(ms, 2) for stage, ms in sorted(per_frame.items())},
        "ms_total": round(whole, 2),
        "source_frames_per_triage_frame": round(reader.counters.packets / frames, 1),
        "share_outside_decode_and_network": round(ours / whole, 3),
        "threads": models.threads,
    }


def _cpu_seconds() -> float:
    """CPU time of this process: what a camera costs, whatever else the machine does."""
    return time.process_time()


def make_clip(path: Path) -> Path:
    """Draw and encode a noisy 1080p25 street of 40 s, unless it is there already.

    H.264, 4 Mb/s, a keyframe every two seconds, as a street camera sends it.
    """
    if path.exists():
        return path
    random = np.random.default_rng(1)
    background = _street(random)
    noise = random.normal(0, NOISE_LEVELS, (4, HEIGHT, WIDTH, 1)).astype(np.int16)
    partial = path.with_suffix(".partial.mp4")
    with av.open(str(partial), "w") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = BIT_RATE
        stream.options = {"preset": "veryfast", "bf": "0"}
        stream.gop_size = KEYFRAME_INTERVAL
        for index in tqdm(range(CLIP_SECONDS * FRAMES_PER_SECOND), desc="making the clip"):
            picture = background.copy()
            for lane, speed in enumerate((7, -5, 9)):
                x = (index * speed + 600 * lane) % (WIDTH + 300) - 300
                y = 620 + 120 * lane
                cv2.rectangle(picture, (x, y), (x + 280, y + 110), (40 + 60 * lane, 60, 140), -1)
            noisy = np.clip(picture + noise[index % len(noise)], 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(noisy, format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    partial.rename(path)
    return path


def _street(random: np.random.Generator) -> np.ndarray:
    """A textured picture with a road and facades, so that coding it costs what a street costs."""
    texture = random.integers(0, 60, (HEIGHT // 4, WIDTH // 4, 3), np.uint8)
    picture = cv2.resize(texture, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    picture[: HEIGHT // 2] += 90
    picture[HEIGHT // 2 :] += 50
    for x in range(40, WIDTH, 150):
        for y in range(40, HEIGHT // 2 - 80, 130):
            cv2.rectangle(picture, (x, y), (x + 90, y + 80), (60, 50, 40), -1)
    return picture
