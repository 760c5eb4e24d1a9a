"""The last line of a long command, whatever ended it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests.browser.bench_console import unmet_aims
from tests.browser.chromium import ROOT
from tests.browser.progress import Progress

ENDLESS = """
import time
from tests.browser.progress import Progress

progress = Progress({limit})
progress.end_on_signals()
with progress.step("counting"):
    progress.figures["counted"] = 3
with progress.step("sleeping"):
    time.sleep(600)
"""


def last_line(text):
    """The object in the last line of an output."""
    return json.loads(text.splitlines()[-1])


def test_a_failed_step_leaves_the_others_their_turn(capsys):
    """What failed is told when it fails, and kept for the last line beside the figures."""
    progress = Progress()
    with progress.step("dividing"):
        progress.figures["ratio"] = 1 / 0
    with progress.step("adding"):
        progress.figures["sum"] = 2
    assert progress.finish() == 1
    printed = capsys.readouterr().out
    assert "FAILED after" in printed
    said = last_line(printed)
    assert (said["ok"], said["sum"]) == (False, 2)
    assert said["failures"] == [
        {"step": "dividing", "error": "ZeroDivisionError: division by zero"}
    ]


def test_all_well(capsys):
    """Without a failure the command is well, unless it says that it is not."""
    assert Progress().finish() == 0
    assert last_line(capsys.readouterr().out)["ok"] is True
    assert Progress().finish(is_ok=False) == 1


@pytest.mark.parametrize(
    ("limit", "sent", "said"),
    [(0, signal.SIGTERM, "ended by SIGTERM"), (1, None, "not done within 1 s")],
)
def test_a_command_that_is_ended_says_where_it_was(limit, sent, said):
    """By somebody or by its own limit: the figures so far, the step, and why, in the last line."""
    command = subprocess.Popen(
        [sys.executable, "-c", ENDLESS.format(limit=limit)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = []
    while not any("sleeping" in line for line in lines):
        lines.append(command.stdout.readline())
    if sent:
        command.send_signal(sent)
    found = last_line(command.communicate(timeout=60)[0])
    assert command.returncode == 1
    assert (found["ok"], found["counted"]) == (False, 3)
    [failure] = found["failures"]
    assert failure["step"] == "sleeping"
    assert said in failure["error"]


def test_aims_that_are_not_met_are_named():
    """With what was found; what was not measured counts as not met."""
    figures = {
        "next_item": {"leaf": {"p95_ms": 60.0}, "decide": {"p95_ms": 110.0}},
        "gzip_kb": {"login": 190.0, "/review": 320.0},
        "scroll": {"frames_per_second": 59.0},
    }
    assert unmet_aims(figures) == {"next_item_p95_ms": 110.0}
    assert unmet_aims({}).keys() == {
        "next_item_p95_ms",
        "first_load_gzip_kb",
        "scroll_frames_per_second",
    }
