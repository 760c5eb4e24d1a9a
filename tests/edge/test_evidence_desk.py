"""Bundles are made one after the other, survive a full disk, and end up in the outbox."""

from __future__ import annotations

import errno
from uuid import UUID

import pytest

from edge.evidence_desk import EvidenceDesk
from edge.outbox import outbox as outbox_module
from edge.outbox.intake import candidate_of
from edge.outbox.outbox import Outbox, OutboxSettings
from pipeline.errors import BundleError
from pipeline.evidence import bundle as bundle_module
from pipeline.evidence.verification import verify_bundle
from tests.edge.bundles import BundleMaker


@pytest.fixture
def recipes(tmp_path):
    return BundleMaker(tmp_path / "recipes")


@pytest.fixture
def outbox(tmp_path):
    opened = Outbox(tmp_path / "outbox", OutboxSettings(min_free_bytes=0))
    yield opened
    opened.close()


@pytest.fixture
def desk(tmp_path, outbox):
    return EvidenceDesk(tmp_path, box_id="box-1", software="streetcase test", outbox=outbox)


def publish(desk, recipes, candidate=1, update=0, **settings):
    bundle = desk.build(
        recipes.facts(candidate, update), recipes.files(candidate, update, **settings)
    )
    desk.publish(candidate_of(bundle.manifest, bundle.manifest_sha256), bundle)
    return bundle


def test_without_an_outbox_bundles_stay_and_verify(tmp_path, recipes):
    """As `run` leaves them for a person to look at."""
    desk = EvidenceDesk(tmp_path, box_id="box-1", software="streetcase test")
    bundle = publish(desk, recipes)
    assert verify_bundle(bundle.folder).ok


def test_a_published_bundle_is_in_the_outbox(desk, outbox, recipes):
    """And nowhere else."""
    publish(desk, recipes)
    assert outbox.figures().waiting == 1
    assert not list(desk.evidence_folder.glob("0*"))


def test_updates_are_numbered_on(desk, outbox, recipes):
    """An episode that was taken up from an old state says update 0 again."""
    assert publish(desk, recipes).manifest.episode.update == 0
    assert publish(desk, recipes).manifest.episode.update == 1


def full_times(count, function):
    """The function, the first calls of which find the disk full."""
    left = [count]

    def call(*arguments, **options):
        if left[0] > 0:
            left[0] -= 1
            raise OSError(errno.ENOSPC, "No space left on device")
        return function(*arguments, **options)

    return call


def test_a_full_disk_while_building_makes_room(desk, outbox, recipes, monkeypatch):
    """Redundant data goes, the new bundle is made, and its number has no gap before it."""
    for update in (0, 1):
        publish(desk, recipes, 1, update)
    with monkeypatch.context() as patch:
        patch.setattr(bundle_module, "write_file", full_times(1, bundle_module.write_file))
        bundle = publish(desk, recipes, 2)
    assert bundle.manifest.sequence == 3
    assert [gap.sequence for gap in outbox.gaps(9)][:1] == [1]
    assert not outbox.figures().is_full
    entries = []
    while (entry := outbox.next_entry()) is not None:
        entries.append(entry.candidate_id)
        outbox.acknowledge(entry)
    assert str(UUID(int=2)) in entries


def test_a_disk_that_is_full_while_signing_costs_no_number(desk, outbox, recipes, monkeypatch):
    """The number was taken: the bundle is finished, not made a second time."""
    real = bundle_module.write_file

    def full_at_the_signature(target, content):
        if target.name == "manifest.sig.json" and not seen:
            seen.append(target)
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(target, content)

    seen = []
    with monkeypatch.context() as patch:
        patch.setattr(bundle_module, "write_file", full_at_the_signature)
        publish(desk, recipes, 1)
    desk.catch_up()
    sequences = []
    while (entry := outbox.next_entry()) is not None:
        sequences.append(entry.sequence)
        outbox.acknowledge(entry)
    assert sequences == [1]
    assert outbox.gaps(1) == ()


def test_a_disk_that_stays_full_is_said_and_the_next_bundle_is_made(desk, recipes, monkeypatch):
    """Evidence trouble is an error of its own; nothing is left in the way."""
    with monkeypatch.context() as patch:
        patch.setattr(bundle_module, "write_file", full_times(99, None))
        with pytest.raises(BundleError):
            desk.build(recipes.facts(), recipes.files())
    assert desk.failed == 1
    assert publish(desk, recipes).manifest.sequence == 1


def test_an_outbox_that_cannot_take_it_gets_it_later(desk, outbox, recipes, monkeypatch):
    """The bundle stays in its folder, and `catch_up` hands it over."""
    with monkeypatch.context() as patch:
        patch.setattr(outbox_module.BlobFolder, "take", full_times(99, None))
        publish(desk, recipes)
        desk.catch_up()
        assert outbox.figures().is_full
    assert outbox.figures().waiting == 0
    desk.catch_up()
    assert outbox.figures().waiting == 1
    assert not outbox.figures().is_full


def test_a_bundle_in_somebodys_hand_is_left_to_him(desk, outbox, recipes):
    """Catching up never takes what a camera is about to publish itself, with more to say."""
    bundle = desk.build(recipes.facts(1), recipes.files(1))
    desk._has_left_over = True
    desk.catch_up()
    assert bundle.folder.exists()
    said = candidate_of(bundle.manifest, bundle.manifest_sha256)
    desk.publish(said.model_copy(update={"absorbed_by": UUID(int=5)}), bundle)
    assert str(UUID(int=5)) in outbox.next_entry().candidate


def test_what_a_kill_left_is_taken_in_at_the_start(tmp_path, outbox, recipes):
    """Bundles without a row, and a manifest whose number was taken before its signature."""
    first = EvidenceDesk(tmp_path, box_id="box-1", software="s", outbox=outbox)
    bundle = first.build(recipes.facts(1), recipes.files(1))
    (bundle.folder / "manifest.sig.json").unlink()
    partial = f".partial-00000001-{UUID(int=1)}"
    bundle.folder.rename(bundle.folder.with_name(partial))
    EvidenceDesk(tmp_path, box_id="box-1", software="s", outbox=outbox)
    assert outbox.next_entry().sequence == 1
