"""The parts of a composite: labels follow the pasted alpha, light and scale follow the scene."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.classes import class_id
from models.composites import flat_ads
from models.composites.bases import Base
from models.composites.canvas import Canvas
from models.composites.cutouts import cut_out, rendered
from models.composites.dust_field import VISIBLE, Plume, random_plume
from models.composites.ground import Ground, fit_ground
from models.composites.harmony import Layer, box_of, lay, look_of, noise_of, soften, warp
from models.composites.walls import course_slope, is_sky

NOBODY = np.zeros((0, 5), np.float32)


def base(labels=NOBODY, picture=None):
    scene = np.full((200, 300, 3), 120, np.uint8) if picture is None else picture
    return Base(
        picture=scene,
        labels=np.asarray(labels, np.float32).reshape(-1, 5),
        unknown=np.zeros((0, 4), np.float32),
        ground=Ground(horizon=0.3, camera_m=4.0),
        look=look_of(scene),
    )


def square(left, top, side=40, strength=1.0):
    alpha = np.zeros((side + 20, side + 20), np.float32)
    alpha[10 : 10 + side, 10 : 10 + side] = strength
    picture = np.full((side + 20, side + 20, 3), 250, np.uint8)
    return Layer(picture=picture, alpha=alpha, left=left, top=top)


@given(left=st.integers(-80, 330), top=st.integers(-80, 230))
def test_a_label_is_the_box_of_the_pasted_alpha(left, top):
    """Wherever it is pasted, the box is that of the pixels that changed, cut at the border."""
    canvas = Canvas(base(), np.random.default_rng(0))
    pasted = canvas.paste(square(left, top), class_id("stall"), "drawn")
    changed = (canvas.picture != 120).any(2)
    assert pasted == changed.any()
    if pasted:
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        expected = [columns[0] / 300, rows[0] / 200, (columns[-1] + 1) / 300, (rows[-1] + 1) / 200]
        assert canvas.rows()[0].tolist() == pytest.approx([class_id("stall"), *expected])


def test_what_is_covered_loses_its_label_and_a_neighbour_keeps_it():
    """A pasted thing hides what lies behind it."""
    behind = [class_id("car"), 0.40, 0.40, 0.46, 0.49]
    beside = [class_id("car"), 0.80, 0.40, 0.90, 0.50]
    canvas = Canvas(base([behind, beside]), np.random.default_rng(0))
    canvas.paste(square(110, 65), class_id("stall"), "drawn")
    kinds = [(kind, round(float(box[0]), 2)) for kind, box in canvas.labels]
    assert kinds == [(class_id("car"), 0.8), (class_id("stall"), 0.4)]


def test_a_veil_hides_no_label():
    """What is seen through thin dust is still there."""
    canvas = Canvas(base([[class_id("car"), 0.40, 0.40, 0.46, 0.49]]), np.random.default_rng(0))
    canvas.paste(square(110, 65, strength=0.5), class_id("dust"), "drawn", solid=VISIBLE)
    assert [kind for kind, _ in canvas.labels] == [class_id("car"), class_id("dust")]


def test_a_twin_is_pasted_without_a_label():
    """Mist is in the picture and in the record, not among the labels."""
    canvas = Canvas(base(), np.random.default_rng(0))
    assert canvas.paste(square(50, 50), None, "drawn:mist")
    assert not canvas.labels
    assert canvas.made_of == ["- < drawn:mist"]


def test_a_standing_thing_has_its_height_and_its_parts():
    """A rendered cart is as high as the scale says, with its goods and parasol inside it."""
    canvas = Canvas(base(), np.random.default_rng(0))
    cart = rendered("cart", np.random.default_rng(2))
    assert canvas.stand(cart, (150, 190), 60.0)
    found = dict(canvas.labels)
    stall = found[class_id("stall")]
    assert (stall[3] - stall[1]) * 200 == pytest.approx(cart.height_m * 60, abs=3)
    for part in ("goods", "umbrella"):
        box = found[class_id(part)]
        assert (box[:2] >= stall[:2] - 0.02).all()
        assert (box[2:] <= stall[2:] + 0.02).all()


def test_a_clear_thing_is_cut_out_along_its_outline():
    """GrabCut finds a disc in its box: its corners are see-through, its middle is not."""
    rng = np.random.default_rng(1)
    picture = np.clip(rng.normal(90, 6, (200, 200, 3)), 0, 255).astype(np.uint8)
    cv2.circle(picture, (100, 100), 40, (30, 60, 220), -1)
    labels = np.array([[class_id("umbrella"), 0.3, 0.3, 0.7, 0.7]], np.float32)
    cut = cut_out(picture, labels, 0, "drawn")
    assert cut is not None
    assert cut.alpha[2, 2] < 0.1
    assert cut.alpha[cut.alpha.shape[0] // 2, cut.alpha.shape[1] // 2] > 0.95
    assert cut.height_m == pytest.approx(2.2, abs=0.2)


def test_a_thing_without_an_outline_is_not_cut_out():
    """Noise on noise gives nothing to paste."""
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (200, 200, 3), dtype=np.uint8)
    labels = np.array([[class_id("stall"), 0.3, 0.3, 0.7, 0.7]], np.float32)
    assert cut_out(picture, labels, 0, "drawn") is None


def test_a_plume_is_densest_at_its_source_and_thins_with_height_and_distance():
    """Means over time, so that single billows do not decide."""
    plume = Plume(
        seed=4, source_px=(100.0, 180.0), per_metre=20.0, wind_m_s=1.5, radius_m=1.0, growth=0.3,
        reach_m=8.0, depth=2.0, albedo=(0.5, 0.6, 0.7),
    )  # fmt: skip
    mean = np.mean([plume.alpha(t, (400, 220)) for t in range(0, 40, 4)], axis=0)
    assert mean[165:178, 95:120].mean() > mean[165:178, 300:340].mean()
    assert mean[165:178, 110:140].mean() > mean[60:90, 110:140].mean() + 0.2
    assert mean[150:180, :60].mean() < 0.05  # nothing upwind


def test_a_plume_moves_downwind_starts_and_ends():
    """Nothing before it starts; its front and its tail travel with the wind; it billows."""
    plume = Plume(
        seed=4, source_px=(50.0, 180.0), per_metre=20.0, wind_m_s=2.0, radius_m=1.0, growth=0.3,
        reach_m=20.0, depth=3.0, albedo=(0.5, 0.6, 0.7), starts=10.0, ends=20.0,
    )  # fmt: skip
    size = (400, 220)
    assert plume.alpha(5, size).max() < 0.02
    # Two metres a second: after four seconds it has come eight metres, 160 px.
    assert plume.alpha(14, size)[:, 330:].max() < 0.05
    assert plume.alpha(19, size)[:, 250:330].max() > VISIBLE
    later = plume.alpha(26, size)
    assert later[:, :120].max() < 0.1
    assert later[:, 250:].max() > VISIBLE
    assert np.abs(plume.alpha(15, size) - plume.alpha(16, size)).max() > 0.1
    assert np.array_equal(plume.alpha(15, size), plume.alpha(15, size))


def test_mist_is_bluish_white_and_dust_is_not():
    """The twin differs in colour: red minus blue."""
    rng = np.random.default_rng(0)
    for mist in (True, False):
        plume = random_plume(rng, source_px=(1, 1), per_metre=10, mist=mist)
        assert (plume.albedo[2] - plume.albedo[0] > 0.02) != mist


def test_ground_quads_shrink_towards_the_horizon_and_refuse_the_sky():
    """The same patch of road is smaller farther away, and there is none in the sky."""
    ground = Ground(horizon=0.2, camera_m=5.0)
    near = ground.quad((200, 280), (2, 2), 0.0, (400, 300))
    far = ground.quad((200, 120), (2, 2), 0.0, (400, 300))
    assert np.ptp(near[:, 0]) > 2 * np.ptp(far[:, 0])
    assert ground.quad((200, 50), (2, 2), 0.0, (400, 300)) is None
    assert np.ptp(near[2:, 0]) == pytest.approx(2 * ground.per_metre(near[2, 1], 300), rel=0.01)


def test_too_few_labels_keep_the_default_horizon():
    """One person tells the camera's height only."""
    default = Ground(horizon=0.2, camera_m=2.0)
    one = np.array([[class_id("person"), 0.4, 0.6 - 0.17, 0.45, 0.6]], np.float32)
    assert fit_ground(one, default) == Ground(horizon=0.2, camera_m=pytest.approx(4.0))
    assert fit_ground(NOBODY, default) == default


def test_soften_gives_a_sharp_paste_the_scene_s_blur_and_noise():
    """A sharp checkerboard in a blurred, noisy scene comes out blurred and noisy."""
    rng = np.random.default_rng(0)
    board = np.kron(np.indices((30, 30)).sum(0) % 2, np.ones((4, 4))) * 200 + 20
    board = np.dstack([board] * 3).astype(np.uint8)
    blurred = cv2.GaussianBlur(board, (0, 0), 2.0)
    noisy = np.clip(blurred + rng.normal(0, 6, board.shape[:2])[..., None], 0, 255)
    look = replace(look_of(noisy.astype(np.uint8)), sharpness=look_of(blurred).sharpness)
    solid = np.ones(board.shape[:2], np.float32)
    made = soften(board, solid, look, rng)
    assert noise_of(made[..., 0]) == pytest.approx(look.noise, rel=0.4)
    assert np.abs(np.diff(made[60, :, 0].astype(int))).mean() < 30
    assert np.abs(np.diff(board[60, :, 0].astype(int))).mean() > 45


def test_warp_puts_a_texture_on_its_quad():
    """Corners of the texture land on the corners of the quad."""
    texture = np.zeros((40, 80, 4), np.uint8)
    texture[..., 3] = 255
    quad = np.array([[10, 12], [50, 8], [52, 30], [9, 28]], np.float32)
    layer = warp(texture, quad)
    box = box_of(layer, (100, 100))
    assert box.tolist() == pytest.approx([0.09, 0.08, 0.52, 0.30], abs=0.015)


def test_lay_outside_the_picture_changes_nothing():
    """What sticks out altogether is left out."""
    scene = np.full((50, 50, 3), 7, np.uint8)
    lay(scene, square(200, 200))
    assert (scene == 7).all()


@pytest.mark.parametrize("seed", range(6))
def test_drawn_ads_are_readable_textures(seed):
    """Posters, banners and boards have ink on ground, alpha, and a size worth pasting."""
    rng = np.random.default_rng(seed)
    for texture in (
        flat_ads.poster(rng),
        flat_ads.banner(rng),
        flat_ads.billboard(rng, lambda: None),
    ):
        assert texture.ndim == 3
        assert texture.shape[2] == 4
        assert min(texture.shape[:2]) > 30
        assert texture[texture[..., 3] > 128][:, :3].std() > 8


def test_courses_and_sky():
    """Slanted courses of a wall are measured; a smooth bright blue patch is sky."""
    wall = np.full((120, 160), 120, np.uint8)
    for y in range(-40, 160, 12):
        cv2.line(wall, (0, y), (160, y + 32), 40, 2)
    assert course_slope(wall) == pytest.approx(0.2, abs=0.04)
    assert course_slope(np.full((40, 40), 9, np.uint8)) == 0.0
    assert is_sky(np.full((20, 20, 3), (235, 210, 190), np.uint8))
    assert not is_sky(np.full((20, 20, 3), (90, 120, 180), np.uint8))
