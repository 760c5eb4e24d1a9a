"""Playing the planned faults: what is done to box, centre and network, and what it broke."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from tests.chaos.plan import Fault, FaultKind, Lane
from tests.chaos.proxy import Breakage
from tests.chaos.site import PACE_SECONDS, Site, note, wait_until

# How long a fault may wait for something to break; the other lane may hold everything up for a
# while, the longest by starting a centre on a busy machine.
EFFECT_SECONDS = 60.0
SLOW_BYTES = (15_000.0, 60_000.0)  # a second: a bad uplink, and a worse one
# Holds some ten of the drawn bundles, beside half of what waits already.
LOW_QUOTA_BYTES = 700_000
HURRY_SECONDS = 0.02  # between two acts, to fill it
DROPS = 3  # that a reached quota must cost before the fault is over
# Which requests are broken one by one: files are many, so they have their own turn.
TARGETS = (frozenset({"candidates", "gaps"}), frozenset({"put", "candidates"}))
LATER_CANDIDATES = 2  # that must have passed before what was kept back comes
# Beyond what either end waits for its database (SQLITE_BUSY_SECONDS, BUSY_SECONDS).
CENTRE_LOCK_SECONDS, OUTBOX_LOCK_SECONDS = 17.0, 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What became of a fault."""

    fault: Fault
    effects: int  # what it broke, as far as can be counted; 0: nothing
    began_seconds: float
    seconds: float


class Storm:
    """Plays a plan in two lanes side by side.

    Args:
        site: What it is played on.
        plan: The faults.
        began: The run's first instant, by the monotonic clock.
        tell: Called with a line for people after each fault.
    """

    def __init__(
        self, site: Site, plan: Sequence[Fault], *, began: float, tell: Callable[[str], None]
    ) -> None:
        self.played: list[Played] = []
        self.problems: list[str] = []
        self._site = site
        self._plan = plan
        self._began = began
        self._tell = tell
        self._lock = threading.Lock()
        self._is_over = threading.Event()

    def run(self) -> None:
        """All of it; stops early when something could not be played."""
        lanes = [
            threading.Thread(target=self._play_lane, args=(lane,), name=lane.value) for lane in Lane
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()

    def _play_lane(self, lane: Lane) -> None:
        for fault in self._plan:
            if fault.lane is not lane:
                continue
            if self._is_over.wait(fault.pause_seconds):
                return
            try:
                self._play(fault)
            except Exception as error:  # noqa: BLE001 - told with the run's figures
                self.problems.append(f"fault {fault.number} ({fault.kind}): {error!r}")
                self._is_over.set()
                return

    def _play(self, fault: Fault) -> None:
        began = time.monotonic()
        effects = PLAYS[fault.kind](self._site, fault)
        if fault.lane is Lane.MACHINES:
            self._site.require_alive()
        played = Played(
            fault=fault,
            effects=effects,
            began_seconds=round(began - self._began, 1),
            seconds=round(time.monotonic() - began, 1),
        )
        with self._lock:
            self.played.append(played)
            line = {
                "number": fault.number,
                "kind": fault.kind.value,
                "variant": fault.variant,
                "began": played.began_seconds,
                "seconds": played.seconds,
                "effects": effects,
            }
            note(self._site.folder, line)
            self._tell(
                f"  {played.began_seconds:6.1f} s  {fault.kind:27} {played.seconds:5.1f} s,"
                f" {effects} effects"
            )


def _uplink_cut(site: Site, fault: Fault) -> int:
    broken = site.proxy.seen.broken
    before = broken["connection_refused"]
    with site.proxy.cut():
        time.sleep(fault.seconds)
        wait_until(lambda: broken["connection_refused"] > before, EFFECT_SECONDS)
    return broken["connection_refused"] - before


def _uplink_silent(site: Site, fault: Fault) -> int:
    seen = site.proxy.seen
    before = seen.requests.total()
    with site.proxy.silent():
        time.sleep(fault.seconds)
        wait_until(lambda: seen.requests.total() > before, EFFECT_SECONDS)
    return seen.requests.total() - before


def _uplink_slow(site: Site, fault: Fault) -> int:
    seen = site.proxy.seen
    before = seen.requests["put"]
    with site.proxy.slow(SLOW_BYTES[fault.variant % 2]):
        time.sleep(fault.seconds)
        wait_until(lambda: seen.requests["put"] > before, EFFECT_SECONDS)
    return seen.requests["put"] - before


def _broken(site: Site, breakage: Breakage, fault: Fault) -> int:
    """Break so many requests, or as many as come."""
    broken, times = site.proxy.seen.broken, fault.times
    before = broken[breakage.value]
    site.proxy.arm(breakage, times, TARGETS[fault.variant % len(TARGETS)])
    wait_until(lambda: broken[breakage.value] - before >= times, EFFECT_SECONDS)
    site.proxy.disarm(breakage)
    return broken[breakage.value] - before


def _body_cut(site: Site, fault: Fault) -> int:
    return _broken(site, Breakage.BODY_CUT, fault)


def _answer_lost(site: Site, fault: Fault) -> int:
    forms = (Breakage.ANSWER_LOST, Breakage.HALF_CLOSED, Breakage.ANSWER_CUT)
    return _broken(site, forms[fault.variant % len(forms)], fault)


def _duplicated(site: Site, fault: Fault) -> int:
    return _broken(site, Breakage.DOUBLED, fault)


def _reordered(site: Site, fault: Fault) -> int:
    held = _broken(site, Breakage.LATE, fault)
    answers = site.proxy.seen.answers
    before = answers["candidates 200"]
    wait_until(lambda: answers["candidates 200"] - before >= LATER_CANDIDATES, EFFECT_SECONDS)
    site.proxy.bring_late()
    return held


def _box_killed(site: Site, fault: Fault) -> int:
    site.box.kill()
    time.sleep(fault.seconds)
    site.start_box()
    return 1


def _centre_killed(site: Site, fault: Fault) -> int:
    site.centre.kill()
    time.sleep(fault.seconds)
    site.start_centre()
    return 1


def _centre_restarted_in_upload(site: Site, fault: Fault) -> int:
    with site.proxy.slow(SLOW_BYTES[0]):
        is_uploading = wait_until(lambda: site.proxy.uploading > 0, EFFECT_SECONDS)
        if fault.variant % 2:
            site.centre.kill()
        else:
            site.centre.stop()
    site.start_centre()
    return int(is_uploading)


def _store_down(site: Site, fault: Fault) -> int:
    def unavailable() -> int:
        return sum(n for what, n in site.proxy.seen.answers.items() if what.endswith(" 503"))

    before = unavailable()
    with site.store_away():
        time.sleep(fault.seconds)
        wait_until(lambda: unavailable() > before, EFFECT_SECONDS)
    return unavailable() - before


def _quota_reached(site: Site, fault: Fault) -> int:
    """Too little room on a box that makes many bundles, over an uplink that takes none or few."""
    before = site.gaps()
    with ExitStack() as stack:
        is_slow = fault.variant % 2
        stack.enter_context(site.proxy.slow(SLOW_BYTES[1]) if is_slow else site.proxy.cut())
        _end_box(site, is_killed=not is_slow)
        site.start_box(quota_bytes=LOW_QUOTA_BYTES + site.waiting_bytes() // 2)
        site.set_pace(HURRY_SECONDS)
        wait_until(lambda: site.gaps() - before >= DROPS, EFFECT_SECONDS)
        site.set_pace(PACE_SECONDS)
    _end_box(site, is_killed=bool(is_slow))
    site.start_box()
    return site.gaps() - before


def _end_box(site: Site, *, is_killed: bool) -> None:
    if is_killed:
        site.box.kill()
    else:
        site.box.stop()


def _database_locked(site: Site, fault: Fault) -> int:
    is_long = fault.variant % 2 == 0
    with site.locked(site.database):
        time.sleep(CENTRE_LOCK_SECONDS if is_long else fault.seconds)
    return 1


def _outbox_locked(site: Site, _fault: Fault) -> int:
    site.wait_for_box()  # one that cannot open its outbox at its start ends; that is no fault
    with site.locked(site.outbox):
        time.sleep(OUTBOX_LOCK_SECONDS)
    return 1


PLAYS: dict[FaultKind, Callable[[Site, Fault], int]] = {
    FaultKind.UPLINK_CUT: _uplink_cut,
    FaultKind.UPLINK_SILENT: _uplink_silent,
    FaultKind.UPLINK_SLOW: _uplink_slow,
    FaultKind.BODY_CUT: _body_cut,
    FaultKind.ANSWER_LOST: _answer_lost,
    FaultKind.DUPLICATED: _duplicated,
    FaultKind.REORDERED: _reordered,
    FaultKind.BOX_KILLED: _box_killed,
    FaultKind.CENTRE_KILLED: _centre_killed,
    FaultKind.CENTRE_RESTARTED_IN_UPLOAD: _centre_restarted_in_upload,
    FaultKind.STORE_DOWN: _store_down,
    FaultKind.QUOTA_REACHED: _quota_reached,
    FaultKind.DATABASE_LOCKED: _database_locked,
    FaultKind.OUTBOX_LOCKED: _outbox_locked,
}
