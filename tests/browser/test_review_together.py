"""Several people at one item: who may judge is said in words, nothing is judged twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.candidates.tables import CandidateState
from tests.browser.records import (
    change_candidate,
    decisions_on,
    give_roles,
    ids_in_state,
    state_of,
)
from tests.console.demo_bulk import add_many

OPERATOR, COLLEAGUE = "demo-operator", "demo-operator-2"
MAY_TICK = ".check:not([disabled])"
# The centre has said whose it is: ours, or a colleague's.
WHOSE = ".row-claimed:has-text('我在审'), .desk-why:has-text('正在审核')"


def reject(desk, letter="w"):
    """Reject what is on the screen, by keys."""
    desk.press("x")
    desk.page.wait_for_selector(".reject-reasons")
    desk.page.keyboard.type(letter)
    return desk.press("Enter")


def test_a_double_click_is_one_decision(desk, centre):
    """Confirming twice in a row decides one item, once, and not the next."""
    desk.log_in(OPERATOR).open_first()
    first = desk.selected()
    desk.press("1", "2", "3", "4")
    desk.page.dblclick(".desk-buttons button >> nth=0")
    desk.wait_sent()
    assert len(decisions_on(centre, first)) == 1
    assert decisions_on(centre, desk.selected()) == []


def test_two_people_at_one_item(desks, centre):
    """Who comes second sees who judges it and until when, and cannot decide."""
    one, other = desks(), desks()
    one.log_in(OPERATOR).open_first()
    first = one.selected()
    one.page.wait_for_selector(".row-claimed")
    other.log_in(COLLEAGUE, f"/review/{first}").see_pictures()
    other.page.wait_for_selector(".desk-why:has-text('演示值班员 正在审核')")
    assert other.page.locator(".check:disabled").count() == 4
    other.show("review-conflict")
    reject(one).wait_sent()
    other.page.wait_for_selector(".queue-row[data-gone=elsewhere]")
    other.show("review-gone").press("1", "2", "3", "4", "Enter")
    assert decisions_on(centre, first) == [("reject", "weather", False)]


def test_two_browsers_claim_at_the_same_moment(desks, centre):
    """Both open the same item at once: one of them may judge, and only that one's word counts."""
    pair = [desks(), desks()]
    for desk, login in zip(pair, (OPERATOR, COLLEAGUE), strict=True):
        desk.log_in(login).page.wait_for_selector(".queue-row")
    first = pair[0].page.get_attribute(".queue-row >> nth=0", "data-id")
    for desk in pair:
        desk.press("j")
    for desk in pair:
        desk.page.wait_for_selector(WHOSE)
    assert sorted(desk.page.locator(MAY_TICK).count() for desk in pair) == [0, 4]
    for desk in pair:
        desk.press("1", "2", "3", "4", "Enter")
    holder = next(desk for desk in pair if desk.selected() != first)
    holder.wait_sent()
    assert decisions_on(centre, first) == [("confirm", None, False)]


def test_new_items_wait_until_asked_for(desks, centre):
    """What arrives is announced and joins on demand; a colleague's claim shows in its place."""
    desk, colleague = desks(), desks()
    desk.log_in(OPERATOR).open_first()
    rows = "[...document.querySelectorAll('.queue-row')].map((row) => row.dataset.id)"
    before = desk.page.evaluate(rows)
    add_many(centre.database, 3, span=timedelta(0))
    colleague.log_in(COLLEAGUE).page.wait_for_selector(".queue-row")
    colleague.press("n").see_pictures()
    desk.page.wait_for_selector(".queue-fresh button")
    desk.page.wait_for_selector(".row-claimed:has-text('审核中')")
    assert "新到 3 项" in desk.page.inner_text(".queue-fresh")
    assert desk.page.evaluate(rows) == before
    desk.show("review-fresh").press("a")
    desk.page.wait_for_selector(".queue-fresh button", state="detached")
    waiting = len(ids_in_state(centre, CandidateState.PENDING_REVIEW))
    desk.page.wait_for_function(
        "(count) => document.querySelector('.queue-total').textContent == count", arg=str(waiting)
    )


def test_a_tab_that_slept(desks, centre):
    """A tab that heard nothing of a colleague's decision is refused in words."""
    asleep, colleague = desks(), desks()
    asleep.log_in(OPERATOR)
    asleep.page.context.route("**/api/v1/queue/**", lambda route: route.abort())
    asleep.page.wait_for_selector(".queue-row")
    with asleep.page.expect_response("**/claim"):  # taken a moment after opening
        asleep.open_first().page.wait_for_selector(MAY_TICK)
    first = asleep.selected()
    change_candidate(centre, first, claimed_by=None, claimed_until=None)
    colleague.log_in(COLLEAGUE, f"/review/{first}").see_pictures()
    colleague.page.wait_for_selector(MAY_TICK)
    reject(colleague).wait_sent()
    asleep.press("1", "2", "3", "4", "Enter")
    asleep.page.wait_for_selector(".pending-refused")
    words = asleep.page.inner_text(".pending-refused")
    assert "未被接受" in words
    assert "已处理完毕" in words or "有变化" in words
    asleep.show("review-slept")
    assert decisions_on(centre, first) == [("reject", "weather", False)]


def test_newer_evidence_is_shown_before_it_is_judged(desks, centre):
    """The box brought more after the person looked: the decision on the old is refused in words."""
    desk = desks()
    desk.log_in(OPERATOR).open_first()
    first = desk.selected()
    desk.page.wait_for_selector(".row-claimed")
    desk.press("1", "2", "3", "4")
    desk.page.context.set_offline(True)
    change_candidate(centre, first, updated_at=datetime.now(UTC))
    change_candidate(centre, first, updated_at=datetime.now(UTC))
    desk.press("Enter")
    desk.page.wait_for_selector(".pending-waiting")
    desk.page.context.set_offline(False)
    desk.page.wait_for_selector(".pending-refused:has-text('请重新查看后再决定')")
    desk.show("review-stale")
    assert decisions_on(centre, first) == []
    desk.page.click(".pending-refused button >> nth=0")
    desk.page.wait_for_function(f"location.pathname.endsWith('{first}')")
    desk.see_pictures().page.wait_for_selector(".check[aria-checked=true] >> nth=3")


def test_who_recuses_themselves_judges_no_more(desk, centre):
    """Recusal asks why; the item goes to others, and its address says so to whoever recused."""
    desk.log_in(OPERATOR).open_first()
    first = desk.selected()
    desk.page.wait_for_selector(".row-claimed")
    desk.press("r")
    desk.page.wait_for_selector(".ant-modal textarea")
    desk.show("review-recuse")
    send = desk.page.locator(".ant-modal-footer .ant-btn-primary")
    assert send.is_disabled()
    desk.page.keyboard.type("当事人是本人亲属")
    send.click()
    desk.page.wait_for_function(f"!location.pathname.endsWith('{first}')")
    desk.page.wait_for_selector(f".queue-row[data-id='{first}']", state="detached")
    desk.go(f"/review/{first}").see_pictures()
    desk.page.wait_for_selector(".desk-why:has-text('您已回避此候选')")
    assert desk.page.locator(MAY_TICK).count() == 0
    desk.show("review-recused")
    assert state_of(centre, first) == CandidateState.PENDING_REVIEW


def test_the_second_stage_is_for_somebody_else(desk, centre):
    """Who confirmed at the first stage is refused at the second, although they have its role."""
    give_roles(centre, OPERATOR, "second_reviewer")
    own = ids_in_state(centre, CandidateState.SECOND_REVIEW)[0]
    desk.log_in(OPERATOR, f"/review/{own}").see_pictures()
    desk.page.wait_for_selector(".desk-why:has-text('须由他人审核')")
    assert desk.page.locator(MAY_TICK).count() == 0
    desk.press("1", "2", "3", "4", "Enter").show("review-same-person")
    assert state_of(centre, own) == CandidateState.SECOND_REVIEW


def test_a_supervisor_looks_and_does_not_judge(desk, centre):
    """Reading is not judging: no claim, no buttons, and words that say so."""
    desk.log_in("demo-supervisor", "/review").open_first()
    first = desk.selected()
    before = decisions_on(centre, first)
    desk.page.wait_for_selector("text=您只能查看，不能审核")
    assert desk.page.locator(".desk-buttons").count() == 0
    desk.press("1", "2", "3", "4", "Enter", "x")
    assert desk.page.locator(".reject-reasons").count() == 0
    desk.show("review-reader")
    assert decisions_on(centre, first) == before
