"""A person at a browser window: logs in, presses keys, keeps pictures of the screen."""

from __future__ import annotations

import json

from tests.browser.chromium import AXE

SIZES = {"small": (1366, 768), "large": (1920, 1080)}
WAIT_MS = 30_000  # for anything to appear; the machine may be busy
# Dialogs and messages have come to rest, and every picture in sight is there.
AT_REST = """() => {
  const isOver = (one) =>
    one.playState !== 'running' || one.effect?.getComputedTiming().iterations === Infinity;
  const isThere = (image) => {
    const { top, bottom } = image.getBoundingClientRect();
    return image.complete || bottom < 0 || top > innerHeight;
  };
  return document.getAnimations().every(isOver) && [...document.images].every(isThere);
}"""
# As the console itself judges it: until a dialog has left, keys are not the page's.
STILL_OPEN = '.ant-modal-wrap:not([style*="display: none"])'
# What axe calls these is never acceptable to us.
GRAVE = {"serious", "critical"}


def new_context(
    browser, *, size="small", language="zh-CN", appearance="light", locale="zh-CN", **more
):
    """A browser profile of its own, with the reader's choices made; language None: not that one."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=locale,
        timezone_id="Asia/Shanghai",
        # The content security policy keeps tests from adding scripts, as it should others.
        bypass_csp=True,
        **more,
    )
    chosen = {"appearance": appearance} | ({} if language is None else {"language": language})
    preferences = json.dumps(chosen)
    # Once: what somebody chooses in the page is theirs afterwards.
    context.add_init_script(f"localStorage['streetcase.preferences'] ??= {json.dumps(preferences)}")
    return context


class Desk:
    """A person before a window of the console."""

    def __init__(self, page, centre, screenshots=None):
        self.page = page
        self.centre = centre
        self.screenshots = screenshots
        self.faults = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.set_default_timeout(WAIT_MS)

    def go(self, path):
        """To a page, by its address."""
        self.page.goto(f"{self.centre.address}{path}")
        return self

    def log_in(self, login, path="/"):
        """From the login page to a page."""
        self.go(path)
        self.page.fill("input[autocomplete=username]", login)
        self.page.fill("input[autocomplete=current-password]", self.centre.people[login])
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("nav a[aria-current=page], .notice")
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

    def see_neighbours(self):
        """Wait until what may be opened next is loaded, so that it shows without a line too."""
        self.page.wait_for_function(
            "([mark, id]) => performance.getEntriesByName(mark).some((one) => one.detail === id)",
            arg=["streetcase.ahead", self.selected()],
        )
        return self

    def wait_sent(self):
        """Until the last decision is on record."""
        self.page.wait_for_selector(".pending-strip[data-state=sent]")
        return self

    def see_dialog_leave(self):
        """Until keys are the page's again."""
        self.page.wait_for_selector(STILL_OPEN, state="detached")
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
        """Keep a picture of the screen, under its language, size and name."""
        size = self.page.viewport_size
        root = "document.documentElement"
        language = self.page.evaluate(f"{root}.lang")
        is_dark = self.page.evaluate(f"{root}.dataset.appearance") == "dark"
        self.page.wait_for_function(AT_REST)
        folder = self.screenshots / f"{language}-{size['width']}x{size['height']}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}{'-dark' if is_dark else ''}.png"
        self.page.screenshot(path=path, animations="disabled")
        return self

    def grave_problems(self):
        """What axe finds serious on the screen, as rule and place."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            (rule["id"], node["target"], node["failureSummary"][:300])
            for rule in found["violations"]
            if rule["impact"] in GRAVE
            for node in rule["nodes"][:3]
        ]

    def called(self, method, path, body=None):
        """A call of the API as the person of the page: `called("GET", "/cameras")`."""
        return self.page.evaluate(
            """async ([method, path, body]) => {
                const { csrf } = await (await fetch("/api/v1/session")).json();
                const headers = { "X-CSRF-Token": csrf, "Content-Type": "application/json" };
                const sent = body === null ? {} : { body: JSON.stringify(body) };
                const answer = await fetch(`/api/v1${path}`, { method, headers, ...sent });
                return answer.json();
            }""",
            [method, path, body],
        )
