"""The outbox keeps what it was given until the centre has it, and says what it had to drop."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
import threading
from datetime import timedelta
from uuid import UUID

import pytest

from edge.errors import OutboxError, OutboxFull
from edge.outbox.intake import candidate_of
from edge.outbox.outbox import Outbox, OutboxSettings
from pipeline.candidate import Candidate
from pipeline.errors import BundleError
from pipeline.exchange import GapReason
from pipeline.violations import Subtype
from tests.edge.bundles import NOW, BundleMaker


@pytest.fixture
def maker(tmp_path):
    return BundleMaker(tmp_path)


@pytest.fixture
def open_outbox(tmp_path):
    """Open the outbox, again and again if need be."""
    opened = []

    def run(now=NOW, **settings):
        settings = {"min_free_bytes": 0, **settings}
        opened.append(Outbox(tmp_path / "outbox", OutboxSettings(**settings), now=lambda: now))
        return opened[-1]

    yield run
    for outbox in opened:
        outbox.close()


def drain(outbox):
    """Send everything, as far as the outbox can tell."""
    sent = []
    while (entry := outbox.next_entry()) is not None:
        sent.append(entry)
        outbox.acknowledge(entry)
    return sent


def test_what_goes_in_comes_out_to_the_byte(maker, open_outbox):
    """Manifest, signature, notice and every file are those of the bundle, the small ones first."""
    bundle = maker.make(size=3000)
    texts = [(bundle.folder / n).read_text() for n in
             ("manifest.json", "manifest.sig.json", "README.txt")]  # fmt: skip
    outbox = open_outbox()
    outbox.take_in(bundle.folder)
    assert not bundle.folder.exists()
    (entry,) = drain(outbox)
    assert [entry.manifest, entry.signature, entry.notice] == texts
    for blob in entry.blobs:
        content = outbox.path_of(blob).read_bytes()
        assert hashlib.sha256(content).hexdigest() == blob.sha256
        assert len(content) == blob.size_bytes
    sizes = [blob.size_bytes for blob in entry.blobs]
    assert sizes == sorted(sizes)
    candidate = Candidate.model_validate_json(entry.candidate)
    assert candidate.manifest_sha256 == bundle.manifest_sha256
    assert candidate.evidence == bundle.evidence


def test_a_candidate_says_of_what_it_is_a_part(maker, open_outbox):
    """What does not stand in the manifest is handed over beside it."""
    outbox = open_outbox()
    bundle = maker.make()
    said = candidate_of(bundle.manifest, bundle.manifest_sha256)
    outbox.take_in(bundle.folder, said.model_copy(update={"absorbed_by": UUID(int=9)}))
    (entry,) = drain(outbox)
    assert Candidate.model_validate_json(entry.candidate).absorbed_by == UUID(int=9)


def test_updates_of_a_candidate_leave_in_order(maker, open_outbox):
    """The second update is not given out before the first one has left."""
    outbox = open_outbox()
    for update in (0, 1, 2):
        outbox.take_in(maker.make(1, update).folder)
    first = outbox.next_entry()
    assert first.update == 0
    assert outbox.next_entry() is None
    outbox.postpone(first)
    assert [entry.update for entry in drain(outbox)] == [0, 1, 2]


def test_a_refused_update_does_not_hold_the_next_one(maker, open_outbox):
    """It is kept with the centre's words, and the candidate goes on."""
    outbox = open_outbox()
    for update in (0, 1):
        outbox.take_in(maker.make(1, update).folder)
    outbox.refuse(outbox.next_entry(), '{"title": "no"}')
    assert outbox.next_entry().update == 1
    assert outbox.problems() == [(str(UUID(int=1)), '{"title": "no"}')]
    assert outbox.figures().refused == 1


def test_the_most_urgent_leaves_first(maker, open_outbox):
    """A spill overtakes an advertisement and a stall."""
    outbox = open_outbox()
    for number, subtype in enumerate(
        (Subtype.AD_BANNER, Subtype.VENDING_OVER_TIME, Subtype.SPILL_ROAD, Subtype.DUST_PLUME), 1
    ):
        outbox.take_in(maker.make(number, subtype=subtype).folder)
    assert [UUID(e.candidate_id).int for e in drain(outbox)] == [3, 2, 4, 1]


def test_a_key_area_is_more_urgent(maker, tmp_path):
    """A stall at a school overtakes one elsewhere."""
    outbox = Outbox(
        tmp_path / "outbox", OutboxSettings(min_free_bytes=0), is_key_area=lambda c: c == "school"
    )
    outbox.take_in(maker.make(1, camera_id="gate").folder)
    outbox.take_in(maker.make(2, camera_id="school").folder)
    assert [UUID(e.candidate_id).int for e in drain(outbox)] == [2, 1]
    outbox.close()


def test_what_was_being_sent_at_a_kill_waits_again(maker, open_outbox):
    """Nothing is taken for sent without a receipt."""
    first = open_outbox()
    first.take_in(maker.make().folder)
    assert first.next_entry() is not None
    first.close()
    assert open_outbox().next_entry() is not None


def test_a_kill_between_bundle_and_row_is_repaired(maker, open_outbox):
    """The bundles that lie in the evidence folder are taken in at the start."""
    maker.make(1)
    maker.make(2)
    outbox = open_outbox()
    assert outbox.sweep(maker.evidence) == 2
    assert not list(maker.evidence.iterdir())
    assert len(drain(outbox)) == 2


def test_a_kill_between_row_and_removal_makes_no_second_entry(maker, open_outbox, tmp_path):
    """The folder of what is in the outbox already is only removed."""
    bundle = maker.make()
    copy = tmp_path / "copy"
    shutil.copytree(bundle.folder, copy)
    outbox = open_outbox()
    outbox.take_in(bundle.folder)
    copy.rename(bundle.folder)
    outbox.sweep(maker.evidence)
    assert not bundle.folder.exists()
    assert len(drain(outbox)) == 1


def test_a_kill_while_the_folder_is_removed_is_no_damage(maker, open_outbox, monkeypatch):
    """Half a folder is never taken for a damaged bundle; the rest of it goes at the next start."""
    outbox = open_outbox()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        outbox.take_in(maker.make().folder)
    assert len(list(maker.evidence.iterdir())) == 1
    assert outbox.sweep(maker.evidence) == 0
    assert not list(maker.evidence.iterdir())
    assert outbox.gaps(1) == ()


def test_files_of_a_half_taken_bundle_are_removed_at_the_start(maker, open_outbox):
    """A kill between the files and the row leaves nothing behind for ever."""
    outbox = open_outbox()
    bundle = maker.make()
    outbox._blobs.take(bundle.path_of("clip.mp4"), "ab" * 32)
    assert list(outbox._blobs.names()) == ["ab" * 32]
    outbox.close()
    assert not list(open_outbox()._blobs.names())


def test_a_damaged_bundle_is_set_aside_and_is_a_gap(maker, open_outbox, tmp_path):
    """It is told with its number and kept for a person; the next one is taken in."""
    bad, good = maker.make(1), maker.make(2)
    bad.path_of("clip.mp4").write_bytes(b"x")
    outbox = open_outbox()
    with pytest.raises(BundleError, match=r"clip\.mp4"):
        outbox.take_in(bad.folder)
    assert outbox.sweep(maker.evidence) == 1
    (gap,) = outbox.gaps(10)
    assert (gap.number, gap.reason, gap.sequence) == (1, GapReason.DAMAGED, 1)
    assert (tmp_path / "outbox" / "damaged" / bad.folder.name).exists()
    assert not good.folder.exists()


def test_the_quota_drops_superseded_updates_first(maker, open_outbox):
    """Of three updates the two older ones go, numbered, before another candidate's only one."""
    outbox = open_outbox(quota_bytes=45_000)
    outbox.take_in(maker.make(2, 0, size=6_000).folder)
    for update in range(5):
        outbox.take_in(maker.make(1, update, size=6_000).folder)
    figures = outbox.figures()
    assert figures.used_bytes <= 45_000
    gaps = outbox.gaps(10)
    assert [gap.number for gap in gaps] == list(range(1, len(gaps) + 1))
    assert figures.dropped == len(gaps) > 0
    left = {(UUID(e.candidate_id).int, e.update) for e in drain(outbox)}
    assert (2, 0) in left
    assert (1, 4) in left
    assert {gap.sequence for gap in gaps} == set(range(2, 2 + len(gaps)))


def test_the_quota_drops_an_advertisement_before_a_spill(maker, open_outbox):
    """Even when the spill is older."""
    outbox = open_outbox(quota_bytes=40_000)
    outbox.take_in(maker.make(1, subtype=Subtype.SPILL_ROAD, size=9_000).folder)
    outbox.take_in(maker.make(2, subtype=Subtype.AD_POSTER, size=9_000).folder)
    outbox.take_in(maker.make(3, subtype=Subtype.SPILL_ROAD, size=9_000).folder)
    assert [UUID(e.candidate_id).int for e in drain(outbox)] == [1, 3]


def test_what_the_centre_has_goes_before_anything_else_and_is_no_gap(maker, open_outbox):
    """Copies of acknowledged evidence are nobody's loss."""
    outbox = open_outbox(quota_bytes=30_000)
    outbox.take_in(maker.make(1, size=12_000).folder)
    drain(outbox)
    outbox.take_in(maker.make(2, size=12_000).folder)
    assert outbox.gaps(10) == ()
    assert outbox.figures().acknowledged == 0
    assert len(drain(outbox)) == 1


def test_a_tight_disk_costs_only_what_is_redundant(maker, tmp_path):
    """Where others fill the disk, the newest evidence of a violation stays."""
    outbox = Outbox(tmp_path / "outbox", OutboxSettings(min_free_bytes=1000), free_bytes=lambda: 10)
    for update in (0, 1):
        outbox.take_in(maker.make(1, update).folder)
    outbox.take_in(maker.make(2).folder)
    assert [(UUID(e.candidate_id).int, e.update) for e in drain(outbox)] == [(1, 1), (2, 0)]
    outbox.close()


def test_acknowledged_evidence_is_kept_for_a_while(maker, open_outbox):
    """And let go of when its time has passed; files that others need stay."""
    outbox = open_outbox(keep_acknowledged_hours=1)
    outbox.take_in(maker.make(1, 0).folder)
    drain(outbox)
    outbox.tidy()
    assert outbox.figures().acknowledged == 1
    outbox.take_in(maker.make(1, 1).folder)
    outbox.close()
    later = open_outbox(now=NOW + timedelta(hours=2), keep_acknowledged_hours=1)
    later.tidy()
    assert later.figures().acknowledged == 0
    (entry,) = drain(later)
    assert all(later.path_of(blob).exists() for blob in entry.blobs)
    assert len(list(later._blobs.names())) == 3


def test_update_numbers_never_repeat(maker, open_outbox):
    """An episode taken up from an older state counts on where its bundles stopped."""
    outbox = open_outbox()
    assert outbox.free_update(UUID(int=1), 0) == 0
    assert outbox.free_update(UUID(int=1), 0) == 1  # the first is still being built
    outbox.take_in(maker.make(1, 4).folder)
    outbox.close()
    again = open_outbox()
    assert again.free_update(UUID(int=1), 2) == 5
    assert again.free_update(UUID(int=1), 9) == 9
    assert again.free_update(UUID(int=2), 0) == 0
    for number in range(3000):
        again.free_update(UUID(int=number), 0)
    assert len(again._reserved) <= 1000


def test_a_full_disk_makes_room_and_takes_the_bundle_in(maker, open_outbox, monkeypatch):
    """Redundant data goes, with its gap; the newcomer is safe."""
    outbox = open_outbox()
    for update in (0, 1):
        outbox.take_in(maker.make(1, update).folder)
    bundle = maker.make(2)
    link, left = os.link, [1]

    def full_once(source, target):
        if left and left.pop():
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        link(source, target)

    monkeypatch.setattr(os, "link", full_once)
    outbox.take_in(bundle.folder)
    assert [gap.sequence for gap in outbox.gaps(9)][:1] == [1]
    assert not outbox.figures().is_full
    assert UUID(int=2) in {UUID(e.candidate_id) for e in drain(outbox)}


def test_a_disk_that_stays_full_keeps_the_bundle_for_later(maker, open_outbox, monkeypatch):
    """The folder stays, the figures say so, and the next sweep takes it in."""
    outbox = open_outbox()
    bundle = maker.make(2)

    def full(_source, target):
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", full)
        with pytest.raises(OutboxFull, match="No space"):
            outbox.take_in(bundle.folder)
    assert bundle.folder.exists()
    assert outbox.figures().is_full
    assert outbox.sweep(maker.evidence) == 1
    assert not outbox.figures().is_full
    assert len(drain(outbox)) == 1


def test_another_disk_gets_copies(maker, open_outbox, monkeypatch):
    """Where files cannot be linked they are copied, whole or not at all."""

    def other_disk(_source, _target):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    outbox = open_outbox()
    outbox.take_in(maker.make(size=5000).folder)
    (entry,) = drain(outbox)
    for blob in entry.blobs:
        assert hashlib.sha256(outbox.path_of(blob).read_bytes()).hexdigest() == blob.sha256


def test_gaps_are_forgotten_when_the_centre_has_them(maker, open_outbox):
    """And their numbers go on."""
    outbox = open_outbox()
    for number in (1, 2):
        outbox.take_in(maker.make(number).folder)
        outbox.declare_damaged(outbox.next_entry(), "gone")
    assert [gap.number for gap in outbox.gaps(10)] == [1, 2]
    outbox.forget_gaps(2)
    outbox.take_in(maker.make(3).folder)
    outbox.declare_damaged(outbox.next_entry(), "gone")
    assert [gap.number for gap in outbox.gaps(10)] == [3]


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(200)])
def test_a_damaged_database_is_said_in_words(open_outbox, tmp_path, content):
    """It is never taken for an empty one."""
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox" / "outbox.sqlite3").write_bytes(content)
    with pytest.raises(OutboxError, match=r"outbox\.sqlite3"):
        open_outbox()


def test_another_format_is_refused(open_outbox, tmp_path):
    """A newer version's outbox is not touched."""
    open_outbox().close()
    with sqlite3.connect(tmp_path / "outbox" / "outbox.sqlite3") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(OutboxError, match="another version"):
        open_outbox()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    """The path is in the message."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxError, match="file"):
        Outbox(tmp_path / "file" / "outbox")


def test_what_a_sender_takes_while_the_quota_bites_is_not_dropped_as_well(maker, tmp_path):
    """Between the choice of what goes and its drop a sender may come: never sent and a gap."""
    sent, senders = [], []

    def free_bytes():  # asked after the choice and before each drop
        if opened and not senders:
            senders.append(threading.Thread(target=lambda: sent.append(opened[0].next_entry())))
            senders[0].start()
            senders[0].join(0.5)
        return 2**40

    opened = []
    limits = OutboxSettings(quota_bytes=1, min_free_bytes=0)
    opened.append(Outbox(tmp_path / "outbox", limits, now=lambda: NOW, free_bytes=free_bytes))
    outbox = opened[0]
    outbox.take_in(maker.make().folder)
    senders[0].join(10)
    being_sent = {entry.sequence for entry in sent if entry is not None}
    assert not being_sent & {gap.sequence for gap in outbox.gaps(10)}
    outbox.close()


def test_a_kill_right_after_a_drop_brings_nothing_back(maker, open_outbox, monkeypatch):
    """What the quota dropped was told as a gap; its folder must not be taken in a second time."""

    class Killed(BaseException):
        pass

    def killed(_folder):
        raise Killed

    outbox = open_outbox(quota_bytes=1)
    bundle = maker.make()
    with monkeypatch.context() as patch:
        patch.setattr("edge.outbox.outbox._remove", killed)
        with pytest.raises(Killed):
            outbox.take_in(bundle.folder)
    outbox.close()
    outbox = open_outbox()  # with room again
    outbox.sweep(maker.evidence)
    waiting = {entry.sequence for entry in drain(outbox)}
    assert not waiting & {gap.sequence for gap in outbox.gaps(10)}
    assert waiting | {gap.sequence for gap in outbox.gaps(10)} == {1}
