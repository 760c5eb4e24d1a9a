"""`make run`: a centre with its console, a box and simulated cameras, all on this machine.

    python docker/demo.py [--out var/run] [--source FILE-OR-RTSP-URL] [--port 8080]

Prints the console's address and logins that were made for this run; Ctrl-C ends all of it. Without
`--source` the rendered street is watched, its minutes passing faster than the clock; with it, your
camera or video, whose zones are drawn in the console.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import socket
import sys
import time
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import topology
from desk import Person
from topology import API, CAMERAS, EDGE, LOOPBACK, Topology, TopologyError

if TYPE_CHECKING:
    from collections.abc import Sequence

STREET = topology.ROOT / "models" / "street" / "clips"
BOX = "demo-box"
ORGANISATION = "990100001"  # the street of the demo's organisations
SPEED = 6.0  # street minutes pass so many times faster
READY_SECONDS = 120.0
COUNT_SECONDS = 2.0
DEFAULT_PORT = 8080


def main() -> int:
    """Start everything, tell where it is, wait for Ctrl-C."""
    options = _options()
    # As Ctrl-C: whoever stops this program stops what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    out: Path = options.out.resolve()
    if out.exists() and not options.keep:
        shutil.rmtree(out)  # a demonstration begins anew: its logins are made for one run
    began = time.monotonic()
    try:
        with Topology(out) as running:
            url, logins = start_centre(running, port=options.port)
            print(f"\n  Console  {url}")
            for login in ("demo-operator", "demo-second", "demo-legal", "demo-admin"):
                print(f"  {login:15}  {logins[login]}")
            print("\n  Ctrl-C ends the centre, the box and the cameras.\n", flush=True)
            start_box(running, url, options.source, speed=options.speed)
            _watch(running, url, logins, began, seconds=options.seconds)
    except TopologyError as error:
        print(error, file=sys.stderr)
        print(json.dumps({"ok": False, "error": str(error).splitlines()[0]}, ensure_ascii=False))
        return 1
    except KeyboardInterrupt:
        print("\nended")
    print(json.dumps({"ok": True, "out": str(out), "seconds": round(time.monotonic() - began, 1)}))
    return 0


def start_centre(running: Topology, *, port: int) -> tuple[str, dict[str, str]]:
    """A centre on SQLite and a local store; its address and the logins of the demo."""
    listening = _socket(port)
    url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    folder = running.folder / "centre"
    folder.mkdir(exist_ok=True)
    settings = running.folder / "centre.toml"
    settings.write_text(topology.centre_settings(folder=folder, url=url), encoding="utf-8")
    secret = running.folder / "secret"
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(topology.new_secret(), encoding="utf-8")
    environment = {"STREETCASE_SECRET_FILE": str(secret)}
    command = (*API, "--settings", settings)
    topology.command_answer((*command, "migrate"), environment=environment)
    logins = running.folder / "logins.json"
    if not logins.exists():
        made = topology.command_answer((*command, "user", "create-demo"), environment=environment)
        logins.touch(mode=0o600)
        logins.write_text(json.dumps(made["logins"]), encoding="utf-8")
        code = topology.command_answer(
            (*command, "box", "code", BOX, "--organisation", ORGANISATION), environment=environment
        )
        file = running.folder / "enrolment-code"
        file.touch(mode=0o600)
        file.write_text(str(code["code"]), encoding="utf-8")
    centre = running.start(
        "centre",
        (*command, "serve", "--fd", str(listening.fileno())),
        environment=environment,
        sockets=(listening,),
    )
    listening.close()
    running.wait_for(centre, f"{url}/ready", seconds=READY_SECONDS)
    return url, json.loads(logins.read_text(encoding="utf-8"))


def _socket(port: int) -> socket.socket:
    try:
        return topology.listening_socket(port)
    except OSError:
        if port == DEFAULT_PORT:  # taken: any other will do
            return topology.listening_socket()
        raise TopologyError(f"port {port} is taken; give another with --port") from None


def start_box(running: Topology, url: str, source: str | None, *, speed: float) -> None:
    """A box that watches the simulated street, or one camera of the user's."""
    if source:
        cameras = [_own_camera(source)]
    else:
        cameras = simulated_cameras(running, sorted(STREET.glob("*.mp4")), speed=speed)
    settings = running.folder / "box.toml"
    settings.write_text(box_settings(running.folder, url, cameras), encoding="utf-8")
    running.start("box", (*EDGE, "serve", "--settings", settings))


def simulated_cameras(running: Topology, clips: Sequence[Path], *, speed: float) -> list[str]:
    """Play rendered videos as cameras; gives a `[[cameras]]` table for each."""
    port = topology.free_port()
    command = [
        *CAMERAS,
        "--port",
        str(port),
        "--speed",
        str(speed),
        "--once",
        "--wait",
        "--lossless",
    ]
    for clip in clips:
        command += ["--clip", f"{clip.stem}={clip}"]
    running.start("cameras", command)
    tables = []
    for clip in clips:
        camera = tomllib.loads(clip.with_suffix(".camera.toml").read_text(encoding="utf-8"))
        truth = json.loads(clip.with_suffix(".truth.json").read_text(encoding="utf-8"))
        # Media time runs ahead of the clock; begun so far back, it ends at the present.
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


def _own_camera(source: str) -> str:
    is_file = "://" not in source
    if is_file and not Path(source).is_file():
        raise TopologyError(f"{source}: there is no such file; give a video or an rtsp:// address")
    address = str(Path(source).resolve()) if is_file else source
    return camera_table("my-camera", address, {"camera": {"name": "my camera"}}, loop=is_file)


def camera_table(
    camera_id: str,
    source: str,
    camera: dict[str, object],
    *,
    starts_at: datetime | None = None,
    loop: bool = False,
) -> str:
    """A `[[cameras]]` table of a box's settings, from a camera file's content."""
    facts = dict(camera.get("camera", {}))  # type: ignore[call-overload]  # a table of the file
    facts |= {"id": camera_id, "source": source}
    lines = ["[[cameras]]", *(f"{key} = {json.dumps(facts[key])}" for key in sorted(facts))]
    if starts_at is not None:
        lines.append(f"starts_at = {starts_at.isoformat(timespec='seconds')}")
    if loop:
        lines.append("loop = true")
    for zone in camera.get("zones", ()):  # type: ignore[attr-defined]  # a list of tables
        lines += ["[[cameras.zones]]", *_pairs(zone)]
    return "\n".join(lines)


def _pairs(table: dict[str, object]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in table.items()]


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
    """The TOML text of a box on this machine."""
    tables = "\n\n".join(cameras)
    return f"""\
id = "{box}"
data = "{folder / box}"

[centre]
url = "{url}"
enrolment_code_file = "{folder / "enrolment-code"}"
status_interval_seconds = 5
cameras_interval_seconds = 5
picture_interval_seconds = 10
first_retry_seconds = 0.5

[health]
port = 0

{tables}
"""


def _watch(
    running: Topology, url: str, logins: dict[str, str], began: float, *, seconds: float | None
) -> None:
    """Tell each new candidate until the program is ended."""
    told: set[str] = set()
    with Person(url, "demo-operator", logins["demo-operator"]) as operator:
        while seconds is None or time.monotonic() - began < seconds:
            for one in running.running:
                if not one.is_alive and one.name != "cameras":  # these end with their videos
                    raise TopologyError(f"{one.name} ended:\n{one.tail()}")
            for item in operator.queue():
                if item["id"] not in told:
                    told.add(item["id"])
                    passed = time.monotonic() - began
                    what = f"{item['violation']:18} {item['subtype']:24} {item['camera_name']}"
                    print(f"  {passed:5.0f} s  {what}", flush=True)
            time.sleep(COUNT_SECONDS)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=topology.ROOT / "var" / "run")
    parser.add_argument("--source", help="a video file or rtsp://name:password@host/path")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--speed", type=float, default=SPEED, help="of the simulated street")
    parser.add_argument("--keep", action="store_true", help="go on with what --out holds")
    parser.add_argument("--seconds", type=float, help="end after so long; for tests")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
