"""Takes the pictures of the operator's guide from the simulated street: `make guide`.

    python -m tests.browser.guide [--out docs/operator-guide/images]

Each language gets a demonstration centre of its own, and people who work in it as the guide tells.
The last line is one JSON object with `ok`.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import structlog

from tests.browser.chromium import ROOT, launched, why_not
from tests.browser.records import damage_copies
from tests.browser.serving import Centre, fill
from tests.browser.window import AT_REST, Desk, new_context
from tests.console.demo_present import report_boxes

LANGUAGES = ("zh-CN", "en")
CANDIDATES = 36
WEBP_QUALITY = 78  # letters stay sharp; a fifth of the bytes of a PNG
MAX_BYTES = 3_000_000  # of all pictures together: they are cloned with the code
OPERATOR, COLLEAGUE = "demo-operator", "demo-operator-2"
REASON = {"zh-CN": "核对摊位经营情况", "en": "check whether goods are sold"}
DIALOG = ".ant-modal-container:visible"


class Album:
    """Keeps the pictures of one language."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)

    def keep(self, desk, name, selector=None):
        """The screen, or one part of it, as WebP."""
        page = desk.page
        page.wait_for_function(AT_REST)
        shown = page.locator(selector) if selector else page
        shot = shown.screenshot(animations="disabled")
        pixels = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR)
        content = cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])[1]
        (self.folder / f"{name}.webp").write_bytes(content.tobytes())


class Shift:
    """People at work in one centre, in one language."""

    def __init__(self, browser, centre, language, album):
        self.browser, self.centre, self.language, self.album = browser, centre, language, album
        self.contexts = []

    def desk(self):
        """A new window."""
        context = new_context(self.browser, language=self.language)
        self.contexts.append(context)
        return Desk(context.new_page(), self.centre)

    def close(self):
        """Close all windows."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()

    def review(self):
        """From the login to a rejected candidate, and a look at the slider."""
        desk, keep = self.desk(), self.album.keep
        desk.go("/").page.wait_for_selector("input[autocomplete=username]")
        keep(desk, "login")
        desk.log_in(OPERATOR, "/review?violation=STREET_VENDING")
        desk.open_first().page.wait_for_selector(".row-claimed")
        keep(desk, "review")
        keep(desk, "why", ".judge-why")
        desk.press("1", "2", "3")
        keep(desk, "checklist", ".desk")
        desk.press(" ").page.fill(f"{DIALOG} input[maxlength]", REASON[self.language])
        keep(desk, "original", DIALOG)
        desk.press("Escape").page.wait_for_selector(DIALOG, state="detached")
        desk.press("x").page.wait_for_selector(".reject-reasons")
        keep(desk, "reject", DIALOG)
        desk.page.keyboard.type("w")
        desk.press("Enter").wait_sent()
        desk.see_pictures()
        keep(desk, "undo")
        desk.go("/review?violation=MUCK_TRUCK_SPILL").open_first()
        desk.press("b").page.wait_for_selector(".compare")
        keep(desk, "slider", ".candidate")

    def trouble(self):
        """A colleague who was first, a lost line, evidence that does not hold."""
        first, second = self.desk(), self.desk()
        first.log_in(COLLEAGUE).open_first().page.wait_for_selector(".row-claimed")
        second.log_in(OPERATOR, f"/review/{first.selected()}").see_pictures()
        second.page.wait_for_selector(".check:disabled")
        self.album.keep(second, "conflict")
        second.press("j").see_pictures().page.wait_for_selector(".check:not([disabled])")
        second.see_neighbours()
        second.page.context.set_offline(True)
        second.press("x").page.wait_for_selector(".reject-reasons")
        second.page.keyboard.type("w")
        second.press("Enter").page.wait_for_selector(".pending-waiting")
        second.page.wait_for_selector(".line[data-line=offline]")
        self.album.keep(second, "offline")
        second.page.context.set_offline(False)
        second.wait_sent()
        damaged = self.desk().log_in(OPERATOR, "/review?violation=CONSTRUCTION_DUST")
        row = damaged.page.locator(".queue-row").last
        damage_copies(self.centre, row.get_attribute("data-id"))
        row.click()
        damaged.page.wait_for_selector(".picture-missing")
        damaged.page.wait_for_selector(".check:not([disabled])")
        damaged.press("1", "2", "3", "4", "Enter")
        self.album.keep(damaged, "damaged")

    def after(self):
        """The second stage, and a case."""
        self.album.keep(self.desk().log_in("demo-second").open_first(), "second")
        desk = self.desk().log_in(OPERATOR, "/cases")
        desk.page.click(".table-row >> nth=0")
        desk.see_pictures().page.wait_for_selector(".case-history")
        self.album.keep(desk, "case")

    def administration(self):
        """Cameras with their zones and hours, and the overview."""
        report_boxes(self.centre.database, datetime.now(UTC))
        desk, keep = self.desk(), self.album.keep
        desk.log_in("demo-admin", "/cameras").page.wait_for_selector(".camera-card img")
        keep(desk, "cameras")
        desk.go("/cameras/camera/market-01").page.wait_for_selector(
            '.picture-frame[data-state="shown"] .zone-canvas'
        )
        keep(desk, "zones")
        desk.page.click('[data-zone-row="bay"]')
        desk.page.locator('[data-cell="0,0"]').scroll_into_view_if_needed()
        keep(desk, "hours", ".editor-side")
        desk = self.desk().log_in("demo-supervisor", "/overview")
        for chart in ("queue-age", "kinds", "precision", "hours"):
            desk.page.wait_for_selector(f'[data-chart="{chart}"] :is(svg, canvas)')
        desk.page.wait_for_selector(".map-camera")
        keep(desk, "overview")


def take(browser, language, out):
    """All pictures of one language."""
    with tempfile.TemporaryDirectory(prefix="streetcase-guide-") as folder:
        fill(Path(folder), CANDIDATES)
        centre = Centre(Path(folder))
        shift = Shift(browser, centre, language, Album(out / language))
        try:
            for part in (shift.review, shift.trouble, shift.after, shift.administration):
                print(f"{language}: {part.__name__} ...", flush=True)
                part()
                shift.close()
        finally:
            centre.stop()


def main(arguments=None):
    """Take them all, and say how many they are."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    images = ROOT / "docs" / "operator-guide" / "images"
    parser.add_argument("--out", type=Path, default=images)
    options = parser.parse_args(arguments)
    reason = why_not()
    if reason:
        print(json.dumps({"ok": False, "error": reason}))
        return 1
    wanted = logging.WARNING
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(wanted))
    logging.getLogger("uvicorn.error").disabled = True  # windows that close cut their streams
    with launched() as browser:
        for language in LANGUAGES:
            shutil.rmtree(options.out / language, ignore_errors=True)
            take(browser, language, options.out)
    made = list(options.out.glob("*/*.webp"))
    size = sum(picture.stat().st_size for picture in made)
    said = {"ok": size <= MAX_BYTES, "pictures": len(made), "kilobytes": round(size / 1000)}
    print(json.dumps({**said, "folder": str(options.out)}))
    return 0 if said["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
