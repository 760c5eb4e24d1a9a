"""What is redacted is gone, what is not is untouched, and the subject is spared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.candidate import ItemKind
from pipeline.evidence.manifest import Method, Operation
from pipeline.evidence.redaction import (
    FILL_COLOUR,
    Redacted,
    RedactionSettings,
    filled,
    outside,
    plan_redaction,
    redacted_copy,
)
from pipeline.evidence.stills import Shot, close_up_of, decode_picture, still_of
from pipeline.geometry import Box
from tests.acceptance.verify_demo import PARKED_CAR, PASSER_BY, STALL, draw_street

RECTANGLES = st.tuples(*[st.integers(0, 30) for _ in range(4)]).map(
    lambda r: (min(r[0], r[2]), min(r[1], r[3]), max(r[0], r[2]), max(r[1], r[3]))
)


@pytest.fixture(scope="module")
def still():
    """The drawn street."""
    return still_of(Shot(frame=draw_street(0), subject=STALL), role="first", proves=())


def pixels_of(rectangles, shape=(30, 30)):
    """The pixels that rectangles cover."""
    mask = np.zeros(shape, bool)
    for x1, y1, x2, y2 in rectangles:
        mask[y1:y2, x1:x2] = True
    return mask


@given(st.lists(RECTANGLES, max_size=4), st.integers(0, 99), st.integers(100, 199))
@settings(deadline=None)
def test_nothing_inside_reaches_the_outcome(rectangles, seed, other):
    """Pictures that differ only inside the regions come out equal; outside, no pixel changes.

    So nothing of what was hidden can be computed from the result, by any method.
    """
    first = np.random.default_rng(seed).integers(0, 256, (30, 30, 3)).astype(np.uint8)
    inside = pixels_of(rectangles)
    second = first.copy()
    second[inside] = np.random.default_rng(other).integers(0, 256, (inside.sum(), 3))
    result = filled(first, rectangles)
    assert np.array_equal(result, filled(second, rectangles))
    assert np.array_equal(result[~inside], first[~inside])
    assert (result[inside] == FILL_COLOUR).all()


@given(RECTANGLES, RECTANGLES)
@settings(deadline=None)
def test_cutting_around_the_subject_is_exact(bounds, spared):
    """The pieces cover all of the rectangle but the spared part, each pixel once."""
    pieces = outside(bounds, spared)
    wanted = pixels_of([bounds]) & ~pixels_of([spared])
    assert np.array_equal(pixels_of(pieces), wanted)
    assert sum(pixels_of([piece]).sum() for piece in pieces) == wanted.sum()


def test_the_file_after_encoding_shows_nothing_of_the_region(still):
    """After JPEG, the region is flat, and the same whatever face or plate was there."""
    plan = plan_redaction(people=[PASSER_BY], vehicles=[PARKED_CAR], subject=STALL)
    copy = redacted_copy(still, plan)
    after = decode_picture(copy.file)
    before = decode_picture(still.file)
    for x1, y1, x2, y2, _ in copy.file.parameters["regions"]:
        inner = after[y1 + 8 : y2 - 8, x1 + 8 : x2 - 8]  # JPEG's blocks blend the border
        assert inner.std() < 1.5
        assert before[y1:y2, x1:x2].std() > 10
    x1, y1, x2, y2 = (int(v) for v in STALL.xyxy)
    difference = np.abs(after[y1:y2, x1:x2].astype(int) - before[y1:y2, x1:x2])
    assert difference.mean() < 2  # encoded once more, otherwise untouched


def test_the_copy_says_what_was_done(still):
    """A derivative of the original, with every rectangle, the colour and what was spared."""
    plan = plan_redaction(people=[PASSER_BY], vehicles=[PARKED_CAR], subject=STALL)
    file = redacted_copy(still, plan).file
    assert (file.name, file.kind) == ("first.redacted.jpg", ItemKind.REDACTED)
    assert (file.derived_from, file.operation) == ("first.jpg", Operation.REDACT)
    assert file.method is Method.DERIVED
    assert file.role == "first"
    assert {region[4] for region in file.parameters["regions"]} == {"head", "plate"}
    assert file.parameters["fill_bgr"] == list(FILL_COLOUR)
    assert file.parameters["spared"] == [380, 260, 560, 420]


def test_the_subject_is_never_covered(still):
    """A customer before the stall and a car before it lose only what lies beside the stall."""
    customer, car = Box(540, 230, 610, 430), Box(300, 300, 500, 440)
    plan = plan_redaction(people=[customer], vehicles=[car], subject=STALL)
    parameters = redacted_copy(still, plan).file.parameters
    covered = pixels_of([r[:4] for r in parameters["regions"]], (540, 960))
    assert covered.any()
    assert not (covered & pixels_of([(380, 260, 560, 420)], (540, 960))).any()


def test_what_was_left_clear_is_counted(still):
    """A customer's head at the stall counts, and so does the truck that is the subject."""
    by_the_stall, car = Box(440, 250, 500, 430), Box(300, 300, 500, 440)
    plans = {
        0: plan_redaction(people=[PASSER_BY], vehicles=[PARKED_CAR], subject=STALL),
        1: plan_redaction(people=[by_the_stall, PASSER_BY], vehicles=[], subject=STALL),
        2: plan_redaction(people=[], vehicles=[car], plates=[Box(380, 400, 420, 412)], subject=car),
    }
    for count, plan in plans.items():
        assert redacted_copy(still, plan).file.parameters["left_clear"] == count
    private = RedactionSettings(cover_heads_on_subject=True)
    plan = plan_redaction(people=[by_the_stall], vehicles=[], subject=STALL, settings=private)
    assert redacted_copy(still, plan).file.parameters["left_clear"] == 0


def test_heads_may_be_put_before_the_view(still):
    """By setting, a customer's head is covered even where it hides the stall."""
    customer = Box(440, 250, 500, 430)
    private = RedactionSettings(cover_heads_on_subject=True)
    spared, covered = (
        redacted_copy(
            still, plan_redaction(people=[customer], vehicles=[], subject=STALL, settings=settings)
        ).file.parameters["regions"]
        for settings in (None, private)
    )
    assert spared == [[434, 244, 506, 260, "head"]]
    assert len(covered) == 1
    assert covered[0][3] > 290


@pytest.mark.parametrize(
    ("person", "head_until"),
    [(Box(0, 100, 40, 220), 130), (Box(0, 100, 60, 160), 145), (Box(0, 100, 100, 150), 150)],
    ids=["standing", "bust", "wider than high"],
)
def test_heads_are_covered_generously(person, head_until):
    """From above the box to well below the chin, wherever the box cuts the body."""
    plan = plan_redaction(people=[person], vehicles=[], subject=None)
    (region,) = plan.regions
    assert region.hides is Redacted.HEAD
    assert region.box.y1 < person.y1
    assert region.box.x1 < person.x1
    assert region.box.x2 > person.x2
    assert region.box.y2 >= head_until


def test_other_vehicles_lose_their_plates_the_subject_keeps_its_own():
    """Known plates are covered where they are, unknown ones where they are likely."""
    truck, car, van = Box(0, 0, 100, 100), Box(200, 0, 300, 100), Box(400, 0, 500, 100)
    truck_plate, car_plate = Box(40, 80, 60, 90), Box(240, 80, 260, 90)
    plan = plan_redaction(
        people=[],
        vehicles=[truck, car, van],
        plates=[truck_plate, car_plate],
        subject=Box(2, 0, 100, 98),
    )
    band, plate = plan.regions
    assert band.box == Box(400, 50, 500, 100)
    assert plate.box.share_inside(car) == 1
    assert car_plate.share_inside(plate.box) == 1
    assert {r.hides for r in plan.regions} == {Redacted.PLATE}


def test_a_plate_that_may_be_of_two_vehicles_clears_neither():
    """Overlapping boxes: both get their band as well."""
    near, far = Box(0, 0, 100, 100), Box(20, 10, 120, 90)
    plan = plan_redaction(
        people=[], vehicles=[near, far], plates=[Box(50, 60, 70, 70)], subject=None
    )
    assert len(plan.regions) == 3


def test_a_close_up_is_redacted_in_its_own_pixels(still):
    """The same plan, moved into the crop; the crop is the original that is named."""
    close_up = close_up_of(still, STALL, role="close_up", proves=())
    passer = Box(555, 250, 600, 420)
    plan = plan_redaction(people=[passer], vehicles=[], subject=STALL)
    copy = redacted_copy(close_up, plan)
    assert copy.file.derived_from == "close_up.jpg"
    assert copy.view == close_up.view
    on_still = redacted_copy(still, plan).file.parameters["regions"]
    dx, dy = int(close_up.view.x1), int(close_up.view.y1)
    right = int(close_up.view.x2)
    moved = [
        [x1 - dx, y1 - dy, min(x2, right) - dx, y2 - dy, what] for x1, y1, x2, y2, what in on_still
    ]
    assert copy.file.parameters["regions"] == moved


def test_what_was_found_in_a_close_up_is_hidden_in_it(still):
    """A detector that ran on the crop itself: its boxes go back to the source frame first."""
    close_up = close_up_of(still, STALL, role="close_up", proves=())
    height, width = decode_picture(close_up.file).shape[:2]
    found = Box(20, 30, 60, 150)  # pixels of the crop
    person = close_up.to_source(found, width, height)
    assert close_up.to_picture(person, width, height) == found
    plan = plan_redaction(people=[person], vehicles=[], subject=None)
    ((x1, y1, x2, y2, _),) = redacted_copy(close_up, plan).file.parameters["regions"]
    assert (x1, y1) < (20, 30)
    assert min(x2 - 60, y2 - 60, 30 - y1) > 0
