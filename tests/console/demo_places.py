"""Where the demonstration's cameras hang, what their zones are called, what is registered."""

from __future__ import annotations

import tomllib

from tests.console.demo_scenes import BANNER, DUST, SPILL, VENDING, ZONE_NAMES

# id, name, place, scenes that it shows, longitude, latitude, second of a picture of now
CAMERAS = (
    ("market-01", "前门东路 01", "前门东路市场口北侧", (VENDING, BANNER), 116.4012, 39.8991, 200),
    ("market-02", "前门东路 03", "前门东路小学对面", (VENDING,), 116.4041, 39.8987, 120),
    ("site-gate-01", "城建三期 东门", "环城南路 18 号工地东门", (DUST,), 116.4213, 39.8862, 40),
    ("ring-south-02", "环城南路 02", "环城南路渣土出口", (SPILL,), 116.4236, 39.8850, 60),
)
# Kind of gate, its document, and what else is kept of it.
GATES = (
    ("legal_review", "演示城管法审〔2026〕12 号", {"by": "演示区城市管理局法制科"}),
    ("technical_review", "演示城管技审〔2026〕7 号", {"by": "演示市质量监督检验所"}),
    ("maintenance", "维护记录 2026-11", {"by": "演示区智慧城管运维中心"}),
    ("sign", "标志牌登记 031", {"photo": "sign-031.jpg"}),
    ("publication", "演示区设备公告〔2026〕3 号", {"url": "https://example.org/cameras"}),
)


def camera_settings(scene, id_, name, place, *, with_school):
    """A camera's settings as the console sends them: those of the scene's video, under its name."""
    content = tomllib.loads(scene.camera_settings.read_text(encoding="utf-8"))
    zones = [{**zone, "name": ZONE_NAMES[zone["id"]]} for zone in content["zones"]]
    if with_school:
        zones.append(
            {
                "id": "school",
                "kind": "sensitive",
                "name": "小学门前 200 米",
                "polygon": [[0.3, 0.35], [0.95, 0.35], [0.95, 0.7], [0.3, 0.7]],
            }
        )
    return {**content["camera"], "id": id_, "name": name, "place": place, "zones": zones}
