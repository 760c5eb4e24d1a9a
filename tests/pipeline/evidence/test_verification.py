"""The verifier names what does not hold, and what it could not show."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from pipeline.evidence.bundle import MANIFEST_NAME, SIGNATURE_NAME
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.digests import digest
from pipeline.evidence.report import Verdict
from pipeline.evidence.signing import SigningKey
from pipeline.evidence.sources import open_bundle
from pipeline.evidence.verification import verify_bundle, verify_source


def resign(bundle, key, change):
    """Let a faulty or hostile signer sign another manifest."""
    path = bundle.folder / MANIFEST_NAME
    content = json.loads(path.read_bytes())
    change(content)
    path.write_bytes(canonical_json(content))
    record = key.sign(path.read_bytes())
    (bundle.folder / SIGNATURE_NAME).write_bytes(record.canonical_bytes())


def verdicts(report):
    """Code and verdict of every step."""
    return [(check.code, check.verdict) for check in report.checks]


def test_a_sound_bundle_holds_in_order(bundle, key):
    """Contents, signature, key, form, files, items, notice, lineage, times, chain."""
    report = verify_bundle(bundle.folder, trusted_key_ids={key.key_id})
    assert report.ok
    assert [code for code, _ in verdicts(report)] == [
        *("contents", "signature", "key", "form", "files"),
        *["item"] * 5,
        *("readme", "lineage", "times", "chain"),
    ]
    assert report.manifest_sha256 == bundle.manifest_sha256
    assert verify_source(open_bundle(bundle.folder), trusted_key_ids={key.key_id}) == report


def test_an_unpinned_key_is_a_warning(bundle):
    """Everything holds, but nobody said whose key it is."""
    report = verify_bundle(bundle.folder)
    assert report.ok
    assert ("key", Verdict.WARNING) in verdicts(report)
    assert "1 warning" in report.lines()[-1]


def test_another_key_fails(bundle):
    """A bundle that is sound in itself but signed by a stranger."""
    stranger = SigningKey.generate()
    failure = verify_bundle(bundle.folder, trusted_key_ids={stranger.key_id}).first_failure
    assert failure.code == "key"
    assert failure.file == SIGNATURE_NAME
    assert "not trusted" in failure.text


def test_a_stranger_who_signs_again_is_caught(bundle, key):
    """New signature, own key id in the manifest or not: without the trusted key it fails."""
    stranger = SigningKey.generate()
    resign(bundle, stranger, lambda content: None)
    assert "another key" in verify_bundle(bundle.folder).first_failure.text
    resign(bundle, stranger, lambda content: content.update(key_id=stranger.key_id))
    assert verify_bundle(bundle.folder).ok
    assert not verify_bundle(bundle.folder, trusted_key_ids={key.key_id}).ok


def test_signature_files_that_are_none(bundle):
    """Other JSON, no JSON, another algorithm: the signature's file is named."""
    path = bundle.folder / SIGNATURE_NAME
    record = json.loads(path.read_bytes())
    for content in (
        b"",
        b"[]",
        b"{}",
        canonical_json({**record, "algorithm": "none"}),
        canonical_json({**record, "surplus": 1}),
        canonical_json({k: v for k, v in record.items() if k != "signature"}),
        json.dumps(record).encode(),
        canonical_json({**record, "public_key": "0" * 64}),
        canonical_json({**record, "signature": "0" * 128}),
    ):
        path.write_bytes(content)
        assert verify_bundle(bundle.folder).first_failure.file == SIGNATURE_NAME


def test_every_difference_in_files_is_listed(bundle):
    """Two files wrong, one missing, one extra: all four stand in the report."""
    bundle.path_of("first.jpg").write_bytes(b"short")
    content = bytearray(bundle.path_of("later.jpg").read_bytes())
    content[100] ^= 1
    bundle.path_of("later.jpg").write_bytes(content)
    bundle.path_of("latest.jpg").unlink()
    (bundle.folder / "notes.txt").write_bytes(b"x")
    report = verify_bundle(bundle.folder)
    failing = [check.file for check in report.checks if check.verdict is Verdict.FAILS]
    assert failing == ["items/latest.jpg", "notes.txt", "items/first.jpg", "items/later.jpg"]


def test_a_changed_notice_is_named(bundle):
    """README.txt is no evidence, but tells people how to check: it must not lie."""
    path = bundle.folder / "README.txt"
    path.write_bytes(path.read_bytes().replace(b"verify", b"ignore"))
    assert verify_bundle(bundle.folder).first_failure.file == "README.txt"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda c: c["episode"].update(fired_at="2026-03-01T00:00:00Z"), "started_at"),
        (lambda c: c["episode"].update(last_seen_at="2027-03-01T00:00:00Z"), "last_seen_at"),
        (lambda c: c["items"][2].update(captured_at="2027-01-01T00:00:00Z"), "latest.jpg"),
        (lambda c: c.update(created_at="2026-01-01T00:00:00Z"), "created_at"),
    ],
)
def test_impossible_times_fail(bundle, key, change, text):
    """A signed manifest can still be wrong about time; it is said which instant."""
    resign(bundle, key, change)
    failure = verify_bundle(bundle.folder).first_failure
    assert failure.code == "times"
    assert failure.file == MANIFEST_NAME
    assert text in failure.text


@pytest.mark.parametrize("year", ["0001", "1969", "9999"])
def test_instants_beyond_all_reckoning_are_refused(bundle, key, year):
    """The ends of the calendar, where adding a few seconds overflows."""
    resign(bundle, key, lambda c: c.update(created_at=f"{year}-12-31T23:59:59.999999Z"))
    failure = verify_bundle(bundle.folder).first_failure
    assert failure.file == MANIFEST_NAME
    assert "created_at: must lie between" in failure.text


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        (lambda c: c["clock"].update(offset_seconds=None), "clock", "did not know"),
        (lambda c: c["clock"].update(offset_seconds=-90.0), "clock", "off by -90"),
        (lambda c: c["clock"].update(synchronised=False), "clock", "not synchronised"),
        (
            lambda c: c["template"].update(complete=False, missing=["later_day"]),
            "template",
            "later_day",
        ),
    ],
)
def test_doubts_are_warnings(bundle, key, change, code, text):
    """What weakens evidence without breaking the bundle is told, and the exit stays clean."""
    resign(bundle, key, change)
    report = verify_bundle(bundle.folder, trusted_key_ids={key.key_id})
    assert report.ok
    warnings = [c for c in report.checks if c.verdict is Verdict.WARNING]
    assert [(c.code, text in c.text) for c in warnings] == [(code, True)]


def test_a_bundle_without_sm3_says_so(bundle, key):
    """SHA-256 alone holds the files, and the report says that."""

    def drop(content):
        content["digest_algorithms"] = ["sha256"]
        for item in content["items"]:
            item["sm3"] = None

    resign(bundle, key, drop)
    report = verify_bundle(bundle.folder, trusted_key_ids={key.key_id})
    assert report.ok
    assert ("sm3", Verdict.WARNING) in verdicts(report)


@pytest.mark.skipif(digest(b"").sm3 is None, reason="this OpenSSL has no SM3")
def test_sm3_is_compared_as_well(bundle, key):
    """A wrong SM3 beside a right SHA-256 is found."""
    resign(bundle, key, lambda c: c["items"][0].update(sm3="0" * 64))
    failure = verify_bundle(bundle.folder).first_failure
    assert failure.file == "items/first.jpg"
    assert "SM3" in failure.text


def test_a_verifier_without_sm3_says_so(bundle, monkeypatch):
    """The other computer's OpenSSL may lack it: not checked is not the same as holds."""
    monkeypatch.setattr("pipeline.evidence.digests.SM3", "no-such-digest")
    report = verify_bundle(bundle.folder)
    assert report.ok
    assert ("sm3", Verdict.WARNING) in verdicts(report)


def test_a_manifest_of_another_format_is_named(bundle, key):
    """Signed, canonical, but not format 1."""
    resign(bundle, key, lambda content: content.update(format=2))
    failure = verify_bundle(bundle.folder).first_failure
    assert failure.file == MANIFEST_NAME
    assert "format" in failure.text


def test_hostile_words_cannot_drive_the_terminal(bundle, key):
    """Control characters in signed texts are shown as escapes, endless ones are cut."""

    def change(content):
        content["items"][0]["role"] = "\x1b]0;owned\x07" * 500

    resign(bundle, key, change)
    lines = verify_bundle(bundle.folder).lines()
    assert all(line.isprintable() and len(line) < 1100 for line in lines)


def test_the_report_is_json_as_well(bundle):
    """Programs get the same facts."""
    report = verify_bundle(bundle.folder)
    value = json.loads(json.dumps(report.as_json()))
    assert value["ok"] is True
    assert value["first_failure"] is None
    assert len(value["checks"]) == len(report.checks)


def test_the_future_is_allowed_the_clock_limit(bundle, key):
    """An item five seconds ahead of the manifest passes, six do not: clocks differ a little."""
    created = bundle.manifest.created_at
    for ahead, holds in ((5, True), (6, False)):
        text = (created + timedelta(seconds=ahead)).isoformat().replace("+00:00", "Z")
        resign(bundle, key, lambda c, t=text: c["items"][0].update(captured_at=t))
        assert verify_bundle(bundle.folder).ok is holds
