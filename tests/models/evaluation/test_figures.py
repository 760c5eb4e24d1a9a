"""Figures speak only of what a set labels, and never mix rendered and real pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.classes import CLASSES, class_id
from models.evaluation import calibration, figures, thresholds, twins
from models.evaluation.looking import Seen, SeenSet
from models.evaluation.worst_errors import MOST_OF_A_CLASS, errors_of
from models.label_sets import LabelSet, LabelSetError
from pipeline.change.results import Light

TRUCK, DUST, STALL, GOODS, SIGN, POSTER = (
    class_id(n) for n in ("truck", "dust", "stall", "goods", "signboard", "poster")
)
HALF = dict.fromkeys(CLASSES, 0.5)


def label_set(name="yard", role="real", **known):
    empty = {k: frozenset() for k in ("complete", "filled", "partial", "absent")}
    given = {k: frozenset(v) for k, v in known.items()}
    return LabelSet(
        name=name,
        folder=name,
        role=role,
        licence="CC0-1.0",
        draws=1,
        class_map={},
        scene_column="",
        one_scene=frozenset(),
        **(empty | given),
    )


def seen(labels=(), found=(), regions=(), *, light=Light.DAY, scale=1.0, path="a.jpg"):
    found = np.array(found, dtype=np.float32).reshape(-1, 6)
    return Seen(
        path=Path(path),
        scale=scale,
        light=light,
        labels=np.array(labels, dtype=np.float32).reshape(-1, 5),
        regions=np.array(regions, dtype=np.float32).reshape(-1, 4),
        boxes=found[:, :4],
        scores=found[:, 4],
        classes=found[:, 5].astype(np.int64),
    )


def looked(*pictures, name="yard", role="real", **known):
    return SeenSet(labels=label_set(name, role, **known), pictures=pictures)


HIT = seen([[TRUCK, 0, 0, 40, 40]], [[0, 0, 40, 40, 0.9, TRUCK]])


def test_unlabelled_and_partly_labelled_classes_have_no_figure():
    """A truck found where nobody labelled all trucks is neither right nor wrong."""
    alarm = seen([], [[0, 0, 9, 9, 0.9, TRUCK]])
    for known in ({}, {"partial": [TRUCK]}):
        assert figures.by_source([looked(alarm, **known)], HALF) == []
        assert figures.false_alarms([looked(alarm, **known)], HALF) == []


def test_figures_and_false_alarms():
    """One truck found, one invented; dust in a set that shows none."""
    found = [
        [0, 0, 9, 9, 0.9, TRUCK],
        [20, 20, 30, 30, 0.6, TRUCK],
        [0, 0, 5, 5, 0.7, DUST],
        [0, 0, 5, 5, 0.2, DUST],
    ]
    one = looked(seen([[TRUCK, 0, 0, 9, 9]], found), complete=[TRUCK], absent=[DUST, STALL])
    [row] = figures.by_source([one], HALF)
    assert (row["class"], row["source"]) == ("truck", "real:yard")
    assert (row["precision"], row["recall"], row["ap50"]) == (0.5, 1.0, 1.0)
    alarms = {r["class"]: (r["looks"], r["per_100"]) for r in figures.false_alarms([one], HALF)}
    assert alarms == {"stall": (1, 0.0), "dust": (1, 100.0)}


def test_alarms_inside_ignored_regions_do_not_count():
    """Half of the area decides."""
    found = [[0, 0, 10, 10, 0.9, DUST], [20, 0, 30, 10, 0.9, DUST]]
    picture = seen([], found, [[0, 0, 10, 6], [20, 0, 30, 4]])
    assert figures.alarm_rows(picture, {DUST}, HALF) == [1]


def test_rendered_pictures_are_never_mixed_with_real_ones():
    """Pooled figures come in two lines; each counts its own pictures."""
    miss = seen([[TRUCK, 0, 0, 40, 40]])
    sets = [
        looked(HIT, name="one", complete=[TRUCK]),
        looked(HIT, name="two", filled=[TRUCK]),
        looked(miss, miss, name="rendered", role="rendered", complete=[TRUCK]),
        looked(miss, name="pasted", role="rendered", complete=[TRUCK]),
    ]
    sources = [r["source"] for r in figures.by_source(sets, HALF)]
    assert sources == ["real:one", "real:two", "rendered", "rendered:pasted"]
    rows = figures.pooled(sets, HALF)
    assert [(r["source"], r["pictures"], r["ap50"]) for r in rows] == [
        ("real", 2, 1.0),
        ("rendered", 3, 0.0),
    ]
    assert figures.mean_ap(rows) == 1.0
    assert np.isnan(figures.mean_ap(rows, "nowhere"))


def test_sizes_are_those_that_the_network_sees():
    """A box of 40 px in a picture that is halved is small."""
    halved = seen([[TRUCK, 0, 0, 40, 40]], [[0, 0, 40, 40, 0.9, TRUCK]], scale=0.5)
    rows = figures.by_size([looked(HIT, halved, complete=[TRUCK])])
    assert [(r["size"], r["boxes"]) for r in rows] == [("small", 1), ("medium", 1)]


def test_light_splits_pictures():
    """A picture belongs to one light; lights without labels have no row."""
    night = seen([[TRUCK, 0, 0, 40, 40]], light=Light.NIGHT)
    rows = figures.by_light([looked(HIT, night, complete=[TRUCK])])
    assert [(r["light"], r["ap50"]) for r in rows] == [("day", 1.0), ("night", 0.0)]


def test_dust_is_also_measured_loosely():
    """A plume has no edge: an overlap of 0.4 counts at 0.3."""
    plume = seen([[DUST, 0, 0, 100, 100]], [[0, 0, 100, 40, 0.9, DUST]])
    [row] = figures.by_source([looked(plume, complete=[DUST])], HALF)
    assert (row["ap50"], row["ap30"]) == (0.0, 1.0)


def test_calibration_measures_trust():
    """Ten detections of score 0.8, half of them right: off by 0.3; scores no rule sees are out."""
    right = [seen([[TRUCK, 0, 0, 9, 9]], [[0, 0, 9, 9, 0.8, TRUCK]])] * 5
    wrong = [seen([], [[0, 0, 9, 9, 0.8, TRUCK], [0, 0, 9, 9, 0.05, TRUCK]])] * 5
    [row] = calibration.by_class([looked(*right, *wrong, complete=[TRUCK])])
    assert row["detections"] == 10
    assert row["expected_error"] == pytest.approx(0.3, abs=1e-4)
    assert calibration.by_class([looked(*wrong, complete=[TRUCK])]) == []


def test_few_real_boxes_leave_the_threshold_to_rendered_ones():
    """Under 25 real boxes say nothing."""
    hit = seen([[STALL, 0, 0, 9, 9]], [[0, 0, 9, 9, 0.42, STALL]])
    few = looked(*[hit] * 3, complete=[STALL])
    many = looked(*[hit] * 30, name="rendered", role="rendered", complete=[STALL])
    assert thresholds.choose_thresholds([few, many])["stall"] == pytest.approx(0.42, abs=0.011)
    assert thresholds.choose_thresholds([few])["stall"] == 0.5


def test_twins_on_real_pictures_and_labelled_objects():
    """A poster on a shop sign is an alarm; one on a poster is not; a set must know the class."""
    sign = [SIGN, 0, 0, 40, 20]
    poster = [POSTER, 60, 0, 80, 40]
    found = [[0, 0, 40, 20, 0.8, POSTER], [60, 0, 80, 40, 0.9, POSTER], [5, 50, 30, 80, 0.7, DUST]]
    one = looked(seen([sign, poster], found), seen([sign]), complete=[SIGN, POSTER], absent=[DUST])
    asked = {"violation": "ILLEGAL_AD", "twin": "legal shop sign", "object": "signboard"}
    [row] = twins.on_labelled([asked | {"classes": ["poster", "banner"]}], [one], HALF)
    assert (row["looks"], row["alarms"], row["taken_for"]) == (2, 1, "poster")
    bare = {"violation": "CONSTRUCTION_DUST", "twin": "bare soil", "set": "yard"}
    [row] = twins.on_pictures([bare | {"classes": ["dust"]}], [one], HALF)
    assert (row["looks"], row["per_100"], row["source"]) == (2, 50.0, "real:yard")
    with pytest.raises(LabelSetError, match="yard says nothing about stall"):
        twins.on_pictures([bare | {"classes": ["stall"]}], [one], HALF)


def test_twins_are_chosen_by_the_list_of_sources(tmp_path):
    """Only pictures marked as the twin's are looked at; a missing column is named."""
    (tmp_path / "images" / "val").mkdir(parents=True)
    (tmp_path / "sources.csv").write_text("file,kind\na.jpg,neg\nb.jpg,pos\n")
    pictures = [seen(path=tmp_path / "images" / "val" / f) for f in ("a.jpg", "b.jpg")]
    one = looked(*pictures, complete=[STALL])
    asked = {"violation": "STREET_VENDING", "twin": "traffic", "set": "yard", "classes": ["stall"]}
    [row] = twins.on_pictures([asked | {"column": "kind", "value": "neg"}], [one], HALF)
    assert row["looks"] == 1
    with pytest.raises(LabelSetError, match=r"sources\.csv: no column 'light'"):
        twins.on_pictures([asked | {"column": "light", "value": "neg"}], [one], HALF)


def test_the_list_of_twins_can_be_read(tmp_path):
    """Ours is sound; a class that is not ours is named with the file."""
    assert set(twins.read_twins()) == {"pictures", "labelled", "rendered"}
    wrong = tmp_path / "twins.toml"
    wrong.write_text('[[pictures]]\nclasses = ["ufo"]\n')
    with pytest.raises(LabelSetError, match=r"twins\.toml.*unknown class 'ufo'"):
        twins.read_twins(wrong)


def test_worst_errors_are_ranked_and_shared_out():
    """False alarms by score, misses by size, a few of each class; unlabelled classes never."""
    found = [[i * 20, 0, i * 20 + 10, 10, 0.6 + i / 100, TRUCK] for i in range(9)]
    labels = [[STALL, 0, 50, 10 + i, 60] for i in range(9)]
    other = [[0, 90, 9, 99, 0.99, GOODS], [90, 90, 99, 99, 0.4, DUST]]
    one = looked(seen(labels, found + other), complete=[TRUCK, STALL], absent=[DUST])
    alarms, misses = errors_of([one], HALF)
    assert [a.weight for a in alarms] == pytest.approx([0.68, 0.67, 0.66, 0.65])
    assert [m.weight for m in misses] == [180, 170, 160, 150]
    assert len(misses) == MOST_OF_A_CLASS


def test_people_are_rather_seen_than_missed():
    """At 0.5 all is right, at 0.3 there is more of both: people are taken at 0.3."""
    for kind, chosen in (("person", 0.3), ("truck", 0.5)):
        number = CLASSES.index(kind)
        sure = seen([[number, 0, 0, 9, 9]], [[0, 0, 9, 9, 0.5, number]])
        unsure = seen([[number, 0, 0, 9, 9]], [[0, 0, 9, 9, 0.3, number]])
        wrong = seen([], [[0, 0, 9, 9, 0.35, number]])
        pictures = looked(*[sure] * 20, *[unsure] * 8, *[wrong] * 10, complete=[number])
        assert thresholds.choose_thresholds([pictures])[kind] == pytest.approx(chosen, abs=0.011)
