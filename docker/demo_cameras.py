"""A demonstration's cameras: the simulated street's, or the user's own, as a box's settings."""

from __future__ import annotations

import json
import os
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import topology
from topology import CAMERAS, LOOPBACK, Topology, TopologyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STREET = topology.ROOT / "models" / "street" / "clips"
BOX = "demo-box"
OWN_CAMERA = "my-camera"
# After its script a simulated camera shows the clip's last seconds again and again: what was found
# goes on, so that each act stays one episode. Every clip's act is in sight for as long at its end.
LINGER_SECONDS = 40.0
ZONEINFO = "zoneinfo"  # a folder of this name holds the files of time zones

# Names and places that an operator would know a camera by; of a city that does not exist. The
# positions are at sea, 125 degrees east, where no street will ever be taken for one of these.
_STREET_FACTS: Mapping[str, Mapping[str, Any]] = {
    "demo_vending": {
        "name": "市场街 01 · 店铺前",
        "place": "演示街道市场街 12 号对面",
        "longitude": 125.0012,
        "latitude": 30.0021,
    },
    "demo_advertising": {
        "name": "市场街 02 · 夜市口",
        "place": "演示街道市场街 36 号对面",
        "longitude": 125.0047,
        "latitude": 30.0016,
    },
    "demo_dust": {
        "name": "工地东门 01",
        "place": "演示街道建设路在建工地东门",
        "longitude": 125.0035,
        "latitude": 30.0052,
    },
    "demo_spill": {
        "name": "工地西门 02",
        "place": "演示街道建设路在建工地西门",
        "longitude": 125.0004,
        "latitude": 30.0049,
    },
}


def simulated_cameras(running: Topology, clips: Sequence[Path], *, speed: float) -> list[str]:
    """Play rendered videos as cameras that go on when their script is over.

    Returns:
        A `[[cameras]]` table of a box's settings for each.
    """
    port = topology.free_port()
    options = {"--port": port, "--speed": speed, "--linger": LINGER_SECONDS}
    command = [*CAMERAS, *(str(word) for option in options.items() for word in option)]
    command += ["--wait", "--lossless"]
    for clip in clips:
        command += ["--clip", f"{clip.stem}={clip}"]
    running.start("cameras", command)
    tables = []
    for clip in clips:
        camera = tomllib.loads(clip.with_suffix(".camera.toml").read_text(encoding="utf-8"))
        camera["camera"] |= _STREET_FACTS.get(clip.stem.partition("-")[0], {})
        truth = json.loads(clip.with_suffix(".truth.json").read_text(encoding="utf-8"))
        # Media time runs ahead of the clock; begun so far back, the script ends at the present.
        back = timedelta(seconds=truth["seconds"] * (1 - 1 / speed))
        tables.append(
            camera_table(
                clip.stem,
                f"rtsp://{LOOPBACK}:{port}/{clip.stem}",
                camera,
                starts_at=datetime.now(UTC) - back,
            )
        )
    return tables


def own_camera(source: str) -> str:
    """A `[[cameras]]` table for a camera or a video of the user's, without zones.

    Raises:
        TopologyError: There is no such file.
    """
    is_file = "://" not in source
    if is_file and not Path(source).is_file():
        raise TopologyError(f"{source}: there is no such file; give a video or an rtsp:// address")
    address = str(Path(source).resolve()) if is_file else source
    facts = {"name": Path(source).name if is_file else "my camera", "timezone": own_timezone()}
    return camera_table(OWN_CAMERA, address, {"camera": facts}, loop=is_file)


def own_timezone() -> str:
    """The zone of time that this machine lives in; UTC where it does not say."""
    said = os.environ.get("TZ") or str(Path("/etc/localtime").resolve())
    name = said.rpartition(f"{ZONEINFO}/")[2].removeprefix(":")
    return name if name in available_timezones() else "UTC"


def camera_table(
    camera_id: str,
    source: str,
    camera: Mapping[str, Any],
    *,
    starts_at: datetime | None = None,
    loop: bool = False,
) -> str:
    """A `[[cameras]]` table of a box's settings, from a camera file's content."""
    facts = {**camera.get("camera", {}), "id": camera_id, "source": source}
    if starts_at is not None:
        facts["starts_at"] = starts_at.isoformat(timespec="seconds")
    lines = ["[[cameras]]"]
    for key, value in sorted(facts.items()):
        # An instant stands in TOML without quotation marks.
        lines.append(f"{key} = {value if key == 'starts_at' else _toml(value)}")
    if loop:
        lines.append("loop = true")
    for zone in camera.get("zones", ()):
        lines.append("[[cameras.zones]]")
        lines += [f"{key} = {_toml(value)}" for key, value in zone.items()]
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{key} = {_toml(one)}" for key, one in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    if isinstance(value, bool | int | float | str):
        return json.dumps(value, ensure_ascii=False)
    return str(value)  # dates and times as TOML writes them


def box_settings(folder: Path, url: str, cameras: Sequence[str], *, box: str = BOX) -> str:
    """The TOML text of a box on this machine, which tells its centre everything within seconds."""
    tables = "\n\n".join(cameras)
    return f"""\
id = "{box}"
data = "{folder / box}"

[centre]
url = "{url}"
enrolment_code_file = "{folder / "enrolment-code"}"
status_interval_seconds = 5
cameras_interval_seconds = 3
picture_interval_seconds = 5
first_retry_seconds = 0.5
longest_retry_seconds = 5

[health]
port = 0

{tables}
"""
