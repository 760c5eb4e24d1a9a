"""Bare soil is told from green net, concrete, night and painted steel, by colour and roughness."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from pipeline.change.soil import bare_soil_share
from pipeline.frames import Frame
from pipeline.zones import Zone

SITE = Zone.model_validate(
    {"id": "site", "kind": "site", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
)
SOIL = (85, 125, 165)  # BGR of dry earth
OTHERS = {
    "green net": (70, 130, 40),
    "concrete": (150, 155, 160),
    "asphalt": (90, 90, 92),
    "sky": (230, 200, 160),
    "night": (15, 20, 28),
}


def frame(left, right, roughness=0.06):
    picture = np.empty((180, 320, 3), np.float32)
    picture[:, :160], picture[:, 160:] = left, right
    clods = np.random.default_rng(1).normal(1, roughness, (180, 320, 1))
    return Frame(
        image=np.clip(picture * clods, 0, 255).astype(np.uint8),
        camera_id="c",
        captured_at=datetime(2026, 11, 22, tzinfo=UTC),
        seconds=0.0,
        width=320,
        height=180,
    )


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_half_a_site_of_soil_is_half(other):
    """What lies beside it does not count."""
    assert bare_soil_share(frame(SOIL, other), SITE) == pytest.approx(0.5, abs=0.02)


def test_a_covered_site_has_none():
    """Green net over everything."""
    assert bare_soil_share(frame(OTHERS["green net"], OTHERS["concrete"]), SITE) == 0.0


def test_an_even_brown_is_paint():
    """A brown awning or container has the colour of soil and none of its roughness."""
    assert bare_soil_share(frame(SOIL, SOIL, roughness=0.004), SITE) == 0.0
