"""Cases: the list with its filters in the address, and all that can be done with one case."""

from __future__ import annotations

import zipfile

from sqlalchemy import select

from api.audit.tables import AccessEntry
from api.cases.tables import Case, CaseState
from api.evidence.tables import EvidenceRecord

OPERATOR = "demo-operator"


def open_first(desk):
    """The newest case with its evidence."""
    desk.page.wait_for_selector(".table-row")
    desk.page.click(".table-row >> nth=0")
    return desk.see_pictures()


def shown_case(desk, centre):
    """The row of the case on the screen."""
    with centre.database.reading() as session:
        return next(one for one in session.scalars(select(Case)) if str(one.id) == desk.selected())


def test_filters_stand_in_the_address_and_are_saved(desk):
    """A filtered list is a link; a saved view brings it back."""
    desk.log_in(OPERATOR, "/cases?violation=STREET_VENDING&state=exported")
    desk.page.wait_for_selector(".table-row")
    kinds = desk.page.locator(".table-row .violation").all_inner_texts()
    assert set(kinds) == {"占道经营"}
    desk.page.click("text=常用视图")
    desk.page.fill(".case-views input", "占道待签收")
    desk.page.click("text=保存为视图")
    desk.show("cases-views")
    desk.go("/cases")
    desk.page.click("text=常用视图")
    desk.page.click(".case-view button >> nth=0")
    desk.page.wait_for_function("location.search.includes('STREET_VENDING')")
    desk.go("/cases?state=withdrawn")
    desk.page.wait_for_selector("text=没有符合条件的案件")
    desk.show("cases-empty")


def test_verify_and_download(desk, centre, tmp_path):
    """A case is verified in the page; its bundle is taken for a purpose, and that is registered."""
    desk.log_in(OPERATOR, "/cases")
    open_first(desk)
    desk.page.click("text=校验证据")
    desk.page.wait_for_selector("text=全部证据与签名清单一致")
    desk.show("case-verified")
    desk.page.click("text=下载证据包")
    desk.page.fill(".ant-modal input[maxlength]", "移送法制核对")
    with desk.page.expect_download() as download:
        desk.press("Enter")
    path = tmp_path / "bundle.zip"
    download.value.save_as(path)
    with zipfile.ZipFile(path) as bundle:
        assert any(name.endswith("manifest.json") for name in bundle.namelist())
    with centre.database.reading() as session:
        assert session.scalars(select(AccessEntry.reason)).first() == "移送法制核对"


def test_a_damaged_case_is_named(desk, centre):
    """A flipped byte in the store is found by verifying in the page, with the file's name."""
    desk.log_in(OPERATOR, "/cases")
    open_first(desk)
    case = shown_case(desk, centre)
    with centre.database.reading() as session:
        item = session.scalars(
            select(EvidenceRecord).where(
                EvidenceRecord.candidate_id == case.candidate_id, EvidenceRecord.role == "clip"
            )
        ).first()
    for path in centre.folder.joinpath("store").rglob(f"*{item.sha256}*"):
        path.chmod(0o644)
        content = bytearray(path.read_bytes())
        content[100] ^= 1
        path.write_bytes(bytes(content))
    desk.page.click("text=校验证据")
    desk.page.wait_for_selector(".case-verified:has-text('clip.mp4')")
    desk.show("case-damaged")


def test_withdraw_needs_a_reason(desk, centre):
    """Withdrawing asks why; `other` needs a note; afterwards the case says so."""
    desk.log_in(OPERATOR, "/cases")
    open_first(desk)
    desk.page.click("text=撤回案件")
    desk.page.wait_for_selector(".ant-modal .ant-select")
    desk.press("ArrowDown", "End", "Enter")
    desk.page.click(".ant-modal .ant-select")
    desk.page.click(".ant-select-item-option:has-text('其他')")
    desk.page.click(".ant-modal-footer .ant-btn-primary")
    desk.page.wait_for_selector("text=须填写说明")
    desk.show("case-withdraw")
    desk.page.fill(".ant-modal textarea", "当事人已当场改正")
    desk.page.click(".ant-modal-footer .ant-btn-primary")
    desk.page.wait_for_selector(".candidate-rest:has-text('已撤回')")
    assert shown_case(desk, centre).state == CaseState.WITHDRAWN
    desk.show("case-withdrawn")


def test_an_officer_reports_what_happened(desk, centre):
    """Where no case system does it, an officer reports the state of a case."""
    desk.log_in("demo-dispatcher", "/cases")
    desk.page.click(".table-row >> nth=0")
    desk.page.click(".case-actions button:has-text('上报状态')")
    desk.page.click(".ant-modal .ant-select")
    desk.page.click(".ant-select-item-option:has-text('整改中')")
    desk.show("case-report")
    desk.page.click(".ant-modal-footer .ant-btn-primary")
    desk.page.wait_for_selector(".candidate-rest:has-text('整改中'), .state:has-text('整改中')")
    assert shown_case(desk, centre).state == CaseState.CORRECTING


def test_people_without_candidates_see_the_copies(desk):
    """A dispatcher sees the redacted pictures of a case, and no way to an original."""
    desk.log_in("demo-dispatcher", "/cases")
    desk.page.wait_for_selector(".table-row")
    desk.page.click(".table-row >> nth=0")
    desk.page.wait_for_selector(".case-copies img")
    assert desk.page.locator("text=下载证据包").count() == 0
    desk.show("case-dispatcher")
