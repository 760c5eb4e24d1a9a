"""The simulated street on a box without a centre: cameras over RTSP in, provable findings out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.demo import demo_clips, run_demo
from edge.settings import BoxSettings
from pipeline.candidate import Candidate
from pipeline.evidence.continuity import verify_chain
from pipeline.evidence.signing import key_id_of_file
from pipeline.evidence.verification import verify_bundle
from pipeline.violations import Violation

CLIPS = Path(__file__).resolve().parents[2] / "models" / "street" / "clips"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """One run of the demonstration, as fast as the machine can."""
    data = tmp_path_factory.mktemp("demo")
    figures = run_demo(demo_clips(CLIPS), BoxSettings(data=data), speed=100.0)
    return data, figures


@pytest.mark.timeout(900)
def test_every_scripted_act_is_found_and_nothing_else(demo):
    """One episode of each of the four violations, among their false-alarm twins."""
    _, figures = demo
    assert figures["ok"], figures
    assert set(figures["found"]) == set(Violation)


def test_every_bundle_verifies_and_the_chain_has_no_gap(demo):
    """Signed by this box, in order, without a missing number."""
    data, _ = demo
    key_id = key_id_of_file(data / "signing-key.pub.pem")
    bundles = sorted((data / "evidence").iterdir())
    assert bundles
    for bundle in bundles:
        report = verify_bundle(bundle, trusted_key_ids=(key_id,))
        assert report.ok, report.first_failure
    assert verify_chain(data / "evidence", trusted_key_ids=(key_id,)).ok


def test_candidates_lie_on_disk_as_the_wire_contract_says(demo):
    """Each candidate names its manifest, and its act began before the rule fired."""
    data, _ = demo
    candidates = [
        Candidate.model_validate_json(path.read_text(encoding="utf-8"))
        for path in (data / "candidates").glob("*.json")
    ]
    assert {c.violation for c in candidates} == set(Violation)
    assert all(c.manifest_sha256 and c.started_at <= c.fired_at for c in candidates)


def test_first_picture_shows_the_act_at_its_beginning(demo):
    """The vending episode's first still was taken within seconds of its start, minutes earlier."""
    data, _ = demo
    for path in (data / "candidates").glob("*.json"):
        candidate = Candidate.model_validate_json(path.read_text(encoding="utf-8"))
        if candidate.violation is Violation.STREET_VENDING:
            first = next(item for item in candidate.evidence if item.role == "first")
            assert abs((first.captured_at - candidate.started_at).total_seconds()) <= 5
            assert (candidate.fired_at - first.captured_at).total_seconds() >= 175
            assert candidate.template is not None
            assert candidate.template.complete, candidate.template


def test_report_page_is_written(demo):
    """The page shows each finding."""
    _, figures = demo
    page = Path(figures["report"]).read_text(encoding="utf-8")
    assert page.count("<article") == sum(figures["found"].values())
    assert json.dumps(figures)
