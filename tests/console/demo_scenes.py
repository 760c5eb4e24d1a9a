"""What the demonstration centre's candidates show: pictures and clips of the simulated street.

Everything is cut from the four demo videos; redacted copies have the heads of people filled in, as
a box fills them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import av
import cv2

from pipeline.candidate import Explanation, ItemKind, Reason
from pipeline.evidence.bundle import EvidenceFile
from pipeline.evidence.manifest import Method, Operation
from pipeline.evidence.redaction import filled
from pipeline.rules.phrases import PHRASES
from pipeline.rules.wording import fill
from pipeline.violations import Subtype

CLIPS = Path(__file__).parents[2] / "models" / "street" / "clips"
WIDTH, HEIGHT = 1280, 720  # of the demo videos
CLIP_SECONDS = 12.0
HEAD_SHARE = 0.28  # of a standing person's height; a generous head
JPEG_QUALITY = 88
# What officers call the zones of the videos; rules name a zone by its name.
ZONE_NAMES = {
    "pavement": "市场口人行道",
    "bay": "前门便民疏导点",
    "wall": "沿街外立面",
    "pavement-ads": "人行道立面",
    "board": "社区公告栏",
    "road": "东向机动车道",
    "windows": "二层住户",
    "site": "城建三期工地",
    "hoarding": "南侧围挡",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: its role, the second of the video, and how long into the act it was taken."""

    role: str
    second: float
    into_act: timedelta
    proves: tuple[str, ...]
    cut: tuple[int, int, int, int] | None = None  # x1, y1, x2, y2 in pixels; none: the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One kind of act as a demo video shows it."""

    video: str
    subtype: Subtype
    zone_id: str
    rule: str
    template: str
    box: tuple[int, int, int, int]  # of the subject, pixels
    shots: tuple[Shot, ...]
    clip_from: float  # second of the video
    lasted: timedelta  # from the first sight to the latest
    reasons: Mapping[str, tuple[float, Mapping[str, object]]]  # code: weight, figures
    missing: tuple[str, ...] = ()

    @property
    def fraction_box(self):
        """The subject in fractions of the frame."""
        x1, y1, x2, y2 = self.box
        return (x1 / WIDTH, y1 / HEIGHT, x2 / WIDTH, y2 / HEIGHT)

    @property
    def camera_settings(self):
        """The TOML file beside the video."""
        return CLIPS / f"{self.video}.camera.toml"

    def explanation(self, score=0.93):
        """What the rule said."""
        reasons = [_reason(code, weight, said) for code, (weight, said) in self.reasons.items()]
        return Explanation(
            rule=self.rule, fired=True, score=score, threshold=0.5, reasons=tuple(reasons)
        )

    def files(self, started_at, variant=0):
        """The evidence of one act; `variant` moves pictures a little, so that acts differ."""
        found = []
        for shot in self.shots:
            second = shot.second + 0.8 * variant
            plain, redacted = _pictures(self.video, second, shot.cut)
            common = {
                "role": shot.role,
                "media_type": "image/jpeg",
                "captured_at": started_at + shot.into_act,
                "proves": shot.proves,
            }
            found += [
                EvidenceFile(
                    name=f"{shot.role}.jpg",
                    kind=ItemKind.CROP if shot.cut else ItemKind.STILL,
                    content=plain,
                    method=Method.DECODED_FRAME,
                    **common,
                ),
                EvidenceFile(
                    name=f"{shot.role}.redacted.jpg",
                    kind=ItemKind.REDACTED,
                    content=redacted,
                    method=Method.DERIVED,
                    derived_from=f"{shot.role}.jpg",
                    operation=Operation.REDACT,
                    **common,
                ),
            ]
        return [*found, self._clip(max(s.into_act for s in self.shots) + started_at)]

    def _clip(self, captured_at):
        content, pictures = _clip(self.video, self.clip_from)
        return EvidenceFile(
            name="clip.mp4",
            kind=ItemKind.CLIP,
            role="clip",
            media_type="video/mp4",
            content=content,
            captured_at=captured_at,
            method=Method.STREAM_COPY,
            parameters={"pictures": pictures, "codec": "h264", "complete": True},
            proves=("act",),
        )


def _reason(code, weight, values):
    wording = PHRASES[code]
    text, text_zh = fill(wording, values)
    return Reason(
        code=code,
        witness=wording.witness,
        supports=weight > 0,
        weight=weight,
        values=values,
        text=text,
        text_zh=text_zh,
    )


@cache
def _truth(video):
    return json.loads((CLIPS / f"{video}.truth.json").read_text(encoding="utf-8"))


@cache
def picture(video, second):
    """One frame of a video, height x width x 3, BGR."""
    capture = cv2.VideoCapture(str(CLIPS / f"{video}.mp4"))
    capture.set(cv2.CAP_PROP_POS_FRAMES, round(second * capture.get(cv2.CAP_PROP_FPS)))
    found, image = capture.read()
    capture.release()
    assert found, f"{video} has no second {second}"
    return image


def jpeg(image):
    """A picture as JPEG."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


@cache
def _pictures(video, second, cut):
    image = picture(video, second)
    known = _truth(video)["objects"].get(str(round(second)), [])
    heads = [_head(found["box"]) for found in known if found["class"] == "person"]
    redacted = filled(image, heads)
    if cut:
        x1, y1, x2, y2 = cut
        image, redacted = image[y1:y2, x1:x2], redacted[y1:y2, x1:x2]
    return jpeg(image), jpeg(redacted)


def _head(box):
    x1, y1, x2, y2 = box
    return (int(x1), int(y1), int(x2), int(y1 + HEAD_SHARE * (y2 - y1)))


@cache
def _clip(video, begin):
    """Some seconds of a video, its packets copied: MP4 bytes and the number of pictures."""
    target = io.BytesIO()
    pictures = 0
    with av.open(str(CLIPS / f"{video}.mp4")) as source, av.open(target, "w", "mp4") as out:
        stream = source.streams.video[0]
        copy = out.add_stream_from_template(stream)
        source.seek(int(begin / stream.time_base), stream=stream)
        first = None
        for packet in source.demux(stream):
            if packet.dts is None:
                continue
            first = packet.dts if first is None else first
            if float((packet.dts - first) * stream.time_base) > CLIP_SECONDS:
                break
            packet.pts -= first
            packet.dts -= first
            packet.stream = copy
            out.mux(packet)
            pictures += 1
    return target.getvalue(), pictures


VENDING = Scene(
    video="demo_vending-0",
    subtype=Subtype.VENDING_NO_PERMIT_PLACE,
    zone_id="pavement",
    rule="street_vending",
    template="street_vending",
    box=(440, 281, 600, 438),
    shots=(
        Shot(role="first", second=70, into_act=timedelta(), proves=("presence", "place")),
        Shot(role="later", second=150, into_act=timedelta(minutes=3), proves=("presence", "stay")),
        Shot(role="latest", second=262, into_act=timedelta(minutes=6), proves=("presence", "stay")),
        Shot(
            role="close_up",
            second=262,
            into_act=timedelta(minutes=6),
            proves=("goods_or_sale",),
            cut=(400, 250, 640, 460),
        ),
    ),
    clip_from=250,
    lasted=timedelta(minutes=6, seconds=12),
    reasons={
        "place_forbidden": (1.4, {"zone": ZONE_NAMES["pavement"], "share": 0.94}),
        "dwell_forbidden": (2.2, {"present_seconds": 372.0, "dwell_seconds": 180.0}),
        "sees_stall": (1.1, {"level": 0.86}),
        "sees_goods": (0.7, {"level": 0.71}),
        "changed": (0.9, {"level": 0.64}),
        "attended": (0.5, {"share": 0.92}),
        "customers": (0.3, {"share": 0.41}),
        "only_tricycle": (-0.2, {}),
        "prior": (-3.0, {}),
    },
)
BANNER = Scene(
    video="demo_advertising-2",
    subtype=Subtype.AD_BANNER,
    zone_id="wall",
    rule="illegal_advertising",
    template="advertising_facility",
    box=(522, 239, 662, 279),
    shots=(
        Shot(role="before", second=20, into_act=-timedelta(minutes=9), proves=("former_state",)),
        Shot(role="context", second=110, into_act=timedelta(), proves=("place", "size")),
        Shot(
            role="close_up",
            second=240,
            into_act=timedelta(minutes=22),
            proves=("ad_content",),
            cut=(480, 200, 710, 320),
        ),
    ),
    missing=("later_day",),
    clip_from=230,
    lasted=timedelta(minutes=22),
    reasons={
        "on_ad_surface": (1.3, {"zone": ZONE_NAMES["wall"], "share": 0.9}),
        "persists": (1.6, {"present_seconds": 1320.0, "persist_seconds": 600.0}),
        "sees_banner": (1.0, {"level": 0.58}),
        "new_on_surface": (1.5, {"level": 0.77}),
        "poster_like": (0.6, {"fill": 0.88}),
        "prior": (-3.0, {}),
    },
)
DUST = Scene(
    video="demo_dust-3",
    subtype=Subtype.DUST_PLUME,
    zone_id="site",
    rule="construction_dust",
    template="construction_dust",
    box=(527, 145, 815, 332),
    shots=(
        Shot(role="first", second=80, into_act=timedelta(), proves=("dust",)),
        Shot(
            role="later", second=140, into_act=timedelta(minutes=10), proves=("dust", "persistence")
        ),
        Shot(role="context", second=162, into_act=timedelta(minutes=12), proves=("site", "place")),
    ),
    clip_from=150,
    lasted=timedelta(minutes=12, seconds=15),
    reasons={
        "in_site": (0.8, {"zone": ZONE_NAMES["site"]}),
        "plume_persists": (1.9, {"present_seconds": 735.0, "persist_seconds": 30.0}),
        "veiled": (1.6, {"cover": 0.23}),
        "warm": (0.9, {"share": 0.31}),
        "billows": (0.6, {}),
        "sees_dust": (0.4, {"level": 0.44}),
        "prior": (-3.0, {}),
    },
)
SPILL = Scene(
    video="demo_spill-5",
    subtype=Subtype.SPILL_ROAD,
    zone_id="road",
    rule="muck_truck_spill",
    template="muck_truck",
    box=(407, 500, 1031, 718),
    shots=(
        Shot(role="before", second=84, into_act=-timedelta(seconds=6), proves=("road_before",)),
        Shot(
            role="overall",
            second=89.4,
            into_act=timedelta(seconds=2),
            proves=("vehicle", "place"),
        ),
        Shot(
            role="spill",
            second=112,
            into_act=timedelta(seconds=20),
            proves=("spill_state",),
            cut=(380, 440, 1060, 720),
        ),
        Shot(role="after", second=112, into_act=timedelta(seconds=22), proves=("road_after",)),
    ),
    missing=("plate",),
    clip_from=88,
    lasted=timedelta(seconds=24),
    reasons={
        "on_road": (0.6, {"zone": ZONE_NAMES["road"]}),
        "truck_passed": (1.8, {"trucks": 1, "span_seconds": 4.0}),
        "material": (2.4, {"area_share": 0.021}),
        "rough": (0.7, {}),
        "sharp_edge": (0.3, {}),
        "prior": (-3.0, {}),
    },
)
SCENES = (VENDING, BANNER, DUST, SPILL)
