"""The open and recent episodes of one camera: opens, grows, ends and links them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from pipeline.episodes.entry import Entry
from pipeline.episodes.events import Episode, EpisodeEvent
from pipeline.episodes.presence import Sight
from pipeline.episodes.settings import EpisodeSettings, ViolationEpisodeSettings
from pipeline.episodes.snapshots import parse_snapshot
from pipeline.episodes.spots import act_of, is_part_of, same_spot, stand_together
from pipeline.errors import SnapshotError
from pipeline.rules.judgement import Judgement
from pipeline.rules.observation import Observation
from pipeline.violations import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    camera_id: str
    captured_at: datetime | None
    entries: list[Entry]


_SAVED = TypeAdapter(_Saved)


class EpisodeBook:
    """Turns the judgements of all rules of one camera into episodes: one act, one episode.

    At most `settings.max_episodes` are remembered, open and ended together.
    """

    def __init__(self, camera_id: str, settings: EpisodeSettings | None = None) -> None:
        self.camera_id = camera_id
        self.settings = settings or EpisodeSettings()
        self._open: list[Entry] = []  # in order of opening
        self._ended: list[Entry] = []  # in order of ending
        self._seconds: float | None = None  # of the newest frame; none after a restart
        self._captured_at: datetime | None = None

    def __len__(self) -> int:
        """Count the episodes remembered, open and ended."""
        return len(self._open) + len(self._ended)

    @property
    def open_episodes(self) -> tuple[Episode, ...]:
        """The open episodes, oldest first."""
        return tuple(entry.episode for entry in self._open)

    def update(
        self, observation: Observation, judgements: Iterable[Judgement]
    ) -> tuple[EpisodeEvent, ...]:
        """Take in what the rules said about one frame, all rules together.

        Calling again with the same observation (for the judgements of a passage) is right: no
        time passes between the two.
        """
        now = observation.captured_at
        step, outage = self._time_step(observation.seconds, now)
        events = self._end_after_outage(outage)
        said: dict[int, list[Judgement]] = {}  # by the identity of the entry
        for judgement in sorted(judgements, key=_order):
            entry = self._entry_for(judgement)
            if entry is None and judgement.fired and judgement.sight is Sight.SEEN:
                entry, opened = self._begin(judgement, now)
                events += opened
            if entry is not None:
                said.setdefault(id(entry), []).append(judgement)
        for entry in self._open:
            event = entry.hear(
                said.get(id(entry), []),
                step_seconds=step,
                view_is_reliable=observation.view_is_reliable,
                settings=self._settings_of(entry),
            )
            events += [event] if event else []
        events += self._absorb_parts()
        events += self._end_beyond_the_bound()
        self._sort_out()
        return tuple(events)

    def finish(self) -> tuple[EpisodeEvent, ...]:
        """End every open episode at its last sight: the footage is over."""
        events = tuple(entry.end() for entry in self._open)
        self._sort_out()
        return events

    def snapshot(self) -> dict[str, Any]:
        """The state as JSON values, for a restart."""
        saved = _Saved(
            camera_id=self.camera_id,
            captured_at=self._captured_at,
            entries=[*self._ended, *self._open],
        )
        return dict(_SAVED.dump_python(saved, mode="json"))

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take up the state of a `snapshot`, dropping the current one.

        Raises:
            SnapshotError: The snapshot is not one of a book of this camera.
        """
        saved = parse_snapshot(_SAVED, snapshot, "episodes")
        if saved.camera_id != self.camera_id:
            raise SnapshotError(
                f"saved episodes belong to camera {saved.camera_id}, not {self.camera_id};"
                " check which file is given to which camera"
            )
        self._open = [entry for entry in saved.entries if entry.is_open]
        self._ended = [entry for entry in saved.entries if not entry.is_open]
        self._captured_at = saved.captured_at
        self._seconds = None

    def _time_step(self, seconds: float, now: datetime) -> tuple[float, float]:
        """Seconds since the frame before: as they count, and as nobody watched."""
        step = 0.0 if self._seconds is None else max(seconds - self._seconds, 0.0)
        outage = step
        if self._seconds is None and self._captured_at is not None:
            outage = (now - self._captured_at).total_seconds()
        self._seconds, self._captured_at = seconds, now
        return min(step, self.settings.max_step_seconds), outage

    def _end_after_outage(self, outage_seconds: float) -> list[EpisodeEvent]:
        """After a gap in which nobody watched, what stands there now is another act."""
        events = [
            entry.end()
            for entry in self._open
            if outage_seconds > self._settings_of(entry).gap_seconds
        ]
        self._sort_out()
        return events

    def _settings_of(self, entry: Entry) -> ViolationEpisodeSettings:
        return self.settings.of(entry.episode.violation)

    def _entry_for(self, judgement: Judgement) -> Entry | None:
        """The open episode that a judgement speaks about: its own, or at the same spot."""
        act, box = act_of(judgement.subtype), judgement.fraction_box
        candidates = [entry for entry in self._open if entry.act == act]
        for entry in candidates:
            touches = entry.episode.fraction_box.intersection_area(box) > 0
            if entry.presence_id == judgement.presence_id and touches:
                return entry
        if not judgement.fired:
            return None  # something else at the same spot does not keep an episode alive
        near = [
            e
            for e in candidates
            if same_spot(e.episode.fraction_box, box, self._settings_of(e))
            or stand_together(
                box, judgement.started_at, episode=e.episode, settings=self._settings_of(e)
            )
        ]
        return max(near, key=lambda e: e.episode.fraction_box.iou(box), default=None)

    def _begin(
        self, judgement: Judgement, now: datetime
    ) -> tuple[Entry | None, list[EpisodeEvent]]:
        """Open an episode, take up the one that ended here a moment ago, or see a part of one."""
        if any(self._holds(entry, judgement) for entry in self._open):
            return None, []
        earlier = self._ended_here(judgement, now)
        if (
            earlier is not None
            and self._age(earlier, now) <= self._settings_of(earlier).gap_seconds
        ):
            self._ended.remove(earlier)
            self._open.append(earlier)
            return earlier, [earlier.reopen(judgement)]
        recurrence_of = earlier.episode.episode_id if earlier else None
        entry = Entry.begin(self.camera_id, judgement, now, recurrence_of)
        self._open.append(entry)
        return entry, [entry.opened()]

    def _holds(self, entry: Entry, judgement: Judgement) -> bool:
        return is_part_of(
            judgement.violation,
            judgement.fraction_box,
            judgement.started_at,
            whole=entry.episode,
            settings=self.settings,
        )

    def _ended_here(self, judgement: Judgement, now: datetime) -> Entry | None:
        """The newest episode that ended at this spot and is recent enough to be linked."""
        found = [
            entry
            for entry in self._ended
            if entry.episode.absorbed_by is None
            and entry.act == act_of(judgement.subtype)
            and self._age(entry, now) <= self._memory_seconds(entry)
            and same_spot(
                entry.episode.fraction_box, judgement.fraction_box, self._settings_of(entry)
            )
        ]
        return min(found, key=lambda entry: self._age(entry, now), default=None)

    @staticmethod
    def _age(entry: Entry, now: datetime) -> float:
        """Seconds since an ended episode was last seen."""
        return (now - entry.episode.last_seen_at).total_seconds()

    def _memory_seconds(self, entry: Entry) -> float:
        """How long an ended episode is remembered."""
        rules = self._settings_of(entry)
        return max(rules.gap_seconds, rules.recurrence_seconds)

    def _absorb_parts(self) -> list[EpisodeEvent]:
        """End episodes that turned out to be parts of another (a banner on a stall)."""
        events: list[EpisodeEvent] = []
        for part in self._open:
            episode = part.episode
            wholes = [
                whole.episode.episode_id
                for whole in self._open
                if is_part_of(
                    episode.violation,
                    episode.fraction_box,
                    episode.started_at,
                    whole=whole.episode,
                    settings=self.settings,
                )
            ]
            if wholes and part.is_open:
                events.append(part.end(absorbed_by=wholes[0]))
        return events

    def _end_beyond_the_bound(self) -> list[EpisodeEvent]:
        """End the open episodes that were unseen for longest, where there are too many."""
        running = [entry for entry in self._open if entry.is_open]
        running.sort(key=lambda entry: entry.episode.last_seen_at)
        return [entry.end() for entry in running[: -self.settings.max_episodes]]

    def _sort_out(self) -> None:
        """Move what ended to the history, and drop the longest ended beyond the bound."""
        if any(not entry.is_open for entry in self._open):
            self._ended += [entry for entry in self._open if not entry.is_open]
            self._open = [entry for entry in self._open if entry.is_open]
        excess = len(self) - self.settings.max_episodes
        if excess > 0:
            del self._ended[:excess]


def _order(judgement: Judgement) -> tuple[bool, str, int]:
    """Vending first, so that its parts find it open."""
    is_part = judgement.violation is not Violation.STREET_VENDING
    return is_part, judgement.subtype.value, judgement.presence_id
