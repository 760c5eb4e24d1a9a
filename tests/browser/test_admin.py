"""The administration's pages in real Chromium: people, tokens, subscribers, the log."""

from __future__ import annotations

import re

from tests.browser.window import AT_REST


def kept_secret(page):
    shown = page.get_by_test_id("shown-once")
    shown.wait_for()
    secret = shown.input_value()
    page.wait_for_function(AT_REST)  # a click on what still moves may be lost
    page.get_by_role("checkbox", name="我已妥善保存").check()
    page.locator(".ant-modal-footer .ant-btn-primary:not([disabled])").last.click()
    shown.wait_for(state="detached")
    return secret


def test_a_new_person_logs_in_with_the_password_shown_once(visit, desks):
    """Made by an administrator; at the first login a new password is due before all else."""
    desk = visit("demo-admin", "/admin/people")
    page = desk.page
    page.get_by_role("button", name="添加人员").click()
    page.locator("#login").fill("zhang.min")
    page.locator("#name").fill("张敏")
    page.locator("#roles").click()
    page.locator(".ant-select-item-option", has_text="值班员").click()
    page.locator("#name").click()
    desk.show("admin-person")
    page.locator(".ant-modal-footer .ant-btn-primary").click()
    password = kept_secret(page)
    page.get_by_role("cell", name="zhang.min", exact=True).wait_for()
    other = desks().page
    other.goto(desk.centre.address)
    other.fill("input[autocomplete=username]", "zhang.min")
    other.fill("input[autocomplete=current-password]", password)
    other.keyboard.press("Enter")
    other.fill("input[autocomplete=new-password]", "correct horse battery staple 7")
    other.fill("input[autocomplete=current-password]", password)
    other.keyboard.press("Enter")
    other.wait_for_selector("nav a[aria-current=page]")
    assert other.get_by_text("张敏").is_visible()
    assert other.get_by_role("link", name="管理").count() == 0


def test_a_token_is_shown_once_and_revoked(visit):
    """Its text is nowhere after the dialog; revoked, it stays on record."""
    desk = visit("demo-admin", "/admin/tokens")
    page = desk.page
    page.get_by_role("button", name="创建令牌").click()
    page.locator("#name").fill("验收平台")
    page.locator("#scopes").click()
    page.locator(".ant-select-item-option", has_text="读取案件与证据").click()
    page.locator("#name").click()
    page.locator(".ant-modal-footer .ant-btn-primary").click()
    token = kept_secret(page)
    page.get_by_role("cell", name="验收平台").wait_for()
    assert token not in page.content()
    row = page.locator(".table-row", has_text="验收平台")
    row.get_by_role("button", name="吊销").click()
    page.locator(".ant-modal-confirm-btns .ant-btn-primary").click()
    page.get_by_text("✕ 已吊销").wait_for()


def test_the_log_is_checked_and_filtered_in_words(visit):
    """The check says how many entries hold; a filter stands in the address."""
    desk = visit("demo-auditor", "/admin/audit")
    page = desk.page
    page.wait_for_selector(".table-row")
    page.get_by_role("button", name="检查链条").click()
    result = page.get_by_test_id("chain-result")
    result.wait_for()
    assert re.search(r"链条完整：\d+ 条记录全部相符", result.inner_text())
    desk.show("admin-audit-checked")
    page.get_by_label("动作", exact=True).click()
    page.keyboard.type("修改区域")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"action=camera\.settings_changed"))
    page.wait_for_function(
        """() => {
            const cells = [...document.querySelectorAll(".table-row td:nth-child(5)")];
            return cells.length > 0 && cells.every((one) => one.innerText === "修改区域与许可");
        }"""
    )
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 CSV").click()
    assert download.value.suggested_filename.startswith("audit-")


def test_a_subscriber_is_added_and_tested(visit):
    """Its secret is shown once; the test delivery appears among the deliveries."""
    desk = visit("demo-admin", "/admin/subscribers")
    page = desk.page
    page.get_by_role("button", name="添加订阅方").click()
    page.locator("#name").fill("测试平台")
    page.locator("#url").fill("http://127.0.0.1:9/nobody")
    page.locator(".ant-modal-footer .ant-btn-primary").click()
    assert kept_secret(page).startswith("whsec_")
    row = page.locator(".table-row", has_text="测试平台")
    row.get_by_role("button", name="测试投递").click()
    page.wait_for_selector("[data-delivery]")
    assert "测试" in page.locator(".ant-drawer .table-row").first.inner_text()
    desk.show("admin-deliveries")


def test_an_organisation_is_added_below_another(visit):
    """The tree shows it where it was added."""
    desk = visit("demo-admin", "/admin/organisations")
    page = desk.page
    page.locator('[data-organisation="990100"]').get_by_role("button", name="添加下级").click()
    page.locator("#id").fill("990100002")
    page.locator("#name").fill("演示二街道")
    page.locator(".ant-modal-footer .ant-btn-primary").click()
    page.wait_for_selector('[data-organisation="990100002"]')


def test_who_only_reads_is_offered_no_change(visit):
    """A supervisor sees people and policies without buttons, and no subscribers at all."""
    desk = visit("demo-supervisor", "/admin/people")
    page = desk.page
    page.wait_for_selector(".table-row")
    assert page.get_by_role("button", name="添加人员").count() == 0
    assert page.get_by_role("link", name="订阅与投递").count() == 0
    assert page.get_by_role("link", name="审计日志").count() == 1
