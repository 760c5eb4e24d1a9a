"""Text in a crop, as an aid to people: number plates of trucks, phone numbers on advertisements.

Off unless the extra `ocr` is installed and a caller asks. What is read is a hint for whoever
reviews the evidence, with its score, and never a finding of fact: a plate that decides something is
read by a person from the original picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import ModelError
from pipeline.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

LEAST_SCORE: Final = 0.5  # RapidOCR's own default: below it a line is mostly noise
SAME_LINE: Final = 0.5  # of a line's height, by which the middles of one line's words may differ

# GA 36: one character for the province, a letter for the city, five characters, six on new-energy
# vehicles; the letters I and O are not used. A trailer's last character is 挂.
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(rf"([{_PROVINCES}]?)([A-HJ-NP-Z])([A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂])")
_LOOKALIKES = str.maketrans({"O": "0", "I": "1"})
# Mobile numbers (MIIT numbering plan: 1, then 3 to 9), service numbers and area codes.
_PHONE = re.compile(
    r"(?<![0-9])(1[3-9][0-9]{9}|[48]00[0-9]{7}|0(?:10|2[0-9]|[3-9][0-9]{2})[0-9]{7,8})(?![0-9])"
)
_IN_PLATE = re.compile(r"[\s·•.\-:]")
_IN_PHONE = re.compile(r"(?<=[0-9])[\s\-—–.()（）]+(?=[0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """One line of text. An aid, never a fact."""

    text: str
    score: float  # in [0, 1], the reader's own
    box: Box  # around it, in pixels of the crop


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlate:
    """What looks like a number plate. An aid, never a fact."""

    number: str  # without the dot; without the province where that was not read
    score: float  # the least of its lines' scores


class TextReader:
    """Reads lines of text. One reader serves one thread.

    Args:
        engine: A `rapidocr.RapidOCR`.
    """

    def __init__(self, engine: Any) -> None:  # noqa: ANN401 - the package ships no types
        self._engine = engine

    @classmethod
    def open(cls, *, threads: int = 1) -> TextReader:
        """The reader of the extra `ocr`, with the networks inside its package: nothing is fetched.

        Raises:
            ModelError: The extra is not installed, or its networks cannot be loaded.
        """
        try:
            # Optional, and three seconds to load: only for who asks.
            from rapidocr import RapidOCR  # type: ignore  # noqa: PGH003, PLC0415 - may be missing
        except ImportError as error:
            raise ModelError(
                "reading text needs the extra `ocr`: pip install 'streetcase[ocr]'"
            ) from error
        try:
            return cls(
                RapidOCR(
                    params={
                        "Global.log_level": "critical",
                        "Global.text_score": LEAST_SCORE,
                        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                    }
                )
            )
        except Exception as error:  # the package raises what it likes
            raise ModelError(f"the text reader cannot be loaded: {error}") from error

    def read(self, crop: NDArray[np.uint8]) -> tuple[ReadLine, ...]:
        """The lines of text in a picture, from top to bottom, then from left to right.

        Args:
            crop: height x width x 3, BGR, 0..255, not empty.

        Raises:
            ModelError: The reader failed.
        """
        try:
            found = self._engine(crop)
        except Exception as error:  # as in `open`
            raise ModelError(f"the text reader failed: {error}") from error
        if found.txts is None:
            return ()
        lines = [
            ReadLine(text=text, score=float(score), box=_around(corners))
            for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True)
        ]
        return in_reading_order(lines)


def _around(corners: NDArray[np.float32]) -> Box:
    """The upright box around four corners (4 x 2)."""
    x1, y1 = (float(v) for v in corners.min(axis=0))
    x2, y2 = (float(v) for v in corners.max(axis=0))
    return Box(x1, y1, x2, y2)


def in_reading_order(lines: Sequence[ReadLine]) -> tuple[ReadLine, ...]:
    """Rows from top to bottom, words of a row from left to right."""
    rows: list[list[ReadLine]] = []
    for line in sorted(lines, key=_middle):
        height = line.box.y2 - line.box.y1
        if rows and _middle(line) - _middle(rows[-1][0]) <= SAME_LINE * height:
            rows[-1].append(line)
        else:
            rows.append([line])
    return tuple(w for row in rows for w in sorted(row, key=lambda w: w.box.x1))


def _middle(line: ReadLine) -> float:
    """The height of a line's middle, in pixels from the top."""
    return (line.box.y1 + line.box.y2) / 2


def plate_in(lines: Sequence[ReadLine]) -> ReadPlate | None:
    """The likeliest number plate among lines in reading order; none where nothing fits.

    A truck's rear plate has two rows, so two neighbouring lines are tried together as well. Letters
    that plates do not use are read as the digits that they look like.

    >>> line = ReadLine(text="京A·8K2O5", score=0.9, box=Box(0, 0, 90, 20))
    >>> plate_in([ReadLine(text="京A·8K2O51", score=0.9, box=line.box)])
    ReadPlate(number='京A8K2051', score=0.9)
    """
    found: list[tuple[bool, float, ReadPlate]] = []
    for count in (1, 2):
        for first in range(len(lines) - count + 1):
            used = lines[first : first + count]
            text = "".join(_IN_PLATE.sub("", line.text.upper()) for line in used)
            match = _PLATE.fullmatch(text[:2] + text[2:].translate(_LOOKALIKES))
            if match:
                score = min(line.score for line in used)
                plate = ReadPlate(number=match[0], score=score)
                found.append((bool(match[1]), score, plate))
    # A plate with its province fits by chance far less often.
    return max(found, key=lambda f: f[:2])[2] if found else None


def phone_numbers_in(lines: Sequence[ReadLine]) -> tuple[str, ...]:
    """Phone numbers in lines of text, digits only, each once, in reading order.

    >>> phone_numbers_in([ReadLine(text="电话 138-0013 8000", score=1, box=Box(0, 0, 9, 9))])
    ('13800138000',)
    """
    joined = (_IN_PHONE.sub("", line.text) for line in lines)
    return tuple(dict.fromkeys(m for text in joined for m in _PHONE.findall(text)))
