"""A centre with the demonstration's data and a real Chromium, for everybody who tests the console."""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket
import threading
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
import structlog
import uvicorn

from api.app import create_app
from api.console_pages import DIST
from tests.console.demo_data import Demo, secrets, settings_of

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
)
AXE = DIST.parent / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"small": (1366, 768), "large": (1920, 1080)}
CANDIDATES = 36
WAIT_MS = 15_000  # for anything to appear; the machine may be busy
# What AXE calls these is never acceptable to us.
GRAVE = {"serious", "critical"}


def pytest_configure(config):
    """Name the marker of these tests."""
    config.addinivalue_line("markers", "browser: drives a real Chromium")


def pytest_collection_modifyitems(items):
    """Everything here needs a browser."""
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def quiet_logs():
    """The centre's own log says nothing below a warning here."""
    wanted = logging.WARNING
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(wanted))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def chromium():
    """A browser, or a skip that says what is missing."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next((path for path in CHROMIUM if Path(path).exists()), None)
    if path is None:
        pytest.skip(f"no Chromium at {', '.join(CHROMIUM)}")
    if not (DIST / "index.html").exists():
        pytest.skip("the console is not built: run make console")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """A folder with the demonstration's database and store, to be copied."""
    folder = tmp_path_factory.mktemp("demo")
    demo = Demo(folder).fill(CANDIDATES)
    demo.app.state.database.engine.dispose()
    (folder / "people.json").write_text(json.dumps(demo.people), encoding="utf-8")
    return folder


class Centre:
    """A centre that serves, in a thread of its own."""

    def __init__(self, folder, port=None):
        self.folder = folder
        self.people = json.loads((folder / "people.json").read_text(encoding="utf-8"))
        self.port = port or _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        # Without timers: what they do is not the console's, and the machine has little to spare.
        self.app = create_app(settings_of(folder, self.port), secrets(), with_timers=False)
        config = uvicorn.Config(
            self.app, host="127.0.0.1", port=self.port, access_log=False, log_config=None
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        deadline = time.monotonic() + 20
        while not self.server.started:
            assert time.monotonic() < deadline, "the centre did not start"
            time.sleep(0.05)

    @property
    def database(self):
        """Its database."""
        return self.app.state.database

    def object_path(self, sha256):
        """Where the store keeps a file."""
        return next(self.folder.joinpath("store").rglob(f"*{sha256}*"))

    def stop(self):
        """End it; requests in progress are cut."""
        self.app.state.is_stopping = True
        self.server.should_exit = True
        self.server.force_exit = True
        self.thread.join(20)


@pytest.fixture
def centre(filled, tmp_path):
    """A centre of its own for one test."""
    folder = tmp_path / "centre"
    shutil.copytree(filled, folder)
    centre = Centre(folder)
    yield centre
    centre.stop()


class Desk:
    """A person before a browser window."""

    def __init__(self, page, centre, screenshots):
        self.page = page
        self.centre = centre
        self.screenshots = screenshots
        self.faults = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.set_default_timeout(WAIT_MS)

    def log_in(self, login, path="/"):
        """From the login page to a page."""
        self.page.goto(f"{self.centre.address}{path}")
        self.page.fill("input[autocomplete=username]", login)
        self.page.fill("input[autocomplete=current-password]", self.centre.people[login])
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("nav a[aria-current=page]")
        return self

    def open_first(self):
        """The first item of the queue, with its pictures."""
        self.page.wait_for_selector(".queue-row")
        self.page.keyboard.press("j")
        return self.see_pictures()

    def see_pictures(self):
        """Wait until the evidence is on the screen."""
        self.page.wait_for_selector(".evidence-stage .picture-frame[data-state=shown]")
        return self

    def press(self, *keys):
        """Keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def selected(self):
        """The id of the item on the screen."""
        return self.page.evaluate("location.pathname.split('/')[2] ?? ''")

    def show(self, name):
        """Keep a picture of the screen."""
        size = self.page.viewport_size
        language = self.page.evaluate("document.documentElement.lang")
        self.page.wait_for_timeout(350)  # dialogs and messages have come to rest
        name = f"{name}-{size['width']}x{size['height']}-{language}.png"
        self.page.screenshot(path=self.screenshots / name)
        return self

    def grave_problems(self):
        """What axe finds serious on the screen, as rule and place."""
        if not AXE.exists():
            pytest.skip("axe-core is not installed: run make console")
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            (rule["id"], node["target"], node["failureSummary"][:300])
            for rule in found["violations"]
            if rule["impact"] in GRAVE
            for node in rule["nodes"][:3]
        ]


@pytest.fixture(scope="session")
def screenshots():
    """Where pictures of the screens are kept."""
    folder = Path(os.environ.get("SCREENSHOTS", "var/screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def desks(chromium, centre, screenshots):
    """Makes browser windows: `desks(size="large", language="en")`."""
    contexts, made = [], []

    def make(size="small", language="zh-CN", appearance="light"):
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            # The content security policy keeps tests from adding scripts, as it should others.
            bypass_csp=True,
        )
        preferences = json.dumps({"language": language, "appearance": appearance})
        context.add_init_script(
            f"localStorage.setItem('streetcase.preferences', {json.dumps(preferences)})"
        )
        contexts.append(context)
        made.append(Desk(context.new_page(), centre, screenshots))
        return made[-1]

    yield make
    faults = [fault for desk in made for fault in desk.faults]
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def desk(desks):
    """One window, small, in Chinese."""
    return desks()


@pytest.fixture
def get(centre):
    """What the centre answers to somebody who is nobody."""
    return lambda path: urlopen(f"{centre.address}{path}")  # noqa: S310 - our own loopback


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
