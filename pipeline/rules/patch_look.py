"""Looks at patches: what is new on an ad surface is cut out in full size and told apart.

The change witness says that something new hangs there, not what. To find a small poster in a whole
street is hard, to tell a poster from a window in a crop is much easier. The order of calls:

1. `rule.observe(observation)` returns a `PatchLookRequest` when new patches want to be looked at.
2. Decode the keyframe at or before its `seconds`, in full size; burn in the privacy masks; cut out
   each patch with `PATCH_MARGIN`; classify; make a `PatchLook` of the answers.
3. `rule.hear(look)`. A patch that is too small to tell, or that the classifier abstains from, is
   left out of the look.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.geometry import Box
from pipeline.rules.settings import PatchLookSettings

PATCH_KINDS = ("advertisement", "graffiti", "sign", "other")
# Of the patch's sides that a crop shows around it, as in training: paper has an edge.
PATCH_MARGIN = 0.2
LEAST_PATCH_PX = 12  # of the short side in the full-size picture: below it people cannot tell


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchLookRequest:
    """New patches that a rule wants to see in full size."""

    seconds: float  # of the stream's monotonic clock: the newest keyframe at or before it
    patches: Mapping[int, Box]  # presence -> where, in fractions of the frame


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchLook:
    """What the classifier said of each patch that it was sure of."""

    # Presence -> share of each of `PATCH_KINDS`, in [0, 1]; their sum is 1.
    shares: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


def ad_share(shares: Mapping[str, float], sign_share: float) -> float:
    """How surely a new patch is an ad or graffiti, in [0, 1].

    Args:
        shares: Of each of `PATCH_KINDS`, in [0, 1].
        sign_share: Part of the share for a sign that counts as well, in [0, 1]: what is new and
            looks like a sign may be one, or an ad that looks like one.

    >>> ad_share({"advertisement": 0.5, "graffiti": 0.1, "sign": 0.4, "other": 0.0}, 0.75)
    0.9
    """
    return shares["advertisement"] + shares["graffiti"] + sign_share * shares["sign"]


class PatchLooks:
    """Whose turn it is, and what the last look showed.

    Remembers no more than the presences that it is told of, and one look.
    """

    def __init__(self, settings: PatchLookSettings) -> None:
        self._settings = settings
        self._asked: dict[int, float] = {}  # seconds of each presence's last turn
        self._look = PatchLook()

    def due(self, seconds: float, patches: Mapping[int, Box]) -> PatchLookRequest | None:
        """The patches whose turn has come, those that waited longest first.

        Args:
            seconds: Of the frame.
            patches: All that may be looked at now, by presence.
        """
        settings = self._settings
        since_last = seconds - max(self._asked.values(), default=-math.inf)
        waits = {known: seconds - self._asked.get(known, -math.inf) for known in patches}
        due = [known for known in sorted(waits) if waits[known] >= settings.revisit_seconds]
        if not settings.enabled or not due or since_last < settings.interval_seconds:
            return None
        chosen = sorted(due, key=lambda known: -waits[known])[: settings.most_patches]
        self._asked |= dict.fromkeys(chosen, seconds)
        return PatchLookRequest(
            seconds=seconds, patches={known: patches[known] for known in chosen}
        )

    def hear(self, look: PatchLook) -> None:
        """Take in a look, for the next frame."""
        self._look = look

    def said(self, presence_id: int) -> Mapping[str, float]:
        """What the look since the last frame showed of a presence; empty: nothing."""
        return self._look.shares.get(presence_id, {})

    def end_frame(self, presence_ids: frozenset[int]) -> None:
        """The frame is over: the look is used up, and what has gone is forgotten."""
        self._look = PatchLook()
        self._asked = {p: at for p, at in self._asked.items() if p in presence_ids}
