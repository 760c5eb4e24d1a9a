"""Acts of a street that nobody filmed: small drawn pictures and the facts that go with them.

What an act shows depends on its number alone, so that a box that was killed goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

import cv2
import numpy as np

from pipeline.candidate import EpisodeState, Explanation, ItemKind, Reason, Witness
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
from pipeline.evidence.stills import Shot, StillSet, make_stills
from pipeline.evidence.templates import View, template_for
from pipeline.frames import Frame
from pipeline.geometry import Box
from pipeline.violations import Subtype, violation_of

WIDTH, HEIGHT = 256, 144  # small: what is tested is the way, not the picture
SUBJECT = Box(100, 60, 160, 110)
CAMERAS = 4
# One of each violation; they differ in urgency, so that a quota has something to choose from.
SUBTYPES = (
    Subtype.SPILL_ROAD,
    Subtype.VENDING_NO_PERMIT_PLACE,
    Subtype.DUST_PLUME,
    Subtype.AD_BANNER,
)
# Clips of a few tens of kB cross several chunks of the uplink and leave slow links busy for long
# enough to be cut in the middle.
CLIP_BYTES = (20_000, 120_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One continuing act as its candidate's first bundle fixed it."""

    candidate_id: UUID
    camera_id: str
    subtype: Subtype
    started_at: datetime
    mark: int  # what its pictures show


def new_act(random: Random, *, now: datetime) -> Act:
    """An act that begins now."""
    return Act(
        candidate_id=UUID(int=random.getrandbits(128), version=4),
        camera_id=f"street-{random.randrange(CAMERAS) + 1}",
        subtype=random.choice(SUBTYPES),
        started_at=now,
        mark=random.randrange(2**31),
    )


def facts_of(act: Act, stills: StillSet, *, update: int, seen_at: datetime) -> EvidenceFacts:
    """What the manifest says of one look at an act."""
    violation = violation_of(act.subtype)
    reason = Reason(
        code="stayed", witness=Witness.TIME, supports=True, weight=2.5, values={},
        text="drawn for a test", text_zh="为测试绘制",
    )  # fmt: skip
    x1, y1, x2, y2 = SUBJECT.xyxy
    return EvidenceFacts(
        camera=CameraIdentity(id=act.camera_id, name="Drawn street"),
        clock=ClockState(offset_seconds=0.0, synchronised=True, source="test"),
        episode=EpisodeFacts(
            candidate_id=act.candidate_id, update=update, violation=violation, subtype=act.subtype,
            state=EpisodeState.OPEN, started_at=act.started_at, fired_at=act.started_at,
            last_seen_at=seen_at, zone_id="zone",
            box=(x1 / WIDTH, y1 / HEIGHT, x2 / WIDTH, y2 / HEIGHT),
        ),
        model=ModelIdentity(name="street", version="1", sha256="0" * 64),
        rule=RuleIdentity.of(violation.value, {"threshold": 0.5}),
        explanation=Explanation(
            rule=violation.value, fired=True, score=0.9, threshold=0.5, reasons=(reason,)
        ),
        template=stills.result,
        privacy=PrivacyMasks(burnt_in=False),
    )  # fmt: skip


def stills_of(act: Act, *, look: int, seen_at: datetime) -> StillSet:
    """The pictures of the act's template; the first shows its beginning, whatever the look."""
    template = template_for(act.subtype)
    first = next(need.role for need in template.needs if need.view is View.WHOLE)
    shots = {
        need.role: [_shot(act, 0 if need.role == first else look, act.started_at)]
        if need.role == first
        else [_shot(act, look, seen_at)]
        for need in template.needs
    }
    return make_stills(template, shots)


def clip_of(act: Act, *, look: int) -> EvidenceFile:
    """Bytes in the place of the camera's own bits; nobody on the way looks into them."""
    random = Random(f"{act.mark}/{look}")  # noqa: S311 - a test's choice
    return EvidenceFile(
        name="clip.mp4", kind=ItemKind.CLIP, role="clip", media_type="video/mp4",
        content=random.randbytes(random.randint(*CLIP_BYTES)), captured_at=act.started_at,
        method=Method.STREAM_COPY, proves=("act",),
    )  # fmt: skip


def _shot(act: Act, look: int, at: datetime) -> Shot:
    noise = np.random.default_rng([act.mark, look])
    image = np.full((HEIGHT, WIDTH, 3), noise.integers(90, 170, 3), np.uint8)
    x1, y1, x2, y2 = (int(v) for v in SUBJECT.xyxy)
    colour = tuple(int(v) for v in noise.integers(0, 255, 3))
    cv2.rectangle(image, (x1, y1), (x2, y2), colour, cv2.FILLED)
    cv2.putText(image, f"{act.mark}", (4, 20), cv2.FONT_HERSHEY_PLAIN, 1.0, (255, 255, 255))
    cv2.putText(image, f"{look}", (x1 + 4, y2 - 8), cv2.FONT_HERSHEY_PLAIN, 2.0, (255, 255, 255))
    frame = Frame(
        image=image,
        camera_id=act.camera_id,
        captured_at=at,
        seconds=float(look),
        width=WIDTH,
        height=HEIGHT,
    )
    return Shot(frame=frame, subject=SUBJECT)
