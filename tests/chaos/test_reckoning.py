"""The reckoning finds each way in which a promise may be broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.chaos.box import LedgerLine
from tests.chaos.reckoning import Books, Update, reckon, verified
from tests.edge.bundles import BundleMaker

TEXTS = ("manifest.json", "manifest.sig.json", "README.txt")


@pytest.fixture
def books(tmp_path):
    """Two candidates in three bundles, all of them at the centre; number 4 was dropped."""
    maker = BundleMaker(tmp_path)
    store = tmp_path / "objects"
    updates, ledger = [], []
    for candidate, update in ((1, 0), (1, 1), (2, 0)):
        bundle = maker.make(candidate, update)
        files = {item.name: item.sha256 for item in bundle.evidence}
        for item in bundle.evidence:
            place = store / item.sha256[:2] / item.sha256
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(bundle.path_of(item.name).read_bytes())
        manifest = bundle.manifest
        updates.append(
            Update(
                candidate_id=str(manifest.episode.candidate_id),
                update=update,
                sequence=manifest.sequence,
                manifest_sha256=bundle.manifest_sha256,
                previous_sha256=manifest.previous_sha256,
                texts={name: (bundle.folder / name).read_text() for name in TEXTS},
                files=files,
            )
        )
        ledger.append(
            LedgerLine(
                sequence=manifest.sequence,
                candidate_id=str(manifest.episode.candidate_id),
                update=update,
                manifest_sha256=bundle.manifest_sha256,
                files=files,
                act={},
            )
        )
    ledger.append(
        LedgerLine(sequence=4, candidate_id="gone", update=0, manifest_sha256="4", files={}, act={})
    )
    return Books(
        ledger=tuple(ledger),
        made=4,
        gaps_counted=1,
        left_over=0,
        refused=0,
        known_as_sent=frozenset({1, 2, 3}),
        key_id=maker.key.key_id,
        updates=tuple(updates),
        newest={updates[0].candidate_id: 1, updates[2].candidate_id: 0},
        gaps={1: 4},
        complete_through=4,
        logged=Counter((u.candidate_id, u.update) for u in updates),
        store=store,
    )


def test_kept_promises_are_no_problem(books, tmp_path):
    """And the figures count what came."""
    verdict = reckon(books, tmp_path / "scratch")
    assert verdict.problems == []
    assert verdict.figures["acknowledged"] == 4
    assert (verdict.figures["candidates"], verdict.figures["updates"]) == (2, 1)
    assert (verdict.figures["gaps"], verdict.figures["gaps_of_arrived"]) == (1, 0)
    assert verdict.figures["bytes"] == sum(p.stat().st_size for p in books.store.rglob("*/*"))


def test_a_gap_for_what_arrived_unheard_is_told_and_no_problem(books, tmp_path):
    """The receipt was lost and the quota was reached: the box could not know."""
    unheard = replace(books, known_as_sent=frozenset({1, 2}), gaps={1: 4, 2: 3}, gaps_counted=2)
    verdict = reckon(unheard, tmp_path / "scratch")
    assert verdict.problems == []
    assert verdict.figures["gaps_of_arrived"] == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: {"gaps": {}, "gaps_counted": 0}, "and no gap"),
        (lambda b: {"updates": b.updates[:2]}, "neither came nor were declared"),
        (lambda b: {"made": 5, "complete_through": 5}, "neither came nor were declared"),
        (lambda b: {"made": 3, "complete_through": 3}, "never gave out"),
        (lambda b: {"updates": (*b.updates, b.updates[0])}, "came twice"),
        (lambda b: {"gaps": {1: 4, 2: 1}, "gaps_counted": 2}, "knew had arrived"),
        (lambda b: {"gaps_counted": 2}, "counted 2 gaps"),
        (lambda b: {"complete_through": 2}, "up to 2 of 4"),
        (lambda b: {"left_over": 1}, "still has 1"),
        (lambda b: {"refused": 1}, "refused 1"),
        (lambda b: {"newest": {**b.newest, b.updates[0].candidate_id: 0}}, "newest update"),
        (lambda b: {"logged": b.logged + b.logged}, "exactly once"),
        (lambda b: {"ledger": (replace(b.ledger[0], manifest_sha256="x"),)}, "another one"),
        (lambda b: {"ledger": (replace(b.ledger[0], files={}),)}, "another one"),
        (
            lambda b: {"updates": (b.updates[0], replace(b.updates[1], previous_sha256="x"))},
            "number 2 does not follow",
        ),
    ],
)
def test_each_broken_promise_is_named(books, tmp_path, change, said):
    """One thing is wrong, and one of the problems says which."""
    verdict = reckon(replace(books, **change(books)), tmp_path / "scratch")
    assert any(said in problem for problem in verdict.problems), verdict.problems


def test_a_changed_byte_and_a_missing_file_are_named(books, tmp_path):
    """In the store, in the manifest."""
    update = books.updates[0]
    texts = {**update.texts, TEXTS[0]: update.texts[TEXTS[0]].replace("gate", "gape")}
    assert any(verified(replace(update, texts=texts), books, tmp_path / "one"))
    sha256 = update.files["clip.mp4"]
    place = books.store / sha256[:2] / sha256
    place.write_bytes(place.read_bytes()[:-1] + b"x")
    (problem,) = verified(update, books, tmp_path / "two")
    assert "clip.mp4" in problem
    place.unlink()
    (problem,) = verified(update, books, tmp_path / "three")
    assert "not in the store" in problem
