"""Measure the text reader of the extra `ocr` on rendered plates and phone numbers, by size.

    python -m models.evaluate_text --font path/to/NotoSansCJK-Bold.ttc
    python -m models.evaluate_text --font ... --crops path/to/data/trucks/cover_state/val

Draws number plates (one row, and the two rows of a truck's rear) and advertisements with phone
numbers, turned a little, at several heights of a letter, blurred, noisy and compressed as a camera
would, and counts what is read exactly, and how many plates are read wrong but fit a plate's
pattern. The same numbers every time. The font must have Chinese letters; its path and the figures
are printed. --crops reads real pictures, of which nobody wrote the numbers down: it says how many
lines, plates and numbers were read and how long it took. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import cv2
import numpy as np

from models.label_sets import read_picture
from pipeline.detection.text import TextReader, phone_numbers_in, plate_in
from pipeline.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.ImageFont import FreeTypeFont

Kind = Literal["plate", "rear plate", "phone"]
KINDS: Final[tuple[Kind, ...]] = ("plate", "rear plate", "phone")
LETTER_HEIGHTS_PX: Final = (8, 12, 16, 24, 36)  # in the crop that is read
SAMPLES: Final = 40  # of each kind and height
DRAWN_PX: Final = 96  # height of a letter as it is drawn, before the camera makes it small
PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
BLUE: Final = (150, 60, 10)  # BGR, small cars
YELLOW: Final = (20, 190, 240)  # BGR, trucks
PAPER: Final = (225, 235, 240)  # BGR
WORDS: Final = ("办证刻章", "疏通管道", "开锁换锁", "高价回收", "家电维修")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A picture and what stands in it."""

    kind: Kind
    letter_px: int
    truth: str
    image: NDArray[np.uint8]  # BGR


def draw(
    lines: Sequence[str], font: FreeTypeFont, ink: str, paper: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """Lines of text, each centred, on a plain ground with a margin."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - comes with the extra

    boxes = [font.getbbox(line) for line in lines]
    wide = int(max(b[2] for b in boxes)) + DRAWN_PX
    high = int(DRAWN_PX * (0.6 + 1.35 * len(lines)))
    image = Image.new("RGB", (wide, high), paper[::-1])
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pen.text((wide / 2, DRAWN_PX * (0.95 + 1.35 * number)), line, ink, font, anchor="mm")
    return np.asarray(image, dtype=np.uint8)[..., ::-1].copy()


def sample(kind: Kind, letter_px: int, font: FreeTypeFont, rng: np.random.Generator) -> Sample:
    """One drawn plate or advertisement as a camera shows it."""
    digits = "".join(str(v) for v in rng.integers(0, 10, 9))
    if kind == "phone":
        truth = f"1{rng.choice(list('35789'))}{digits}"
        shown = f"{truth[:3]} {truth[3:7]} {truth[7:]}" if rng.random() < 0.5 else truth  # noqa: PLR2004 (half of them)
        clean = draw([str(rng.choice(WORDS)), shown], font, "#b01010", PAPER)
    else:
        marks = "".join(rng.choice(list(LETTERS + "0123456789" * 3), 5))
        head = f"{rng.choice(list(PROVINCES))}{rng.choice(list(LETTERS))}"
        truth = head + marks
        if kind == "plate":
            clean = draw([f"{head}·{marks}"], font, "white", BLUE)
        else:
            clean = draw([head, marks], font, "black", YELLOW)
    return Sample(kind=kind, letter_px=letter_px, truth=truth, image=spoil(clean, letter_px, rng))


def spoil(clean: NDArray[np.uint8], letter_px: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Turn, darken, shrink, blur, add noise and compress a picture, and put it on a grey ground."""
    height, width = clean.shape[:2]
    margin = DRAWN_PX
    ground = np.full((height + 2 * margin, width + 2 * margin, 3), 105, np.uint8)
    ground[margin : margin + height, margin : margin + width] = clean
    size = (ground.shape[1], ground.shape[0])
    corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    moved = corners + rng.uniform(-0.06, 0.06, (4, 2)).astype(np.float32) * min(size)
    turned = cv2.warpPerspective(
        ground,
        cv2.getPerspectiveTransform(corners, moved.astype(np.float32)),
        size,
        borderMode=cv2.BORDER_REPLICATE,
    )
    scale = letter_px / DRAWN_PX
    small = cv2.resize(turned, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), float(rng.uniform(0.3, 0.9)))  # a camera's lens, px
    lit = soft * rng.uniform(0.55, 1.1) + rng.normal(0, rng.uniform(2, 7), soft.shape)
    _, encoded = cv2.imencode(
        ".jpg", np.clip(lit, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 75]
    )
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def read_of(reader: TextReader, one: Sample) -> str:
    """What the reader makes of a sample; empty where nothing fits."""
    lines = reader.read(one.image)
    if one.kind == "phone":
        return (*phone_numbers_in(lines), "")[0]
    plate = plate_in(lines)
    return plate.number if plate else ""


def measure(reader: TextReader, font: FreeTypeFont, samples: int) -> list[dict[str, Any]]:
    """Shares read exactly, read but for the province, and read wrong, by kind and height."""
    rows = []
    print(f"{'kind':12}{'letter px':>10}{'right':>8}{'no prov.':>10}{'wrong':>8}{'nothing':>9}")
    for kind in KINDS:
        for height in LETTER_HEIGHTS_PX:
            rng = np.random.default_rng([KINDS.index(kind), height])
            made = [sample(kind, height, font, rng) for _ in range(samples)]
            said = [(read_of(reader, s), s.truth) for s in made]
            right = sum(a == b for a, b in said)
            partly = sum(a != b and kind != "phone" and a == b[1:] for a, b in said)
            nothing = sum(not a for a, _ in said)
            wrong = samples - right - partly - nothing
            rows.append(
                {
                    "kind": kind,
                    "letter_px": height,
                    "samples": samples,
                    "right": right / samples,
                    "without_province": partly / samples,
                    "wrong": wrong / samples,
                    "nothing": nothing / samples,
                }
            )
            print(f"{kind:12}{height:10}{right / samples:8.2f}{partly / samples:10.2f}", end="")
            print(f"{wrong / samples:8.2f}{nothing / samples:9.2f}", flush=True)
    return rows


def read_crops(reader: TextReader, folder: Path) -> dict[str, Any]:
    """What is read on real pictures, and the milliseconds of each.

    Raises:
        LabelSetError: A picture cannot be read.
    """
    files = sorted(p for p in folder.rglob("*.jpg"))
    lines = plates = numbers = 0
    spent = []
    for file in files:
        image = read_picture(file)
        start = time.perf_counter()
        found = reader.read(image)
        spent.append(1000 * (time.perf_counter() - start))
        lines += len(found)
        plates += plate_in(found) is not None
        numbers += len(phone_numbers_in(found))
    return {
        "pictures": len(files),
        "lines": lines,
        "plates": plates,
        "phone_numbers": numbers,
        "median_ms": round(float(np.median(spent)), 1) if spent else None,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="models.evaluate_text", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--font", type=Path, required=True, help="a font with Chinese letters")
    parser.add_argument("--crops", type=Path, help="folder of real pictures to read as well")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of each kind and height")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    options = parser.parse_args(arguments)
    try:
        reader = TextReader.open(threads=options.threads)
        from PIL import ImageFont  # noqa: PLC0415 - comes with the extra

        font = ImageFont.truetype(str(options.font), DRAWN_PX)
        rows = measure(reader, font, options.samples)
        crops = read_crops(reader, options.crops) if options.crops else None
    except (ModelError, ValueError, OSError) as error:
        print(f"evaluate_text: {options.font}: {error}", file=sys.stderr)
        print(json.dumps({"ok": False, "error": str(error)}))
        return 2
    print(json.dumps({"ok": True, "font": options.font.name, "rendered": rows, "crops": crops}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
