"""What every section shows while it loads, failed, has nothing, or is not for one."""

from __future__ import annotations

import json

import pytest

from tests.browser.window import WAIT_MS

# Section, who looks at it, the call that fills it, and what is there once it is filled.
SECTIONS = {
    "review": ("demo-operator", "/review", "**/api/v1/queue?*", ".queue-row"),
    "cases": ("demo-operator", "/cases", "**/api/v1/cases?*", ".table-row"),
    "cameras": ("demo-operator", "/cameras", "**/api/v1/cameras?*", ".camera-card"),
    "overview": (
        "demo-supervisor",
        "/overview",
        "**/api/v1/analytics/**",
        '[data-chart="kinds"] :is(svg, canvas)',
    ),
    "people": ("demo-admin", "/admin/people", "**/api/v1/users?*", ".table-row"),
}
BUSY = ".ant-skeleton, .ant-spin-spinning, .ant-spin, [aria-busy=true]"
FAILED = ".notice:has(.notice-extra)"
REFUSED = json.dumps(
    {"type": "about:blank", "title": "Broken", "status": 500, "detail": "", "code": "broken"}
)
EMPTY = json.dumps({"items": [], "next": None})


def refuse(route):
    """The centre has a fault of its own."""
    route.fulfill(status=500, content_type="application/json", body=REFUSED)


@pytest.fixture(params=SECTIONS)
def section(request, windows, shared_centre):
    """A section's name, its window with nobody at it yet, and where it comes from."""
    return request.param, windows(shared_centre), *SECTIONS[request.param]


def test_loading_failing_and_coming_back(section):
    """A skeleton while it loads; a failure in words with a button that tries again and succeeds."""
    name, desk, login, path, call, filled = section
    page = desk.page
    held = []

    def answer(route):
        if held is not None:
            held.append(route)
        else:
            refuse(route)

    page.route(call, answer)
    desk.log_in(login, path)
    page.wait_for_selector(BUSY)
    desk.show(f"{name}-loading")
    waiting, held = held, None
    for route in waiting:
        refuse(route)
    page.wait_for_selector(f"{FAILED}:has-text('出现问题')")
    desk.show(f"{name}-failed")
    page.unroute(call)
    while left := page.locator(FAILED).count():  # each chart of the overview has its own
        page.locator(f"{FAILED} button").first.click()
        page.wait_for_function(
            "([failed, left]) => document.querySelectorAll(failed).length < left",
            arg=[FAILED, left],
        )
    page.wait_for_selector(filled)


@pytest.mark.parametrize("name", ["review", "cases", "cameras", "people"])
def test_nothing_there_yet(windows, shared_centre, name):
    """Where there is nothing it says what will appear, and how."""
    login, path, call, _ = SECTIONS[name]
    desk = windows(shared_centre)
    desk.page.route(call, lambda route: route.fulfill(content_type="application/json", body=EMPTY))
    desk.log_in(login, path)
    desk.page.wait_for_selector(".ant-empty, .notice")
    desk.show(f"{name}-empty")
    assert len(desk.page.inner_text(".ant-empty, .notice")) > 10


def test_a_tab_from_before_an_upgrade(windows, shared_centre):
    """Pages of an older build are gone: it says so and offers to load the new ones."""
    desk = windows(shared_centre).log_in("demo-operator", "/review")
    desk.page.wait_for_selector(".queue-row")
    desk.page.route("**/assets/CamerasPage*", lambda route: route.fulfill(status=404))
    desk.page.click("nav a[href='/cameras']")
    desk.page.wait_for_selector("[data-fault=stale-build] button")
    desk.show("stale-tab")
    desk.faults.clear()  # the browser's own words about the missing file
    desk.page.unroute("**/assets/CamerasPage*")
    desk.page.click("[data-fault=stale-build] button")
    desk.page.wait_for_selector(".camera-card, .queue-row")


@pytest.mark.parametrize(
    ("login", "path"), [("demo-operator", "/admin/people"), ("demo-auditor", "/review")]
)
def test_who_has_no_right_is_told(windows, shared_centre, login, path):
    """An address that is not for somebody says so, with the way to what is."""
    desk = windows(shared_centre).log_in(login, path)
    desk.page.wait_for_selector(".notice:has-text('您没有此项权限')")
    desk.show(f"no-right-{login.removeprefix('demo-')}")
    assert desk.page.locator("nav a").count() > 0


def test_a_centre_that_is_away_from_the_start(windows, shared_centre):
    """Nobody answers at all: a page that says so, and goes on by itself when asked again."""
    desk = windows(shared_centre)
    desk.page.route("**/api/v1/**", lambda route: route.abort())
    desk.go("/")
    desk.page.wait_for_selector(".notice button", timeout=2 * WAIT_MS)  # it tries some times
    desk.show("centre-away")
    desk.page.unroute("**/api/v1/**")
    desk.page.click(".notice button")
    desk.page.wait_for_selector("input[autocomplete=username]")
