"""Time in which a camera was not watched is told as gaps: never too little, and not in shreds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cameras.watch import SHORTEST, STEADY, WatchLog
from edge.errors import OutboxError
from pipeline.exchange import MAX_CAMERAS, GapReason

BEGIN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def at(seconds):
    """An instant so long after the beginning."""
    return BEGIN + timedelta(seconds=seconds)


class Notes(list):
    """The outbox's side; refuses as often as it is told to."""

    refusals = 0

    def __call__(self, gap):
        if self.refusals:
            self.refusals -= 1
            raise OutboxError("the disk is full")
        self.append(gap)

    @property
    def spans(self):
        """Seconds after the beginning, of each gap."""
        return [
            ((gap.began_at - BEGIN).total_seconds(), (gap.ended_at - BEGIN).total_seconds())
            for gap in self
        ]


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "watched.json"


def watch(log, *seconds, camera="cam"):
    """Pictures at these times."""
    for second in seconds:
        log.saw(camera, at(second))


def test_an_outage_is_told_once_the_camera_is_steady(path, notes):
    """From the last picture to the next one, with the reason; not before it runs again for long."""
    log = WatchLog(path, notes)
    watch(log, 0, 5, 10)
    log.is_away("cam", "ConnectionRefusedError: nobody answers")
    watch(log, 400, 405)
    log.tell()
    assert notes == []
    watch(log, *range(410, 720, 5))
    log.tell()
    [gap] = notes
    assert notes.spans == [(10, 400)]
    assert (gap.reason, gap.camera_id) == (GapReason.NOT_WATCHED, "cam")
    assert gap.detail == "ConnectionRefusedError: nobody answers"
    log.tell()
    assert len(notes) == 1


def test_pictures_that_come_slowly_are_no_outage(path, notes):
    """A pause below the limit is a late keyframe."""
    log = WatchLog(path, notes)
    watch(log, *range(0, 3000, 29))
    log.tell(all_of_it=True)
    assert notes == []


def test_a_camera_that_comes_and_goes_has_one_gap(path, notes):
    """Ten interruptions within minutes are told as one, with their number."""
    log = WatchLog(path, notes)
    watch(log, *range(0, 600, 60))
    log.tell(all_of_it=True)
    assert notes.spans == [(0, 540)]
    assert notes[0].detail == "9 interruptions"


def test_a_box_that_was_off_tells_of_it(path, notes):
    """What was saved before the end is where the gap begins; cameras are told apart."""
    first = WatchLog(path, notes)
    watch(first, 0, 5)
    watch(first, 0, 5, camera="other")
    first.tell(all_of_it=True)
    second = WatchLog(path, notes)
    watch(second, 10_000)
    second.tell(all_of_it=True)
    assert [(gap.camera_id, span) for gap, span in zip(notes, notes.spans, strict=True)] == [
        ("cam", (5, 10_000))
    ]


def test_a_kill_before_an_interruption_is_told_loses_nothing(path, notes):
    """Saved while a camera is unsteady and then killed: the gap begins where it began."""
    first = WatchLog(path, notes)
    watch(first, 0, 100, 105)
    first.tell()
    second = WatchLog(path, notes)
    watch(second, 200)
    second.tell(all_of_it=True)
    assert notes.spans == [(0, 200)]


def test_a_full_outbox_is_tried_again(path, notes):
    """A gap that cannot be written down now is told later."""
    notes.refusals = 1
    log = WatchLog(path, notes)
    watch(log, 0, 100)
    log.tell(all_of_it=True)
    assert notes == []
    log.tell(all_of_it=True)
    assert notes.spans == [(0, 100)]


def test_a_clock_that_was_set_back_begins_anew(path, notes):
    """Two days back are no outage, and hide none."""
    log = WatchLog(path, notes)
    watch(log, 200_000, 0, 5, 300)
    log.tell(all_of_it=True)
    assert notes.spans == [(5, 300)]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"cam": 5}', b'{"cam": "yesterday"}'])
def test_a_broken_file_is_no_reason_not_to_watch(path, notes, content):
    """What cannot be read is said in the log and begun anew."""
    path.write_bytes(content)
    log = WatchLog(path, notes)
    watch(log, 0)
    log.tell()
    assert WatchLog(path, notes)._watches["cam"].until == at(0)


def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path, notes):
    """Without a place to save, gaps are still told."""
    log = WatchLog(tmp_path / "missing" / "watched.json", notes)
    watch(log, 0, 100)
    log.tell(all_of_it=True)
    assert notes.spans == [(0, 100)]


def test_what_is_kept_is_bounded(path, notes):
    """Thousands of cameras that came and went leave the newest MAX_CAMERAS."""
    log = WatchLog(path, notes)
    for number in range(3000):
        log.saw(f"cam-{number}", at(number))
        log.is_away(f"cam-{number}", "gone")
    log.tell()
    assert len(log._watches) == len(log._reasons) == MAX_CAMERAS
    assert "cam-2999" in log._watches


@given(st.lists(st.integers(1, 900), min_size=1, max_size=40), st.sets(st.integers(0, 40)))
def test_nothing_unwatched_is_left_out(tmp_path_factory, pauses, tellings):
    """Every pause of SHORTEST or more lies inside a gap; gaps do not overlap."""
    notes = Notes()
    log = WatchLog(tmp_path_factory.mktemp("watch") / "watched.json", notes)
    times = [0]
    log.saw("cam", at(0))
    for number, pause in enumerate(pauses):
        times.append(times[-1] + pause)
        log.saw("cam", at(times[-1]))
        if number in tellings:
            log.tell()
    log.tell(all_of_it=True)
    for before, after in pairwise(times):
        if after - before >= SHORTEST.total_seconds():
            assert any(began <= before and after <= ended for began, ended in notes.spans)
    for (_, ended), (began, _) in pairwise(notes.spans):
        assert began - ended >= STEADY.total_seconds()
