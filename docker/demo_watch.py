"""What a demonstration tells while it runs: what is found, how the camera is, which zones hold."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from desk import Person
from topology import TopologyError

from edge.words import SUBTYPE_WORDS, VIOLATION_WORDS
from pipeline.violations import Subtype, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from topology import Topology

LIMIT_SECONDS = 120.0  # the promise: all four violations within so long
POLL_SECONDS = 2.0
CALM_POLL_SECONDS = 10.0  # once everything is found
BEAT_SECONDS = 15.0  # the longest silence while something is still awaited
MAX_TOLD = 10_000  # candidates of one run; then the oldest are forgotten and would be told again


@dataclass(slots=True)
class Story:
    """Lines with the seconds since the start."""

    began: float = field(default_factory=time.monotonic)
    told_at: float = 0.0  # seconds of the last line

    @property
    def seconds(self) -> float:
        """Since the start."""
        return round(time.monotonic() - self.began, 1)

    def tell(self, text: str) -> None:
        """Print one line."""
        self.told_at = self.seconds
        print(f"  {self.told_at:5.0f} s  {text}", flush=True)


class Watch:
    """Follows a run over HTTP as its operator would, until it is ended.

    Args:
        running: The processes, which have to live.
        url: Of the centre.
        logins: Login and password.
        story: Where it is told.
        source: The user's own camera; none: the simulated street.
    """

    def __init__(
        self,
        running: Topology,
        url: str,
        logins: Mapping[str, str],
        story: Story,
        *,
        source: str | None,
    ) -> None:
        self._running = running
        self._url = url
        self._password = logins["demo-operator"]
        self._story = story
        self._source = source
        self._told: dict[str, None] = {}  # candidates, oldest first
        self._camera_told = ""
        self._frames = 0
        self.found: dict[Violation, float] = {}  # seconds to the first candidate of each

    @property
    def has_all(self) -> bool:
        """Whether nothing more is awaited."""
        return self._source is None and len(self.found) == len(Violation)

    def run(self, *, seconds: float | None) -> None:
        """Tell what happens.

        Args:
            seconds: Since the start, until when; none: until it is interrupted.

        Raises:
            TopologyError: A process ended by itself.
        """
        while not self._is_over(seconds):
            self._check_processes()
            try:
                with Person(self._url, "demo-operator", self._password) as operator:
                    self._follow(operator, seconds)
            except httpx.HTTPError:  # a busy centre, or a login that has lasted its hours
                time.sleep(POLL_SECONDS)

    def figures(self) -> dict[str, object]:
        """What the last line says, with the seconds to the first candidate of each violation.

        `ok`: all four were found, or the run was ended before the time that is promised for them.
        """
        found = {one.value: round(seconds, 1) for one, seconds in self.found.items()}
        if self._source is not None:
            return {"ok": True, "console": self._url, "candidates": len(self._told)}
        is_late = self._story.seconds >= LIMIT_SECONDS and not self.has_all
        return {"ok": not is_late, "console": self._url, "found": found}

    def _is_over(self, seconds: float | None) -> bool:
        return seconds is not None and self._story.seconds >= seconds

    def _follow(self, operator: Person, seconds: float | None) -> None:
        """With one login, as long as it lasts; a call that fails is made again."""
        while not self._is_over(seconds):
            self._check_processes()
            try:
                self._tell_candidates(operator)
                if not self.has_all:
                    self._tell_cameras(operator)
            except httpx.TransportError:
                pass
            except httpx.HTTPStatusError as error:
                if error.response.status_code == httpx.codes.UNAUTHORIZED:
                    raise
            pause = CALM_POLL_SECONDS if self.has_all else POLL_SECONDS
            left = pause if seconds is None else seconds - self._story.seconds
            time.sleep(max(min(pause, left), 0.0))

    def _check_processes(self) -> None:
        for one in self._running.running:
            if not one.is_alive:
                raise TopologyError(f"{one.name} ended by itself; its log {one.log}:\n{one.tail()}")

    def _tell_candidates(self, operator: Person) -> None:
        for item in operator.queue():
            if item["id"] in self._told:
                continue
            self._told[item["id"]] = None
            if len(self._told) > MAX_TOLD:
                del self._told[next(iter(self._told))]
            self._tell_candidate(item)

    def _tell_candidate(self, item: dict[str, Any]) -> None:
        violation = Violation(item["violation"])
        had_all = self.has_all
        self.found.setdefault(violation, self._story.seconds)
        kind = VIOLATION_WORDS[violation][1]
        detail = SUBTYPE_WORDS[Subtype(item["subtype"])][1]
        camera = item["camera_name"] or item["camera_id"]
        self._story.tell(f"found  {kind}: {detail}  ({camera})")
        if self.has_all and not had_all:
            self._story.tell("all four violations are found and wait in the console's queue;")
            self._story.tell("the street goes on at the clock's pace")

    def _tell_cameras(self, operator: Person) -> None:
        """How the cameras are, when that has changed or nothing was told for a while."""
        said = list(_camera_statuses(operator))
        if self._source is not None and said:
            self._tell_own_camera(said[0])
        if self._story.seconds - self._story.told_at < BEAT_SECONDS or self._source is not None:
            return
        frames = sum(camera["frames"] for camera in said)
        live = sum(camera["state"] == "running" for camera in said)
        self._story.tell(
            f"{live} cameras, {frames} pictures judged, {len(self.found)} of {len(Violation)}"
            " violations found"
        )

    def _tell_own_camera(self, camera: dict[str, Any]) -> None:
        version = camera["settings_version"]
        zones = f"judged by the zones drawn here, version {version}" if version else "no zones yet"
        state = camera["state"].replace("_", " ")
        reason = f": {camera['reason']}" if camera["reason"] else ""
        text = f"your camera is {state}{reason}; {zones}"
        if text != self._camera_told:
            self._camera_told = text
            self._story.tell(text)


def _camera_statuses(operator: Person) -> Iterator[dict[str, Any]]:
    for box in operator.get("/boxes")["items"]:
        yield from (box["status"] or {}).get("cameras", ())
