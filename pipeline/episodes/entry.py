"""One episode in its book: how it hears judgements, grows, ends and is taken up again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid5

from pipeline.candidate import EpisodeState
from pipeline.episodes.events import (
    Episode,
    EpisodeEnded,
    EpisodeEvent,
    EpisodeGrew,
    EpisodeOpened,
    Growth,
)
from pipeline.episodes.presence import Sight
from pipeline.episodes.settings import ViolationEpisodeSettings
from pipeline.episodes.spots import act_of
from pipeline.rules.judgement import Judgement
from pipeline.violations import Subtype

# Drawn once at random; the ids of all episodes derive from it, so it never changes.
EPISODE_NAMESPACE = UUID("459463a2-2303-4619-8d5a-a7fef8b66a13")
SPOT_DECIMALS = 3  # a thousandth of the frame: two acts that begin at one instant differ by more


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """An episode with what its book has to remember about it."""

    episode: Episode
    presence_id: int  # of the rule that judges it, at the newest judgement
    absent_seconds: float = 0.0  # in plain view, since the last sight
    quiet_seconds: float = 0.0  # since the newest event
    present_before_seconds: float = 0.0  # from before it was taken up again
    subtype_seconds: dict[Subtype, float] = field(default_factory=dict)  # at most every subtype

    @property
    def is_open(self) -> bool:
        """Whether the episode runs."""
        return self.episode.state is EpisodeState.OPEN

    @property
    def act(self) -> str:
        """The kind of act; subtypes of one kind may wobble within an episode."""
        return act_of(self.episode.subtype)

    @classmethod
    def begin(
        cls, camera_id: str, judgement: Judgement, now: datetime, recurrence_of: UUID | None
    ) -> Entry:
        """A new episode from the judgement that fired."""
        episode = Episode(
            episode_id=_episode_id(camera_id, judgement),
            camera_id=camera_id,
            subtype=judgement.subtype,
            state=EpisodeState.OPEN,
            started_at=judgement.started_at,
            fired_at=now,
            last_seen_at=judgement.last_seen_at,
            ended_at=None,
            present_seconds=judgement.present_seconds,
            fraction_box=judgement.fraction_box,
            zone_id=judgement.zone_id,
            explanation=judgement.explanation,
            recurrence_of=recurrence_of,
        )
        return cls(episode=episode, presence_id=judgement.presence_id)

    def opened(self) -> EpisodeEvent:
        """The event that tells of a new episode."""
        return EpisodeOpened(episode=self.episode)

    def reopen(self, judgement: Judgement) -> EpisodeEvent:
        """The act goes on after a pause."""
        self.absent_seconds = 0.0
        self.present_before_seconds = self.episode.present_seconds
        self.episode = replace(self.episode, state=EpisodeState.OPEN, ended_at=None)
        self._take(judgement)
        return self._grew(Growth.REOPENED)

    def hear(
        self,
        said: list[Judgement],
        *,
        step_seconds: float,
        view_is_reliable: bool,
        settings: ViolationEpisodeSettings,
    ) -> EpisodeEvent | None:
        """Take in what one frame said about an open episode, which may be nothing."""
        self.quiet_seconds += step_seconds
        seen = [j for j in said if j.sight is Sight.SEEN]
        if not seen:
            hidden = not view_is_reliable or any(j.sight is Sight.HIDDEN for j in said)
            self.absent_seconds += 0.0 if hidden else step_seconds
            return self.end() if self.absent_seconds >= settings.end_after_absent_seconds else None
        self.absent_seconds = 0.0
        best = max(seen, key=lambda j: (j.fired, j.explanation.score, -j.presence_id))
        self._take(best)
        for other in seen:  # companions: a cart and the tricycle that brought it
            if other.fired and other is not best:
                box = self.episode.fraction_box.union(other.fraction_box)
                self.episode = replace(self.episode, fraction_box=box)
        if best.fired:
            heard = self.subtype_seconds.get(best.subtype, 0.0)
            self.subtype_seconds[best.subtype] = heard + step_seconds
        leading = self._leading_subtype()
        if leading is not self.episode.subtype:
            self.episode = replace(self.episode, subtype=leading)
            return self._grew(Growth.SUBTYPE)
        if self.quiet_seconds >= settings.grow_interval_seconds:
            return self._grew(Growth.LONGER)
        return None

    def end(self, absorbed_by: UUID | None = None) -> EpisodeEvent:
        """The act is over since its last sight, or belongs to another episode."""
        self.episode = replace(
            self.episode,
            state=EpisodeState.ENDED,
            ended_at=self.episode.last_seen_at,
            update=self.episode.update + 1,
            absorbed_by=absorbed_by,
        )
        return EpisodeEnded(episode=self.episode)

    def _leading_subtype(self) -> Subtype:
        """What it was for most of the time, so that one frame's wobble changes nothing."""
        current = self.episode.subtype
        return max(
            self.subtype_seconds,
            key=lambda s: (self.subtype_seconds[s], s is current),
            default=current,
        )

    def _take(self, judgement: Judgement) -> None:
        """Take the newest facts over; a reason why it does not fire now is no news."""
        self.presence_id = judgement.presence_id
        self.episode = replace(
            self.episode,
            last_seen_at=max(self.episode.last_seen_at, judgement.last_seen_at),
            present_seconds=max(
                self.episode.present_seconds,
                self.present_before_seconds + judgement.present_seconds,
            ),
            fraction_box=judgement.fraction_box,
            zone_id=judgement.zone_id if judgement.fired else self.episode.zone_id,
            explanation=judgement.explanation if judgement.fired else self.episode.explanation,
        )

    def _grew(self, growth: Growth) -> EpisodeEvent:
        self.quiet_seconds = 0.0
        self.episode = replace(self.episode, update=self.episode.update + 1)
        return EpisodeGrew(episode=self.episode, growth=growth)


def _episode_id(camera_id: str, judgement: Judgement) -> UUID:
    """The same footage gives the same id."""
    x, y = (round(value, SPOT_DECIMALS) for value in judgement.fraction_box.foot)
    instant = judgement.started_at.isoformat()
    return uuid5(EPISODE_NAMESPACE, f"{camera_id}|{act_of(judgement.subtype)}|{x},{y}|{instant}")
