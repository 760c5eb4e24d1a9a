"""The best picture is chosen, originals are untouched, close-ups can be cut again."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.candidate import ItemKind
from pipeline.errors import EvidenceError
from pipeline.evidence.manifest import Method, Operation
from pipeline.evidence.stills import (
    Shot,
    best_shot,
    close_up_of,
    decode_picture,
    encode_jpeg,
    make_stills,
    pixel_bounds,
    score_shots,
    still_of,
)
from pipeline.evidence.templates import template_for
from pipeline.frames import Frame
from pipeline.geometry import Box
from pipeline.violations import Subtype

SUBJECT = Box(100, 60, 220, 160)
START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def picture(seed=0):
    """Texture with smooth surroundings, 320 x 200."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 216, (25, 40, 3)).astype(np.uint8)
    return cv2.resize(coarse, (320, 200), interpolation=cv2.INTER_NEAREST)


def shot(image, seconds=0.0, subject=SUBJECT, occluders=(), size=(320, 200)):
    """A shot of the subject."""
    frame = Frame(
        image=image,
        camera_id="c",
        captured_at=START + timedelta(seconds=seconds),
        seconds=seconds,
        width=size[0],
        height=size[1],
    )
    return Shot(frame=frame, subject=subject, occluders=tuple(occluders))


def blurred(image):
    """The same out of focus."""
    return cv2.GaussianBlur(image, (0, 0), 4).astype(np.uint8)


@pytest.mark.parametrize(
    "worse",
    [
        shot(blurred(picture())),
        shot(np.full((200, 320, 3), 128, np.uint8)),
        shot(np.where(picture() > 100, 255, 0).astype(np.uint8)),
        shot(picture(), occluders=[Box(90, 0, 170, 200)]),
        shot(picture(), seconds=3.0),
    ],
    ids=["blurred", "flat", "burnt out", "occluded", "later"],
)
def test_the_better_shot_is_chosen(worse):
    """Sharp, lit, in plain view; of equals the earlier. The order given does not matter."""
    good = shot(picture(), seconds=1.0)
    for order in itertools.permutations((worse, good)):
        assert best_shot(order) is good


def test_what_happens_outside_the_subject_does_not_count():
    """A picture sharp all over except where it matters loses."""
    image = picture()
    image[60:160, 100:220] = blurred(image)[60:160, 100:220]
    elsewhere = blurred(picture())
    elsewhere[60:160, 100:220] = picture()[60:160, 100:220]
    good = shot(elsewhere, seconds=1.0)
    assert best_shot([shot(image), good]) is good


def test_visibility_is_the_share_in_plain_view():
    """Half covered, covered twice over the same half, covered from outside, not covered."""
    half = Box(100, 60, 160, 160)
    scores = score_shots(
        [
            shot(picture(), occluders=[half]),
            shot(picture(), occluders=[half, half]),
            shot(picture(), occluders=[Box(-10, 0, 400, 400)]),
            shot(picture(), occluders=[Box(0, 0, 90, 200)]),
            shot(picture()),
        ]
    )
    assert [round(s.visibility, 2) for s in scores] == [0.5, 0.5, 0, 1, 1]


def test_nothing_to_choose_from_is_an_error():
    """No shot, and a subject that lies elsewhere."""
    with pytest.raises(EvidenceError, match="no shot"):
        best_shot([])
    with pytest.raises(EvidenceError, match="outside"):
        best_shot([shot(picture(), subject=Box(400, 300, 500, 400))])


def test_a_still_is_the_frame_and_nothing_else():
    """Whole, at its size, nothing drawn; the same pixels give the same bytes."""
    taken = shot(picture())
    before = taken.frame.image.copy()
    still = still_of(taken, role="first", proves=("presence",))
    assert np.array_equal(taken.frame.image, before)
    assert still.file.content == encode_jpeg(before)
    decoded = decode_picture(still.file)
    assert decoded.shape == before.shape
    assert np.abs(decoded.astype(int) - before).mean() < 3  # JPEG's own loss on hard edges
    assert still.file.derived_from is None
    assert still.file.method is Method.DECODED_FRAME
    assert still.file.captured_at == START


def test_a_close_up_can_be_cut_again():
    """Decode the named original, cut at the recorded pixels: the very same bytes."""
    still = still_of(shot(picture()), role="first", proves=())
    close_up = close_up_of(still, SUBJECT, role="close_up", proves=("goods",)).file
    assert (close_up.kind, close_up.derived_from) == (ItemKind.CROP, "first.jpg")
    assert (close_up.method, close_up.operation) == (Method.DERIVED, Operation.CROP)
    x1, y1, x2, y2 = (close_up.parameters[k] for k in ("x1", "y1", "x2", "y2"))
    assert x1 < SUBJECT.x1 < SUBJECT.x2 < x2
    assert y1 < SUBJECT.y1 < SUBJECT.y2 < y2
    assert close_up.content == encode_jpeg(decode_picture(still.file)[y1:y2, x1:x2])


def test_boxes_are_of_the_source_whatever_the_scale():
    """A frame that came at half size: the crop is where the subject is, its view in source px."""
    still = still_of(shot(picture(), size=(640, 400)), role="first", proves=())
    close_up = close_up_of(still, Box(200, 120, 440, 320), role="close_up", proves=())
    full = close_up_of(
        still_of(shot(picture()), role="first", proves=()), SUBJECT, role="close_up", proves=()
    )
    assert close_up.file.content == full.file.content
    assert close_up.view == full.view.scaled(2, 2)
    assert close_up.to_picture(close_up.view, 10, 20) == Box(0, 0, 10, 20)


def test_vending_gets_its_four_pictures():
    """Best of the neighbours for each role, the close-up from the best of all."""
    template = template_for(Subtype.VENDING_NO_PERMIT_PLACE)
    made = make_stills(
        template,
        {
            "first": [shot(blurred(picture(1)), 0), shot(picture(1), 1)],
            "later": [shot(blurred(picture(2)), 181)],
            "latest": [shot(blurred(picture(3)), 240)],
        },
    )
    assert [file.name for file in made.files] == [
        "first.jpg",
        "later.jpg",
        "latest.jpg",
        "close_up.jpg",
    ]
    assert made.result.complete
    assert made.files[0].frame_seconds == 1
    assert made.files[3].derived_from == "first.jpg"


def test_two_roles_get_two_pictures_where_there_is_a_choice():
    """The frame that serves as `latest` does not serve as `context` as well."""
    shots = [shot(picture(1), 700), shot(blurred(picture(1)), 701)]
    template = template_for(Subtype.DUST_PLUME)
    made = make_stills(template, {"first": [shot(picture(), 0)], "later": shots, "context": shots})
    assert made.result.complete
    assert [file.frame_seconds for file in made.files] == [0, 700, 701]


def test_a_close_up_with_a_frame_of_its_own_brings_that_frame():
    """A plate is legible in its own moment: the whole frame comes along as the original."""
    plate = replace(shot(picture(5), 4), subject=Box(120, 100, 170, 120))
    same = shot(picture(6), 5)
    made = make_stills(
        template_for(Subtype.SPILL_ROAD),
        {
            "before": [shot(picture(), 0)],
            "overall": [same],
            "plate": [plate],
            "spill": [replace(same, subject=Box(10, 10, 60, 60))],
            "after": [shot(picture(8), 20)],
        },
    )
    assert made.result.complete
    lineage = {file.name: file.derived_from for file in made.files}
    assert lineage["plate.jpg"] == "plate_source.jpg"
    assert lineage["spill.jpg"] == "overall.jpg"
    assert lineage["plate_source.jpg"] is None


def test_missing_pictures_are_reported():
    """Nothing at all, and a follow-up whose day has not come."""
    assert make_stills(template_for(Subtype.DUST_PLUME), {}).stills == ()
    made = make_stills(
        template_for(Subtype.AD_BANNER),
        {
            "before": [replace(shot(picture(), -60), method=Method.REFERENCE_VIEW)],
            "context": [shot(picture(1), 0)],
        },
    )
    assert made.result.missing == ("later_day",)
    assert made.files[0].method is Method.REFERENCE_VIEW


def test_pictures_that_are_none_are_refused(tmp_path):
    """Nothing to encode, nothing to decode, content on disk, a subject beside the picture."""
    still = still_of(shot(picture()), role="first", proves=())
    with pytest.raises(EvidenceError, match="cannot be encoded"):
        encode_jpeg(np.zeros((0, 4, 3), np.uint8))
    with pytest.raises(EvidenceError, match="not a picture"):
        decode_picture(replace(still.file, content=b"no picture"))
    with pytest.raises(EvidenceError, match="in memory"):
        decode_picture(replace(still.file, content=tmp_path / "x.jpg"))
    with pytest.raises(EvidenceError, match="outside"):
        close_up_of(still, Box(900, 900, 950, 950), role="x", proves=())


@given(
    st.tuples(*[st.floats(-50, 150) for _ in range(2)]),
    st.tuples(*[st.floats(0, 100) for _ in range(2)]),
)
@settings(deadline=None)
def test_pixel_bounds_hold_the_box_and_stay_inside(corner, size):
    """Whole pixels, never fewer than the box touches, never outside the picture."""
    box = Box(*corner, corner[0] + size[0], corner[1] + size[1])
    x1, y1, x2, y2 = pixel_bounds(box, 100, 80)
    assert 0 <= x1 <= x2 <= 100
    assert 0 <= y1 <= y2 <= 80
    assert x1 <= max(box.x1, 0) or x1 == 100
    assert x2 >= min(box.x2, 100) or x2 == 0
    assert y2 >= min(box.y2, 80) or y2 == 0
