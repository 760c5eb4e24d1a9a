"""One judged candidate on one redacted picture, as a line that the training scripts read.

docs/training.md has the fields. What a rejection says of the network is for the reader to judge:
the reason is handed on, and no box is claimed to be wrong that nobody looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from api.review.codes import RejectReason
from pipeline.violations import Subtype, Violation

FORMAT = 1
# Such pictures never leave, whatever was approved.
NEVER_EXPORTED = frozenset({RejectReason.MINOR_PRESENT, RejectReason.PRIVACY})
# Roles that show the place without the act.
WITHOUT_ACT = frozenset({"before"})
# The class that the subject's box shows, where the subtype leaves no choice. A board may be a
# billboard or a shop's sign, and bare soil has no class: such lines have no box.
CLASS_OF = {
    Subtype.VENDING_NO_PERMIT_PLACE: "stall",
    Subtype.VENDING_OVER_TIME: "stall",
    Subtype.VENDING_OVER_LINE: "stall",
    Subtype.VENDING_WRONG_KIND: "stall",
    Subtype.AD_BANNER: "banner",
    Subtype.AD_POSTER: "poster",
    Subtype.AD_GRAFFITI: "graffiti",
    Subtype.DUST_PLUME: "dust",
    Subtype.SPILL_ROAD: "spill",
    Subtype.SPILL_UNCOVERED_LOAD: "truck",
}
TRUCK_ROLES = frozenset({"overall"})  # the subject of these is the truck, whatever it spilled


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A redacted picture of a whole frame, with what the manifest says of it."""

    name: str
    sha256: str
    media_type: str
    captured_at: datetime
    role: str
    width: int
    height: int
    subject: tuple[int, int, int, int] | None  # x1, y1, x2, y2 in its pixels
    is_masked: bool  # nothing that was found to hide was left clear


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What people finally said of a candidate."""

    camera_id: str
    timezone: ZoneInfo
    violation: Violation
    subtype: Subtype
    verdict: Literal["confirmed", "rejected"]
    reason: RejectReason | None


def pictures_of(manifest: Mapping[str, Any]) -> list[Picture]:
    """The redacted pictures of whole frames that a manifest lists; close-ups are left out."""
    items: Sequence[Mapping[str, Any]] = manifest["items"]
    by_name = {item["name"]: item for item in items}
    found = []
    for item in items:
        source = by_name.get(item["derived_from"] or "")
        if item["kind"] != "redacted" or source is None or source["kind"] != "still":
            continue
        size, said = source["parameters"], item["parameters"]
        width, height = size.get("width"), size.get("height")
        if not isinstance(width, int) or not isinstance(height, int) or width < 1 or height < 1:
            continue  # of a box that did not say how large its pictures are
        found.append(
            Picture(
                name=item["name"],
                sha256=item["sha256"],
                media_type=item["media_type"],
                captured_at=datetime.fromisoformat(item["captured_at"]),
                role=item["role"],
                width=width,
                height=height,
                subject=_rectangle(said.get("spared")),
                is_masked=said.get("left_clear") == 0,
            )
        )
    return found


def line_of(picture: Picture, judged: Judged, *, path: str, approval: str) -> dict[str, JsonValue]:
    """The line about one candidate on one picture."""
    return {
        "format": FORMAT,
        "picture": path,
        "camera_id": judged.camera_id,
        "captured_at": picture.captured_at.astimezone(judged.timezone).isoformat(),
        "violation": judged.violation.value,
        "subtype": judged.subtype.value,
        "verdict": judged.verdict,
        "reason": judged.reason.value if judged.reason is not None else None,
        "boxes": _boxes(picture, judged),
        "complete": [],  # nobody is asked to look through a frame for a class
        "approval": approval,
        "masked": picture.is_masked,
    }


def _boxes(picture: Picture, judged: Judged) -> list[JsonValue]:
    name = "truck" if picture.role in TRUCK_ROLES else CLASS_OF.get(judged.subtype)
    if name is None or picture.subject is None or picture.role in WITHOUT_ACT:
        return []
    x1, y1, x2, y2 = picture.subject
    box: list[JsonValue] = [
        x1 / picture.width,
        y1 / picture.height,
        x2 / picture.width,
        y2 / picture.height,
    ]
    return [
        {
            "class": name,
            "box": box,
            "drawn_by": "network",
            # Who confirms the act confirms what the box shows; who rejects says why, no more.
            "confirmed": True if judged.verdict == "confirmed" else None,
        }
    ]


def _rectangle(value: object) -> tuple[int, int, int, int] | None:
    if not isinstance(value, list) or [type(part) for part in value] != [int] * 4:
        return None
    x1, y1, x2, y2 = value
    return (x1, y1, x2, y2) if 0 <= x1 < x2 and 0 <= y1 < y2 else None
