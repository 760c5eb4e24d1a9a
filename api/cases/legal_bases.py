"""Legal bases by the time of the act: which norms a violation falls under (LAW-51, LAW-52)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from pipeline.errors import SettingsError
from pipeline.settings import Settings, load_settings
from pipeline.violations import Subtype, Violation, violation_of

SHIPPED = Path(__file__).with_name("legal_bases.toml")
NATION = "CN"  # jurisdiction of national norms
LAW_TIMEZONE = ZoneInfo("Asia/Shanghai")  # in which a law's days begin

BasisId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Z0-9-]+$")]
Act = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Z_]+$")]
Yuan = Annotated[int, Field(ge=0)]


class BasisKind(StrEnum):
    """Whether a norm forbids or exempts."""

    BASIS = "basis"
    EXEMPTION = "exemption"


class Verification(StrEnum):
    """How a row was checked; all but the first are shown as awaiting a legal check."""

    MIRROR = "mirror"
    TRANSCRIPTION = "transcription"
    WEB = "web"
    UNVERIFIED = "unverified"


class FineRange(Settings):
    """The range that a norm states, in CNY; shown, never used to compute anything."""

    minimum: Yuan | None = None
    maximum: Yuan
    per: str = "act"
    subject: str = "any"
    aggravated_minimum: Yuan | None = None
    aggravated_maximum: Yuan | None = None

    @property
    def highest(self) -> int:
        """The largest sum of the range, the aggravated one included."""
        return max(self.maximum, self.aggravated_maximum or 0)


class LegalBasis(Settings):
    """One norm for some acts, with the days on which it applies, both included."""

    id: BasisId
    kind: BasisKind = BasisKind.BASIS
    violation: Violation
    acts: Annotated[tuple[Act, ...], Field(min_length=1)]
    norm: str
    article: str | None = None
    jurisdiction: Annotated[str, Field(pattern=r"^(CN|\d{6,12})$")]
    effective_from: date | None = None
    effective_to: date | None = None
    supersedes: tuple[BasisId, ...] = ()
    authorities: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    fine: FineRange | None = None
    preconditions: tuple[str, ...] = ()
    exempt_if: tuple[str, ...] = ()
    minor_path: str | None = None  # APL 33; a recommendation, a person decides
    verification: Verification

    @property
    def awaits_legal_check(self) -> bool:
        """Whether it is shown with the badge 待法制核对."""
        return self.verification is not Verification.MIRROR

    def is_effective_on(self, day: date) -> bool:
        """Whether it applies to an act of that day."""
        return (self.effective_from is None or day >= self.effective_from) and (
            self.effective_to is None or day <= self.effective_to
        )


class LegalBases(Settings):
    """All rows of one or several files, checked against each other.

    Raises:
        ValueError: (inside pydantic's ValidationError) a row refers to one that is not there,
            or the rows of a chain of `supersedes` leave a gap or overlap.
    """

    version: str
    acts: Annotated[dict[Subtype, tuple[Act, ...]], Field(default_factory=dict)]
    bases: tuple[LegalBasis, ...] = ()

    @model_validator(mode="after")
    def _chains_are_whole(self) -> Self:
        by_id = {basis.id: basis for basis in self.bases}
        if len(by_id) < len(self.bases):
            ids = [basis.id for basis in self.bases]
            repeated = sorted({id_ for id_ in ids if ids.count(id_) > 1})
            raise ValueError(f"ids must differ, repeated: {', '.join(repeated)}")
        for basis in self.bases:
            if basis.effective_from and basis.effective_to:
                _check_order(basis)
            for older in basis.supersedes:
                _check_link(basis, by_id.get(older), older)
        return self

    def at(
        self,
        *,
        subtype: Subtype,
        jurisdictions: Iterable[str],
        day: date,
        kind: BasisKind = BasisKind.BASIS,
    ) -> tuple[LegalBasis, ...]:
        """Every row that applies to an act of a day, in the order of the file."""
        acts, places = set(self.acts.get(subtype, ())), set(jurisdictions)
        return tuple(
            basis
            for basis in self.bases
            if basis.kind is kind
            and basis.violation is violation_of(subtype)
            and not acts.isdisjoint(basis.acts)
            and basis.jurisdiction in places
            and basis.is_effective_on(day)
        )


def load_legal_bases(*additions: Path) -> LegalBases:
    """The shipped rows, with those of a city's own files added or put in their place by id.

    Raises:
        SettingsError: A file cannot be read, or the rows do not fit together.
    """
    shipped = load_settings(SHIPPED, LegalBases)
    acts = dict(shipped.acts)
    rows = {basis.id: basis for basis in shipped.bases}
    version = shipped.version
    for path in additions:
        own = load_settings(path, _Addition)
        acts |= own.acts
        rows |= {basis.id: basis for basis in own.bases}
        version = f"{version}+{own.version}"
    if not additions:
        return shipped
    try:
        return LegalBases(version=version, acts=acts, bases=tuple(rows.values()))
    except ValueError as error:
        names = ", ".join(str(path) for path in additions)
        raise SettingsError(f"{names}: {error}") from error


def legal_bases_at(
    violation: Violation,
    subtype: Subtype,
    jurisdictions: Sequence[str],
    act_time: datetime,
    *,
    decision_time: datetime | None = None,
    among: LegalBases | None = None,
) -> tuple[LegalBasis, ...]:
    """The rows for an act, by the law of its day (LAW-52); all that overlap (LAW-51).

    Args:
        violation: Which violation.
        subtype: Which subtype of it.
        jurisdictions: As `jurisdiction_chain` gives them.
        act_time: When it was done; of a continuing act the end decides.
        decision_time: When it is decided. Where the law has changed since the act, the rows of both
            days are given, as a lighter later law goes before (APL 37); a person chooses.
        among: The rows to choose from; none: those that are shipped.

    Raises:
        ValueError: The subtype is none of this violation.

    >>> from datetime import UTC
    >>> rows = legal_bases_at(
    ...     Violation.MUCK_TRUCK_SPILL,
    ...     Subtype.SPILL_UNCOVERED_LOAD,
    ...     jurisdiction_chain("110000/110105/"),
    ...     datetime(2026, 8, 15, 1, 0, tzinfo=UTC),
    ... )
    >>> [row.id for row in rows]
    ['NAT-ECO-1129']
    """
    if violation_of(subtype) is not violation:
        raise ValueError(f"subtype {subtype} does not belong to {violation}")
    bases = among or legal_bases_of(None)
    found: dict[str, LegalBasis] = {}
    for instant in (act_time, decision_time):
        if instant is not None:
            day = instant.astimezone(LAW_TIMEZONE).date()
            rows = bases.at(subtype=subtype, jurisdictions=jurisdictions, day=day)
            found |= {row.id: row for row in rows}
    return tuple(found.values())


def highest_fine(rows: Iterable[LegalBasis]) -> LegalBasis | None:
    """The row with the highest possible fine, which goes before the others (APL 29)."""
    fined = [row for row in rows if row.fine is not None]
    return max(fined, key=lambda row: row.fine.highest if row.fine else 0, default=None)


def jurisdiction_chain(organisation_path: str) -> tuple[str, ...]:
    """From the lowest node up: street, district, city, province, nation.

    Administrative codes carry those above them, whether or not the tree has a node for each.

    >>> jurisdiction_chain("320500/320505/320505003/")
    ('320505003', '320505', '320500', '320000', 'CN')
    """
    chain: dict[str, None] = {}
    for node in reversed([part for part in organisation_path.split("/") if part]):
        chain[node] = None
        if node.isdigit() and len(node) >= _ADCODE:
            for figures in (6, 4, 2):
                chain[node[:figures].ljust(_ADCODE, "0")] = None
    return (*chain, NATION)


_ADCODE = 6  # figures of an administrative code, GB/T 2260


class _Addition(Settings):
    """A city's own file; it may refer to shipped rows, so it is checked together with them."""

    version: str
    acts: Annotated[dict[Subtype, tuple[Act, ...]], Field(default_factory=dict)]
    bases: tuple[LegalBasis, ...] = ()


@cache
def legal_bases_of(path: Path | None) -> LegalBases:
    """The rows that are shipped, with those of a city's file; read once in a process.

    Raises:
        SettingsError: See `load_legal_bases`.
    """
    return load_legal_bases() if path is None else load_legal_bases(path)


def _check_order(basis: LegalBasis) -> None:
    if basis.effective_from and basis.effective_to and basis.effective_to < basis.effective_from:
        raise ValueError(f"{basis.id}: effective_to lies before effective_from")


def _check_link(newer: LegalBasis, older: LegalBasis | None, older_id: str) -> None:
    if older is None:
        raise ValueError(f"{newer.id} supersedes {older_id}, which is not there")
    if older.effective_to is None or newer.effective_from is None:
        raise ValueError(
            f"{newer.id} supersedes {older.id}: both need the day on which they change"
        )
    expected = older.effective_to + timedelta(days=1)
    if newer.effective_from != expected:
        what = "a gap" if newer.effective_from > expected else "an overlap"
        raise ValueError(
            f"{newer.id} supersedes {older.id} with {what}: it should begin on {expected}"
        )
    if newer.violation is not older.violation or newer.jurisdiction != older.jurisdiction:
        raise ValueError(
            f"{newer.id} supersedes {older.id}, which is of another violation or jurisdiction"
        )
