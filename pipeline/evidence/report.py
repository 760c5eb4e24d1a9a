"""What a verifier found, step by step, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from pipeline.evidence.sources import shown

MAX_LINE_CHARACTERS = 1000  # of one finding; longer only by a hostile bundle's doing


class Verdict(StrEnum):
    """How one step ended."""

    HOLDS = "holds"
    WARNING = "warning"  # nothing is wrong with the bundle, but something could not be shown
    FAILS = "fails"


_MARKS = {Verdict.HOLDS: "ok  ", Verdict.WARNING: "warn", Verdict.FAILS: "FAIL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One step of a verification."""

    code: str  # what was checked: contents, signature, key, form, item, times, chain ...
    verdict: Verdict
    text: str  # in English, for people
    file: str = ""  # path inside the bundle of the part at fault; empty: the bundle as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All steps of a verification, in the order in which they were taken."""

    checks: tuple[Check, ...]
    manifest_sha256: str = ""  # empty: no manifest could be read

    @property
    def ok(self) -> bool:
        """Whether nothing failed; warnings do not count."""
        return bool(self.checks) and self.first_failure is None

    @property
    def first_failure(self) -> Check | None:
        """The first step that does not hold."""
        return next((check for check in self.checks if check.verdict is Verdict.FAILS), None)

    def lines(self) -> list[str]:
        """The report for people; safe to print whatever the bundle holds.

        >>> print(*Report(checks=(Check(code="c", verdict=Verdict.FAILS, text="bad"),)).lines())
        [FAIL] bad RESULT: does not hold: bad
        """
        lines = [f"[{_MARKS[check.verdict]}] {_line(check)}" for check in self.checks]
        failure = self.first_failure
        if failure is not None:
            return [*lines, f"RESULT: does not hold: {_line(failure)}"]
        warnings = sum(check.verdict is Verdict.WARNING for check in self.checks)
        return [*lines, f"RESULT: everything holds, {warnings} warning(s)"]

    def as_json(self) -> dict[str, object]:
        """The report for programs."""
        failure = self.first_failure
        return {
            "ok": self.ok,
            "manifest_sha256": self.manifest_sha256,
            "first_failure": asdict(failure) if failure else None,
            "checks": [asdict(check) for check in self.checks],
        }


def _line(check: Check) -> str:
    prefix = f"{check.file}: " if check.file else ""
    return shown(prefix + check.text, MAX_LINE_CHARACTERS)
