"""The export of reviewed frames: pictures and reviews.jsonl, in a folder or a ZIP file, checked.

One JSON object a line, one line for each judged candidate on a picture; docs/training.md has the
fields. Every fault is told with file, line and reason.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from api.review.codes import RejectReason
from models.classes import CLASSES
from pipeline.violations import Subtype, Violation, violation_of

LINES: Final = "reviews.jsonl"
MOST_BYTES: Final = 64 * 2**20  # of one file inside an export: an 8-megapixel PNG has 24 MB
MOST_LINES: Final = 1_000_000
SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png"})
SHOWN_FAULTS: Final = 30

# The network saw what is there; place, permit or time make it no violation.
RIGHT_THING: Final = frozenset(
    {
        RejectReason.PERMITTED_ZONE,
        RejectReason.PERMITTED_TIME,
        RejectReason.LICENSED,
        RejectReason.MOVING_NOT_DWELLING,
        RejectReason.HANDLED_ON_SITE,
        RejectReason.DUPLICATE,
        RejectReason.OUTSIDE_JURISDICTION,
    }
)
# The network took something else for it: what training must see again.
WRONG_THING: Final = frozenset({RejectReason.MITIGATION_WATER_MIST, RejectReason.WEATHER})
# Such pictures are not used, whatever else stands in the line.
NEVER_USED: Final = frozenset({RejectReason.MINOR_PRESENT, RejectReason.PRIVACY})

Share = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
ClassName = Literal[CLASSES]  # type: ignore[valid-type]  # the checked list, at run time


class ReviewError(ValueError):
    """An export cannot be used; the message lists files, lines and reasons."""


class _Line(BaseModel):
    """Base: frozen, and no field that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReviewedBox(_Line):
    """One box on the picture, in fractions of its width and height."""

    class_name: Annotated[ClassName, Field(alias="class")]
    box: tuple[Share, Share, Share, Share]  # x1, y1, x2, y2
    drawn_by: Literal["network", "person"]
    # Whether it shows its class, as a person says; none: nobody looked at this box.
    confirmed: bool | None = None

    @model_validator(mode="after")
    def _has_area(self) -> Self:
        x1, y1, x2, y2 = self.box
        if not (x2 > x1 and y2 > y1):
            raise ValueError(f"box has no area or swapped corners: {list(self.box)}")
        if self.drawn_by == "person" and self.confirmed is False:
            raise ValueError("a person drew a box and said that it shows nothing")
        return self


class Review(_Line):
    """One line: a judged candidate on a picture."""

    format: Literal[1]
    picture: Text  # path inside the export
    camera_id: Annotated[str, Field(min_length=1, max_length=64)]
    captured_at: AwareDatetime  # with the camera's own offset from UTC: its date is the day
    violation: Violation
    subtype: Subtype
    verdict: Literal["confirmed", "rejected"]
    reason: RejectReason | None = None  # why it was rejected
    boxes: tuple[ReviewedBox, ...] = ()
    # Classes of which every object on the picture has a box; others may be there unboxed.
    complete: tuple[ClassName, ...] = ()
    approval: Text  # who allowed the picture's use for training, and when: the register's number
    masked: bool  # faces and number plates are filled in

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.verdict == "rejected") != (self.reason is not None):
            raise ValueError("a rejected review, and only a rejected one, has a reason")
        if violation_of(self.subtype) is not self.violation:
            raise ValueError(f"subtype {self.subtype} does not belong to {self.violation}")
        path = PurePosixPath(self.picture)
        if path.is_absolute() or ".." in path.parts or "\\" in self.picture:
            raise ValueError(f"picture must be a path inside the export, got {self.picture!r}")
        if path.suffix.lower() not in SUFFIXES:
            raise ValueError(f"picture must be a JPEG or PNG file, got {self.picture!r}")
        return self

    def says(self, box: ReviewedBox) -> bool | None:
        """Whether a box shows its class: as a person said, else as verdict and reason imply."""
        if box.confirmed is not None:
            return box.confirmed
        if box.drawn_by == "person":
            return True
        return False if self.reason in WRONG_THING else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export that was read: its lines, and a way to its pictures."""

    path: Path
    reviews: tuple[Review, ...]
    archive: zipfile.ZipFile | None

    def picture(self, review: Review) -> bytes:
        """The bytes of a review's picture.

        Raises:
            ReviewError: It is missing or too large.
        """
        content = _read(self.path, self.archive, review.picture)
        if content is None:
            raise ReviewError(f"{self.path}: {review.picture}: picture is missing")
        return content


@contextmanager
def open_export(path: Path) -> Iterator[Export]:
    """Read an export's lines; pictures are read when they are asked for.

    Raises:
        ReviewError: There is no export, or a line is wrong; all wrong lines are listed.
    """
    if path.is_dir():
        yield _parse(path, None)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise ReviewError(f"{path}: neither a folder nor a ZIP file: {error}") from error
    with archive:
        yield _parse(path, archive)


def _parse(path: Path, archive: zipfile.ZipFile | None) -> Export:
    """All lines of an export."""
    content = _read(path, archive, LINES)
    if content is None:
        raise ReviewError(f"{path}: {LINES} is missing")
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ReviewError(f"{path}: {LINES} is not UTF-8 text") from error
    if len(lines) > MOST_LINES:
        raise ReviewError(f"{path}: {LINES} has more than {MOST_LINES} lines; split the export")
    reviews, faults = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            reviews.append(Review.model_validate(json.loads(line)))
        except json.JSONDecodeError as error:
            faults.append(f"{path}: {LINES} line {number}: not JSON: {error}")
        except ValidationError as error:
            faults += [f"{path}: {LINES} line {number}: {_words(p)}" for p in error.errors()]
    if not reviews and not faults:
        faults = [f"{path}: {LINES} has no lines"]
    stop_at(faults)
    return Export(path=path, reviews=tuple(reviews), archive=archive)


def _words(problem: object) -> str:
    """Field and reason of one of pydantic's findings."""
    found = dict(problem)  # type: ignore[call-overload]
    place = ".".join(str(p) for p in found["loc"]) or "line"
    return f"{place}: {found['msg']}"


def _read(path: Path, archive: zipfile.ZipFile | None, name: str) -> bytes | None:
    """One file of an export; None where it is missing."""
    if archive is None:
        file = path / name
        if not file.is_file():
            return None
        # A link could lead out of the export, to pictures nobody approved.
        if not file.resolve().is_relative_to(path.resolve()):
            raise ReviewError(f"{path}: {name}: leads out of the export")
        size = file.stat().st_size
    else:
        try:
            size = archive.getinfo(name).file_size
        except KeyError:
            return None
    if size > MOST_BYTES:
        raise ReviewError(f"{path}: {name}: {size} bytes, more than {MOST_BYTES}")
    try:
        return file.read_bytes() if archive is None else archive.read(name)
    except (OSError, zipfile.BadZipFile, RuntimeError) as error:
        raise ReviewError(f"{path}: {name}: cannot be read: {error}") from error


def stop_at(faults: list[str]) -> None:
    """Raise one error that lists the faults, if there are any."""
    if faults:
        more = [f"... and {len(faults) - SHOWN_FAULTS} more"] if len(faults) > SHOWN_FAULTS else []
        raise ReviewError("\n".join([*faults[:SHOWN_FAULTS], *more]))
