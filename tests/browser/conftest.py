"""What every browser test starts from: a centre of its own, and windows of a real Chromium."""

from __future__ import annotations

import logging
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from tests.browser.chromium import launched, why_not
from tests.browser.serving import Centre, KillableCentre, fill
from tests.browser.window import Desk, new_context
from tests.console.demo_present import report_boxes

CANDIDATES = 36


def pytest_configure(config):
    """Name the marker of these tests."""
    config.addinivalue_line("markers", "browser: drives a real Chromium")


def pytest_collection_modifyitems(items):
    """Everything here needs a browser; the tour, which looks at every screen, comes last."""
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: Path(item.path).stem == "test_tour")


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
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def screenshots():
    """Where pictures of the screens are kept."""
    folder = Path(os.environ.get("SCREENSHOTS", "var/browser/screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def filled(tmp_path_factory, chromium):
    """A folder with the demonstration's database and store, to be copied."""
    folder = tmp_path_factory.mktemp("demo")
    fill(folder, CANDIDATES)
    return folder


@pytest.fixture
def own_folder(filled, tmp_path):
    """A copy of the demonstration for one test; gone afterwards, for each is 20 MB."""
    folder = tmp_path / "centre"
    shutil.copytree(filled, folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def centre(own_folder):
    """A centre of its own for one test."""
    centre = Centre(own_folder)
    yield centre
    centre.stop()


@pytest.fixture
def killable(own_folder):
    """A centre of its own, in a process that the test may kill."""
    centre = KillableCentre(own_folder)
    yield centre
    centre.kill()


@pytest.fixture(scope="session")
def only_looked_at(filled, tmp_path_factory):
    """One centre for all who only look."""
    folder = tmp_path_factory.mktemp("shared") / "centre"
    shutil.copytree(filled, folder)
    centre = Centre(folder)
    yield centre
    centre.stop()


@pytest.fixture
def shared_centre(only_looked_at):
    """That centre, whose boxes have just reported."""
    report_boxes(only_looked_at.database, datetime.now(UTC))
    return only_looked_at


@pytest.fixture
def windows(chromium, screenshots):
    """Makes windows at any centre: `windows(centre, size="large", language="en")`."""
    contexts, made = [], []

    def make(centre, **look):
        context = new_context(chromium, **look)
        contexts.append(context)
        made.append(Desk(context.new_page(), centre, screenshots))
        return made[-1]

    yield make
    faults = [fault for desk in made for fault in desk.faults]
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def desks(windows, centre):
    """Makes windows at this test's centre: `desks(size="large", language="en")`."""
    return lambda **look: windows(centre, **look)


@pytest.fixture
def desk(desks):
    """One window, small, in Chinese."""
    return desks()


@pytest.fixture
def visit(desk):
    """Logs somebody in on a page: `visit("demo-admin", "/cameras")`; gives their desk."""
    return desk.log_in
