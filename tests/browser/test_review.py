"""The review desk as people work: by keys alone, by mouse alone, from first look to undo."""

from __future__ import annotations

from sqlalchemy import select

from api.audit.tables import AccessEntry
from api.candidates.tables import CandidateState
from tests.browser.records import change_candidate, decisions_on, ids_in_state, state_of

OPERATOR = "demo-operator"


def test_a_session_by_keyboard_only(desk, centre):
    """Open, look, tick, confirm, undo, reject, ask for more: no hand leaves the keyboard."""
    desk.log_in(OPERATOR).open_first().show("review")
    first = desk.selected()
    desk.press("z").show("review-zoomed")
    desk.page.wait_for_selector(".zoom-figure:has-text('×')")
    desk.press("z", "l")
    desk.page.wait_for_selector(".evidence-stage .shapes", state="detached")
    desk.press("l", "b")
    desk.page.wait_for_selector(".compare")
    desk.show("review-slider").press("b", "c")
    desk.page.wait_for_selector(".evidence-stage[data-mode=row]")
    desk.show("review-row").press("c", "c", "Enter")
    desk.page.wait_for_selector(".desk-why[data-asked=true]:has-text('暂不能确认')")
    desk.show("review-asked").press("1", "2", "3", "4", "Enter")
    desk.page.wait_for_function(f"!location.pathname.endsWith('{first}')")
    desk.wait_sent().show("review-confirmed")
    assert state_of(centre, first) == CandidateState.CONFIRMED
    desk.press("u")
    desk.page.wait_for_function(f"location.pathname.endsWith('{first}')")
    assert decisions_on(centre, first) == [("confirm", None, True)]
    assert state_of(centre, first) == CandidateState.PENDING_REVIEW
    desk.page.wait_for_selector(".check[aria-checked=true] >> nth=3")
    desk.press("x")
    desk.page.wait_for_selector(".reject-reasons")
    desk.show("review-reject").page.keyboard.type("w")
    desk.press("Enter").wait_sent()
    assert decisions_on(centre, first)[-1] == ("reject", "weather", False)
    second = desk.see_pictures().selected()
    desk.press("m")
    desk.page.wait_for_selector(".missing-list")
    desk.show("review-need-more").press("Shift+Tab", "Shift+Tab", "Space")
    desk.press("Tab", "Tab", "Enter")
    desk.page.wait_for_function(f"!location.pathname.endsWith('{second}')")
    desk.page.wait_for_selector(".pending-strip:has-text('已存疑')")
    desk.wait_sent()
    assert state_of(centre, second) == CandidateState.NEED_MORE
    desk.see_dialog_leave().press("?")
    desk.page.wait_for_selector(".keys-help")
    desk.show("keys")


def test_a_session_by_mouse_only(desk, centre):
    """Everything that keys do can be clicked."""
    desk.log_in(OPERATOR)
    page = desk.page
    page.click(".queue-row >> nth=0")
    first = desk.see_pictures().selected()
    for index in range(4):
        page.click(f".check >> nth={index}")
    page.click(".desk-buttons button >> nth=0")
    desk.wait_sent()
    assert state_of(centre, first) == CandidateState.CONFIRMED
    page.click(".pending-strip button")
    page.wait_for_function(f"location.pathname.endsWith('{first}')")
    desk.see_pictures()
    page.click(".desk-buttons button >> nth=1")
    page.fill(".reject input >> nth=0", "模糊")
    page.click(".reject-reasons li >> nth=0")
    desk.wait_sent()
    assert decisions_on(centre, first)[-1] == ("reject", "blurry", False)
    second = desk.see_pictures().selected()
    page.click(".desk-buttons button >> nth=2")
    page.click(".missing-list label >> nth=3")
    page.click(".ant-modal-footer .ant-btn-primary")
    page.wait_for_selector(".pending-strip:has-text('已存疑')")
    desk.wait_sent()
    assert state_of(centre, second) == CandidateState.NEED_MORE


def test_an_original_is_opened_for_a_purpose(desk, centre):
    """The clip is an original: it asks what for, is registered, and carries who opened it."""
    desk.log_in(OPERATOR).open_first().press(" ")
    desk.page.wait_for_selector(".ant-modal input")
    desk.show("review-original")
    desk.page.fill(".ant-modal input[maxlength]", "核对摊位经营情况")
    desk.press("Enter")
    desk.page.wait_for_selector(".clip[data-state=shown]")
    assert "演示值班员" in desk.page.inner_text(".watermark >> nth=0")
    desk.press(".")
    stepped = desk.page.evaluate("document.querySelector('video').currentTime")
    desk.press(".")
    desk.page.wait_for_function(
        "(before) => document.querySelector('video').currentTime > before", arg=stepped
    )
    desk.show("review-clip")
    with centre.database.reading() as session:
        entries = session.scalars(select(AccessEntry)).all()
        assert [(one.item_name, one.reason) for one in entries] == [
            ("clip.mp4", "核对摊位经营情况")
        ]


def test_claim_next_and_filters(desk):
    """N takes the most urgent one; filters stand in the address and survive a reload."""
    desk.log_in(OPERATOR)
    desk.page.wait_for_selector(".queue-row")
    desk.press("n")
    assert desk.see_pictures().selected()
    desk.go("/review?violation=STREET_VENDING").page.wait_for_selector(".queue-row")
    words = desk.page.locator(".queue-what").all_inner_texts()
    assert words
    assert all("占道经营" in word for word in words)
    desk.go("/review?violation=STREET_VENDING&priority=3")
    desk.page.wait_for_selector(".queue-empty")
    desk.show("review-empty-filter")


def test_advertisements_of_a_street_and_day_are_rejected_together(desk, centre):
    """Y shows them all, one is left out, the others are rejected for one reason in one go."""
    desk.log_in(OPERATOR, "/review?violation=ILLEGAL_AD").open_first()
    desk.press("y")
    items = desk.page.locator(".batch-item")
    items.first.wait_for()
    desk.show("review-batch")
    together = items.count()
    assert together > 1
    items.last.click()
    desk.page.wait_for_selector(f"text=已选 {together - 1} / {together} 项")
    items.last.click()
    before = set(ids_in_state(centre, CandidateState.REJECTED))
    desk.page.click(".batch li:has-text('重复')")
    desk.page.wait_for_selector(".batch", state="detached")
    rejected = set(ids_in_state(centre, CandidateState.REJECTED)) - before
    assert len(rejected) == together
    assert all(decisions_on(centre, one) == [("reject", "duplicate", False)] for one in rejected)


def test_what_expired_is_reopened_as_a_lead(desk, centre):
    """An expired candidate says what became of it, and can be judged after all."""
    expired = ids_in_state(centre, CandidateState.PENDING_REVIEW)[0]
    change_candidate(centre, expired, state=CandidateState.EXPIRED)
    desk.log_in(OPERATOR, f"/review/{expired}?state=expired").see_pictures()
    desk.page.wait_for_selector("text=逾期未审")
    desk.show("review-expired")
    desk.page.click("button:has-text('重新开审')")
    desk.page.wait_for_selector(".check:not([disabled])")
    assert state_of(centre, expired) == CandidateState.PENDING_REVIEW


def test_a_second_reviewer_sees_their_stage(desk):
    """Who reviews at the second stage gets what the first confirmed, and nothing else."""
    desk.log_in("demo-second").open_first()
    assert "复核" in desk.page.inner_text(".candidate-rest")
    desk.show("review-second")


def test_an_unknown_candidate(desk):
    """An address of nothing says so."""
    desk.log_in(OPERATOR, "/review/00000000-0000-0000-0000-000000000000")
    desk.page.wait_for_selector("text=不存在")
    desk.show("review-unknown")
