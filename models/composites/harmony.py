"""Makes what is pasted look as if the scene's own camera had taken it: light, blur, noise, edges.

Pictures are HWC uint8 in [0, 255], channels B, G, R; alphas are HW float32 in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Alpha = NDArray[np.float32]

SOLID: Final = 0.4  # alpha from which a pixel belongs to what was pasted, for its box
STRENGTH: Final = 0.6  # share of the difference between two scenes' colours that is made up for
SPREADS: Final = (0.7, 1.3)  # by which contrast may be changed; more looks like another material
BLURS_PX: Final = (0.0, 0.5, 0.7, 1.0, 1.4, 2.0)  # tried in this order until the scene's sharpness
LEAST_CELLS: Final = 64  # pixels below which sharpness is not measured
# Immerkaer, "Fast Noise Variance Estimation", 1996: a mask blind to edges, and its gain.
NOISE_MASK: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
NOISE_GAIN: Final = np.sqrt(np.pi / 2) / 6
WHITE_SHARE: Final = 97.0  # percentile of brightness that stands for white paper in the scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a camera saw a scene."""

    mean: NDArray[np.float32]  # (3,) of L, a, b in OpenCV's 8-bit scale
    spread: NDArray[np.float32]  # (3,) standard deviations of the same
    sharpness: float  # finest detail against the next coarser one, >= 0
    noise: float  # grey levels
    white: NDArray[np.float32]  # (3,) B, G, R of white paper in this light


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A picture with alpha and where its top left corner lies in the scene."""

    picture: Picture
    alpha: Alpha
    left: int
    top: int


def look_of(picture: Picture) -> Look:
    """Measure a scene, or a cut-out's source."""
    lab = cv2.cvtColor(picture, cv2.COLOR_BGR2LAB).reshape(-1, 3).astype(np.float32)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    bright = picture[grey >= np.percentile(grey, WHITE_SHARE)].reshape(-1, 3)
    return Look(
        mean=lab.mean(0),
        spread=lab.std(0) + np.float32(1e-3),
        sharpness=sharpness(np.asarray(grey, np.uint8), None),
        noise=noise_of(np.asarray(grey, np.uint8)),
        # White is at least mid-grey, else a night scene would turn paper black.
        white=np.maximum(bright.mean(0), 110).astype(np.float32),
    )


def sharpness(grey: NDArray[np.uint8], alpha: Alpha | None) -> float:
    """Detail finer than about a pixel over detail of one to three pixels, where alpha is solid."""
    plane = grey.astype(np.float32)
    one, three = cv2.GaussianBlur(plane, (0, 0), 1.0), cv2.GaussianBlur(plane, (0, 0), 3.0)
    fine, coarse = plane - one, one - three
    if alpha is not None:
        inside = cv2.erode((alpha > SOLID).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        if inside.sum() < LEAST_CELLS:
            return 0.0
        fine, coarse = fine[inside], coarse[inside]
    return float(fine.std() / (coarse.std() + 1e-3))


def noise_of(grey: NDArray[np.uint8]) -> float:
    """Standard deviation of the noise in grey levels, by Immerkaer's mask."""
    if min(grey.shape) < NOISE_MASK.shape[0]:
        return 0.0
    inner = cv2.filter2D(grey, cv2.CV_32F, NOISE_MASK)[1:-1, 1:-1]
    # The median instead of the mean: textures are not noise.
    return float(np.median(np.abs(inner)) * 1.25 * NOISE_GAIN)


def relight(picture: Picture, source: Look, target: Look, strength: float = STRENGTH) -> Picture:
    """Move a cut-out from its own scene's colours towards another scene's (Reinhard et al. 2001).

    The two *scenes* are compared, not the cut-out with the scene: a red parasol stays red.
    """
    lab = cv2.cvtColor(picture, cv2.COLOR_BGR2LAB).astype(np.float32)
    ratio = np.clip(target.spread / source.spread, *SPREADS)
    ratio = 1 + (ratio - 1) * strength
    moved = (lab - source.mean) * ratio + source.mean + (target.mean - source.mean) * strength
    clipped = np.clip(moved, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(clipped, cv2.COLOR_LAB2BGR), np.uint8)


def light_paper(picture: Picture, scene: Picture, look: Look, box: tuple[int, ...]) -> Picture:
    """Light a drawn, flat thing by the place in the scene where it will hang.

    Args:
        picture: As drawn: white is 255.
        scene: The whole scene.
        look: Of the scene.
        box: x1, y1, x2, y2 of the place, inside the scene; `picture` has its size.

    Returns:
        White becomes the scene's white, and the place's large shadows fall on it as well.
    """
    x1, y1, x2, y2 = box
    under = cv2.cvtColor(scene[y1:y2, x1:x2], cv2.COLOR_BGR2GRAY).astype(np.float32)
    wide = max(3.0, 0.15 * max(under.shape))
    shade = cv2.GaussianBlur(under, (0, 0), wide)
    shade = np.clip(shade / max(float(shade.mean()), 1.0), 0.7, 1.25)
    grey = cv2.cvtColor(scene, cv2.COLOR_BGR2GRAY)
    # A dark wall may be dark paint: only the root of its darkness counts as lack of light.
    local = float(np.clip((under.mean() / max(float(grey.mean()), 1.0)) ** 0.5, 0.6, 1.1))
    lit = picture.astype(np.float32) / 255 * look.white * local * shade[..., None]
    # No camera's black is black: a little of the scene's veil lies over everything.
    veil = np.float32(0.06) * look.white
    return np.clip(lit * 0.94 + veil, 0, 255).astype(np.uint8)


def soften(picture: Picture, alpha: Alpha, look: Look, rng: np.random.Generator) -> Picture:
    """Blur to the scene's sharpness and add its noise."""
    softened = picture
    for sigma in BLURS_PX:
        if sigma:
            softened = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
        grey = np.asarray(cv2.cvtColor(softened, cv2.COLOR_BGR2GRAY), np.uint8)
        if sharpness(grey, alpha) <= look.sharpness * 1.1:
            break
    own = noise_of(np.asarray(cv2.cvtColor(softened, cv2.COLOR_BGR2GRAY), np.uint8))
    missing = float(np.sqrt(max(0.0, look.noise**2 - own**2)))
    if missing > 0.5:  # noqa: PLR2004 (below half a level nothing shows)
        grain = rng.normal(0, missing, picture.shape[:2])[..., None]
        softened = np.clip(softened + grain, 0, 255).astype(np.uint8)
    return softened


def lay(scene: Picture, layer: Layer) -> None:
    """Blend a layer into the scene in place; what sticks out is cut off."""
    height, width = scene.shape[:2]
    rows, columns = layer.alpha.shape
    x1, y1 = max(layer.left, 0), max(layer.top, 0)
    x2, y2 = min(layer.left + columns, width), min(layer.top + rows, height)
    if x2 <= x1 or y2 <= y1:
        return
    cut = (slice(y1 - layer.top, y2 - layer.top), slice(x1 - layer.left, x2 - layer.left))
    weight = layer.alpha[cut][..., None]
    part = scene[y1:y2, x1:x2]
    mixed = part * (1 - weight) + layer.picture[cut] * weight
    part[:] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def box_of(layer: Layer, size: tuple[int, int], solid: float = SOLID) -> NDArray[np.float32] | None:
    """Box of a layer's solid pixels inside the scene.

    Args:
        layer: What was pasted.
        size: Width and height of the scene.
        solid: Alpha from which a pixel counts.

    Returns:
        x1, y1, x2, y2 in fractions of the scene; none where nothing solid is inside.
    """
    width, height = size
    rows = np.flatnonzero((layer.alpha >= solid).any(1)) + layer.top
    columns = np.flatnonzero((layer.alpha >= solid).any(0)) + layer.left
    rows, columns = rows[(rows >= 0) & (rows < height)], columns[(columns >= 0) & (columns < width)]
    if not len(rows) or not len(columns):
        return None
    corners = [columns[0] / width, rows[0] / height]
    corners += [(columns[-1] + 1) / width, (rows[-1] + 1) / height]
    return np.array(corners, np.float32)


def warp(texture: NDArray[np.uint8], quad: NDArray[np.float32]) -> Layer:
    """Draw a texture onto a quadrilateral.

    Args:
        texture: (h, w, 4) B, G, R, alpha.
        quad: (4, 2) pixels: where its top left, top right, bottom right, bottom left go.
    """
    left, top = np.floor(quad.min(0)).astype(int)
    right, bottom = np.ceil(quad.max(0)).astype(int) + 1
    size = (max(int(right - left), 2), max(int(bottom - top), 2))
    height, width = texture.shape[:2]
    across = (np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    down = (np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    # Shrink by area first: a warp alone would skip pixels and flicker.
    near = (max(2, min(width, round(across))), max(2, min(height, round(down))))
    small = cv2.resize(texture, near, interpolation=cv2.INTER_AREA)
    source = np.array([[0, 0], [near[0], 0], [near[0], near[1]], [0, near[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, quad - np.array([left, top], np.float32))
    colour = cv2.warpPerspective(
        small[..., :3], matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    alpha = cv2.warpPerspective(small[..., 3], matrix, size, flags=cv2.INTER_LINEAR)
    return Layer(
        picture=np.asarray(colour, np.uint8),
        alpha=(alpha / np.float32(255)).astype(np.float32),
        left=int(left),
        top=int(top),
    )


def jpeg(picture: Picture, quality: int) -> Picture:
    """The picture as a JPEG of this quality gives it back."""
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
