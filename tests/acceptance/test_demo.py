"""`make run` as a stranger meets it: started, watched over HTTP, drawn in, ended with Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from demo_watch import LIMIT_SECONDS
from desk import Person

from pipeline.violations import Violation

ROOT = Path(__file__).resolve().parents[2]
CLIPS = ROOT / "models" / "street" / "clips"
END_SECONDS = 90.0  # a box writes down what it was watching, then the centre ends
ZONE = {
    "id": "drawn",
    "kind": "no_vending",
    "polygon": [[0.1, 0.6], [0.9, 0.6], [0.9, 0.9], [0.1, 0.9]],
}

pytestmark = pytest.mark.timeout(900)


def patience(seconds):
    """A promise made for a machine of one's own, stretched for one that is shared."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Run:
    """A demonstration in a process of its own, with what it prints."""

    def __init__(self, out, *options):
        self.out = out
        command = [sys.executable, ROOT / "docker" / "demo.py", "--port", "0", "--out", out]
        self.process = subprocess.Popen(
            [str(word) for word in (*command, *options)],
            cwd=out.parent,  # it finds its parts from wherever it is started
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with self.process.stdout as printed:
            self.lines.extend(printed)

    def printed(self):
        """All that it has said, once it has ended."""
        self._reader.join(30)
        return "".join(self.lines)

    def wait_for(self, condition, seconds, what):
        """Until something holds; fails with what was printed."""
        until = time.monotonic() + patience(seconds)
        while not (found := condition()):
            assert self.process.poll() is None, "".join(self.lines)
            assert time.monotonic() < until, f"{what}: not in time\n{''.join(self.lines)}"
            time.sleep(0.5)
        return found

    def address(self):
        """Where the console is, once that is said."""
        said = [line.split()[-1] for line in self.lines if line.strip().startswith("Console")]
        return said[0] if said else None

    def person(self, login):
        """Somebody at the console."""
        url = self.wait_for(self.address, 120, "the console's address")
        logins = json.loads((self.out / "logins.json").read_text(encoding="utf-8"))
        self.wait_for(lambda: any(login in line for line in self.lines), 10, "the logins")
        return Person(url, login, logins[login])

    def children(self):
        """The processes that it has started."""
        pid = self.process.pid
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    def end(self):
        """As Ctrl-C; gives the object of the last line."""
        children = self.children()
        assert children
        self.process.send_signal(signal.SIGINT)
        self.process.wait(patience(END_SECONDS))
        assert "Traceback" not in self.printed()
        assert not [one for one in children if Path(f"/proc/{one}").exists()]
        return json.loads(self.lines[-1])


@pytest.fixture
def start(tmp_path):
    """Start a demonstration; whatever happens, it does not outlive the test."""
    runs = []

    def begin(*options):
        runs.append(Run(tmp_path / "run", *options))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait()
        run.printed()


def statuses(person):
    """How the box says that its cameras are, by id."""
    boxes = person.get("/boxes")["items"]
    return {
        camera["camera_id"]: camera
        for box in boxes
        for camera in (box["status"] or {}).get("cameras", ())
    }


def are_live(person):
    """Whether every camera runs, and shows the present."""
    seen = statuses(person).values()
    recent = (datetime.now(UTC) - timedelta(seconds=60)).isoformat()
    return bool(seen) and all(
        camera["state"] == "running" and (camera["last_frame_at"] or "") > recent for camera in seen
    )


def draw(admin, camera_id, zone):
    """Save one more zone, as the console does; gives the version that this makes."""
    camera = admin.get(f"/cameras/{camera_id}")
    settings = camera["settings"]
    settings["zones"] = [*settings["zones"], zone]
    change = {"based_on": camera["version"], "settings": settings, "note": "drawn"}
    return admin.put(f"/cameras/{camera_id}/settings", change)["version"]


def test_the_street_is_watched_and_goes_on(start):
    """Four violations in time, one item each; then living cameras that a person may draw on."""
    run = start()
    with run.person("demo-operator") as operator, run.person("demo-admin") as admin:
        wanted = {violation.value for violation in Violation}
        run.wait_for(
            lambda: {item["violation"] for item in operator.queue()} == wanted,
            LIMIT_SECONDS,
            "all four violations",
        )
        run.wait_for(lambda: are_live(admin), 120, "living cameras")
        for camera in admin.get("/cameras")["items"]:
            assert (camera["version"], camera["picture_at"] is None) == (1, False)
            assert camera["name"]
            assert camera["place"]
            assert camera["zones"] > 0
            assert camera["registration"]["longitude"] is not None
            held = admin.get(f"/cameras/{camera['id']}")["held"]
            assert (held["source"], held["changed_by"]) == ("box", "demo-box")
        version = draw(admin, "demo_vending-0", ZONE)
        assert version == 2
        run.wait_for(
            lambda: statuses(admin)["demo_vending-0"]["settings_version"] == version,
            60,
            "the box takes what was drawn",
        )
        before = {name: camera["frames"] for name, camera in statuses(admin).items()}
        before["demo_vending-0"] = 0  # begun anew
        run.wait_for(
            lambda: (
                are_live(admin)
                and all(one["frames"] > before[name] for name, one in statuses(admin).items())
            ),
            60,
            "all cameras go on",
        )
        assert Counter(item["violation"] for item in operator.queue()) == Counter(wanted)
    answer = run.end()
    assert run.process.returncode == 0
    assert answer["ok"]
    assert answer["found"].keys() == wanted
    assert max(answer["found"].values()) <= patience(LIMIT_SECONDS), answer


def test_a_video_of_ones_own_is_drawn_on_in_the_console(start):
    """It appears without zones and with its picture; the box judges by what is drawn."""
    run = start("--source", CLIPS / "demo_spill-5.mp4")
    with run.person("demo-admin") as admin:
        run.wait_for(lambda: are_live(admin), 60, "a living camera")
        run.wait_for(
            lambda: admin.get("/cameras/my-camera")["picture_at"] is not None, 30, "its picture"
        )
        camera = admin.get("/cameras/my-camera")
        assert (camera["version"], camera["held"]["source"], camera["zones"]) == (1, "box", 0)
        version = draw(admin, "my-camera", ZONE)
        run.wait_for(
            lambda: statuses(admin)["my-camera"]["settings_version"] == version,
            60,
            "the box takes what was drawn",
        )
        run.wait_for(lambda: any("version 2" in line for line in run.lines), 30, "it says so")
    answer = run.end()
    assert (run.process.returncode, answer["ok"]) == (0, True)


def test_what_cannot_be_watched_is_said_in_one_line(start):
    """No traceback, nothing left, and what to do."""
    run = start("--source", "no-such-video.mp4")
    assert run.process.wait(60) == 1
    assert "Traceback" not in run.printed()
    answer = json.loads(run.lines[-1])
    assert not answer["ok"]
    assert "give a video or an rtsp:// address" in answer["error"]
