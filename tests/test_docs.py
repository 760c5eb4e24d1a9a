"""What the documents show is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.settings import BoxSettings
from pipeline.settings import parse_settings
from pipeline.zones import ZoneKind

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])


def test_settings_example_is_valid():
    """The example of docs/settings.md loads as it stands."""
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    box = parse_settings(example, BoxSettings, "docs/settings.md")
    assert len(box.cameras[0].zones) == 3


def test_settings_document_names_every_zone_kind():
    """A new kind of zone needs its line in the table."""
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert not [kind for kind in ZoneKind if f"| `{kind}` |" not in text]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    """Every relative link of a document names a file that exists."""
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_verbs_in_the_readme_exist():
    """Every `make verb` that a document names is a target."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for document in DOCUMENTS:
        verbs = re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8"))
        assert set(verbs) <= targets, document.name
