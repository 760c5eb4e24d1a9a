"""Weights in log-odds, summed and turned into a score; what each one said is kept.

A rule begins with a prior far on the side of innocence. Each reason adds or takes its weight. What
decides alone (a permit, a dwell not reached) is a weight too, so large that no sum of the others
makes up for it: an explanation needs no hidden conditions, its reasons add up to its score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from pipeline.candidate import Explanation, Reason
from pipeline.rules.phrases import PHRASES
from pipeline.rules.wording import Value, fill

# More than all supporting weights of any rule together (a test adds them up).
DECISIVE = -9.0

# Less than a per cent of belief is not worth a word.
MIN_SAID_LEVEL = 0.01

VALUE_DECIMALS = 3  # of figures in reasons: more would pretend to a precision that is not there


def logistic(log_odds: float) -> float:
    """The probability of log-odds, in (0, 1).

    >>> logistic(0.0)
    0.5
    """
    return 1 / (1 + math.exp(-max(min(log_odds, 50.0), -50.0)))


def log_odds(probability: float) -> float:
    """The log-odds of a probability in (0, 1), the inverse of `logistic`.

    >>> log_odds(0.5)
    0.0
    """
    return math.log(probability / (1 - probability))


def part_of(value: float, begins: float, whole: float) -> float:
    """How far a value is on its way between two others, in [0, 1].

    >>> part_of(0.5, 0.0, 2.0), part_of(3.0, 0.0, 2.0), part_of(1.0, 1.0, 1.0)
    (0.25, 1.0, 1.0)
    """
    if whole <= begins:
        return float(value >= whole)
    return min(max((value - begins) / (whole - begins), 0.0), 1.0)


def reason(code: str, weight: float, **values: Value) -> Reason:
    """One reason in words; `code` names its phrase.

    Raises:
        KeyError: There is no such phrase, or a figure that it needs is missing.
    """
    phrase = PHRASES[code]
    text, text_zh = fill(phrase, values)
    return Reason(
        code=code,
        witness=phrase.witness,
        supports=weight > 0,
        weight=round(weight, VALUE_DECIMALS),
        values={
            name: round(value, VALUE_DECIMALS) if isinstance(value, float) else value
            for name, value in values.items()
        },
        text=text,
        text_zh=text_zh,
    )


def weigh(rule: str, reasons: Iterable[Reason], threshold: float) -> Explanation:
    """Add the weights up.

    >>> weigh("demo", [], 0.6).score
    0.5
    """
    kept = tuple(reasons)
    score = logistic(sum(r.weight for r in kept))
    return Explanation(
        rule=rule, fired=score >= threshold, score=score, threshold=threshold, reasons=kept
    )
