"""Zones: fractions, permits and their hours."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from pipeline.zones import Zone, ZoneKind

SHANGHAI = ZoneInfo("Asia/Shanghai")
SQUARE = [[0.25, 0.5], [0.75, 0.5], [0.75, 1.0], [0.25, 1.0]]


def test_polygon_follows_the_resolution():
    """The same zone covers the same part of a larger frame."""
    zone = Zone(id="z", kind=ZoneKind.ROAD, polygon=SQUARE)
    assert zone.in_pixels(1920, 1080).bounds.xyxy == (480, 540, 1440, 1080)
    assert zone.in_pixels(640, 360).bounds.xyxy == (160, 180, 480, 360)


def test_permitted_zone_is_open_in_its_windows_only():
    """08:30 in Shanghai is inside 06:00 to 10:00, 12:00 is not."""
    zone = Zone.model_validate(
        {
            "id": "bay", "kind": "permitted", "polygon": SQUARE, "document": "2026-17",
            "windows": [{"days": ["sun"], "from": "06:00", "to": "10:00"}],
        }
    )  # fmt: skip
    assert zone.permits(datetime(2026, 11, 22, 0, 30, tzinfo=UTC), SHANGHAI)
    assert not zone.permits(datetime(2026, 11, 22, 4, 0, tzinfo=UTC), SHANGHAI)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"polygon": [[0, 0], [640, 0], [640, 360]]}, "fractions"),
        ({"polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}, "crosses itself"),
        ({"kind": "permitted"}, "document"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "before"),
        ({"id": ""}, "id"),
    ],
)
def test_impossible_zones_are_refused(changes, words):
    """Pixels instead of fractions, crossing edges, a permit without a document."""
    with pytest.raises(ValidationError, match=words):
        Zone.model_validate({"id": "z", "kind": "road", "polygon": SQUARE, **changes})


def test_zone_survives_json():
    """What the API stores is what the box reads."""
    zone = Zone.model_validate(
        {
            "id": "bay", "kind": "permitted", "polygon": SQUARE, "document": "2026-17",
            "windows": [{"days": ["sun"], "from": "06:00", "to": "10:00"}],
        }
    )  # fmt: skip
    assert Zone.model_validate_json(zone.model_dump_json(by_alias=True)) == zone
