"""When line, centre, session or evidence fail: told in words, nothing lost, nothing twice."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from api.candidates.tables import CandidateState
from api.users.tables import LoginSession
from tests.browser.records import change_candidate, damage_copies, decisions_on, state_of
from tests.console.demo_data import first_waiting

OPERATOR = "demo-operator"
ASKED_AGAIN = ".ant-modal input[autocomplete=current-password]"


def decide(desk):
    """Reject what is on the screen because of the weather, by keys."""
    desk.press("x")
    desk.page.wait_for_selector(".reject-reasons")
    desk.page.keyboard.type("w")
    desk.press("Enter")


def test_a_decision_without_a_line_is_sent_later(desk, centre):
    """Offline, a decision is shown as waiting; when the line is back it goes out by itself."""
    desk.log_in(OPERATOR).open_first()
    first = desk.selected()
    desk.page.wait_for_selector(".row-claimed")
    desk.see_neighbours()
    desk.page.context.set_offline(True)
    decide(desk)
    desk.page.wait_for_selector(".pending-waiting")
    desk.page.wait_for_selector(".line[data-line=offline]")
    desk.show("review-offline")
    assert state_of(centre, first) == CandidateState.PENDING_REVIEW
    kept = desk.page.evaluate(
        "Object.entries(localStorage).filter(([key]) => key.startsWith('streetcase.outbox'))"
        ".map(([, text]) => text).join()"
    )
    assert first in kept
    desk.page.context.set_offline(False)
    desk.wait_sent()
    assert decisions_on(centre, first) == [("reject", "weather", False)]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_centre_dies_in_the_middle_of_a_decision(windows, killable, moment):
    """Killed before or after it took a decision: told, kept, and on record exactly once."""
    desk = windows(killable).log_in(OPERATOR).open_first()
    first = desk.selected()
    desk.page.wait_for_selector(".row-claimed")
    desk.see_neighbours()

    def die(route):
        if moment == "after":
            route.fetch()  # taken, and the answer is lost
        killable.kill()
        route.abort()

    desk.page.route("**/decisions", die, times=1)
    decide(desk)
    desk.page.wait_for_selector(".pending-waiting")
    second = desk.see_pictures().selected()
    assert second != first
    desk.show(f"review-centre-killed-{moment}")
    assert decisions_on(killable, first) == [("reject", "weather", False)] * (moment == "after")
    killable.start()
    desk.page.wait_for_selector(".pending-waiting", state="detached")
    desk.wait_sent()
    assert decisions_on(killable, first) == [("reject", "weather", False)]
    desk.page.wait_for_selector(".check:not([disabled])")
    decide(desk)
    desk.page.wait_for_function(f"!location.pathname.endsWith('{second}')")
    desk.wait_sent()
    assert decisions_on(killable, second) == [("reject", "weather", False)]


def test_a_closed_tab_sends_what_it_kept(desk, centre):
    """A decision that waited when the tab was closed goes out when the console is opened again."""
    desk.log_in(OPERATOR).open_first()
    first = desk.selected()
    desk.page.wait_for_selector(".row-claimed")
    desk.page.context.route("**/decisions", lambda route: route.abort())
    decide(desk)
    desk.page.wait_for_selector(".pending-waiting")
    context = desk.page.context
    desk.page.close()
    context.unroute("**/decisions")
    again = context.new_page()
    again.goto(f"{centre.address}/review")
    again.wait_for_selector(".pending-strip[data-state=sent]")
    assert decisions_on(centre, first) == [("reject", "weather", False)]


def test_a_refused_decision_keeps_its_words(desk, centre):
    """When somebody else was faster the answer says so, and the note is not lost."""
    desk.log_in(OPERATOR).open_first()
    first = desk.selected()
    desk.page.wait_for_selector(".row-claimed")
    desk.page.context.set_offline(True)
    desk.press("x")
    desk.page.fill(".reject input >> nth=1", "第三次复核")
    desk.page.click(".reject-reasons li:has-text('天气')")
    desk.page.wait_for_selector(".pending-waiting")
    change_candidate(
        centre, first, state=CandidateState.REJECTED, claimed_by=None, claimed_until=None
    )
    desk.page.context.set_offline(False)
    desk.page.wait_for_selector(".pending-refused")
    text = desk.page.inner_text(".pending-refused")
    assert "已处理完毕" in text
    assert "第三次复核" in text
    desk.show("review-refused")


def test_a_session_that_ends_in_the_middle_of_a_decision(desk, centre):
    """The password is asked for on top of the page; then what was decided goes out, once."""
    desk.log_in(OPERATOR).open_first()
    first = desk.selected()
    desk.page.wait_for_selector(".row-claimed")
    desk.press("1", "2", "3", "4")
    with centre.database.writing() as session:
        session.execute(delete(LoginSession))
    desk.press("Enter")
    desk.page.wait_for_selector(ASKED_AGAIN)
    desk.show("review-session-expired")
    assert decisions_on(centre, first) == []
    desk.page.fill(ASKED_AGAIN, centre.people[OPERATOR])
    desk.press("Enter")
    desk.page.wait_for_selector(".ant-modal", state="detached")
    desk.wait_sent()
    assert decisions_on(centre, first) == [("confirm", None, False)]


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_damaged_evidence_blocks_confirming(desk, centre, harm):
    """A picture whose bytes are not those of the manifest is never shown, and nothing confirmed."""
    first = str(first_waiting(centre.database)[0])
    damage_copies(centre, first, remove=harm == "gone")
    desk.log_in(OPERATOR).page.wait_for_selector(".queue-row")
    desk.press("j").page.wait_for_selector(".picture-missing")
    desk.press("1", "2", "3", "4", "Enter")
    desk.page.wait_for_selector(".desk-why:has-text('缺失或校验未通过')")
    assert desk.selected() == first
    assert decisions_on(centre, first) == []
    desk.show(f"review-damaged-{harm}")
