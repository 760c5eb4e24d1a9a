"""What a rule says about one spot in one frame: fired or not, why, and what it asks for next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pipeline.candidate import Explanation
from pipeline.episodes.presence import Sight
from pipeline.geometry import Box
from pipeline.rules.close_look import CloseLookRequest
from pipeline.rules.observation import Observation
from pipeline.rules.passage import BurstRequest
from pipeline.rules.patch_look import PatchLookRequest
from pipeline.violations import Subtype, Violation, violation_of

JsonObject = dict[str, Any]  # what json.dumps takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One spot as one rule sees it after one frame, whether it fired or not."""

    subtype: Subtype
    zone_id: str
    presence_id: int  # unique within its rule, for as long as what stands there stays
    fraction_box: Box  # slowly updated, in fractions of the frame
    sight: Sight
    started_at: datetime  # UTC; when the act was first seen, not when the rule fired
    last_seen_at: datetime  # UTC
    present_seconds: float  # observed time between the two
    explanation: Explanation

    @property
    def violation(self) -> Violation:
        """The violation that the subtype belongs to."""
        return violation_of(self.subtype)

    @property
    def fired(self) -> bool:
        """Whether the rule calls this a violation."""
        return self.explanation.fired


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """Everything a rule made of one frame."""

    judgements: tuple[Judgement, ...] = ()  # of every spot worth a word, the not-fired ones too
    burst_requests: tuple[BurstRequest, ...] = ()
    look_requests: tuple[CloseLookRequest | PatchLookRequest, ...] = ()
    watched: tuple[Box, ...] = ()  # in fractions: the reference view must not learn these


class Rule(Protocol):
    """One violation's rule for one camera; it keeps state from frame to frame.

    The same observations in the same order give the same outcomes.
    """

    @property
    def name(self) -> str:
        """The name in explanations and manifests."""

    @property
    def violation(self) -> Violation:
        """What the rule looks for."""

    def observe(self, observation: Observation) -> RuleOutcome:
        """Take in one triage frame; frames come in the order of their `seconds`."""

    def snapshot(self) -> JsonObject:
        """The state as JSON values, for a restart."""

    def restore(self, snapshot: JsonObject) -> None:
        """Take up the state of a `snapshot`, dropping the current one.

        Raises:
            SnapshotError: The snapshot is not one of this rule's.
        """
