"""Keeps what was found in a video: a stopped run goes on, a changed product looks anew."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.settings import BoxSettings
from models.semireal.dust import Air
from models.semireal.watch import VARIANTS, Watched
from pipeline.candidate import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).resolve().parents[2]
# Whatever decides what is found in a video, besides the video itself and its camera file.
PRODUCT: Final = ("pipeline/**/*.py", "edge/video/*.py", "edge/worker.py", "edge/settings.py")


@lru_cache(maxsize=1)
def product_digest() -> bytes:
    """Digest of the product's code and its networks' cards, as they were when first asked for.

    A run that goes on while somebody edits the code has loaded the code of its beginning.
    """
    models = BoxSettings().model
    files = sorted(path for pattern in PRODUCT for path in ROOT.glob(pattern))
    files += [Path(__file__).with_name(name) for name in ("watch.py", "dust.py")]
    files += [models.detector]
    files += [card for card in (models.load_state, models.patch_kind) if card]
    digest = hashlib.sha256()
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()


def key_of(video: Path, camera: Path) -> str:
    """SHA-256 of a video with its truth, its camera file, the product's code and its networks."""
    digest = hashlib.sha256(product_digest())
    for path in (video, video.with_suffix(".truth.json"), camera):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def keep(path: Path, key: str, runs: Mapping[str, Watched]) -> None:
    """Write what all variants found, whole or not at all."""
    content = {
        "key": key,
        "runs": {
            variant: {
                "candidates": [c.model_dump(mode="json") for c in watched.candidates],
                "left_alone": watched.left_alone,
                "air": [asdict(air) for air in watched.air],
                "frames": watched.frames,
            }
            for variant, watched in runs.items()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(content, indent=1), encoding="utf-8")
    partial.replace(path)


def recall(path: Path, key: str) -> dict[str, Watched] | None:
    """Read what was found, if it is there and nothing has changed since."""
    if not path.is_file():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["key"] != key or set(content["runs"]) != set(VARIANTS):
        return None
    result: dict[str, Watched] = {}
    for variant, row in content["runs"].items():
        result[variant] = watched = Watched()
        watched.candidates = [Candidate.model_validate(c) for c in row["candidates"]]
        watched.left_alone = row["left_alone"]
        watched.air = [Air(**air) for air in row["air"]]
        watched.frames = row["frames"]
    return result
