"""A manifest says everything once, consistently, and names the field that does not fit."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pipeline.candidate import Explanation, ItemKind, Reason, Witness
from pipeline.errors import ManifestError
from pipeline.evidence.canonical import parse_canonical
from pipeline.evidence.manifest import (
    NO_PREVIOUS,
    AttachedText,
    CameraIdentity,
    ClockState,
    EpisodeFacts,
    Manifest,
    ManifestItem,
    Method,
    ModelIdentity,
    Operation,
    PrivacyMasks,
    RuleIdentity,
    lineage_problems,
    read_record,
)
from pipeline.evidence.signing import SignatureRecord


@pytest.fixture
def content(pristine):
    """The manifest as parsed JSON."""
    return json.loads(pristine.manifest.canonical_bytes())


def item(name, derived_from=None):
    """An item of the set with only its lineage of interest."""
    return ManifestItem(
        name=name,
        kind=ItemKind.STILL if derived_from is None else ItemKind.CROP,
        role="first",
        media_type="image/jpeg",
        size_bytes=1,
        sha256="0" * 64,
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        is_original=derived_from is None,
        derived_from=derived_from,
        method=Method.DECODED_FRAME if derived_from is None else Method.DERIVED,
        operation=None if derived_from is None else Operation.CROP,
        software="s",
    )


def test_manifest_survives_its_own_bytes(pristine):
    """Written, read strictly and written again, it is the same manifest and the same bytes."""
    written = pristine.manifest.canonical_bytes()
    again = read_record(parse_canonical(written), Manifest)
    assert again == pristine.manifest
    assert again.canonical_bytes() == written


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("format",), 2, "format"),
        (("sequence",), 0, "sequence"),
        (("previous_sha256",), "0" * 63, "previous_sha256"),
        (("created_at",), "2026-01-01T08:00:00", "created_at"),
        (("created_at",), "2026-01-01T08:00:00+08:00", "created_at"),
        (("key_id",), "A" * 64, "key_id"),
        (("camera", "gb28181_id"), "123", "camera.gb28181_id"),
        (("clock", "offset_seconds"), "soon", "clock.offset_seconds"),
        (("episode", "violation"), "ILLEGAL_AD", "episode"),
        (("episode", "state"), "ended", "episode"),
        (("episode", "box"), [0.5, 0.1, 0.2, 0.3], "episode"),
        (("episode", "box"), [0.1, 0.1, 1.2, 0.3], "episode.box"),
        (("model", "sha256"), "x", "model.sha256"),
        (("rule", "settings"), {"dwell_seconds": 1}, "rule"),
        (("privacy",), {"ids": [], "burnt_in": True}, "privacy"),
        (("items",), [], "items"),
        (("items", 0, "name"), "../x", "items.0.name"),
        (("items", 0, "sha256"), "x", "items.0.sha256"),
        (("items", 0, "method"), "derived", "items.0"),
        (("items", 0, "is_original"), False, "items.0"),
        (("items", 3, "derived_from"), None, "items.3"),
        (("items", 3, "derived_from"), "gone.jpg", "close_up.jpg"),
        (("items", 3, "operation"), None, "items.3"),
        (("items", 1, "name"), "FIRST.jpg", "FIRST.jpg"),
        (("items", 0, "sm3"), None, "first.jpg"),
        (("digest_algorithms",), ["sm3"], "digest_algorithms"),
        (("readme", "name"), "manifest.json", "readme.name"),
        (("surplus",), 1, "surplus"),
    ],
)
def test_a_mistake_is_named(content, path, value, named):
    """The message of a manifest that does not fit holds the field or the item at fault."""
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ManifestError, match=named.replace(".", r"\.")):
        read_record(content, Manifest)


def test_only_the_first_manifest_has_no_previous_one(content):
    """Zeros stand for "none before" with number 1, and with no other."""
    assert content["previous_sha256"] == NO_PREVIOUS
    with pytest.raises(ManifestError, match="no previous one"):
        read_record({**content, "sequence": 2}, Manifest)
    with pytest.raises(ManifestError, match="no previous one"):
        read_record({**content, "previous_sha256": "1" * 64}, Manifest)


def test_packets_of_a_masked_camera_are_refused(content):
    """Whoever says that masks are burnt in has no packet of the camera in the set."""
    content["privacy"] = {"ids": ["window"], "burnt_in": True}
    read_record(content, Manifest)
    content["items"][0] |= {"method": "stream_copy"}
    with pytest.raises(ManifestError, match=r"first\.jpg: the camera's own packets cannot"):
        read_record(content, Manifest)


def test_lineage_is_followed_to_an_original():
    """Chains of derivatives are sound; loops and repeated names are not."""
    assert not list(lineage_problems((item("a"), item("b", "a"), item("c", "b"))))
    loop = dict(lineage_problems((item("a", "b"), item("b", "a"))))
    assert loop == dict.fromkeys("ab", "it was derived, in the end, from itself")
    assert [name for name, _ in lineage_problems((item("a"), item("A")))] == ["A"]


def test_settings_carry_their_digest():
    """The same settings in another order have the same digest, other settings another."""
    first = RuleIdentity.of("r", {"a": 1, "b": 2.0})
    assert first.settings_sha256 == RuleIdentity.of("r", {"b": 2, "a": 1}).settings_sha256
    assert first.settings_sha256 != RuleIdentity.of("r", {"a": 1, "b": 3}).settings_sha256


def test_instants_must_be_utc(pristine):
    """A true instant in another zone is refused: one form, so that texts can be compared."""
    shanghai = timezone(timedelta(hours=8))
    values = pristine.manifest.episode.model_dump()
    values["fired_at"] = datetime(2026, 3, 2, 16, tzinfo=shanghai)
    with pytest.raises(ManifestError, match="fired_at: must be an instant in UTC"):
        read_record(values, type(pristine.manifest.episode))


@pytest.mark.parametrize(
    "kind",
    [
        *(Manifest, ManifestItem, CameraIdentity, ClockState, EpisodeFacts, ModelIdentity),
        *(RuleIdentity, PrivacyMasks, AttachedText, SignatureRecord, Explanation, Reason),
    ],
)
def test_every_field_and_code_is_documented(kind):
    """docs/evidence.md, which courts and integrators read, knows every name that can occur."""
    text = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text(encoding="utf-8")
    codes = [value.value for enum in (Method, Operation, ItemKind, Witness) for value in enum]
    missing = [name for name in (*kind.model_fields, *codes) if f"`{name}`" not in text]
    assert not missing


def test_many_mistakes_are_cut_short(content):
    """A hostile manifest cannot make a message of any length."""
    content["items"] = [{} for _ in range(300)]
    with pytest.raises(ManifestError) as caught:
        read_record(content, Manifest)
    assert "more" in str(caught.value)
    assert len(str(caught.value)) < 1000
