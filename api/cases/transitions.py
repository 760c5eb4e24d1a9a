"""Which state of a case may follow which, and what a case system must have done first."""

from __future__ import annotations

from collections.abc import Collection

from api.cases.codes import Reported
from api.cases.tables import CaseState

# Domain guide, section 9, from the hand-over on. A state may follow those in its set.
FROM: dict[CaseState, frozenset[CaseState]] = {
    CaseState.ACKNOWLEDGED: frozenset({CaseState.EXPORTED}),
    CaseState.RETURNED: frozenset({CaseState.EXPORTED, CaseState.ACKNOWLEDGED}),
    CaseState.CORRECTING: frozenset(
        {CaseState.EXPORTED, CaseState.ACKNOWLEDGED, CaseState.RECHECK}
    ),
    CaseState.RECHECK: frozenset({CaseState.CORRECTING}),
    CaseState.CLOSED: frozenset({CaseState.ACKNOWLEDGED, CaseState.RECHECK}),
    CaseState.WITHDRAWN: frozenset(
        {
            CaseState.EXPORTED,
            CaseState.ACKNOWLEDGED,
            CaseState.RETURNED,
            CaseState.CORRECTING,
            CaseState.RECHECK,
        }
    ),
}
FROM_AGAIN = frozenset({CaseState.RECHECK})  # "still there" makes it acknowledged again
STATE_OF_REPORT = {
    Reported.ACKNOWLEDGED: CaseState.ACKNOWLEDGED,
    Reported.RETURNED: CaseState.RETURNED,
    Reported.CORRECTING: CaseState.CORRECTING,
    Reported.RECHECK: CaseState.RECHECK,
    Reported.STILL_THERE: CaseState.ACKNOWLEDGED,
    Reported.CLOSED: CaseState.CLOSED,
}
# Steps of the penalty procedure that are a case system's own; they leave the state alone.
STEP_STATES = frozenset({CaseState.ACKNOWLEDGED, CaseState.CORRECTING, CaseState.RECHECK})
# LAW-43: each step needs one of each group before it.
NEEDS: dict[Reported, tuple[frozenset[Reported], ...]] = {
    Reported.NOTIFIED: (frozenset({Reported.FILED}),),
    Reported.HEARD: (frozenset({Reported.NOTIFIED}),),
    Reported.HEARING_WAIVED: (frozenset({Reported.NOTIFIED}),),
    Reported.PENALTY_RECORDED: (
        frozenset({Reported.NOTIFIED}),
        frozenset({Reported.HEARD, Reported.HEARING_WAIVED}),
    ),
}


def allowed_states(report: Reported) -> frozenset[CaseState]:
    """The states in which a case may be for this report.

    >>> sorted(allowed_states(Reported.CLOSED))
    [<CaseState.ACKNOWLEDGED: 'acknowledged'>, <CaseState.RECHECK: 'recheck'>]
    """
    if report is Reported.STILL_THERE:
        return FROM_AGAIN
    state = STATE_OF_REPORT.get(report)
    return STEP_STATES if state is None else FROM[state]


def lacking(report: Reported, done: Collection[str]) -> list[str]:
    """What must be reported before this step, of what has not been.

    >>> lacking(Reported.PENALTY_RECORDED, ["filed", "notified"])
    ['heard or hearing_waived']
    """
    return [
        " or ".join(sorted(group))
        for group in NEEDS.get(report, ())
        if not any(step in group for step in done)
    ]
