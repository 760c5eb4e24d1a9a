"""A street in numbers: observations built by hand, frame by frame, for the tests of the rules.

Boxes are fractions of the frame; the observation gets them in pixels, as the detector gives them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from models.classes import CLASSES
from pipeline.camera import Camera
from pipeline.change.results import ChangeProposal, ChangeResult, Haze, Light, ViewState
from pipeline.detections import Detections
from pipeline.episodes.book import EpisodeBook
from pipeline.episodes.events import EpisodeEnded, EpisodeEvent, EpisodeGrew, EpisodeOpened
from pipeline.geometry import Box
from pipeline.rules.judgement import Judgement, Rule
from pipeline.rules.observation import BusinessHint, Observation
from pipeline.tracking.tracks import Track
from pipeline.zones import Zone

WIDTH, HEIGHT = 1280, 720
ROWS, COLUMNS = 72, 128  # of the coarse change picture
NOON = datetime(2026, 5, 5, 4, 0, tzinfo=UTC)  # Tuesday 12:00 in Shanghai
THRESHOLD = 0.4  # of every class


def rectangle(x1, y1, x2, y2):
    """A zone's polygon."""
    return ((x1, y1), (x2, y1), (x2, y2), (x1, y2))


def camera(*zones):
    """A camera in Shanghai with these zones, each a dict."""
    return Camera(
        id="cam-1", timezone=ZoneInfo("Asia/Shanghai"), zones=tuple(Zone(**z) for z in zones)
    )


@dataclass(frozen=True)
class Thing:
    """One detection to be."""

    name: str
    box: Box
    score: float = 0.8


@dataclass(frozen=True)
class View:
    """What the change witness would say."""

    changed: tuple[Box, ...] = ()
    proposals: tuple[Box, ...] = ()
    hazes: tuple[Haze, ...] = ()
    state: ViewState = ViewState.OK
    light: Light = Light.DAY
    fill: float = 0.9


@dataclass(frozen=True)
class Moment:
    """One frame to be."""

    things: tuple[Thing, ...] = ()
    view: View | None = field(default_factory=View)
    tracks: tuple[tuple[int, str, Box], ...] = ()
    bare_soil: dict[str, float] = field(default_factory=dict)
    businesses: tuple[BusinessHint, ...] = ()


def pixels(box):
    """A box in fractions, in pixels."""
    return box.scaled(WIDTH, HEIGHT)


def observe(seen_by, seconds, moment, begins=NOON):
    """The observation of a moment, so many seconds after `begins`."""
    things = moment.things
    return Observation(
        camera=seen_by,
        seconds=1000.0 + seconds,
        captured_at=begins + timedelta(seconds=seconds),
        width=WIDTH,
        height=HEIGHT,
        detections=Detections(
            boxes=np.array([pixels(t.box).xyxy for t in things], np.float32).reshape(-1, 4),
            scores=np.array([t.score for t in things], np.float32),
            class_ids=np.array([CLASSES.index(t.name) for t in things], np.int64),
            class_names=CLASSES,
        ),
        tracks=tuple(
            Track(
                track_id=i,
                class_name=name,
                box=pixels(box),
                score=0.8,
                started_seconds=1000.0,
                seconds=1000.0 + seconds,
                hits=1,
            )
            for i, name, box in moment.tracks
        ),
        change=None if moment.view is None else change_result(moment.view, 1000.0 + seconds),
        thresholds=dict.fromkeys(CLASSES, THRESHOLD),
        bare_soil=moment.bare_soil,
        businesses=moment.businesses,
    )


def change_result(view, seconds):
    """The change witness's result of a view."""
    changed = np.zeros((ROWS, COLUMNS), np.bool_)
    for box in (*view.changed, *view.proposals):
        rows = slice(round(box.y1 * ROWS), round(box.y2 * ROWS))
        changed[rows, round(box.x1 * COLUMNS) : round(box.x2 * COLUMNS)] = True
    return ChangeResult(
        seconds=seconds,
        state=view.state,
        light=view.light,
        width=WIDTH,
        height=HEIGHT,
        changed=changed,
        moving=np.zeros_like(changed),
        proposals=tuple(
            ChangeProposal(box=pixels(box), age_seconds=20.0, strength=0.4, fill=view.fill)
            for box in view.proposals
        ),
        hazes=view.hazes,
    )


@dataclass
class Story:
    """A rule and a book that watch a street, and what they said."""

    rule: Rule
    seen_by: Camera
    begins: datetime = NOON
    book: EpisodeBook = field(default_factory=lambda: EpisodeBook("cam-1"))
    seconds: float = 0.0
    events: list[EpisodeEvent] = field(default_factory=list)
    judgements: tuple[Judgement, ...] = ()
    requests: list = field(default_factory=list)
    watched: tuple[Box, ...] = ()

    def play(self, moment, seconds, step=2.0):
        """Show one moment (or what a function of the second returns) for some seconds."""
        end = self.seconds + seconds
        while self.seconds < end:
            shown = moment(self.seconds) if callable(moment) else moment
            self.show(shown)
            self.seconds += step
        return self

    def show(self, moment):
        """Show one moment for one frame."""
        observation = observe(self.seen_by, self.seconds, moment, self.begins)
        outcome = self.rule.observe(observation)
        self.judgements = outcome.judgements
        self.watched = outcome.watched
        self.requests += outcome.burst_requests
        self.events += self.book.update(observation, outcome.judgements)
        self.last_observation = observation

    def restart(self, rule):
        """Save everything as JSON, as a box does, and go on with new objects."""
        saved = json.loads(json.dumps([self.rule.snapshot(), self.book.snapshot()]))
        self.rule = rule
        self.rule.restore(saved[0])
        self.book = EpisodeBook("cam-1")
        self.book.restore(saved[1])

    @property
    def opened(self):
        """The episodes that were opened, as they were then."""
        return [e.episode for e in self.events if isinstance(e, EpisodeOpened)]

    @property
    def ended(self):
        """The episodes that ended, as they were then."""
        return [e.episode for e in self.events if isinstance(e, EpisodeEnded)]

    @property
    def grown(self):
        """What was new in episodes that went on."""
        return [e.growth for e in self.events if isinstance(e, EpisodeGrew)]

    @property
    def codes(self):
        """The codes of all reasons given for the newest frame."""
        return {r.code for j in self.judgements for r in j.explanation.reasons}
