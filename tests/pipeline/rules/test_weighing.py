"""Weights, scores and phrases: what an explanation says is what it adds up to."""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.patch_look import PATCH_KINDS
from pipeline.rules.phrases import PHRASES
from pipeline.rules.place import PlaceStatus
from pipeline.rules.settings import (
    AdvertisingWeights,
    DustWeights,
    RuleSettings,
    SpillWeights,
    VendingWeights,
)
from pipeline.rules.weighing import DECISIVE, log_odds, logistic, reason, weigh
from pipeline.rules.wording import fields_of, fill
from pipeline.settings import parse_settings

DOCUMENT = Path(__file__).parents[3] / "docs" / "rules.md"
RULES = Path(__file__).parents[3] / "pipeline" / "rules"
# Codes that are put together from a class, a status or a load.
BUILT = ("sees_", "place_", "dwell_", "load_", "patch_")


@given(st.lists(st.floats(-9, 9), max_size=12), st.floats(0.05, 0.95))
def test_the_score_is_the_logistic_of_the_summed_weights(weights, threshold):
    """Nothing is hidden: the reasons add up to the score, and the score decides."""
    explanation = weigh("demo", [reason("prior", w) for w in weights], threshold)
    total = sum(r.weight for r in explanation.reasons)
    assert explanation.score == pytest.approx(logistic(total))
    assert explanation.fired == (explanation.score >= threshold)


@given(st.floats(-20, 20))
def test_log_odds_undo_the_logistic(value):
    """Within what a float near one can hold."""
    assert log_odds(logistic(value)) == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("kind", [VendingWeights, AdvertisingWeights, DustWeights, SpillWeights])
def test_nothing_makes_up_for_a_decisive_reason(kind):
    """All that can speak for a violation together stays below one permit or a dwell not reached."""
    weights = kind()
    most = sum(value for value in weights.model_dump().values() if value > 0)
    if kind is VendingWeights:  # the parts count together as `network_most`
        most -= weights.stall + weights.goods + weights.parasol + weights.tricycle
    assert logistic(most + weights.prior + DECISIVE) < 0.05


@pytest.mark.parametrize("code", sorted(PHRASES))
def test_both_languages_say_the_same_figures(code):
    """Every field of the English text is in the Chinese one and the other way round."""
    phrase = PHRASES[code]
    assert fields_of(phrase.en) == fields_of(phrase.zh)
    assert phrase.en
    assert phrase.zh


def test_every_code_that_the_rules_give_has_a_phrase_and_every_phrase_a_rule():
    """Read from the source: a typing mistake in a code would only show in the field."""
    said = set()
    for path in RULES.glob("*.py"):
        if path.name != "phrases.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            said |= {
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
    assert {code for code in PHRASES if code.startswith("patch_")} == {
        f"patch_{kind}" for kind in PATCH_KINDS
    }
    built = {code for code in PHRASES if code.startswith(BUILT)}
    assert set(PHRASES) - built <= said
    for status in PlaceStatus:
        assert f"place_{status}" in PHRASES
        assert not status.violates or f"dwell_{status}" in PHRASES


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("## Street vending", VendingWeights),
        ("## Illegal advertising", AdvertisingWeights),
        ("## Construction dust", DustWeights),
        ("## Muck-truck spills", SpillWeights),
    ],
)
def test_the_documented_weights_are_the_defaults(heading, kind):
    """docs/rules.md names every weight of a rule in its table, and none that is not there."""
    section = DOCUMENT.read_text(encoding="utf-8").split(heading)[1].split("\n## ")[0]
    cells = [row.split("|")[-2] for row in section.splitlines() if row.startswith("| ")]
    documented = {float(n) for cell in cells[1:] for n in re.findall(r"[0-9]+\.[0-9]+", cell)}
    assert documented == {abs(value) for value in kind().model_dump().values()}


def test_durations_are_said_as_people_say_them():
    """Seconds, minutes and hours, in both languages."""
    phrase = PHRASES["dwell_not_reached"]
    english, chinese = fill(phrase, {"present_seconds": 7260.0, "dwell_seconds": 180.0})
    assert "2 h 1 min" in english
    assert "2 小时 1 分" in chinese
    english, _ = fill(phrase, {"present_seconds": 0.2, "dwell_seconds": 180.0})
    assert "0 s" in english


def test_settings_are_read_from_toml():
    """A site sets its own dwell and weights by name."""
    text = "[vending]\ndwell_seconds = 90\n[vending.weights]\nstall = 3.5\n"
    settings = parse_settings(text, RuleSettings)
    assert settings.vending.dwell_seconds == 90
    assert settings.vending.weights.stall == 3.5
    assert settings.vending.weights.change == VendingWeights().change
