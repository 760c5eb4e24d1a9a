"""How reasons are said: one template per code and language, filled with the figures."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Any

from pipeline.candidate import Witness

Value = str | float | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One reason's text in both languages, and who says it.

    Fields are those of `str.format`, with two format specs of our own: `time` writes seconds as
    hours, minutes and seconds, `share` writes a fraction as a percentage.
    """

    witness: Witness
    en: str
    zh: str


class _Words(string.Formatter):
    """`str.format` that knows how a language writes durations."""

    def __init__(self, hours: str, minutes: str, seconds: str) -> None:
        self._units = (hours, minutes, seconds)

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 - as the base
        if format_spec == "time":
            return self._duration(float(value))
        if format_spec == "share":
            return f"{float(value):.0%}"
        return str(super().format_field(value, format_spec))

    def _duration(self, total: float) -> str:
        seconds = round(total)
        parts = (seconds // 3600, seconds // 60 % 60, seconds % 60)
        if parts[0] > 0:
            parts = (parts[0], parts[1], 0)  # nobody wants the seconds of an hour
        said = [f"{n} {unit}" for n, unit in zip(parts, self._units, strict=True) if n]
        return " ".join(said) or f"0 {self._units[2]}"


_ENGLISH = _Words("h", "min", "s")
_CHINESE = _Words("小时", "分", "秒")


def fill(wording: Wording, values: dict[str, Value]) -> tuple[str, str]:
    """The text in English and in Chinese.

    >>> fill(
    ...     Wording(witness=Witness.TIME, en="for {t:time}", zh="停留 {t:time}"), {"t": 372.0}
    ... )
    ('for 6 min 12 s', '停留 6 分 12 秒')
    """
    return _ENGLISH.vformat(wording.en, (), values), _CHINESE.vformat(wording.zh, (), values)


def fields_of(text: str) -> frozenset[str]:
    """The names of the figures that a template uses.

    >>> sorted(fields_of("{a:share} of {b}"))
    ['a', 'b']
    """
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)
