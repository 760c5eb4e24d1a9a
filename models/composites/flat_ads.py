# ruff: noqa: PLR2004 - a drawing is made of numbers: shares of its own size, set by eye
"""Draws posters, banners and billboards with blocks of strokes that look like CJK text.

No font is needed: a street camera sees text as blocks of strokes. Textures are (h, w, 4) uint8,
B, G, R, alpha; white is 255. Labelled crops of real ads serve as textures as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.street.surfaces import noise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Texture = NDArray[np.uint8]
    Colour = tuple[int, int, int]

GLYPH_PX: Final = 40  # strokes are drawn at this size and scaled
PAPERS: Final = (
    (250, 250, 250),
    (205, 240, 250),
    (200, 200, 250),
    (215, 245, 215),
    (120, 225, 250),
)
CLOTHS: Final = (  # banner cloth B, G, R, the first three times as likely: most are red
    (40, 30, 205), (40, 30, 205), (40, 30, 205), (160, 70, 20), (40, 210, 240), (60, 140, 40),
    (235, 235, 235), (150, 40, 150), (30, 110, 235),
)  # fmt: skip
LIGHT_INKS: Final = ((255, 255, 255), (60, 230, 255), (235, 245, 255))
DARK_INKS: Final = ((20, 20, 20), (40, 30, 190), (150, 60, 20), (40, 110, 30))
BOARDS: Final = (
    (190, 120, 30), (60, 50, 200), (230, 230, 230), (60, 130, 50), (40, 40, 45), (50, 170, 240),
    (140, 60, 120), (215, 190, 130),
)  # fmt: skip


def glyph(rng: np.random.Generator) -> NDArray[np.uint8]:
    """One made-up character: strokes in one, two or three parts of a square, 0 or more is ink."""
    ink = np.zeros((GLYPH_PX, GLYPH_PX), np.uint8)
    low, high = 3, GLYPH_PX - 4
    middle = int(rng.integers(14, 26))
    layouts = (
        ((low, low, high, high),),
        ((low, low, middle - 2, high), (middle + 2, low, high, high)),
        ((low, low, high, middle - 2), (low, middle + 2, high, high)),
    )
    thick = int(rng.integers(2, 5))
    for x1, y1, x2, y2 in layouts[int(rng.choice(3, p=(0.3, 0.45, 0.25)))]:
        for _ in range(int(rng.integers(1, 4))):  # crossbars
            y = int(rng.integers(y1, y2 + 1))
            cv2.line(ink, (x1, y), (x2, y), 255, thick)
        for _ in range(int(rng.integers(1, 3))):  # uprights
            x = int(rng.integers(x1, x2 + 1))
            cv2.line(ink, (x, y1), (x, y2), 255, thick)
        kind = rng.random()
        if kind < 0.35:
            cv2.rectangle(ink, (x1, y1), (x2, y2), 255, thick)
        elif kind < 0.7:
            top = ((x1 + x2) // 2, y1)
            cv2.line(ink, top, (x1, y2), 255, thick)
            cv2.line(ink, top, (x2, y2), 255, thick)
    return ink


def write_row(
    texture: Texture,
    box: tuple[int, int, int, int],
    ink: Colour,
    rng: np.random.Generator,
    *,
    upright: bool = False,
) -> None:
    """Fill a box with a row (or a column) of characters, in place."""
    x1, y1, x2, y2 = box
    across, along = (x2 - x1, y2 - y1) if upright else (y2 - y1, x2 - x1)
    if across < 3 or along < across:
        return
    pitch = across * float(rng.uniform(1.0, 1.25))
    for k in range(int(along / pitch)):
        at = (x1, y1 + int(k * pitch)) if upright else (x1 + int(k * pitch), y1)
        size = (across, across)
        shape = cv2.resize(glyph(rng), size, interpolation=cv2.INTER_AREA)
        part = texture[at[1] : at[1] + across, at[0] : at[0] + across, :3]
        weight = shape[: part.shape[0], : part.shape[1], None].astype(np.float32) / 255
        part[:] = (part * (1 - weight) + np.array(ink, np.float32) * weight).astype(np.uint8)


def write_number(
    texture: Texture, box: tuple[int, int, int, int], ink: Colour, rng: np.random.Generator
) -> None:
    """Fill a box with a made-up telephone number of eleven figures, in place."""
    text = "1" + "".join(str(int(d)) for d in rng.integers(0, 10, 10))
    x1, y1, x2, y2 = box
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.0, 2)
    scale = min((x2 - x1) / wide, (y2 - y1) / high)
    colour = (*ink, 255)
    face, thick = cv2.FONT_HERSHEY_DUPLEX, max(1, round(2.2 * scale))
    cv2.putText(texture, text, (x1, y2), face, scale, colour, thick, cv2.LINE_AA)


def _sheet(size: tuple[int, int], colour: Colour) -> Texture:
    """An opaque sheet of one colour; size is (width, height)."""
    texture = np.full((size[1], size[0], 4), 255, np.uint8)
    texture[..., :3] = colour
    return texture


def _choose(colours: Sequence[Colour], rng: np.random.Generator) -> Colour:
    return colours[int(rng.integers(len(colours)))]


def _ink_on(colour: Colour, rng: np.random.Generator) -> Colour:
    """An ink that can be read on a colour."""
    bright = 0.11 * colour[0] + 0.59 * colour[1] + 0.30 * colour[2]
    return _choose(DARK_INKS if bright > 140 else LIGHT_INKS, rng)


def poster(rng: np.random.Generator) -> Texture:
    """A stuck-on paper: a notice with lines of text, a headline and a number."""
    width = 160
    height = int(width * rng.uniform(0.6, 1.7))
    colour = _choose(PAPERS, rng) if rng.random() < 0.75 else _choose(BOARDS, rng)
    texture = _sheet((width, height), colour)
    ink = _ink_on(colour, rng)
    head = int(height * rng.uniform(0.16, 0.32))
    write_row(texture, (10, 8, width - 10, 8 + head), ink, rng)
    row = 14 + head
    while row < height * 0.72:
        line = int(rng.integers(8, 18))
        end = int(width * rng.uniform(0.6, 0.95))
        write_row(texture, (10, row, end, row + line), _ink_on(colour, rng), rng)
        row += int(line * 1.4)
    if rng.random() < 0.7:
        strong = DARK_INKS[1] if sum(colour) > 420 else ink
        write_number(texture, (10, int(height * 0.78), width - 10, height - 12), strong, rng)
    return worn(texture, rng)


def banner(rng: np.random.Generator) -> Texture:
    """A cloth banner: a strip of big characters, wrinkled; sometimes an upright one."""
    upright = rng.random() < 0.25
    long = int(rng.integers(380, 620))
    short = int(long / rng.uniform(3.2, 8.5))
    cloth = _choose(CLOTHS, rng)
    size = (short, long) if upright else (long, short)
    texture = _sheet(size, cloth)
    ink = _ink_on(cloth, rng)
    pad = int(short * rng.uniform(0.12, 0.24))
    lines = 2 if rng.random() < 0.3 else 1
    each = (short - 2 * pad) // lines
    for k in range(lines):
        first = pad + k * each
        last = first + int(each * 0.86)
        box = (first, pad, last, long - pad) if upright else (pad, first, long - pad, last)
        write_row(texture, box, ink, rng, upright=upright)
    if rng.random() < 0.3:
        cv2.rectangle(texture, (3, 3), (size[0] - 4, size[1] - 4), (*ink, 255), 2)
    return wrinkled(texture, rng)


def billboard(rng: np.random.Generator, photo: Callable[[], NDArray[np.uint8] | None]) -> Texture:
    """A board with a frame: a photograph or a colour, a headline, a number."""
    width = 360
    height = int(width / rng.uniform(0.7, 2.8))
    colour = _choose(BOARDS, rng)
    texture = _sheet((width, height), colour)
    picture = photo() if rng.random() < 0.6 else None
    split = float(rng.uniform(0.35, 1.0)) if picture is not None else 0.0
    if picture is not None:
        texture[:, : int(width * split), :3] = cv2.resize(
            picture, (int(width * split), height), interpolation=cv2.INTER_AREA
        )
    else:
        ramp = np.linspace(1.0, float(rng.uniform(0.6, 1.0)), height, dtype=np.float32)
        texture[..., :3] = (texture[..., :3] * ramp[:, None, None]).astype(np.uint8)
    start = int(width * split) + 12 if split < 0.7 else 14
    ink = _ink_on(colour, rng) if split < 0.7 else _choose(LIGHT_INKS, rng)
    head = int(height * rng.uniform(0.16, 0.34))
    top = int(rng.uniform(0.06, 0.5) * height)
    write_row(texture, (start, top, width - 12, top + head), ink, rng)
    below = top + int(head * 1.3)
    write_row(texture, (start, below, width - 14, below + head // 2), ink, rng)
    if rng.random() < 0.5:
        number = (start, height - 40, max(start + 60, width - 20), height - 14)
        write_number(texture, number, ink, rng)
    frame = int(rng.integers(2, 9))
    grey = int(rng.integers(60, 220))
    cv2.rectangle(texture, (0, 0), (width - 1, height - 1), (grey, grey, grey, 255), frame)
    return texture


def worn(texture: Texture, rng: np.random.Generator) -> Texture:
    """Paper after some weather: stains, a crease, now and then a torn corner."""
    height, width = texture.shape[:2]
    stain = 1 - 0.18 * float(rng.random()) * noise(rng, (height, width), 1, 5)
    result = texture.copy()
    result[..., :3] = np.clip(result[..., :3] * stain[..., None], 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        y = int(rng.uniform(0.2, 0.8) * height)
        result[y : y + 2, :, :3] = (result[y : y + 2, :, :3] * 0.8).astype(np.uint8)
    if rng.random() < 0.3:
        reach = int(min(height, width) * rng.uniform(0.1, 0.35))
        corners = ((0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1))
        x, y = corners[int(rng.integers(4))]
        dx, dy = (reach if x == 0 else -reach), (reach if y == 0 else -reach)
        triangle = np.array([[x, y], [x + dx, y], [x, y + dy]], np.int32)
        hole = np.zeros((height, width), np.uint8)
        cv2.fillPoly(hole, [triangle], 255)
        result[hole > 0, 3] = 0
    return result


def wrinkled(texture: Texture, rng: np.random.Generator) -> Texture:
    """Cloth between two ropes: it sags, and folds run in from its corners."""
    height, width = texture.shape[:2]
    if height > width:  # an upright one hangs from its rod and only billows
        turned = wrinkled(np.ascontiguousarray(np.rot90(texture)), rng)
        return np.ascontiguousarray(np.rot90(turned, 3))
    sag = int(height * rng.uniform(0, 0.35))
    room = sag + 4
    canvas = np.zeros((height + room, width, 4), np.uint8)
    canvas[..., :3] = texture[0, 0, :3]
    canvas[2 : 2 + height] = texture
    x = np.linspace(-1, 1, width, dtype=np.float32)
    wave = 0.015 * height * np.sin(x * rng.uniform(4, 14) + rng.uniform(0, 6))
    drop = sag * (1 - x**2) + wave
    rows = np.arange(height + room, dtype=np.float32)[:, None] - drop[None]
    columns = np.broadcast_to(np.arange(width, dtype=np.float32)[None], rows.shape)
    hung = cv2.remap(
        canvas, np.ascontiguousarray(columns), rows.astype(np.float32), cv2.INTER_LINEAR
    )
    folds = noise(rng, (height + room, width), 3, 7) - 0.5
    ends = np.exp(-(1 - np.abs(x)) * rng.uniform(3, 12))
    lines = np.sin((rows / height + np.abs(x)) * rng.uniform(15, 40)) * ends
    shade = 1 + 0.28 * folds * float(rng.random()) + 0.14 * lines
    hung[..., :3] = np.clip(hung[..., :3] * shade[..., None], 0, 255).astype(np.uint8)
    return np.asarray(hung, np.uint8)


def of_crop(crop: NDArray[np.uint8], rng: np.random.Generator) -> Texture:
    """A texture from a tight crop of a real ad, its outermost border left out."""
    height, width = crop.shape[:2]
    y, x = max(1, height // 40), max(1, width // 40)
    inner = crop[y : height - y, x : width - x]
    texture = np.dstack([inner, np.full(inner.shape[:2], 255, np.uint8)])
    if rng.random() < 0.5:  # the scene it came from is taken out half: brightest becomes whiter
        top = max(float(np.percentile(inner, 98)), 60.0)
        texture[..., :3] = np.clip(inner * min(255 / top, 1.8), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(texture, np.uint8)
