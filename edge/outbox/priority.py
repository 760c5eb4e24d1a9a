"""What an outbox lets go of first when its quota is reached: the order, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from pipeline.violations import Violation

if TYPE_CHECKING:
    from collections.abc import Iterable


class EntryState(StrEnum):
    """Where an entry of the outbox stands."""

    WAITING = "waiting"
    UPLOADING = "uploading"  # one at a time; after a kill it waits again
    ACKNOWLEDGED = "acknowledged"  # the centre has it; kept for a while
    REFUSED = "refused"  # the centre refused it for good; kept for a person to look at


class Urgency(IntEnum):
    """Which candidates matter most, as operators triage them; the least is the most urgent.

    A spill is a danger to traffic. An advertisement stands for weeks and is found again.
    """

    SPILL = 0
    VENDING_KEY_AREA = 1  # a school or hospital near by
    VENDING = 2
    DUST = 3
    AD = 4


def urgency_of(violation: Violation, *, is_key_area: bool) -> Urgency:
    """How urgent a violation is."""
    match violation:
        case Violation.MUCK_TRUCK_SPILL:
            return Urgency.SPILL
        case Violation.STREET_VENDING:
            return Urgency.VENDING_KEY_AREA if is_key_area else Urgency.VENDING
        case Violation.CONSTRUCTION_DUST:
            return Urgency.DUST
        case Violation.ILLEGAL_AD:
            return Urgency.AD


class Worth(IntEnum):
    """What would be lost with an entry; the least goes first."""

    COPY = 0  # the centre has it
    SUPERSEDED = 1  # a newer update of the same candidate is here or at the centre
    REFUSED = 2  # the centre does not want it
    NEWS = 3  # the newest of a candidate that the centre has heard of
    VIOLATION = 4  # the newest of a candidate that the centre has never heard of


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One entry of the outbox, as far as its worth goes."""

    entry_id: int  # grows with time
    candidate_id: str
    update: int
    state: EntryState
    urgency: Urgency


def worth_of(holding: Holding, newest: int, *, is_known: bool) -> Worth:
    """What would be lost with one entry.

    Args:
        holding: The entry.
        newest: The highest update of its candidate that waits or is at the centre.
        is_known: Whether the centre has an update of its candidate.
    """
    if holding.state is EntryState.ACKNOWLEDGED:
        return Worth.COPY
    if holding.state is EntryState.REFUSED:
        return Worth.REFUSED
    if holding.update < newest:
        return Worth.SUPERSEDED
    return Worth.NEWS if is_known else Worth.VIOLATION


def drop_order(holdings: Iterable[Holding]) -> list[tuple[Worth, Holding]]:
    """The entries in the order in which they are let go of; what is being sent is not among them.

    By worth, then the less urgent first, then the oldest first: so never the newest evidence of a
    violation before data that is redundant, and never a spill before an advertisement.
    """
    holdings = list(holdings)
    newest: dict[str, int] = {}
    known: set[str] = set()
    for holding in holdings:
        if holding.state is EntryState.ACKNOWLEDGED:
            known.add(holding.candidate_id)
        if holding.state is not EntryState.REFUSED:
            highest = max(newest.get(holding.candidate_id, 0), holding.update)
            newest[holding.candidate_id] = highest

    ranked = [
        (
            worth_of(
                holding,
                newest.get(holding.candidate_id, 0),
                is_known=holding.candidate_id in known,
            ),
            holding,
        )
        for holding in holdings
        if holding.state is not EntryState.UPLOADING
    ]
    return sorted(ranked, key=lambda r: (r[0], -r[1].urgency, r[1].entry_id))
