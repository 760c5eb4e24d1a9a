"""The report page shows every episode and never an unescaped word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from edge.report import Finding, LeftAlone, write_report
from edge.words import ROLE_WORDS, SUBTYPE_WORDS, VIOLATION_WORDS
from pipeline.camera import Camera
from pipeline.candidate import (
    Candidate,
    EvidenceItem,
    Explanation,
    ItemKind,
    Reason,
    TemplateResult,
    Witness,
)
from pipeline.evidence.templates import template_for
from pipeline.violations import Subtype, Violation

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
CAMERA = Camera(id="gate-3", name="前门<东>路口", timezone=ZoneInfo("Asia/Shanghai"))


class Links(HTMLParser):
    """Collects what a page points to and which tags it leaves open."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.targets += [value for name, value in attrs if name in {"src", "href"} and value]

    def handle_data(self, data):
        self.text.append(data)


def item(name, kind, role, media_type="image/jpeg"):
    return EvidenceItem(
        name=name, kind=kind, role=role, media_type=media_type, size_bytes=10, sha256="0" * 64,
        captured_at=NOON, is_original=True,
    )  # fmt: skip


def finding(folder=Path(), **changes):
    candidate = Candidate(
        **{
            "candidate_id": UUID(int=7), "box_id": "b", "camera_id": "gate-3",
            "violation": "STREET_VENDING", "subtype": "vending.over_time", "state": "open",
            "started_at": NOON, "fired_at": NOON + timedelta(minutes=3),
            "last_seen_at": NOON + timedelta(minutes=4), "box": (0.1, 0.2, 0.5, 0.6),
            "zone_id": "pavement", "software": "s", "model": "m", "model_sha256": "0" * 64,
            "explanation": Explanation(
                rule="vending", fired=True, score=0.9, threshold=0.5,
                reasons=(
                    Reason(code="dwell", witness=Witness.TIME, supports=True, weight=2,
                           text="stayed 6 min", text_zh="停留 6 分"),
                    Reason(code="parasol", witness=Witness.NETWORK, supports=False, weight=-1,
                           text="only <a> parasol", text_zh="仅有<伞>"),
                ),
            ),
            "template": TemplateResult(template="t", complete=False, missing=("latest",)),
            "evidence": (
                item("first.jpg", ItemKind.STILL, "first"),
                item("close_up.jpg", ItemKind.CROP, "close_up"),
                item("first_redacted.jpg", ItemKind.REDACTED, "first"),
                item("clip.mp4", ItemKind.CLIP, "clip", "video/mp4"),
            ),
            **changes,
        }
    )  # fmt: skip
    return Finding(candidate=candidate, camera=CAMERA, bundle=folder / "evidence/00000001-x")


def page_of(tmp_path, findings, **options):
    path = tmp_path / "report.html"
    write_report(path, findings, **options)
    page = path.read_text(encoding="utf-8")
    links = Links()
    links.feed(page)
    links.close()
    return page, links


def test_every_item_is_linked_where_the_bundle_keeps_it(tmp_path):
    """Stills, close-ups and the clip are shown from the bundle's items; redacted copies are not."""
    _, links = page_of(tmp_path, [finding(tmp_path)])
    folder = "evidence/00000001-x/items/"
    assert {t for t in links.targets if t.startswith(folder)} == {
        f"{folder}{name}" for name in ("first.jpg", "close_up.jpg", "clip.mp4")
    }


def test_nothing_is_loaded_from_elsewhere(tmp_path):
    """No font, script or style comes over the network."""
    page, links = page_of(tmp_path, [finding()])
    assert not [t for t in links.targets if "//" in t]
    assert "<script" not in page
    assert "@import" not in page


def test_names_and_reasons_are_escaped(tmp_path):
    """A camera's name with angle brackets is text, not a tag."""
    page, links = page_of(tmp_path, [finding()])
    assert "<东>" not in page
    assert "前门<东>路口" in "".join(links.text)
    assert "only <a> parasol" in "".join(links.text)


def test_times_are_local_with_utc_on_hover(tmp_path):
    """04:00 UTC is noon in Shanghai."""
    page, _ = page_of(tmp_path, [finding()])
    assert '<time title="2026-11-22T04:00:00+00:00">2026-11-22 12:00:00</time>' in page


def test_box_is_a_layer_over_whole_stills_only(tmp_path):
    """The picture itself is untouched, and a close-up has other coordinates."""
    page, _ = page_of(tmp_path, [finding()])
    assert page.count("<rect") == 1
    assert 'x="0.1000" y="0.2000" width="0.4000" height="0.4000"' in page


def test_missing_pictures_are_named(tmp_path):
    """An incomplete template says what is missing."""
    page, _ = page_of(tmp_path, [finding()])
    assert "template incomplete: missing latest" in page


def test_empty_run_says_so_and_lists_what_was_left_alone(tmp_path):
    """Nothing found is an answer, with the reasons why not."""
    row = LeftAlone(
        camera=CAMERA, rule="vending", seen_at=NOON, present_seconds=61.4,
        text="inside the permitted bay", text_zh="位于疏导点内",
    )  # fmt: skip
    _, links = page_of(tmp_path, [], left_alone=[row], figures=[("0", "疑似线索", "candidates")])
    text = "".join(links.text)
    assert "没有发现" in text
    assert "inside the permitted bay" in text
    assert "61 s" in text


@pytest.mark.parametrize("subtype", list(Subtype))
def test_every_word_exists(subtype):
    """Each violation, subtype and template role has its Chinese and English word."""
    assert all(SUBTYPE_WORDS[subtype])
    roles = {need.role for need in template_for(subtype).needs}
    assert roles <= set(ROLE_WORDS), roles - set(ROLE_WORDS)
    assert set(VIOLATION_WORDS) == set(Violation)
