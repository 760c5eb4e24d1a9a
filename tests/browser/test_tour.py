"""Every screen in both languages and sizes: it fits, has no grave barrier, its picture is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

# Language, size, appearance: each size and each language in light and in dark.
LOOKS = (
    ("zh-CN", "small", "light"),
    ("en", "small", "dark"),
    ("zh-CN", "large", "dark"),
    ("en", "large", "light"),
)
ROW = ".table-row"
LIST = f"{ROW}, .ant-empty, .notice"  # one that may be empty
DIALOG = ".ant-modal-container:visible"
PICTURES = ".evidence-stage .picture-frame[data-state=shown]"
OVERFLOWS = "document.scrollingElement.scrollWidth > innerWidth"
SCROLLS = """[document.scrollingElement, document.querySelector('.page')]
    .some((one) => one.scrollHeight > one.clientHeight)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One screen of the tour."""

    name: str
    shown: str  # the selector that tells that it is there
    path: str = ""  # where it is; none: where the last stop was
    act: Callable | None = None  # what a person does there first
    leave: str = ""  # the key that ends it


def _press(*keys):
    def act(page):
        for key in keys:
            page.keyboard.press(key)

    return act


def _click(*selectors):
    def act(page):
        for selector in selectors:
            page.click(selector)

    return act


def _open_first(page):
    page.wait_for_selector(".queue-row")
    page.keyboard.press("j")


def _play_clip(page):
    """The clip is an original: it is opened for a purpose."""
    page.keyboard.press(" ")
    page.fill(".ant-modal input[maxlength]", "核对摊位经营情况")
    page.keyboard.press("Enter")


def _review(name, violation):
    path = f"/review?violation={violation}"
    return Stop(name=name, path=path, act=_open_first, shown=PICTURES)


def _dialog(name, key):
    return Stop(name=name, act=_press(key), shown=DIALOG, leave="Escape")


OPERATORS_TOUR = (
    Stop(name="review-start", path="/review", shown=".queue-row"),
    _review("review-advertisement", "ILLEGAL_AD"),
    _review("review-dust", "CONSTRUCTION_DUST"),
    _review("review-spill", "MUCK_TRUCK_SPILL"),
    Stop(name="review-slider", act=_press("b"), shown=".compare", leave="b"),
    _review("review-vending", "STREET_VENDING"),
    Stop(name="review-zoomed", act=_press("z"), shown=".zoom-figure:has-text('×')", leave="z"),
    Stop(name="review-row", act=_press("c"), shown=".evidence-stage[data-mode=row]"),
    Stop(name="review-asked", act=_press("Enter"), shown=".desk-why[data-asked=true]"),
    _dialog("review-reject", "x"),
    _dialog("review-need-more", "m"),
    _dialog("review-recuse", "r"),
    _dialog("review-keys", "?"),
    _dialog("review-original", " "),
    Stop(name="review-clip", act=_play_clip, shown=".clip[data-state=shown]"),
    Stop(name="cases", path="/cases", shown=".table-row"),
    Stop(name="case", act=_click(".table-row >> nth=0"), shown=PICTURES),
    Stop(name="case-verified", act=_click(".case-actions button >> nth=0"), shown=".case-verified"),
    Stop(
        name="case-download",
        act=_click(".case-actions button >> nth=1"),
        shown=DIALOG,
        leave="Escape",
    ),
    Stop(
        name="case-report",
        act=_click(".case-actions button >> nth=2"),
        shown=DIALOG,
        leave="Escape",
    ),
    Stop(
        name="case-withdraw",
        act=_click(".case-actions button >> nth=-1"),
        shown=DIALOG,
        leave="Escape",
    ),
)
ADMINISTRATORS_TOUR = (
    Stop(name="cameras", path="/cameras", shown=".camera-card img"),
    Stop(name="camera", path="/cameras/camera/market-01", shown=".zone-canvas"),
    Stop(
        name="camera-hours",
        act=_click('[data-zone-row="bay"]'),
        shown='[data-cell="0,0"]',
    ),
    Stop(
        name="camera-versions",
        path="/cameras/camera/market-01/versions",
        shown=".version-row",
    ),
    Stop(name="camera-legality", path="/cameras/camera/market-01/legality", shown="[data-gate]"),
    Stop(name="camera-register", path="/cameras/camera/market-01/registration", shown="form"),
    Stop(name="coverage", path="/cameras/coverage", shown=".coverage-part"),
    Stop(name="boxes", path="/cameras/boxes", shown=ROW),
    Stop(name="bases", path="/cameras/bases", shown=LIST),
    Stop(name="overview", path="/overview", shown="[data-chart=hours] :is(svg, canvas)"),
    Stop(
        name="overview-below",
        act=lambda page: page.locator(".page").evaluate("one => one.scrollTo(0, 1e6)"),
        shown=".map-camera",
    ),
    Stop(name="admin-people", path="/admin/people", shown=ROW),
    Stop(name="admin-organisations", path="/admin/organisations", shown=".organisation"),
    Stop(name="admin-tokens", path="/admin/tokens", shown=LIST),
    Stop(name="admin-policies", path="/admin/policies", shown=ROW),
    Stop(name="admin-subscribers", path="/admin/subscribers", shown=ROW),
    Stop(name="admin-audit", path="/admin/audit", shown=ROW),
    Stop(name="admin-accesses", path="/admin/accesses", shown=LIST),
)
TOURS = {"demo-operator": OPERATORS_TOUR, "demo-admin": ADMINISTRATORS_TOUR}


@pytest.fixture(params=LOOKS, ids="-".join)
def look(request):
    """Language, size and appearance of a window."""
    return dict(zip(("language", "size", "appearance"), request.param, strict=True))


@pytest.fixture
def window(windows, shared_centre, look):
    """A window that looks so, at the centre of those who only look."""
    return windows(shared_centre, **look)


def problems_of(desk):
    """What is wrong with the screen: axe's findings, and anything wider than it."""
    found = desk.grave_problems()
    if desk.page.evaluate(OVERFLOWS):
        found.append(("wider than the screen", desk.page.url, ""))
    return found


def test_login(window):
    """The first page stands without a serious barrier."""
    window.go("/").page.wait_for_selector("input[autocomplete=username]")
    assert problems_of(window.show("login")) == []


@pytest.mark.parametrize("login", TOURS)
def test_every_screen(window, login):
    """Every screen paints, fits and has no serious barrier."""
    window.log_in(login, TOURS[login][0].path)
    found = {}
    for stop in TOURS[login]:
        if stop.path:
            window.go(stop.path)
            window.page.wait_for_selector("nav a[aria-current=page]")
        if stop.act:
            stop.act(window.page)
        window.page.wait_for_selector(stop.shown)
        problems = problems_of(window.show(stop.name))
        if problems:
            found[stop.name] = problems
        if stop.leave:
            window.press(stop.leave)
            if stop.shown == DIALOG:
                window.see_dialog_leave()
    assert found == {}


def test_one_item_fits_one_screen(window):
    """All that is needed to judge is in sight without scrolling."""
    window.log_in("demo-operator").page.wait_for_selector(".queue-row")
    window.page.click(".queue-row >> nth=6")
    window.see_pictures().page.wait_for_selector(".desk-buttons button")
    assert not window.page.evaluate(SCROLLS)
    bottom = window.page.locator(".desk-buttons button").last.bounding_box()
    assert bottom["y"] + bottom["height"] <= window.page.viewport_size["height"]
