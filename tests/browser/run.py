"""Drives the console with a real Chromium and tells how it went: `make test-browser`.

    python -m tests.browser.run [--out var/browser] [arguments of pytest]

Keeps a picture of every screen and state under `screenshots/<language>-<size>/<screen>.png`, with
a contact page beside them. Each test has its line. The last line is one JSON object with `ok`, also
after Ctrl-C or SIGTERM; its `failures` say which tests failed and why, and where there is no
browser its `skipped` says what is missing and how to get it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.browser.chromium import why_not
from tests.browser.contact_page import write_contact_page

HERE = Path(__file__).parent
SLOWEST = 10  # tests whose times are listed
SAID = 200  # characters of what a failed test says, in the last line


class Tally:
    """Counts what became of the tests, as a plugin of pytest."""

    def __init__(self):
        self.outcomes = Counter()
        self.failures = {}  # by test: the first line of what went wrong

    def pytest_runtest_logreport(self, report):
        """One count for each test: how its call went, or what went wrong around it."""
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.outcome] += 1
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            said = crash.message if crash else str(report.longrepr)
            name = report.nodeid.removeprefix("tests/browser/")
            self.failures[f"{name} ({report.when})"] = said.strip().partition("\n")[0][:SAID]


def main(arguments=None):
    """Run the tests, write the contact page, say it in one line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("var/browser"))
    options, others = parser.parse_known_args(arguments)
    reason = why_not()
    if reason:
        print(f"browser tests skipped: {reason}", file=sys.stderr)
        print(json.dumps({"ok": True, "passed": 0, "skipped": reason}))
        return 0
    pictures = options.out.resolve() / "screenshots"
    shutil.rmtree(pictures, ignore_errors=True)
    os.environ["SCREENSHOTS"] = str(pictures)
    began = time.monotonic()
    tally = Tally()
    # pytest ends its tests in order after a KeyboardInterrupt, and the last line is written.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = pytest.main([str(HERE), "--verbose", f"--durations={SLOWEST}", *others], plugins=[tally])
    kept, page = write_contact_page(pictures)
    print(f"Pictures of the screens: {page}")
    said = {
        "ok": code == pytest.ExitCode.OK and tally.outcomes["passed"] > 0,
        **{name: tally.outcomes[name] for name in ("passed", "failed", "skipped")},
        "screens": kept,
        "seconds": round(time.monotonic() - began),
        "page": str(page),
    }
    if code == pytest.ExitCode.INTERRUPTED:
        said["error"] = "ended before all tests had run"
    if tally.failures:
        said["failures"] = tally.failures
    print(json.dumps(said, ensure_ascii=False))
    return 0 if said["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
