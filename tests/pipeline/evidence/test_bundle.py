"""Bundles appear whole or not at all, and a killed box neither loses nor repeats a number."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from pipeline.candidate import EvidenceItem
from pipeline.errors import BundleError, ManifestError
from pipeline.evidence.bundle import (
    MANIFEST_NAME,
    SIGNATURE_NAME,
    EvidenceBuilder,
    zip_bundle,
)
from pipeline.evidence.chain import ChainHead, FileChain, MemoryChain
from pipeline.evidence.signing import SigningKey
from pipeline.evidence.verification import verify_bundle
from tests.acceptance.verify_demo import STARTED_AT, build_bundle, facts_for

CREATED_AT = STARTED_AT + timedelta(seconds=250)


class Killed(BaseException):
    """Stands for the process's end."""


def builder_in(folder, key, chain):
    """A builder of one box."""
    return EvidenceBuilder(root=folder, key=key, chain=chain, box_id="box-1", software="s 1")


def test_bundles_follow_each_other(tmp_path, key, stills):
    """Three bundles: numbers 1 to 3, each with the digest of the one before, all verify."""
    builder = builder_in(tmp_path, key, MemoryChain())
    bundles = [build_bundle(builder, stills, number) for number in (1, 2, 3)]
    assert [b.manifest.sequence for b in bundles] == [1, 2, 3]
    for before, after in pairwise(bundles):
        assert after.manifest.previous_sha256 == before.manifest_sha256
        report = verify_bundle(after.folder, previous=before.folder)
        assert report.ok, report.lines()
        assert report.manifest_sha256 == after.manifest_sha256


def test_same_input_same_bytes(tmp_path, key, stills):
    """Nothing in a bundle depends on when or where it was written."""
    first = build_bundle(builder_in(tmp_path / "a", key, MemoryChain()), stills)
    second = build_bundle(builder_in(tmp_path / "b", key, MemoryChain()), stills)
    for path in sorted(p for p in first.folder.rglob("*") if p.is_file()):
        assert path.read_bytes() == (second.folder / path.relative_to(first.folder)).read_bytes()
    zips = [zip_bundle(b.folder, b.folder.with_suffix(".zip")) for b in (first, second)]
    assert zips[0].read_bytes() == zips[1].read_bytes()


def test_files_come_from_memory_or_disk(tmp_path, key, stills, clip):
    """A clip is copied from its path and listed as the wire contract wants it."""
    source = tmp_path / "ring.mp4"
    source.write_bytes(b"packets" * 1000)
    bundle = builder_in(tmp_path / "out", key, MemoryChain()).build(
        facts=facts_for(stills, UUID(int=7)),
        files=(replace(clip, content=source), *stills.files),
        created_at=CREATED_AT,
    )
    assert bundle.path_of("clip.mp4").read_bytes() == source.read_bytes()
    assert type(bundle.evidence[0]) is EvidenceItem
    assert bundle.evidence[0].size_bytes == 7000
    assert [i.name for i in bundle.evidence] == [i.name for i in bundle.manifest.items]
    assert verify_bundle(bundle.folder).ok


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": "../clip.mp4"}, "name"),
        ({"name": "manifest json"}, "name"),
        ({"captured_at": STARTED_AT.replace(tzinfo=None)}, "captured_at"),
        ({"derived_from": "gone.jpg"}, "derived_from"),
        ({"frame_seconds": float("nan")}, "frame_seconds"),
        ({"parameters": {"a": float("inf")}}, "inf"),
        ({"proves": ("Not a code",)}, "proves"),
        ({"name": "first.jpg"}, "first.jpg"),
    ],
)
def test_a_file_that_cannot_be_listed_takes_no_number(tmp_path, stills, clip, changes, named):
    """The message names what is wrong; nothing is left behind and the chain stands still."""
    chain = MemoryChain()
    with pytest.raises(ManifestError, match=named):
        builder_in(tmp_path, SigningKey.generate(), chain).build(
            facts=facts_for(stills, UUID(int=7)),
            files=(*stills.files, replace(clip, **changes)),
            created_at=CREATED_AT,
        )
    assert list(tmp_path.iterdir()) == []
    assert chain.head() == ChainHead.beginning()


def test_a_missing_source_takes_no_number(tmp_path, key, stills, clip):
    """The clip that was to be copied is gone: an error that names it."""
    chain = MemoryChain()
    with pytest.raises(BundleError, match=r"gone\.mp4"):
        builder_in(tmp_path / "out", key, chain).build(
            facts=facts_for(stills, UUID(int=7)),
            files=(replace(clip, content=tmp_path / "gone.mp4"),),
            created_at=CREATED_AT,
        )
    assert list((tmp_path / "out").iterdir()) == []
    assert chain.head().sequence == 0


def test_a_root_that_cannot_be_written_says_so(tmp_path, key, build_small):
    """A file where the folder should be."""
    (tmp_path / "root").write_bytes(b"")
    with pytest.raises(BundleError, match="root"):
        build_small(builder_in(tmp_path / "root", key, MemoryChain()), 1)


# At which call of what the process dies; together every step that a build takes.
DEATHS = [
    *(("pipeline.evidence.bundle.write_file", call) for call in (1, 2, 3, 4)),
    *(("pipeline.evidence.bundle.sync_folder", call) for call in (1, 2, 3, 4)),
    ("pipeline.evidence.chain.FileChain.commit", 1),
    ("pipeline.evidence.chain.replace_file", 1),
    ("pipeline.evidence.signing.SigningKey.sign", 1),
    ("pathlib.Path.rename", 1),
]


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("death", DEATHS)
def test_killed_at_any_step_the_chain_has_no_gap(
    tmp_path, build_small, monkeypatch, death, is_done
):
    """Whichever step is the last one, recovery and the next build give numbers without gap."""
    key = SigningKey.generate()
    step, call = death
    root, state = tmp_path / "bundles", tmp_path / "chain.json"
    build_small(builder_in(root, key, FileChain(state)), 1)
    *owner_path, name = step.split(".")
    owner = _owner(owner_path)
    original = getattr(owner, name)
    calls = 0

    def die(*arguments, **options):
        nonlocal calls
        calls += 1
        if calls < call:
            return original(*arguments, **options)
        if is_done:
            original(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, die)
        patch.setattr("shutil.rmtree", lambda *_, **__: None)  # a dead process tidies nothing up
        with pytest.raises(Killed):
            build_small(builder_in(root, key, FileChain(state)), 2)
    taken = FileChain(state).head().sequence
    builder = builder_in(root, key, FileChain(state))
    builder.recover()
    build_small(builder, 3)
    folders = sorted(p for p in root.iterdir() if p.name[0] != ".")
    assert sorted(root.iterdir()) == folders
    assert len(folders) == taken + 1
    for number, folder in enumerate(folders, start=1):
        report = verify_bundle(folder, previous=folders[number - 2] if number > 1 else None)
        assert report.ok, report.lines()
        assert json.loads((folder / MANIFEST_NAME).read_bytes())["sequence"] == number


def _owner(path):
    if path[-1][0].isupper():
        return getattr(__import__(".".join(path[:-1]), fromlist=["_"]), path[-1])
    return __import__(".".join(path), fromlist=["_"])


def test_an_unfinished_bundle_is_not_passed_over(tmp_path, key, build_small, monkeypatch):
    """After a disk error behind the commit, the next build waits until recover() was called."""
    builder = builder_in(tmp_path, key, MemoryChain())

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        with pytest.raises(BundleError, match="No space left"):
            build_small(builder, 1)
    with pytest.raises(BundleError, match=r"recover\(\)"):
        build_small(builder, 2)
    (recovered,) = builder.recover()
    assert recovered.manifest.sequence == 1
    assert build_small(builder, 2).manifest.sequence == 2


def test_recover_has_nothing_to_do_on_a_new_box(tmp_path, key):
    """No folder, no bundles."""
    assert builder_in(tmp_path / "new", key, MemoryChain()).recover() == ()


def test_zip_holds_the_folder(bundle, tmp_path):
    """The packed bundle verifies, has the same files and nothing hidden."""
    target = zip_bundle(bundle.folder, tmp_path / "b.zip")
    with zipfile.ZipFile(target) as archive:
        assert {MANIFEST_NAME, SIGNATURE_NAME, "README.txt"} < set(archive.namelist())
        assert archive.testzip() is None
    assert verify_bundle(target).ok
    with pytest.raises(BundleError):
        zip_bundle(bundle.folder, tmp_path / "no" / "b.zip")


def test_readme_says_how_in_both_languages(bundle, key):
    """Whoever gets the folder finds the command, the key id and the number in it."""
    text = (bundle.folder / "README.txt").read_text(encoding="utf-8")
    assert text.count("python -m pipeline.evidence.verify") == 2
    assert key.key_id in text
    assert "核验" in text
    assert "To verify" in text
