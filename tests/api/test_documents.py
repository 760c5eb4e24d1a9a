"""What docs/api.md and docs/storage.md say is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.candidates.assessment import PriorityReason, QualityFlag
from api.evidence.store import Finding
from api.settings import ApiSettings
from pipeline.settings import parse_settings

ROOT = Path(__file__).resolve().parents[2]
API = (ROOT / "docs/api.md").read_text(encoding="utf-8")
STORAGE = (ROOT / "docs/storage.md").read_text(encoding="utf-8")
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("api/**/*.py")))


def test_settings_of_the_storage_guide_are_valid():
    """The examples load as they stand, together."""
    examples = re.findall(r"```toml\n(.*?)```", STORAGE, re.DOTALL)
    settings = parse_settings("\n".join(examples), ApiSettings, "docs/storage.md")
    assert settings.store.s3 is not None
    assert settings.database.pool_size == 10


@pytest.mark.parametrize("code", sorted(set(re.findall(r"`([a-z]+(?:_[a-z]+)+)` \(4", API))))
def test_codes_of_the_reference_exist(code):
    """Every code that the reference names with its status is one that the code raises."""
    assert f'"{code}"' in SOURCES


def test_marks_and_reasons_are_all_described():
    """A new mark or reason needs its words in the reference."""
    assert not [mark for mark in [*QualityFlag, *PriorityReason] if f"`{mark}`" not in API]


def test_the_check_is_shown_with_its_names(store):
    """The storage guide shows what the check of an S3 server prints."""
    shown = re.findall(r"^(?:ok|warning) +([a-z_]+) ", STORAGE, re.MULTILINE)
    source = (ROOT / "api/evidence/s3_checks.py").read_text(encoding="utf-8")
    assert shown == re.findall(r'\("([a-z_]+)", probe\.', source)
    assert {finding.value for finding in Finding} >= {"ok", "warning", "failure"}


def test_addresses_of_the_reference_exist(app):
    """Every address that the reference names is a route."""
    known = {*app.openapi()["paths"], "/api/v1/openapi.json"}
    named = set(re.findall(r"`(?:GET|POST|PUT) (/api/[^`?]+)`", API))
    assert len(named) > 8
    assert named <= known
