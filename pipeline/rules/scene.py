"""Who and what covers which part of a frame, and what the change witness says about a spot."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.change.results import ChangeProposal
from pipeline.episodes.presence import affinity
from pipeline.geometry import Box
from pipeline.rules.observation import COVERING_VEHICLES, Observation

# A person or vehicle covers a spot from 0.7 of its class's threshold on (support one half).
MIN_COVER_SUPPORT = 0.5
# With less of a spot in view, change cannot tell and absence proves nothing.
MIN_VISIBLE_SHARE = 0.3
# A stall is no rectangle: where half of its box differs, all of it is new.
FULL_CHANGE_SHARE = 0.5
# How much a proposal and a spot must overlap to be about the same thing.
PROPOSAL_AFFINITY = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A static change in the rules' units."""

    fraction_box: Box
    age_seconds: float
    fill: float  # share of the box that differs, in [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """One frame's people, vehicles and static changes, in fractions of the frame."""

    observation: Observation
    people: tuple[Box, ...]
    vehicles: tuple[Box, ...]
    proposals: tuple[Proposal, ...]

    @classmethod
    def of(cls, observation: Observation) -> Scene:
        """Sort a frame's contents."""
        found: tuple[ChangeProposal, ...] = ()
        if observation.change is not None and observation.change_speaks:
            found = observation.change.proposals
        return cls(
            observation=observation,
            people=_covering(observation, frozenset({"person"})),
            vehicles=_covering(observation, COVERING_VEHICLES),
            proposals=tuple(
                Proposal(
                    fraction_box=observation.to_fractions(p.box),
                    age_seconds=p.age_seconds,
                    fill=p.fill,
                )
                for p in found
            ),
        )

    def covered_share(self, box: Box) -> float:
        """Share of a box that people and vehicles cover, in [0, 1]; overlaps count twice."""
        return min(sum(box.share_inside(cover) for cover in self.people + self.vehicles), 1.0)

    def change_support(self, box: Box) -> float | None:
        """How much a spot differs from the reference view, in [0, 1]; none: cannot tell.

        People and vehicles never count as change, so a spot behind them is judged by the rest of
        it, if enough of it is in view.
        """
        changed = self.observation.changed_share(box)
        visible = 1.0 - self.covered_share(box)
        if changed is None or visible < MIN_VISIBLE_SHARE:
            return None
        proposed = sum(box.share_inside(p.fraction_box) for p in self.proposals_at(box))
        return min(max(changed, min(proposed, 1.0)) / visible / FULL_CHANGE_SHARE, 1.0)

    def proposals_at(self, box: Box) -> tuple[Proposal, ...]:
        """The static changes that are about the same thing as a box."""
        return tuple(
            p for p in self.proposals if affinity(p.fraction_box, box) >= PROPOSAL_AFFINITY
        )


def _covering(observation: Observation, class_names: frozenset[str]) -> tuple[Box, ...]:
    return tuple(
        part.fraction_box
        for part in observation.parts(*class_names)
        if part.support >= MIN_COVER_SUPPORT
    )
