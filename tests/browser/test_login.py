"""Logging in, wrong passwords, sessions that end, rights that are missing."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from sqlalchemy import delete

from api.users.tables import LoginSession


def test_wrong_password_is_said(desk, centre):
    """A wrong password is told in words, and the name stays."""
    desk.page.goto(centre.address)
    desk.page.fill("input[autocomplete=username]", "demo-operator")
    desk.page.fill("input[autocomplete=current-password]", "not the password")
    desk.press("Enter")
    desk.page.wait_for_selector("[role=alert]")
    assert "用户名或密码不正确" in desk.page.inner_text("[role=alert]")
    assert desk.page.input_value("input[autocomplete=username]") == "demo-operator"
    desk.show("login-wrong")


def test_what_is_typed_outlives_the_arrival_of_words(desk, centre):
    """Ant Design's own Chinese comes late on a slow line: nobody has to begin again."""
    late = []
    desk.page.route(
        "**/assets/zh_CN-*.js",
        lambda route: late.append(route),  # noqa: PLW0108 - Playwright marks its handlers
    )
    desk.page.goto(centre.address)
    name = "input[autocomplete=username]"
    desk.page.fill(name, "demo-operator")
    assert len(late) == 1
    late[0].continue_()
    desk.page.wait_for_load_state("networkidle")
    assert desk.page.input_value(name) == "demo-operator"


def test_language_changes_at_once(desk, centre):
    """One click changes every word, and the choice is kept."""
    desk.page.goto(centre.address)
    desk.page.click("text=English")
    desk.page.wait_for_selector("text=Log in")
    assert desk.page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize(
    ("locale", "language", "said"),
    [("en-GB", "en", "Log in"), ("zh-TW", "zh-CN", "登录"), ("de-DE", "zh-CN", "登录")],
)
def test_the_first_visit_speaks_as_the_browser_does(desks, locale, language, said):
    """Nothing was chosen yet: English browsers get English, Chinese and all others Chinese."""
    page = desks(language=None, locale=locale).go("/").page
    page.get_by_role("button", name=said).wait_for()
    assert page.evaluate("document.documentElement.lang") == language


def test_a_choice_outlives_the_visit(desks):
    """Chinese chosen in an English browser stays, also beside a choice of something else."""
    page = desks(language=None, locale="en-US").go("/").page
    page.get_by_text("中文", exact=True).click()
    page.get_by_role("button", name="登录").wait_for()
    page.reload()
    page.get_by_role("button", name="登录").wait_for()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_the_version_is_said(desk):
    """Whoever asks for help can read off which version this is."""
    desk.go("/").page.wait_for_selector(".product-version")
    assert desk.page.inner_text(".product-version") == f"Streetcase {version('streetcase')}"
    desk.log_in("demo-operator").page.get_by_role("button", name="演示值班员").click()
    assert f"Streetcase {version('streetcase')}" in desk.page.inner_text(".account-menu")


def test_expired_session_asks_on_top_of_the_page(desk, centre):
    """When the session ends the page stays; after the password it goes on where it was."""
    desk.log_in("demo-operator").open_first()
    desk.press("1", "2")
    with centre.database.writing() as session:
        session.execute(delete(LoginSession))
    desk.press("j")
    desk.page.wait_for_selector(".ant-modal input[autocomplete=current-password]")
    desk.show("session-expired")
    desk.page.fill(
        ".ant-modal input[autocomplete=current-password]", centre.people["demo-operator"]
    )
    desk.press("Enter")
    desk.page.wait_for_selector(".ant-modal", state="detached")
    desk.press("k")
    desk.see_pictures()
    desk.page.wait_for_selector(".check[aria-checked=true] >> nth=1")
    first = desk.selected()
    desk.press("3", "4", "Enter")
    desk.page.wait_for_selector(".pending-strip[data-state=sent]")
    assert desk.selected() != first


def test_people_see_what_they_may(desk):
    """An auditor has no review desk of their own, and nothing to judge with."""
    desk.log_in("demo-auditor")
    links = desk.page.locator("nav a").all_inner_texts()
    assert "案件" in links
    assert "审核" not in links
