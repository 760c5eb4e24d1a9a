# ruff: noqa: PLR2004 - a street is made of numbers; OpenCV is untyped
"""Zoom, mirroring and camera faults for training pictures."""

import cv2
import numpy as np

from models.street.scene import HEIGHT, WIDTH, Picture

OUT_SIZE = (960, 540)
LEAST_PIXELS = 7.0
"""A box narrower or lower than this in the output carries no label."""


def crop(
    frame: Picture, boxes: list[tuple[int, list[float]]], rng: np.random.Generator
) -> tuple[Picture, list[tuple[int, float, float, float, float]]]:
    """A random zoom into the frame, perhaps mirrored, with the labels that remain."""
    share = 1.0 if rng.random() < 0.3 else float(rng.uniform(0.38, 1.0))
    width, height = int(WIDTH * share), int(HEIGHT * share)
    x0, y0 = int(rng.integers(0, WIDTH - width + 1)), int(rng.integers(0, HEIGHT - height + 1))
    way = cv2.INTER_AREA if width > OUT_SIZE[0] else cv2.INTER_CUBIC
    picture = np.asarray(
        cv2.resize(frame[y0 : y0 + height, x0 : x0 + width], OUT_SIZE, interpolation=way), np.uint8
    )
    mirror = bool(rng.random() < 0.3)
    if mirror:
        picture = picture[:, ::-1].copy()
    rows = []
    for number, (bx0, by0, bx1, by1) in boxes:
        cx0, cx1 = max(bx0 - x0, 0.0), min(bx1 - x0, float(width))
        cy0, cy1 = max(by0 - y0, 0.0), min(by1 - y0, float(height))
        area = max(bx1 - bx0, 1.0) * max(by1 - by0, 1.0)
        kept = max(cx1 - cx0, 0.0) * max(cy1 - cy0, 0.0) / area
        scale = OUT_SIZE[0] / width
        if kept < 0.3 or min(cx1 - cx0, cy1 - cy0) * scale < LEAST_PIXELS:
            continue
        mid = (cx0 + cx1) / 2 / width
        rows.append(
            (
                number,
                1 - mid if mirror else mid,
                (cy0 + cy1) / 2 / height,
                (cx1 - cx0) / width,
                (cy1 - cy0) / height,
            )
        )
    return picture, rows


def spoil(picture: Picture, rng: np.random.Generator) -> Picture:
    """Camera faults: blur, motion, noise, colour cast, gamma."""
    if rng.random() < 0.3:
        picture = np.asarray(
            cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.6))), np.uint8
        )
    if rng.random() < 0.1:
        kernel = np.zeros((9, 9), np.float32)
        kernel[4, 4 - int(rng.integers(1, 4)) : 5 + int(rng.integers(1, 4))] = 1
        picture = np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)
    ramp = (
        (np.arange(256) / 255) ** float(rng.uniform(0.75, 1.3))
        * 255
        * float(rng.uniform(0.85, 1.15))
    )
    table = np.stack(
        [np.clip(ramp * float(rng.uniform(0.94, 1.06)), 0, 255) for _ in range(3)], -1
    )[None]
    picture = np.asarray(cv2.LUT(picture, table.astype(np.uint8)), np.uint8)
    noise = rng.normal(0, float(rng.uniform(0.5, 6)), (picture.shape[0], picture.shape[1], 1))
    return np.clip(picture + noise, 0, 255).astype(np.uint8)
