"""How much of a construction site lies bare: uncovered soil against green net, concrete, shadow.

A rule of colour and roughness, no more: dry soil is yellow to brown, never quite even, and neither
green nor grey. Night, snow and wet clay are not seen; a brick facade, timber or rust inside the
zone counts as soil; so the share is an aid beside a picture, never a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.change.channels import luma
from pipeline.change.difference import box_mean
from pipeline.change.grid import Grid

if TYPE_CHECKING:
    from pipeline.frames import Frame
    from pipeline.zones import Zone

WIDTH_PX = 320  # coarse enough that single stones and poles do not count
# OpenCV hue runs 0..179: 7 to 25 is orange to yellow-brown. Saturation leaves out concrete (below)
# and paint or excavators (above); value leaves out night and burnt-out glare.
SOIL_HUE = (7, 25)
SOIL_SATURATION = (40, 165)
SOIL_VALUE = (50, 235)
MIN_ROUGHNESS = 0.015  # deviation over brightness in a window: painted steel and awnings are below


def bare_soil_share(frame: Frame, zone: Zone) -> float:
    """Share of a site zone that looks like uncovered soil, in [0, 1].

    Args:
        frame: The picture, scaled or not.
        zone: The site.
    """
    grid = Grid.over(frame, WIDTH_PX)
    inside = grid.polygon_mask(zone.polygon)
    if not inside.any():
        return 0.0
    small = grid.shrink(frame.image)
    hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
    low, high = (
        np.array(limits, np.uint8)
        for limits in zip(SOIL_HUE, SOIL_SATURATION, SOIL_VALUE, strict=True)
    )
    brown = np.asarray(cv2.inRange(hsv, low, high), np.bool_)
    levels = luma(small)
    mean = box_mean(levels)
    spread = np.sqrt(np.maximum(box_mean(levels * levels) - mean * mean, 0.0))
    soil = brown & inside & (spread > MIN_ROUGHNESS * mean)
    return float(np.count_nonzero(soil) / np.count_nonzero(inside))
