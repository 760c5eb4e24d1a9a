"""Which faults, in which order, for how long: all of it follows from a seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class FaultKind(StrEnum):
    """What goes wrong."""

    # Between box and centre.
    UPLINK_CUT = "uplink_cut"
    UPLINK_SILENT = "uplink_silent"
    UPLINK_SLOW = "uplink_slow"
    BODY_CUT = "body_cut"
    ANSWER_LOST = "answer_lost"
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    # At either end.
    BOX_KILLED = "box_killed"
    CENTRE_KILLED = "centre_killed"
    CENTRE_RESTARTED_IN_UPLOAD = "centre_restarted_in_upload"
    STORE_DOWN = "store_down"
    QUOTA_REACHED = "quota_reached"
    DATABASE_LOCKED = "database_locked"
    OUTBOX_LOCKED = "outbox_locked"


class Lane(StrEnum):
    """Faults of one lane come one after the other; the lanes run side by side."""

    NETWORK = "network"
    MACHINES = "machines"


NETWORK = frozenset(
    {
        FaultKind.UPLINK_CUT,
        FaultKind.UPLINK_SILENT,
        FaultKind.UPLINK_SLOW,
        FaultKind.BODY_CUT,
        FaultKind.ANSWER_LOST,
        FaultKind.DUPLICATED,
        FaultKind.REORDERED,
    }
)
# Seconds that a fault lasts, from and to; kinds that are not here end when they have had their
# effect. A kill is followed by so long a darkness.
SECONDS = {
    FaultKind.UPLINK_CUT: (1.0, 6.0),
    FaultKind.UPLINK_SILENT: (2.0, 6.0),
    FaultKind.UPLINK_SLOW: (3.0, 8.0),
    FaultKind.BOX_KILLED: (0.0, 2.0),
    FaultKind.CENTRE_KILLED: (0.0, 3.0),
    FaultKind.STORE_DOWN: (1.0, 5.0),
    FaultKind.DATABASE_LOCKED: (2.0, 4.0),
}
PAUSE_SECONDS = {Lane.NETWORK: (1.0, 6.0), Lane.MACHINES: (0.5, 4.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One planned fault."""

    number: int  # from 1, in the order of its lane
    kind: FaultKind
    variant: int  # how many of its kind come before it: kinds with several forms take turns
    pause_seconds: float  # before it
    seconds: float
    times: int  # for kinds that count requests

    @property
    def lane(self) -> Lane:
        """Where it runs."""
        return Lane.NETWORK if self.kind in NETWORK else Lane.MACHINES


def make_plan(seed: int, count: int) -> tuple[Fault, ...]:
    """The faults of a run; the same seed gives the same.

    Every kind comes as often as every other, as far as the count goes.

    >>> len({fault.kind for fault in make_plan(1, 30)}) == len(FaultKind)
    True
    """
    random = Random(seed)  # noqa: S311 - a test's choice
    rounds, rest = divmod(count, len(FaultKind))
    kinds = [*FaultKind] * rounds + random.sample([*FaultKind], rest)
    random.shuffle(kinds)
    before: Counter[FaultKind] = Counter()
    plan = []
    for number, kind in enumerate(kinds, 1):
        lane = Lane.NETWORK if kind in NETWORK else Lane.MACHINES
        plan.append(
            Fault(
                number=number,
                kind=kind,
                variant=before[kind],
                pause_seconds=round(random.uniform(*PAUSE_SECONDS[lane]), 2),
                seconds=round(random.uniform(*SECONDS.get(kind, (0.0, 0.0))), 2),
                times=random.randint(2, 5),
            )
        )
        before[kind] += 1
    return tuple(plan)
