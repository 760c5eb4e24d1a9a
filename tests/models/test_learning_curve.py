"""Learning curves: what is learned from at each share, the line through them, the picture."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pytest

from models.evaluation.curves import Point, curves_svg
from models.learning_curve import AIMS, arm_steps, boxes_learned, growth, main
from models.prepare import prepare


def points(*values, spread=0.0):
    shares = (0.125, 0.25, 0.5, 1.0)
    return [
        Point(x=x, y=y, low=y - spread, high=y + spread)
        for x, y in zip(shares, values, strict=True)
    ]


def test_a_straight_curve_says_what_its_aim_takes():
    """A tenth for each doubling, two tenths missing: four times the data."""
    found = growth(points(0.1, 0.2, 0.3, 0.4), 0.6)
    assert found.gain == pytest.approx(0.1)
    assert found.gain_low == pytest.approx(found.gain_high)
    assert found.times == pytest.approx(4.0)


def test_a_curve_of_wide_intervals_has_a_wide_one():
    """The gain's interval comes from the points'; it holds the gain."""
    found = growth(points(0.1, 0.2, 0.3, 0.4, spread=0.2), 0.6)
    assert found.gain_low < 0.03
    assert found.gain_high > 0.17


@pytest.mark.parametrize(
    ("values", "aim", "times"),
    [
        ((0.3, 0.5, 0.6, 0.8), 0.75, 1.0),
        ((0.1, 0.1, 0.1, 0.1), 0.5, math.inf),
        ((0.4, 0.3, 0.2, 0.1), 0.5, math.inf),
        ((0.1, 0.11, 0.12, 0.13), 0.5, math.inf),
    ],
)
def test_an_aim_that_is_reached_or_out_of_reach(values, aim, times):
    """Reached: as much as now. A flat, a falling or a very slow curve: no amount."""
    assert growth(points(*values), aim).times == times


def test_parts_are_seen_as_often_as_the_whole(tmp_path):
    """The draws shrink with the share, so that each picture is seen equally often."""
    train, export = arm_steps(0.25, tmp_path / "recipe", tmp_path / "data", tmp_path / "out")
    words = list(train.command)
    assert words[words.index("--share") + 1] == words[words.index("--draws") + 1] == "0.25"
    assert export.command[export.command.index("--checkpoint") + 1] == str(train.makes)


def test_boxes_are_counted_in_the_training_half(pack):
    """Two training pictures with a truck each, and one of validation; both are one run."""
    prepared = pack.parent / "prepared"
    prepare(pack, prepared, None, pack.parent / "datasets")
    assert boxes_learned(prepared, 1.0) == boxes_learned(prepared, 0.5) == {"truck": 2}


def test_the_picture_holds_every_curve(tmp_path):
    """One column for each class, readable as XML."""
    table = [vars_of(p) for p in points(0.1, 0.2, 0.3, 0.4, spread=0.05)]
    rows = [
        {"class": name, "aim": aim, "figure": "AP50", "by_share": table, "by_epoch": table[1:]}
        for name, aim in AIMS.items()
    ]
    drawn = ET.fromstring(curves_svg(rows))  # noqa: S314 (our own)
    dots = [e for e in drawn.iter() if e.get("class") == "dot"]
    assert len(dots) == len(AIMS) * 7


def vars_of(point):
    return {"x": point.x, "y": point.y, "low": point.low, "high": point.high}


def test_without_a_whole_recipe_nothing_is_begun(tmp_path, capsys):
    """The missing card is named, exit code 2."""
    asked = ["--data", str(tmp_path), "--recipe", str(tmp_path), "--out", str(tmp_path / "out")]
    assert main(asked) == 2
    assert "last.pt: is missing; python -m models.recipe" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
