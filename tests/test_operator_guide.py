"""The operator's guide: both languages tell the same; every picture is there, used, small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "operator-guide"
LANGUAGES = ("zh-CN", "en")
MAX_BYTES = 3_000_000  # of all pictures together: they are cloned with the code


def text_of(language):
    """The guide in one language."""
    return (GUIDE / f"{language}.md").read_text(encoding="utf-8")


def pictures_in(language):
    """The pictures that a guide shows, in their order, without folder."""
    return re.findall(rf"!\[[^\]]+\]\(images/{language}/([^)]+)\)", text_of(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_is_there_and_used(language):
    """A guide shows what the command took, all of it, each once."""
    shown = pictures_in(language)
    assert sorted(shown) == sorted(path.name for path in (GUIDE / "images" / language).iterdir())


def test_both_languages_show_the_same():
    """The same sections in the same order, with the same pictures."""
    chinese, english = (pictures_in(language) for language in LANGUAGES)
    assert chinese == english
    headings = [re.findall(r"^(#+) ", text_of(language), re.MULTILINE) for language in LANGUAGES]
    assert headings[0] == headings[1]


def test_pictures_are_small():
    """All of them together weigh less than some minutes of patience."""
    assert sum(path.stat().st_size for path in GUIDE.glob("images/*/*")) <= MAX_BYTES
