"""The operator's guide names exactly the keys that the console itself tells when asked with ?."""

from __future__ import annotations

import re

import pytest

from tests.browser.chromium import ROOT

GUIDES = {"zh-CN": "zh-CN.md", "en": "en.md"}
# Each group's heading with its keys and words, as the dialog shows them.
SHOWN = """(groups) => groups.map((group) => [
    group.querySelector('h3').innerText,
    [...group.querySelectorAll('dl > div')].map((one) => [
        [...one.querySelectorAll('kbd')].map((key) => key.innerText),
        one.querySelector('dd').innerText,
    ]),
])"""


def keys_of_guide(language):
    """What the guide's marked tables say: group to rows of keys and words."""
    text = (ROOT / "docs" / "operator-guide" / GUIDES[language]).read_text(encoding="utf-8")
    found = {}
    for group, table in re.findall(r"<!-- keys: (.+?) -->\n((?:\|.*\n)+)", text):
        rows = [row.strip("|\n ").split(" | ") for row in table.splitlines()[2:]]
        found[group] = [[re.findall(r"`(.+?)`", keys), words] for keys, words in rows]
    return found


@pytest.mark.parametrize("language", GUIDES)
def test_the_guide_has_the_consoles_keys(windows, shared_centre, language):
    """No key is missing in the guide, none is invented, and the words are those of the console."""
    told = {}
    for login, path, shown in (
        ("demo-operator", "/review", ".queue-row"),
        ("demo-admin", "/cameras/camera/market-01", ".zone-row"),
    ):
        desk = windows(shared_centre, language=language).log_in(login, path)
        desk.page.wait_for_selector(shown)
        desk.press("?").page.wait_for_selector(".keys-help section")
        told |= dict(desk.page.locator(".keys-help section").evaluate_all(SHOWN))
    assert keys_of_guide(language) == told
