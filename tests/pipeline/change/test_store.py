"""Reference views survive the disk, and a damaged file is named instead of believed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.change.reference import LiveReference, ReferenceView
from pipeline.change.results import Light
from pipeline.change.store import ReferenceStore
from pipeline.errors import ReferenceViewError
from tests.pipeline.change import scenes


def view(light=Light.DAY, variant=0, shape=(9, 16), value=100):
    return ReferenceView(
        camera_id="cam-1",
        light=light,
        variant=variant,
        seconds=12.5,
        colour=np.full((*shape, 3), value, np.uint8),
        noise=np.full(shape, 12, np.uint8),
        known=np.arange(shape[0] * shape[1]).reshape(shape) % 3 > 0,
    )


def same(a, b):
    arrays_equal = all(
        np.array_equal(getattr(a, name), getattr(b, name)) for name in ("colour", "noise", "known")
    )
    return arrays_equal and (a.camera_id, a.light, a.variant, a.seconds) == (
        b.camera_id,
        b.light,
        b.variant,
        b.seconds,
    )


def test_views_come_back_as_they_were(tmp_path):
    """Three lights and a variant, written and read."""
    views = [view(light) for light in Light] + [view(Light.DAY, 1, value=7)]
    store = ReferenceStore(tmp_path / "cam-1")
    store.save(views)
    store.save(views)  # over the old files
    loaded = ReferenceStore(tmp_path / "cam-1").load()
    assert len(loaded) == 4
    assert all(any(same(a, b) for b in loaded) for a in views)
    assert not list((tmp_path / "cam-1").glob("*.part"))


def test_no_folder_holds_no_views(tmp_path):
    """A new camera starts with nothing."""
    assert ReferenceStore(tmp_path / "missing").load() == ()


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_view_survives(tmp_path_factory, data):
    """Round trip of arbitrary pixels."""
    shape = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    drawn = ReferenceView(
        camera_id="cam-1",
        light=data.draw(st.sampled_from(Light)),
        variant=data.draw(st.integers(0, 7)),
        seconds=data.draw(st.floats(0, 1e9)),
        colour=data.draw(arrays.arrays(np.uint8, (*shape, 3))),
        noise=data.draw(arrays.arrays(np.uint8, shape)),
        known=data.draw(arrays.arrays(np.bool_, shape)),
    )
    store = ReferenceStore(tmp_path_factory.mktemp("views"))
    store.save([drawn])
    (loaded,) = store.load()
    assert same(drawn, loaded)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: b"not a zip file",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-30] + bytes(30),
    ],
    ids=["empty", "text", "cut", "overwritten"],
)
def test_a_damaged_file_is_named(tmp_path, spoil):
    """The message names the file and says to delete it."""
    store = ReferenceStore(tmp_path)
    store.save([view()])
    (path,) = tmp_path.iterdir()
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ReferenceViewError, match=r"day-0\.reference\.npz.*delete it"):
        store.load()


def test_every_flipped_byte_is_noticed_or_harmless(tmp_path):
    """A flipped byte never gives another picture: it raises, or the view is as it was."""
    store = ReferenceStore(tmp_path)
    original = view(shape=(4, 5))
    store.save([original])
    (path,) = tmp_path.iterdir()
    data = path.read_bytes()
    noticed = 0
    for place in range(0, len(data), 7):
        flipped = bytearray(data)
        flipped[place] ^= 0x5A
        path.write_bytes(flipped)
        try:
            (loaded,) = store.load()
        except ReferenceViewError:
            noticed += 1
        else:
            assert same(original, loaded)
    assert noticed > len(data) / 7 / 2


def test_a_changed_pixel_does_not_pass_for_the_original(tmp_path):
    """The hash covers the pixels: a rewritten archive with the old hash is refused."""
    store = ReferenceStore(tmp_path)
    store.save([view()])
    (path,) = tmp_path.iterdir()
    with np.load(path) as archive:
        fields = dict(archive)
    fields["colour"] = fields["colour"] + 1
    with path.open("wb") as file:
        np.savez_compressed(file, **fields)
    with pytest.raises(ReferenceViewError, match="does not have the bytes"):
        store.load()


def test_arrays_that_do_not_fit_are_refused():
    """A view whose noise has another shape cannot be built."""
    with pytest.raises(ReferenceViewError, match="learn again"):
        ReferenceView(
            camera_id="c",
            light=Light.DAY,
            variant=0,
            seconds=0,
            colour=np.zeros((4, 4, 3), np.uint8),
            noise=np.zeros((4, 5), np.uint8),
            known=np.zeros((4, 4), np.bool_),
        )


def test_an_unwritable_folder_is_an_error_of_ours(tmp_path):
    """A file in the place of the folder: the message says what the store needs."""
    place = tmp_path / "taken"
    place.write_text("a file")
    with pytest.raises(ReferenceViewError, match="space and write permission"):
        ReferenceStore(place).save([view()])


def test_a_live_view_rounds_to_bytes_and_back():
    """What is learned survives export within half a level."""
    (kept,) = scenes.learned()
    again = LiveReference(kept).frozen_copy()
    assert same(kept, again)


def test_a_restarted_detector_goes_on_from_the_disk(tmp_path):
    """Saved, loaded, imported: OK at the first picture instead of learning."""
    store = ReferenceStore(tmp_path)
    store.save(scenes.learned())
    detector = scenes.ChangeDetector(scenes.CAMERA)
    detector.import_references(store.load())
    assert detector.update(scenes.Street().frame(0)).state == "ok"
