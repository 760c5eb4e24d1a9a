"""Shows that no byte of a bundle changes unnoticed: python tests/acceptance/verify_demo.py.

Builds a bundle from drawn pictures, verifies it, then flips single bits, cuts, removes, adds and
renames, one file at a time, and asks whether the verifier names the file. The last line printed is
one JSON object; the exit code is 0 only if every change was named.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np

from pipeline.candidate import EpisodeState, Explanation, Reason, Witness
from pipeline.evidence.bundle import (
    ITEMS_FOLDER,
    MANIFEST_NAME,
    SIGNATURE_NAME,
    Bundle,
    EvidenceBuilder,
    EvidenceFacts,
    zip_bundle,
)
from pipeline.evidence.chain import MemoryChain
from pipeline.evidence.manifest import (
    CameraIdentity,
    ClockState,
    EpisodeFacts,
    ModelIdentity,
    PrivacyMasks,
    RuleIdentity,
)
from pipeline.evidence.redaction import plan_redaction, redacted_copy
from pipeline.evidence.signing import SigningKey
from pipeline.evidence.stills import Shot, StillSet, make_stills
from pipeline.evidence.templates import template_for
from pipeline.evidence.verification import verify_bundle
from pipeline.frames import Frame
from pipeline.geometry import Box
from pipeline.violations import Subtype, Violation

WIDTH, HEIGHT = 960, 540
STALL = Box(380, 260, 560, 420)
PASSER_BY = Box(700, 240, 760, 430)
PARKED_CAR = Box(60, 300, 300, 430)
STARTED_AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
SPREAD_FLIPS = 12  # of a large file: its ends and places in between
MANIFEST_FLIPS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the demo counted."""

    files: int
    flips: int
    named: int
    missed: tuple[str, ...]  # what was changed, for each change that was not named


def draw_street(seconds: float) -> Frame:
    """A pavement with a stall, a passer-by and a parked car, with sensor noise."""
    image = np.full((HEIGHT, WIDTH, 3), (170, 165, 160), np.uint8)
    image[: HEIGHT // 3] = (210, 190, 170)
    image[HEIGHT * 5 // 6 :] = (90, 90, 90)
    for box, colour in ((STALL, (40, 90, 200)), (PARKED_CAR, (150, 60, 40))):
        x1, y1, x2, y2 = (int(v) for v in box.xyxy)
        cv2.rectangle(image, (x1, y1), (x2, y2), colour, cv2.FILLED)
        for x in range(x1 + 8, x2 - 8, 20):
            cv2.rectangle(image, (x, y1 + 12), (x + 12, y1 + 30), (60, 220, 240), cv2.FILLED)
    cv2.putText(image, "A 12345", (130, 415), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
    cv2.ellipse(image, (730, 262), (14, 20), 0, 0, 360, (140, 160, 210), cv2.FILLED)
    cv2.rectangle(image, (710, 282), (750, 430), (60, 60, 120), cv2.FILLED)
    noise = np.random.default_rng(int(seconds)).integers(-6, 7, image.shape)
    return Frame(
        image=np.clip(image + noise, 0, 255).astype(np.uint8),
        camera_id="demo-01",
        captured_at=STARTED_AT + timedelta(seconds=seconds),
        seconds=seconds,
        width=WIDTH,
        height=HEIGHT,
    )


def draw_stills() -> StillSet:
    """The stills of four minutes of vending."""
    template = template_for(Subtype.VENDING_NO_PERMIT_PLACE)
    instants = {"first": (0.0, 1.0), "later": (180.0, 181.0), "latest": (239.0, 240.0)}
    shots = {
        role: [Shot(frame=draw_street(s), subject=STALL, occluders=(PASSER_BY,)) for s in seconds]
        for role, seconds in instants.items()
    }
    return make_stills(template, shots)


def facts_for(stills: StillSet, candidate_id: UUID) -> EvidenceFacts:
    """What the manifest says about the drawn episode."""
    reason = Reason(
        code="stayed",
        witness=Witness.TIME,
        supports=True,
        weight=2.5,
        values={"seconds": 240.0},
        text="a stall has stood in the no-vending zone for 240 s",
        text_zh="摊位在禁止摆摊区域停留240秒",
    )
    x1, y1, x2, y2 = STALL.scaled(1 / WIDTH, 1 / HEIGHT).xyxy
    return EvidenceFacts(
        camera=CameraIdentity(id="demo-01", name="演示路口", place="示例街1号"),
        clock=ClockState(offset_seconds=0.02, synchronised=True, source="demo"),
        episode=EpisodeFacts(
            candidate_id=candidate_id,
            violation=Violation.STREET_VENDING,
            subtype=Subtype.VENDING_NO_PERMIT_PLACE,
            state=EpisodeState.OPEN,
            started_at=STARTED_AT,
            fired_at=STARTED_AT + timedelta(seconds=181),
            last_seen_at=STARTED_AT + timedelta(seconds=240),
            zone_id="pavement",
            box=(x1, y1, x2, y2),
        ),
        model=ModelIdentity(name="demo", version="1", sha256="1" * 64),
        rule=RuleIdentity.of("vending", {"dwell_seconds": 180, "threshold": 0.5}),
        explanation=Explanation(
            rule="vending", fired=True, score=0.9, threshold=0.5, reasons=(reason,)
        ),
        template=stills.result,
        privacy=PrivacyMasks(burnt_in=False),
    )


def build_bundle(builder: EvidenceBuilder, stills: StillSet, number: int = 1) -> Bundle:
    """One bundle of the drawn episode: three stills, a close-up and a redacted copy."""
    plan = plan_redaction(people=[PASSER_BY], vehicles=[PARKED_CAR], subject=STALL)
    redacted = redacted_copy(stills.stills[0], plan)
    return builder.build(
        facts=facts_for(stills, UUID(int=number)),
        files=(*stills.files, redacted.file),
        created_at=STARTED_AT + timedelta(seconds=250),
    )


def flipped_positions(name: str, size: int) -> list[int]:
    """Which bytes of a file are flipped: all of the signature, many of the manifest."""
    if name == SIGNATURE_NAME:
        return list(range(size))
    count = MANIFEST_FLIPS if name == MANIFEST_NAME else SPREAD_FLIPS
    return sorted({round(i * (size - 1) / (count - 1)) for i in range(count)})


def flip_everything(bundle: Bundle, key_id: str) -> Tally:
    """Flip one bit at a time, then do worse, and count what the verifier names."""
    flips, named, missed = 0, 0, []

    def expect(file: str, what: str) -> None:
        nonlocal flips, named
        flips += 1
        failure = verify_bundle(bundle.folder, trusted_key_ids={key_id}).first_failure
        if failure is not None and failure.file == file:
            named += 1
        else:
            missed.append(f"{what}: {failure}")

    paths = sorted(p for p in bundle.folder.rglob("*") if p.is_file())
    for path in paths:
        file = path.relative_to(bundle.folder).as_posix()
        original = path.read_bytes()
        for position in flipped_positions(file, len(original)):
            changed = bytearray(original)
            changed[position] ^= 1 << (position % 8)
            path.write_bytes(changed)
            expect(file, f"bit {position % 8} of byte {position} of {file}")
        path.write_bytes(original[:-1])
        expect(file, f"{file} cut short")
        path.unlink()
        expect(file, f"{file} removed")
        path.write_bytes(original)
    extra = bundle.folder / ITEMS_FOLDER / "extra.jpg"
    extra.write_bytes(b"x")
    expect(f"{ITEMS_FOLDER}/extra.jpg", "a file added")
    extra.unlink()
    item = bundle.path_of("first.jpg")
    item.rename(extra)
    expect(f"{ITEMS_FOLDER}/first.jpg", "first.jpg renamed")
    extra.rename(item)
    return Tally(files=len(paths), flips=flips, named=named, missed=tuple(missed))


def show(folder: Path) -> dict[str, object]:
    """Run the demo in an empty folder and return its figures."""
    began = time.monotonic()
    key = SigningKey.generate()
    builder = EvidenceBuilder(
        root=folder, key=key, chain=MemoryChain(), box_id="demo", software="streetcase demo"
    )
    bundle = build_bundle(builder, draw_stills())
    report = verify_bundle(bundle.folder, trusted_key_ids={key.key_id})
    sys.stdout.write("\n".join(report.lines()) + "\n\n")
    tally = flip_everything(bundle, key.key_id)
    for miss in tally.missed:
        sys.stdout.write(f"NOT NAMED: {miss}\n")
    packed = verify_bundle(zip_bundle(bundle.folder, folder / "bundle.zip"))
    untouched = verify_bundle(bundle.folder, trusted_key_ids={key.key_id})
    return {
        "ok": report.ok and packed.ok and untouched.ok and tally.named == tally.flips,
        "files": tally.files,
        "flips": tally.flips,
        "named": tally.named,
        "seconds": round(time.monotonic() - began, 1),
    }


def main() -> int:
    """Run the demo in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="streetcase-verify-demo-"))
    try:
        figures = show(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if figures["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
