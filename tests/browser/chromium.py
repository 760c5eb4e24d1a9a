"""Where the Chromium of the browser tests is, how it starts, and what is missing if not."""

from __future__ import annotations

import importlib.util
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
# As api.console_pages.DIST; that module would load the web framework before pytest is ready for it.
DIST = ROOT / "api" / "console" / "dist"
PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = (
    "--no-sandbox",  # CI runs as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
)
# Comes with the console's build (its package.json); never part of what is served.
AXE = DIST.parent / "node_modules" / "axe-core" / "axe.min.js"


def chromium_path():
    """The browser's program; none: there is no browser."""
    return next((place for place in PLACES if Path(place).exists()), None)


def why_not():
    """Why nothing can be driven here, in words that say what to do; empty: it can."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: it is in the dev dependency group"
    if chromium_path() is None:
        return f"no Chromium at {', '.join(PLACES)}: apt-get install chromium"
    if not (DIST / "index.html").exists():
        return "the console is not built: make console"
    if not AXE.exists():
        return f"axe-core is not at {AXE.relative_to(ROOT)}: make console"
    return ""


@contextmanager
def launched():
    """A browser for the length of a `with`."""
    # Not where only the reason is asked for: playwright may be what is missing.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield browser
        browser.close()
