"""When evidence is due for deletion: pure rules, without database, store or clock.

    rejected     rejected_days after the last decision on it
    expired      expired_days after it expired unjudged
    merged       with the record that it became a part of
    case_ended   case_days after its case was closed or withdrawn

A hold, a case that has not ended, a decision that can still be undone: nothing is due.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from api.candidates.tables import CandidateState
from api.cases.tables import CaseState
from api.settings import RetentionSettings

# A case in one of these has come to its end; nothing follows.
ENDED_CASES = frozenset({CaseState.CLOSED, CaseState.WITHDRAWN})
# Candidates in one of these wait for nobody.
ENDED_CANDIDATES = frozenset(
    {CandidateState.REJECTED, CandidateState.EXPIRED, CandidateState.MERGED}
)


class Rule(StrEnum):
    """By which rule evidence is deleted."""

    REJECTED = "rejected"
    EXPIRED = "expired"
    MERGED = "merged"
    CASE_ENDED = "case_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What decides whether a candidate's evidence is due."""

    state: CandidateState
    hold: bool
    undo_until: datetime | None
    ended_at: datetime  # when the candidate came to its end, as far as it has
    case_state: CaseState | None = None  # none: there is no case
    case_ended_at: datetime | None = None  # when the case entered its state
    # Of the candidate that a merged one became a part of; none: that one still has its evidence.
    target_deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Why evidence may be deleted now."""

    rule: Rule
    period_days: int
    began_at: datetime  # of the period
    # Evidence that came after this instant is inside its own period still.
    received_until: datetime


def due(standing: Standing, settings: RetentionSettings, now: datetime) -> Due | None:
    """Why a candidate's evidence may be deleted at an instant; none: it may not.

    >>> from datetime import UTC
    >>> now = datetime(2026, 3, 1, tzinfo=UTC)
    >>> rejected = Standing(state=CandidateState.REJECTED, hold=False, undo_until=None,
    ...                     ended_at=now - timedelta(days=30))
    >>> due(rejected, RetentionSettings(), now).rule
    <Rule.REJECTED: 'rejected'>
    >>> due(rejected, RetentionSettings(), now - timedelta(seconds=1)) is None
    True
    """
    if standing.hold or (standing.undo_until is not None and standing.undo_until > now):
        return None
    found = _rule_of(standing, settings)
    if found is None:
        return None
    rule, days, began_at = found
    received_until = now - timedelta(days=days)
    if began_at > received_until:
        return None
    return Due(rule=rule, period_days=days, began_at=began_at, received_until=received_until)


def _rule_of(standing: Standing, settings: RetentionSettings) -> tuple[Rule, int, datetime] | None:
    """The rule, its days, and the beginning of its period."""
    if standing.case_state is not None:
        # Whatever became of the candidate: with a case, the case's end counts.
        if standing.case_state not in ENDED_CASES or standing.case_ended_at is None:
            return None
        return Rule.CASE_ENDED, settings.case_days, standing.case_ended_at
    match standing.state:
        case CandidateState.REJECTED:
            return Rule.REJECTED, settings.rejected_days, standing.ended_at
        case CandidateState.EXPIRED:
            return Rule.EXPIRED, settings.expired_days, standing.ended_at
        case CandidateState.MERGED if standing.target_deleted_at is not None:
            # The whole's period is over; the part's own words are as old, or they wait as well.
            return Rule.MERGED, settings.rejected_days, standing.ended_at
        case _:
            return None
