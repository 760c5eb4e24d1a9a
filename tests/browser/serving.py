"""Centres that serve the demonstration to a browser: in a thread, or in a killable process."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from urllib.error import URLError
from urllib.request import urlopen

import uvicorn

from api.app import create_app
from tests.browser.chromium import ROOT
from tests.console.demo_data import Demo, secrets, settings_of

START_SECONDS = 60.0  # a process imports the simulated street; the machine may be busy
STOP_SECONDS = 20.0


def fill(folder, candidates):
    """Make a demonstration's database and store in a folder, with the logins beside them."""
    demo = Demo(folder).fill(candidates)
    demo.app.state.database.engine.dispose()
    (folder / "people.json").write_text(json.dumps(demo.people), encoding="utf-8")


class Served:
    """What a browser and a test need of a centre, whatever serves it."""

    def __init__(self, folder):
        self.folder = folder
        self.people = json.loads((folder / "people.json").read_text(encoding="utf-8"))
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        # Without timers: what they do is not the console's, and the machine has little to spare.
        self.app = create_app(settings_of(folder, self.port), secrets(), with_timers=False)

    @property
    def database(self):
        """Its database."""
        return self.app.state.database

    def object_path(self, sha256):
        """Where the store keeps a file."""
        return next(self.folder.joinpath("store").rglob(f"*{sha256}*"))


class Centre(Served):
    """A centre that serves in a thread of its own."""

    def __init__(self, folder):
        super().__init__(folder)
        config = uvicorn.Config(
            self.app, host="127.0.0.1", port=self.port, access_log=False, log_config=None
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        _wait_until(lambda: self.server.started, "the centre did not start")

    def stop(self):
        """End it; requests in progress are cut."""
        self.app.state.is_stopping = True
        self.server.should_exit = True
        self.server.force_exit = True
        self.thread.join(STOP_SECONDS)


class KillableCentre(Served):
    """A centre in a process of its own, which can be killed and come back at the same address."""

    def __init__(self, folder):
        super().__init__(folder)
        self.process = None
        self.start()

    def start(self):
        """Serve; returns once it answers."""
        command = (sys.executable, "-m", "tests.console.demo_data", "--serve")
        self.process = subprocess.Popen(
            [*command, "--folder", self.folder, "--port", str(self.port)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_until(self._answers, "the centre's process does not answer")

    def kill(self):
        """As when the power fails: nothing is said to anybody."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    stop = kill

    def _answers(self):
        try:
            with urlopen(f"{self.address}/ready") as answer:  # noqa: S310 - our own loopback
                return answer.status == 200
        except (URLError, OSError):
            return False


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _wait_until(holds, complaint):
    deadline = time.monotonic() + START_SECONDS
    while not holds():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.05)
