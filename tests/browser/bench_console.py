"""How fast the console is against a long queue: `python -m tests.browser.bench_console --folder DIR`.

The folder is made by `python -m tests.console.demo_data --folder DIR --bulk 100000`. The last line
is one JSON object with `ok`: whether every aim of docs and issue is met.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import statistics
import sys
from pathlib import Path

import structlog
from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, Centre

ROUTES = ("/", "/review", "/cases", "/cameras", "/overview", "/admin")
# Where a session begins; what another section takes comes on top when it is first opened.
FIRST_ROUTES = ("login", "/review")
STEPS = 40  # items that are leafed through, and half as many that are decided
THINK_MS = 900  # nobody judges faster; the next item is loaded ahead meanwhile
SCROLL_SECONDS = 4.0
SCROLL_PX = 60  # for each frame: a fast wheel
AIM_NEXT_MS = 100.0
AIM_GZIP_KB = 400.0
AIM_FRAMES = 55.0  # of 60 a second: the bench's own measuring takes a little

# Resolves once another item than before is painted with all its pictures: ms since the key.
WATCH = """() => new Promise((resolve) => {
  const before = document.querySelector('.candidate')?.dataset.candidate;
  window.addEventListener('keydown', () => {
    const began = performance.now();
    const look = () => {
      const now = document.querySelector('.candidate')?.dataset.candidate;
      const frames = [...document.querySelectorAll('.evidence-stage .picture-frame')];
      const isPainted = now && now !== before && frames.length > 0
        && frames.every((frame) => frame.dataset.state === 'shown');
      if (isPainted) requestAnimationFrame(() => resolve(performance.now() - began));
      else if (performance.now() - began > 15000) resolve(15000);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { once: true, capture: true });
})"""
SCROLL = """([seconds, step]) => new Promise((resolve) => {
  const list = document.querySelector('.queue-list');
  const times = [];
  const began = performance.now();
  const move = (at) => {
    times.push(at);
    list.scrollTop += step;
    if (performance.now() - began < seconds * 1000) requestAnimationFrame(move);
    else resolve({ times, top: list.scrollTop });
  };
  requestAnimationFrame(move);
})"""


def log_in(page, centre, login="demo-operator", path="/"):
    """From the login page to a page."""
    page.goto(f"{centre.address}{path}")
    page.fill("input[autocomplete=username]", login)
    page.fill("input[autocomplete=current-password]", centre.people[login])
    page.keyboard.press("Enter")
    page.wait_for_selector("nav a[aria-current=page]", timeout=60_000)


def first_paint(browser, centre, state):
    """Milliseconds until the queue's first line, and its first picture, after a fresh load."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, storage_state=state)
    page = context.new_page()
    page.goto(f"{centre.address}/review")
    page.wait_for_selector(".queue-row", timeout=60_000)
    paint = page.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
    )
    rows = page.evaluate("performance.now()")
    context.close()
    return {"first_contentful_ms": round(paint or 0), "queue_ms": round(rows)}


def next_items(page):
    """Milliseconds from a key to the next item painted: leafing with J, and deciding."""
    page.wait_for_selector(".queue-row", timeout=60_000)
    page.keyboard.press("j")
    page.wait_for_selector(".evidence-stage .picture-frame[data-state=shown]", timeout=60_000)
    leafed, decided = [], []
    for _ in range(STEPS):
        page.wait_for_timeout(THINK_MS)
        leafed.append(_measured(page, "j"))
    for _ in range(STEPS // 2):
        page.wait_for_timeout(THINK_MS)
        page.keyboard.press("x")
        page.wait_for_selector(".reject-reasons")
        page.keyboard.type("w")
        decided.append(_measured(page, "Enter"))
    return {"leaf": _spread(leafed), "decide": _spread(decided)}


def _measured(page, key):
    page.evaluate(f"() => {{ window.__painted = ({WATCH})(); }}")
    page.keyboard.press(key)
    return page.evaluate("window.__painted")


def _spread(values):
    return {
        "p50_ms": round(statistics.median(values), 1),
        "p95_ms": round(statistics.quantiles(values, n=20)[-1], 1),
        "count": len(values),
    }


def scrolling(page):
    """Frames a second while the queue is scrolled fast, through pages that are loaded on the way."""
    found = page.evaluate(SCROLL, [SCROLL_SECONDS, SCROLL_PX])
    gaps = [b - a for a, b in zip(found["times"], found["times"][1:], strict=False)]
    return {
        "frames_per_second": round(1000 / statistics.mean(gaps), 1),
        "worst_gap_ms": round(max(gaps), 1),
        "rows_passed": round(found["top"] / 66),
    }


def sizes(browser, centre, state):
    """Kilobytes of scripts and styles, gzip, that a first load of each route takes."""
    found = {}
    for route in ROUTES:
        context = browser.new_context(storage_state=state if route != "/" else None)
        page = context.new_page()
        loaded = {}
        page.on(
            "response",
            lambda answer, loaded=loaded: (
                loaded.setdefault(answer.url, answer) if "/assets/" in answer.url else None
            ),
        )
        page.goto(f"{centre.address}{route}")
        page.wait_for_load_state("load")
        page.wait_for_timeout(1500)
        total = sum(len(gzip.compress(answer.body())) for answer in loaded.values())
        found["login" if route == "/" else route] = round(total / 1000, 1)
        context.close()
    return found


def main(arguments=None):
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("var/bench"))
    options = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    chromium = next(path for path in CHROMIUM if Path(path).exists())
    centre = Centre(options.folder.resolve())
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=list(FLAGS))
        context = browser.new_context(viewport={"width": 1366, "height": 768}, bypass_csp=True)
        page = context.new_page()
        log_in(page, centre)
        state = context.storage_state()
        page.wait_for_function("/[0-9]/.test(document.querySelector('.queue-total')?.textContent)")
        figures = {
            "waiting": page.inner_text(".queue-total"),
            "first_load": first_paint(browser, centre, state),
            "next_item": next_items(page),
            "scroll": scrolling(page),
            "gzip_kb": sizes(browser, centre, state),
        }
        browser.close()
    centre.stop()
    slow = max(figures["next_item"][how]["p95_ms"] for how in ("leaf", "decide"))
    figures["ok"] = (
        slow <= AIM_NEXT_MS
        and max(figures["gzip_kb"][route] for route in FIRST_ROUTES) <= AIM_GZIP_KB
        and figures["scroll"]["frames_per_second"] >= AIM_FRAMES
    )
    print(json.dumps(figures, ensure_ascii=False))
    return 0 if figures["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
