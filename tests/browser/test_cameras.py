"""The cameras' pages in real Chromium: zones by mouse and keys, hours, conflicts, boxes."""

from __future__ import annotations

import re

import pytest

EDITOR = "/cameras/camera/{}"


@pytest.fixture(name="editor")
def _editor(visit):
    def begin(camera_id):
        desk = visit("demo-admin", EDITOR.format(camera_id))
        desk.page.wait_for_selector('.picture-frame[data-state="shown"] .zone-canvas')
        return desk

    return begin


def settings_of(desk, camera_id):
    found = desk.called("GET", f"/cameras/{camera_id}")
    return found["version"], {zone["id"]: zone for zone in found["settings"]["zones"]}


def wait_version(page, number):
    """Until the page says so itself; the message is gone after seconds."""
    page.get_by_text(f"第 {number} 版", exact=True).first.wait_for()


def click_at(page, *points):
    bounds = page.locator(".zone-canvas").bounding_box()
    for x, y in points:
        page.mouse.click(bounds["x"] + x * bounds["width"], bounds["y"] + y * bounds["height"])


def draw(page, kind, *points):
    page.get_by_role("button", name="画区域").click()
    page.locator(".ant-dropdown-menu-item", has_text=kind).click()
    page.wait_for_selector(".zone-drawing")
    click_at(page, *points)


def save(page, note):
    page.get_by_role("button", name="保存新版本").click()
    page.get_by_label("修改说明").fill(note)
    page.get_by_test_id("save-version").click()


def test_a_zone_is_drawn_by_mouse_and_saved(editor):
    """Corners by clicks, closed on the first; the next version holds the polygon and the note."""
    desk = editor("ring-south-02")
    page = desk.page
    before, _ = settings_of(desk, "ring-south-02")
    draw(page, "敏感场所", (0.05, 0.05), (0.25, 0.05), (0.25, 0.25), (0.05, 0.25), (0.05, 0.05))
    page.get_by_label("名称", exact=True).fill("学校门口")
    save(page, "学校搬迁到此")
    wait_version(page, before + 1)
    version, zones = settings_of(desk, "ring-south-02")
    assert version == before + 1
    corners = zones["sensitive-1"]["polygon"]
    assert len(corners) == 4
    assert corners[0] == pytest.approx([0.05, 0.05], abs=0.005)
    assert zones["sensitive-1"]["name"] == "学校门口"
    page.get_by_role("link", name="历史版本").click()
    page.get_by_text("学校搬迁到此").wait_for()
    assert "敏感场所 · 学校门口" in page.get_by_test_id("version-changes").inner_text()
    desk.show("cameras-versions")


def test_a_crossing_zone_is_refused_in_words(editor):
    """The words come while it is drawn, stay beside the zone, and nothing can be saved."""
    desk = editor("market-02")
    page = desk.page
    draw(page, "禁摆区", (0.3, 0.1), (0.6, 0.3), (0.6, 0.1), (0.3, 0.3))
    page.get_by_role("alert").filter(has_text="区域与自身相交").wait_for()
    page.keyboard.press("Enter")
    said = page.get_by_test_id("zone-problem")
    assert re.search(r"第 1 条边碰到第 3 条边", said.inner_text())
    assert page.get_by_role("button", name="保存新版本").is_disabled()
    desk.show("cameras-crossing")
    page.keyboard.press("Control+z")
    said.wait_for(state="detached")


def test_a_corner_is_dragged_nudged_inserted_and_removed(editor):
    """Mouse and keyboard change the same polygon, and undo takes each step back."""
    desk = editor("site-gate-01")
    page = desk.page
    page.get_by_role("button", name="插入矩形").click()
    page.locator(".ant-dropdown-menu-item", has_text="隐私遮罩").click()
    corner = page.locator('[data-corner="0"]')
    place = corner.bounding_box()
    page.mouse.move(place["x"] + 7, place["y"] + 7)
    page.mouse.down()
    page.mouse.move(place["x"] - 93, place["y"] - 43, steps=5)
    page.mouse.up()
    moved = corner.bounding_box()
    assert moved["x"] == pytest.approx(place["x"] - 100, abs=8)
    corner.focus()
    page.keyboard.press("Shift+ArrowRight")
    assert corner.bounding_box()["x"] > moved["x"] + 8
    page.locator('[data-edge="1"]').focus()
    page.keyboard.press("Enter")
    assert page.locator("[data-corner]").count() == 5
    page.locator('[data-corner="2"]').focus()
    page.keyboard.press("Delete")
    assert page.locator("[data-corner]").count() == 4
    for _ in range(4):
        page.keyboard.press("Control+z")
    assert page.locator('[data-corner="0"]').bounding_box()["x"] == pytest.approx(place["x"], abs=1)


def test_hours_are_painted_across_midnight(editor):
    """Two strokes to midnight and on make one window of the night; keys paint too."""
    desk = editor("market-01")
    page = desk.page
    page.locator('[data-zone-row="bay"]').click()
    page.get_by_role("button", name="清空").click()
    for row, first, last in ((4, 44, 47), (5, 0, 3)):
        page.locator(f'[data-cell="{row},{first}"]').scroll_into_view_if_needed()
        begin = page.locator(f'[data-cell="{row},{first}"]').bounding_box()
        end = page.locator(f'[data-cell="{row},{last}"]').bounding_box()
        page.mouse.move(begin["x"] + 2, begin["y"] + 6)
        page.mouse.down()
        page.mouse.move(end["x"] + 3, end["y"] + 6, steps=4)
        page.mouse.up()
    assert "周五 22:00–次日 02:00" in page.get_by_test_id("week-summary").inner_text()
    page.locator('[data-cell="5,3"]').focus()
    for key in ("ArrowDown", "Home", "Shift+ArrowRight", "Space"):
        page.keyboard.press(key)
    assert "周日 00:00–01:00" in page.get_by_test_id("week-summary").inner_text()
    desk.show("cameras-week")
    save(page, "夜市试点")
    wait_version(page, 2)  # the demonstration has one
    _, zones = settings_of(desk, "market-01")
    assert zones["bay"]["windows"] == [
        {"days": ["fri"], "from": "22:00:00", "to": "02:00:00"},
        {"days": ["sun"], "from": "00:00:00", "to": "01:00:00"},
    ]


def test_a_stale_version_is_merged_by_choosing(editor):
    """Somebody saves in between: both changes are shown, one is chosen, nothing is lost."""
    desk = editor("site-gate-01")
    page = desk.page
    found = desk.called("GET", "/cameras/site-gate-01")
    page.get_by_label("名称", exact=True).fill("我改的名称")
    page.get_by_label("地点", exact=True).fill("我改的地点")
    theirs = {**found["settings"], "name": "别人改的名称"}
    change = {"based_on": found["version"], "settings": theirs, "note": "抢先"}
    desk.called("PUT", "/cameras/site-gate-01/settings", change)
    save(page, "改名")
    page.get_by_text("别人已先保存了新版本").wait_for()
    assert page.get_by_test_id("take-merge").is_disabled()
    desk.show("cameras-conflict")
    page.get_by_test_id("merge-items").get_by_text("别人改的名称").click()
    page.get_by_test_id("take-merge").click()
    assert page.get_by_label("地点", exact=True).input_value() == "我改的地点"
    page.get_by_role("button", name="保存新版本").click()
    assert page.get_by_label("修改说明").input_value() == "改名"
    page.get_by_test_id("save-version").click()
    wait_version(page, found["version"] + 2)
    held = desk.called("GET", "/cameras/site-gate-01")["settings"]
    assert (held["name"], held["place"]) == ("别人改的名称", "我改的地点")


def test_an_unsaved_draft_survives_a_reload(editor):
    """Nothing is lost by a reload; what was changed is there again, and can be discarded."""
    desk = editor("market-02")
    page = desk.page
    page.get_by_label("地点", exact=True).fill("尚未保存")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_text("已恢复您上次未保存的修改").wait_for()
    assert page.get_by_label("地点", exact=True).input_value() == "尚未保存"
    page.get_by_role("button", name="放弃修改").click()
    page.locator(".ant-modal-confirm-btns .ant-btn-primary").click()
    page.get_by_text("没有修改").wait_for()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_editors_foot_is_one_line(desks, language):
    """What is to be saved and both buttons stand beside each other, whatever they say."""
    desk = desks(language=language).log_in("demo-admin", EDITOR.format("market-02"))
    page = desk.page
    page.wait_for_selector('.picture-frame[data-state="shown"] .zone-canvas')
    said = {page.inner_text(".editor-save [role=status]")}
    assert_one_line(page)
    page.locator(".editor-side form input").nth(1).fill("-")
    page.wait_for_selector(".editor-save .ant-btn-primary:enabled")
    said.add(page.inner_text(".editor-save [role=status]"))
    assert_one_line(page)
    page.locator(".editor-side form input").last.fill("1")
    page.wait_for_selector(".editor-save .ant-btn-primary:disabled")
    said.add(page.inner_text(".editor-save [role=status]"))
    assert_one_line(page)
    assert len(said) == 3
    desk.show("cameras-foot")


def assert_one_line(page):
    """The foot's parts are on one line, and none is cut."""
    boxes = [one.bounding_box() for one in page.locator(".editor-save > *").all()]
    middles = [box["y"] + box["height"] / 2 for box in boxes]
    assert max(middles) - min(middles) < 2
    cut = "one => one.scrollWidth > one.clientWidth || one.clientHeight > 32"
    assert [page.locator(".editor-save > *").nth(n).evaluate(cut) for n in range(len(boxes))] == [
        False
    ] * len(boxes)


def test_a_day_is_drawn_as_it_was_watched(visit):
    """Watched is filled as the health meter is, what was not is hatched, and words say it too."""
    desk = visit("demo-admin", "/cameras/coverage")
    page = desk.page
    page.wait_for_selector(".coverage-strip")

    def strip(camera):
        return page.get_by_role("row").filter(has_text=camera).locator(".coverage-strip")

    whole, pierced = strip("前门东路 01"), strip("前门东路 03")
    style = "(one, name) => getComputedStyle(one).getPropertyValue(name)"
    green = "rgb(0, 128, 92)"  # the theme's for what is well, as the health meter has it
    assert whole.evaluate(style, "background-color") == green
    assert whole.locator(".coverage-part").count() == 0
    assert whole.get_attribute("aria-label") == "全程监看"
    parts = pierced.locator(".coverage-part")
    assert parts.count() == 3
    assert pierced.evaluate(style, "background-color") == green
    for part in parts.all():
        assert "gradient" in part.evaluate(style, "background-image")
        assert "至" in part.get_attribute("title")
        assert part.bounding_box()["width"] >= 3
    assert page.locator(".coverage-legend .coverage-swatch").count() == 4
    desk.show("coverage")


def test_a_code_is_shown_once_and_a_box_is_revoked_by_its_name(visit):
    """The code stays until it is kept; revoking asks for the box's id."""
    desk = visit("demo-admin", "/cameras/boxes")
    page = desk.page
    page.get_by_role("button", name="创建登记码").click()
    page.get_by_label("盒子编号").fill("box-new")
    page.locator(".ant-modal-footer .ant-btn-primary").click()
    code = page.get_by_test_id("shown-once")
    code.wait_for()
    assert len(code.input_value()) >= 16
    close = page.locator(".ant-modal-footer .ant-btn-primary").last
    assert close.is_disabled()
    page.get_by_text("我已妥善保存").click()
    close.click()
    page.get_by_role("button", name="box-ring").click()
    page.get_by_role("button", name="吊销", exact=True).click()
    revoke = page.locator(".ant-modal-footer .ant-btn-dangerous")
    assert revoke.is_disabled()
    page.get_by_label("请输入盒子编号以确认").fill("box-ring")
    revoke.click()
    page.get_by_text("盒子 box-ring 已吊销").wait_for()
    page.wait_for_selector('[data-box-state="revoked"]')


def test_who_may_not_change_sees_no_buttons_for_it(visit):
    """An operator looks at zones and legality, without anything that would answer 403."""
    desk = visit("demo-operator", EDITOR.format("market-01"))
    page = desk.page
    page.wait_for_selector(".zone-row")
    assert page.get_by_role("button", name="画区域").count() == 0
    assert page.get_by_role("button", name="保存新版本").count() == 0
    page.get_by_role("link", name="合法性").click()
    page.wait_for_selector("[data-gate]")
    assert page.get_by_role("button", name="登记").count() == 0
