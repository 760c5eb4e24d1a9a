"""Five thousand candidates in the queue: counted, scrolled, judged, without a slower page."""

from __future__ import annotations

from api.candidates.tables import CandidateState
from tests.browser.records import ids_in_state
from tests.console.demo_bulk import add_many

MANY = 5000
ROWS_IN_PAGE = 60  # what a screen shows and a little more; the rest is no element at all
WHEEL_PX = 4000


def test_five_thousand_items(desk, centre):
    """The whole number is told, only what is in sight exists, and keys work far down the list."""
    add_many(centre.database, MANY)
    waiting = len(ids_in_state(centre, CandidateState.PENDING_REVIEW))
    desk.log_in("demo-operator").open_first()
    page = desk.page
    page.wait_for_function(
        "(count) => document.querySelector('.queue-total').textContent.replace(',', '') == count",
        arg=str(waiting),
    )
    desk.show("review-5000")
    seen = set()
    page.hover(".queue-list")
    for _ in range(12):
        page.mouse.wheel(0, WHEEL_PX)
        # The next hundred lines come on the way.
        page.wait_for_function(
            "seen => [...document.querySelectorAll('.queue-row')]"
            ".some((row) => !seen.includes(row.dataset.id))",
            arg=list(seen),
        )
        rows = page.locator(".queue-row")
        assert rows.count() <= ROWS_IN_PAGE
        seen |= set(rows.evaluate_all("(rows) => rows.map((row) => row.dataset.id)"))
    assert len(seen) > 100  # more than the first page of the API
    page.locator(".queue-row").nth(8).click()
    desk.see_pictures()
    there = desk.selected()
    desk.press("j")
    page.wait_for_function(f"!location.pathname.endsWith('{there}')")
    desk.see_pictures().press("x")
    page.wait_for_selector(".reject-reasons")
    page.keyboard.type("w")
    desk.press("Enter").wait_sent()
    assert len(ids_in_state(centre, CandidateState.PENDING_REVIEW)) == waiting - 1
