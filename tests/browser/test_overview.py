"""The overview in real Chromium: charts, downloads, the map without the internet."""

from __future__ import annotations

CHARTS = ("queue-age", "pace", "kinds", "precision", "hours")


def test_every_chart_and_the_map(visit):
    """Each chart says in words what it shows; the map has every camera with a position."""
    page = visit("demo-supervisor", "/overview").page
    for name in CHARTS:
        page.wait_for_selector(f'[data-chart="{name}"] :is(svg, canvas)')
        assert page.locator(f'[data-chart="{name}"]').get_attribute("aria-label")
    page.wait_for_selector(".map-camera")
    assert page.locator(".map-camera").count() == 4


def test_charts_come_as_csv_and_png(visit):
    """CSV from the API or of the shown rows; a picture of charts and map."""
    desk = visit("demo-supervisor", "/overview")
    page = desk.page
    page.wait_for_selector('[data-chart="precision"] :is(svg, canvas)')
    page.wait_for_selector(".map-camera")
    for button, ending in (
        ("下载 CSV: 确认率（摄像机 × 类型）", ".csv"),
        ("下载 CSV: 各类情况", ".csv"),
        ("下载图片: 发生时段", ".png"),
        ("下载图片: 摄像机与进行中的事件", ".png"),
    ):
        with page.expect_download() as download:
            page.get_by_label(button).click()
        assert download.value.suggested_filename.endswith(ending)
        assert download.value.path().stat().st_size > 50


def test_the_map_moves_by_mouse_and_keys(visit):
    """Zoom, pan and the hour slider work without a mouse, and all can be shown again."""
    desk = visit("demo-supervisor", "/overview")
    page = desk.page
    page.wait_for_selector(".map-camera")
    scale = page.locator(".map-scale text")
    before = scale.text_content()
    page.locator(".map").focus()
    for _ in range(4):
        page.keyboard.press("+")
    assert scale.text_content() != before
    page.keyboard.press("0")
    assert scale.text_content() == before
    slider = page.get_by_role("slider", name="回看时刻")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuenow") == "-1"


def test_whoever_does_not_see_the_queue_is_told(visit):
    """A dispatcher's map shows cameras and says why there are no episodes on it."""
    desk = visit("demo-dispatcher", "/overview")
    page = desk.page
    page.get_by_text("您的角色不查看待审队列").wait_for()
    assert page.locator(".map-camera-open").count() == 0
