"""A folder of bundles shows its gaps."""

from __future__ import annotations

import shutil

import pytest

from pipeline.evidence.bundle import EvidenceBuilder, zip_bundle
from pipeline.evidence.chain import ChainHead, MemoryChain
from pipeline.evidence.continuity import verify_chain
from pipeline.evidence.report import Verdict
from pipeline.evidence.signing import SigningKey
from pipeline.evidence.verification import verify_bundle


def builder_in(folder, key, box_id, head=None):
    """A builder of one box."""
    chain = MemoryChain(head)
    return EvidenceBuilder(root=folder, key=key, chain=chain, box_id=box_id, software="s")


@pytest.fixture
def bundles(tmp_path, key, build_small):
    """Five bundles of a box."""
    builder = builder_in(tmp_path / "chain", key, "box-1")
    return [build_small(builder, number) for number in range(1, 6)]


def failures(report):
    """What failed, in words."""
    return [check.text for check in report.checks if check.verdict is Verdict.FAILS]


def test_a_whole_chain_holds(bundles, tmp_path, key):
    """Folders and ZIP files together, the same bundle in both forms."""
    zip_bundle(bundles[1].folder, tmp_path / "chain" / "two.zip")
    shutil.rmtree(bundles[1].folder)
    zip_bundle(bundles[2].folder, tmp_path / "chain" / "three.zip")
    report = verify_chain(tmp_path / "chain", trusted_key_ids={key.key_id})
    assert report.ok, report.lines()
    assert "5 manifests" in report.lines()[0]


def test_gaps_are_named(bundles, tmp_path):
    """One missing, then two missing."""
    shutil.rmtree(bundles[2].folder)
    report = verify_chain(tmp_path / "chain")
    assert failures(report) == ["box box-1: number 3 is missing"]
    shutil.rmtree(bundles[1].folder)
    report = verify_chain(tmp_path / "chain")
    assert failures(report) == ["box box-1: numbers 2 to 3 are missing"]


def test_missing_beginning_is_a_warning(bundles, tmp_path):
    """Old bundles are deleted by rule; that the rest begins later is said, not condemned."""
    shutil.rmtree(bundles[0].folder)
    report = verify_chain(tmp_path / "chain")
    assert report.ok
    assert any("begins with number 2" in line for line in report.lines())


def test_a_number_used_twice_is_named(bundles, tmp_path, key, build_small):
    """A second history from the same point: both its number and its link are wrong."""
    head = ChainHead(format=1, sequence=2, manifest_sha256=bundles[1].manifest_sha256)
    build_small(builder_in(tmp_path / "chain", key, "box-1", head), 99)
    report = verify_chain(tmp_path / "chain")
    assert "box box-1: two different manifests carry number 3" in failures(report)


def test_a_link_to_another_history_is_named(bundles, tmp_path, key, build_small):
    """Number 6 follows some other number 5."""
    head = ChainHead(format=1, sequence=5, manifest_sha256="e" * 64)
    stray = build_small(builder_in(tmp_path / "chain", key, "box-1", head), 6)
    assert failures(verify_chain(tmp_path / "chain")) == [
        "box box-1: it was chained to another manifest with number 5"
    ]
    failure = verify_bundle(stray.folder, previous=bundles[4].folder).first_failure
    assert failure.code == "chain"
    text = verify_bundle(bundles[4].folder, previous=bundles[2].folder).first_failure.text
    assert text == "number 5 does not follow number 3"


def test_previous_must_be_sound_and_of_the_same_box(bundles, tmp_path, key, build_small):
    """A damaged or foreign bundle proves no link."""
    foreign = build_small(builder_in(tmp_path / "other", key, "box-2"), 1)
    failure = verify_bundle(bundles[1].folder, previous=foreign.folder).first_failure
    assert "two boxes" in failure.text
    (bundles[0].folder / "manifest.json").write_bytes(b"{}")
    failure = verify_bundle(bundles[1].folder, previous=bundles[0].folder).first_failure
    assert "previous bundle does not hold" in failure.text


def test_boxes_are_told_apart_and_new_keys_mentioned(bundles, tmp_path, build_small):
    """Two boxes in one folder are two chains; a change of key is worth a look."""
    other = SigningKey.generate()
    build_small(builder_in(tmp_path / "chain", other, "box-2"), 50)
    head = ChainHead(format=1, sequence=5, manifest_sha256=bundles[4].manifest_sha256)
    build_small(builder_in(tmp_path / "chain", other, "box-1", head), 6)
    report = verify_chain(tmp_path / "chain")
    assert report.ok
    text = "\n".join(report.lines())
    assert "box box-1: 6 manifests" in text
    assert "box box-2: 1 manifests" in text
    assert "another key than number 5" in text


def test_a_folder_without_bundles_fails(tmp_path):
    """Nothing to verify is not the same as everything holds."""
    assert not verify_chain(tmp_path).ok
    assert not verify_chain(tmp_path / "absent").ok
    (tmp_path / "empty").mkdir()
    assert "manifest.json" in verify_chain(tmp_path).first_failure.text
