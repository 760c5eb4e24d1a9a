"""A disk that is really full: the box goes on, and every number is sent or told as a gap."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from edge.evidence_desk import EvidenceDesk
from edge.outbox.intake import candidate_of
from edge.outbox.outbox import Outbox, OutboxSettings
from pipeline.errors import StreetcaseError
from pipeline.evidence.chain import FileChain
from tests.edge.bundles import BundleMaker

SIZE = "24m"
BUNDLES = 20
FILLED_AT, FREED_AT = 8, 14  # others take all that is left, and give it back


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MB; where none may be mounted the test is skipped."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    if (
        shutil.which("mount") is None
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("this user may not mount a file system; the full disk is played elsewhere")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)  # a failed test holds files open


def fill(path):
    """Take every byte that is left."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def test_a_full_disk_costs_what_is_worth_least_and_nothing_else(small_disk, tmp_path):
    """Five candidates with more and more updates: at the end each one's newest is there."""
    recipes = BundleMaker(tmp_path / "recipes")
    outbox = Outbox(small_disk / "outbox", OutboxSettings(min_free_bytes=0))
    desk = EvidenceDesk(small_disk, box_id="box-1", software="s", outbox=outbox)
    for number in range(BUNDLES):
        if number == FILLED_AT:
            fill(small_disk / "others")
        if number == FREED_AT:
            (small_disk / "others").unlink()
        try:
            bundle = desk.build(
                recipes.facts(number % 5 + 1), recipes.files(number % 5 + 1, number, 1_500_000)
            )
            desk.publish(candidate_of(bundle.manifest, bundle.manifest_sha256), bundle)
        except StreetcaseError:
            assert FILLED_AT <= number < FREED_AT
        desk.catch_up()
    gaps = outbox.gaps(500)
    sent = {}
    while (entry := outbox.next_entry()) is not None:
        sent[entry.sequence] = entry.candidate_id
        outbox.acknowledge(entry)
    outbox.close()
    head = FileChain(small_disk / "chain.json").head().sequence
    assert sorted([*sent, *(gap.sequence for gap in gaps)]) == list(range(1, head + 1))
    assert [gap.number for gap in gaps] == list(range(1, len(gaps) + 1))
    assert len(set(sent.values())) == 5


@pytest.mark.parametrize("is_killed", [True, False])
def test_a_box_that_ended_while_sending_starts_again_on_a_full_disk(
    small_disk, tmp_path, is_killed
):
    """Marking what was being sent as waiting takes room: the ballast's."""
    recipes = BundleMaker(tmp_path / "recipes")
    outbox = Outbox(small_disk / "outbox", OutboxSettings(min_free_bytes=0))
    outbox.take_in(recipes.make().folder)
    assert outbox.next_entry() is not None
    if not is_killed:
        outbox.close()
    fill(small_disk / "others")
    again = Outbox(small_disk / "outbox", OutboxSettings(min_free_bytes=0))
    assert again.next_entry() is not None
    again.close()
    outbox.close()
