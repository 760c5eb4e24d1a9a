"""The review desk, driven as people drive it: keys alone, mouse alone, and when things go wrong."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from api.audit.tables import AccessEntry
from api.candidates.tables import CandidateRecord, CandidateState
from api.evidence.tables import EvidenceRecord
from api.review.tables import Decision
from tests.console.demo_bulk import add_many
from tests.console.demo_data import first_waiting

OPERATOR, COLLEAGUE = "demo-operator", "demo-operator-2"


def state_of(centre, candidate_id):
    """Where a candidate stands."""
    with centre.database.reading() as session:
        return session.get_one(CandidateRecord, UUID(candidate_id)).state


def decisions_on(centre, candidate_id):
    """The judgements on a candidate, in their order."""
    with centre.database.reading() as session:
        found = session.scalars(
            select(Decision)
            .where(Decision.candidate_id == UUID(candidate_id))
            .order_by(Decision.decided_at)
        )
        return [(one.verdict, one.reason, one.undone_at is not None) for one in found]


def wait_sent(desk):
    """Until the last decision is on record."""
    desk.page.wait_for_selector(".pending-strip[data-state=sent]")


def test_a_session_by_keyboard_only(desk, centre):
    """Open, look, tick, confirm, reject, undo: no hand leaves the keyboard."""
    desk.log_in(OPERATOR).open_first().show("review")
    first = desk.selected()
    desk.press("z").show("review-zoomed")
    desk.page.wait_for_selector(".zoom-figure:has-text('×')")
    desk.press("z", "l")
    desk.page.wait_for_selector(".evidence-stage .shapes", state="detached")
    desk.press("l", "b")
    desk.page.wait_for_selector(".compare")
    desk.show("review-slider")
    desk.press("b", "c")
    desk.page.wait_for_selector(".evidence-stage[data-mode=row]")
    desk.show("review-row")
    desk.press("c", "c")
    desk.press("Enter")
    desk.page.wait_for_selector(".desk-why[data-asked=true]:has-text('暂不能确认')")
    desk.show("review-asked")
    desk.press("1", "2", "3", "4", "Enter")
    desk.page.wait_for_function(f"!location.pathname.endsWith('{first}')")
    wait_sent(desk)
    desk.show("review-confirmed")
    assert state_of(centre, first) == CandidateState.CONFIRMED
    desk.press("u")
    desk.page.wait_for_function(f"location.pathname.endsWith('{first}')")
    assert decisions_on(centre, first) == [("confirm", None, True)]
    assert state_of(centre, first) == CandidateState.PENDING_REVIEW
    desk.page.wait_for_selector(".check[aria-checked=true] >> nth=3")
    desk.press("x")
    desk.page.wait_for_selector(".reject-reasons")
    desk.show("review-reject")
    desk.page.keyboard.type("w")
    desk.press("Enter")
    wait_sent(desk)
    assert decisions_on(centre, first)[-1] == ("reject", "weather", False)
    desk.press("?")
    desk.page.wait_for_selector(".keys-help")
    desk.show("keys")


def test_a_session_by_mouse_only(desk, centre):
    """Everything that keys do can be clicked."""
    desk.log_in(OPERATOR)
    desk.page.click(".queue-row >> nth=0")
    desk.see_pictures()
    first = desk.selected()
    for index in range(4):
        desk.page.click(f".check >> nth={index}")
    desk.page.click(".desk-buttons button >> nth=0")
    wait_sent(desk)
    assert state_of(centre, first) == CandidateState.CONFIRMED
    desk.page.click(".pending-strip button")
    desk.page.wait_for_function(f"location.pathname.endsWith('{first}')")
    desk.see_pictures()
    desk.page.click(".desk-buttons button >> nth=1")
    desk.page.fill(".reject input >> nth=0", "模糊")
    desk.page.click(".reject-reasons li >> nth=0")
    wait_sent(desk)
    assert decisions_on(centre, first)[-1] == ("reject", "blurry", False)
    second = desk.selected()
    desk.page.click(".desk-buttons button >> nth=2")
    desk.page.click(".missing-list label >> nth=3")
    desk.page.click(".ant-modal-footer .ant-btn-primary")
    desk.page.wait_for_selector(".ant-modal-footer", state="detached")
    desk.page.wait_for_function(f"!location.pathname.endsWith('{second}')")
    desk.page.wait_for_timeout(500)
    assert state_of(centre, second) == CandidateState.NEED_MORE


def test_a_double_click_is_one_decision(desk, centre):
    """Confirming twice in a row decides one item, once, and not the next."""
    desk.log_in(OPERATOR).open_first()
    first = desk.selected()
    desk.press("1", "2", "3", "4")
    desk.page.dblclick(".desk-buttons button >> nth=0")
    wait_sent(desk)
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
    one.press("x")
    one.page.keyboard.type("w")
    one.press("Enter")
    wait_sent(one)
    other.page.wait_for_selector(".queue-row[data-gone=elsewhere]")
    other.show("review-gone")


def test_new_items_wait_until_asked_for(desks, centre):
    """What arrives is announced and joins on demand; a colleague's claim shows in its place."""
    desk, colleague = desks(), desks()
    desk.log_in(OPERATOR).open_first()
    rows = "[...document.querySelectorAll('.queue-row')].map((row) => row.dataset.id)"
    before = desk.page.evaluate(rows)
    add_many(centre.database, 3, span=timedelta(0))
    colleague.log_in(COLLEAGUE)
    colleague.page.wait_for_selector(".queue-row")
    colleague.press("n").see_pictures()
    desk.page.wait_for_selector(".queue-fresh button")
    desk.page.wait_for_selector(".row-claimed:has-text('审核中')")
    assert "新到 3 项" in desk.page.inner_text(".queue-fresh")
    assert desk.page.evaluate(rows) == before
    desk.show("review-fresh")
    desk.press("a")
    desk.page.wait_for_selector(".queue-fresh button", state="detached")
    with centre.database.reading() as session:
        waiting = session.scalar(
            select(func.count())
            .select_from(CandidateRecord)
            .where(CandidateRecord.state == CandidateState.PENDING_REVIEW)
        )
    desk.page.wait_for_function(
        "(count) => document.querySelector('.queue-total').textContent == count", arg=str(waiting)
    )


def test_a_decision_without_a_line_is_sent_later(desk, centre):
    """Offline, a decision is shown as waiting; when the line is back it goes out by itself."""
    desk.log_in(OPERATOR).open_first()
    first = desk.selected()
    desk.page.wait_for_selector(".row-claimed")
    desk.page.wait_for_timeout(800)  # the next item is loaded ahead
    desk.page.context.set_offline(True)
    desk.press("x")
    desk.page.keyboard.type("w")
    desk.press("Enter")
    desk.page.wait_for_selector(".pending-waiting")
    desk.show("review-offline")
    assert state_of(centre, first) == CandidateState.PENDING_REVIEW
    kept = desk.page.evaluate(
        "Object.entries(localStorage).find(([key]) => key.startsWith('streetcase.outbox'))[1]"
    )
    assert first in kept
    desk.page.context.set_offline(False)
    wait_sent(desk)
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
    with centre.database.writing() as session:
        row = session.get_one(CandidateRecord, UUID(first))
        row.state = CandidateState.REJECTED
        row.claimed_by = row.claimed_until = None
        row.version += 1
    desk.page.context.set_offline(False)
    desk.page.wait_for_selector(".pending-refused")
    text = desk.page.inner_text(".pending-refused")
    assert "已处理完毕" in text
    assert "第三次复核" in text
    desk.show("review-refused")


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_damaged_evidence_blocks_confirming(desk, centre, harm):
    """A picture whose bytes are not those of the manifest is never shown, and nothing confirmed."""
    first = str(first_waiting(centre.database)[0])
    with centre.database.reading() as session:
        items = session.scalars(
            select(EvidenceRecord).where(
                EvidenceRecord.candidate_id == UUID(first), EvidenceRecord.is_redacted
            )
        ).all()
        digests = [item.sha256 for item in items]
    for sha256 in digests:
        path = centre.object_path(sha256)
        path.chmod(0o644)
        if harm == "gone":
            path.unlink()
        else:
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(bytes(content))
    desk.log_in(OPERATOR)
    desk.page.wait_for_selector(".queue-row")
    desk.press("j")
    desk.page.wait_for_selector(".picture-missing")
    desk.press("1", "2", "3", "4", "Enter")
    desk.page.wait_for_selector(".desk-why:has-text('缺失或校验未通过')")
    assert desk.selected() == first
    assert decisions_on(centre, first) == []
    desk.show(f"review-damaged-{harm}")


def test_an_original_is_opened_for_a_purpose(desk, centre):
    """The clip is an original: it asks what for, is registered, and carries who opened it."""
    desk.log_in(OPERATOR).open_first()
    desk.press(" ")
    desk.page.wait_for_selector(".ant-modal input")
    desk.show("review-original")
    desk.page.fill(".ant-modal input[maxlength]", "核对摊位经营情况")
    desk.press("Enter")
    desk.page.wait_for_selector(".clip[data-state=shown]")
    assert "演示值班员" in desk.page.inner_text(".watermark >> nth=0")
    desk.press(".")
    stepped = desk.page.evaluate("document.querySelector('video').currentTime")
    desk.press(".")
    desk.page.wait_for_timeout(200)
    assert desk.page.evaluate("document.querySelector('video').currentTime") > stepped
    desk.show("review-clip")
    with centre.database.reading() as session:
        entries = session.scalars(select(AccessEntry)).all()
        assert [(one.item_name, one.reason) for one in entries] == [
            ("clip.mp4", "核对摊位经营情况")
        ]


def test_claim_next_and_filters(desk, centre):
    """N takes the most urgent one; filters stand in the address and survive a reload."""
    desk.log_in(OPERATOR)
    desk.page.wait_for_selector(".queue-row")
    desk.press("n")
    desk.see_pictures()
    assert desk.selected()
    desk.page.goto(f"{centre.address}/review?violation=STREET_VENDING")
    desk.page.wait_for_selector(".queue-row")
    words = desk.page.locator(".queue-what").all_inner_texts()
    assert words
    assert all("占道经营" in word for word in words)
    desk.page.goto(f"{centre.address}/review?violation=STREET_VENDING&priority=3")
    desk.page.wait_for_selector(".queue-empty")
    desk.show("review-empty-filter")


@pytest.mark.parametrize("appearance", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("size", ["small", "large"])
def test_one_screen_without_scrolling_or_barriers(desks, size, language, appearance):
    """All that is needed to judge fits the screen, in both languages, and axe finds nothing grave."""
    desk = desks(size=size, language=language, appearance=appearance)
    desk.log_in(OPERATOR)
    desk.page.wait_for_selector(".queue-row")
    desk.page.click(".queue-row >> nth=6")
    desk.see_pictures()
    desk.page.wait_for_timeout(600)
    desk.show(f"review-{appearance}")
    scrolled = desk.page.evaluate(
        "document.scrollingElement.scrollHeight > innerHeight"
        " || document.querySelector('.page').scrollHeight > document.querySelector('.page').clientHeight"
    )
    assert not scrolled
    assert (
        desk.page.locator(".desk-buttons button").last.bounding_box()["y"]
        < desk.page.viewport_size["height"]
    )
    assert desk.grave_problems() == []


def test_a_second_reviewer_sees_their_stage(desk):
    """Who reviews at the second stage gets what the first confirmed, and nothing else."""
    desk.log_in("demo-second")
    desk.page.wait_for_selector(".queue-row")
    desk.press("j")
    desk.see_pictures()
    assert "复核" in desk.page.inner_text(".candidate-rest")
    desk.show("review-second")


def test_an_unknown_candidate(desk, centre):
    """An address of nothing says so."""
    desk.log_in(OPERATOR, "/review/00000000-0000-0000-0000-000000000000")
    desk.page.wait_for_selector("text=不存在")
    desk.show("review-unknown")
