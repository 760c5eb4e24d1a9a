"""`make run`: a centre with its console, a box and simulated cameras, all on this machine.

    python docker/demo.py [--source FILE-OR-RTSP-URL] [--out var/run] [--port 8080] [--host ADDRESS]

Prints the console's address and logins that were made for this run; Ctrl-C ends all of it, and the
last line is one JSON object with `ok`. Without `--source` the rendered street is watched: its first
minutes pass faster than the clock until its four violations are found, then it goes on at the
clock's pace. With it, your camera or video is watched, and its zones are drawn in the console.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import shutil
import signal
import socket
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import topology
from demo_cameras import (
    BOX,
    OWN_CAMERA,
    STREET,
    box_settings,
    own_camera,
    simulated_cameras,
)
from demo_watch import Story, Watch
from topology import API, EDGE, LOOPBACK, Topology, TopologyError, private_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ORGANISATION = "990100001"  # the street of the demo's organisations
SPEED = 6.0  # street minutes pass so many times faster until the script is over
READY_SECONDS = 120.0  # of the centre, on a busy machine
DEFAULT_PORT = 8080
MEBIBYTE = 1024 * 1024
# The box stops taking evidence in below 512 MiB of free disk; a run of an hour writes a tenth.
NEEDED_BYTES = 1024 * MEBIBYTE
CONSOLE = topology.ROOT / "api" / "console" / "dist" / "index.html"
SETTINGS_OF_CENTRE = "centre.toml"  # a folder with this file is a demonstration's
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Who has which part; the four that one needs to go through everything.
LOGINS: Mapping[str, str] = {
    "demo-operator": "judges candidates (审核)",
    "demo-second": "confirms a second time where two people are asked for (复核)",
    "demo-legal": "legal review (法制审核)",
    "demo-admin": "cameras and zones, people, policies, boxes (管理)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """A centre on SQLite and a local store: where it will answer, and how its commands are run."""

    running: Topology
    listening: socket.socket
    url: str  # as this machine calls it
    environment: Mapping[str, str]  # names the file of its secret

    @property
    def command(self) -> tuple[str | Path, ...]:
        """The beginning of each of its commands."""
        return (*API, "--settings", self.running.folder / SETTINGS_OF_CENTRE)

    def answer(self, *words: str) -> dict[str, object]:
        """Run a command; gives the JSON object of its last line.

        Raises:
            TopologyError: It failed.
        """
        return topology.command_answer((*self.command, *words), environment=self.environment)


def main() -> int:
    """Start everything, tell where it is, wait for Ctrl-C."""
    options = _options()
    for number in ENDS:
        signal.signal(number, _interrupt)
    story = Story()
    watch: Watch | None = None
    try:
        with _folder(options.out.resolve(), keep=options.keep) as out, Topology(out) as running:
            try:
                watch = _start(running, story, options)
                watch.run(seconds=options.seconds)
            finally:
                for number in ENDS:  # what was started is ended, whatever comes now
                    signal.signal(number, signal.SIG_IGN)
                story.tell("ending the box, the cameras and the centre ...")
    except KeyboardInterrupt:
        pass
    except (TopologyError, OSError) as error:
        print(f"\n{error}", file=sys.stderr)
        answer = {"ok": False, "error": str(error).splitlines()[0], "seconds": story.seconds}
        print(json.dumps(answer, ensure_ascii=False))
        return 1
    figures = watch.figures() if watch else {"ok": True}
    print(json.dumps(figures | {"seconds": story.seconds}, ensure_ascii=False))
    return 0 if figures["ok"] else 1


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _start(running: Topology, story: Story, options: argparse.Namespace) -> Watch:
    """Everything side by side: the box keeps what it finds until the centre answers."""
    if not CONSOLE.exists():
        story.tell("the console's pages are not built: run `make console`; all else works")
    centre = open_centre(running, port=options.port, host=options.host)
    story.tell("starting the cameras and the box ...")
    start_box(running, centre.url, options.source, speed=options.speed)
    story.tell("making a database and logins for this run, starting the centre ...")
    logins = serve_centre(centre)
    _introduce(centre.url, logins, host=options.host, source=options.source)
    what = "your camera" if options.source else "the street, its minutes passing faster"
    story.tell(f"watching {what} ...")
    return Watch(running, centre.url, logins, story, source=options.source)


def _introduce(url: str, logins: Mapping[str, str], *, host: str, source: str | None) -> None:
    """The one screen that a stranger needs."""
    shown = url if host == LOOPBACK else url.replace(LOOPBACK, _address_of(host))
    print(f"\n  Console   {shown}\n")
    for login, part in LOGINS.items():
        print(f"  {login:14} {logins[login]:22} {part}")
    if host != LOOPBACK:
        print(
            "\n  WARNING: everyone who reaches this address may try these logins, over plain HTTP."
            "\n  They are for a demonstration. docs/deployment.md says how to install a centre."
        )
    if source:
        print(
            f"\n  1. Log in as demo-admin and open {shown}/cameras/camera/{OWN_CAMERA}/zones"
            "\n  2. Draw where something is forbidden, save; the box judges by it seconds later."
        )
    print("\n  Ctrl-C ends all of it.\n", flush=True)


def start_centre(running: Topology, *, port: int) -> tuple[str, dict[str, str]]:
    """A centre that answers; its address and the logins of the demo.

    Raises:
        TopologyError: It does not start, or the port is taken.
    """
    centre = open_centre(running, port=port)
    return centre.url, serve_centre(centre)


def open_centre(running: Topology, *, port: int, host: str = LOOPBACK) -> Centre:
    """Take the port and write the settings; whoever connects waits until it is served.

    Raises:
        TopologyError: The port is taken.
    """
    listening = _socket(host, port)
    url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    folder = running.folder / "centre"
    folder.mkdir(exist_ok=True)
    text = topology.centre_settings(folder=folder, url=url)
    if host != LOOPBACK:  # then it has more than one name: links go by the one that was asked for
        text = "".join(line for line in text.splitlines(keepends=True) if "public_url" not in line)
    (running.folder / SETTINGS_OF_CENTRE).write_text(text, encoding="utf-8")
    secret = running.folder / "secret"
    if not secret.exists():
        private_file(secret, topology.new_secret())
    return Centre(
        running=running,
        listening=listening,
        url=url,
        environment={"STREETCASE_SECRET_FILE": str(secret)},
    )


def serve_centre(centre: Centre) -> dict[str, str]:
    """Make the database, the demo's people and the box's code, and serve until the run ends.

    Returns:
        Passwords, by login.

    Raises:
        TopologyError: A command failed, or the centre does not answer.
    """
    running = centre.running
    centre.answer("migrate")
    file = running.folder / "logins.json"
    if not file.exists():
        logins = centre.answer("user", "create-demo")["logins"]
        code = centre.answer("box", "code", BOX, "--organisation", ORGANISATION)["code"]
        private_file(running.folder / "enrolment-code", str(code))
        private_file(file, json.dumps(logins))
    process = running.start(
        "centre",
        (*centre.command, "serve", "--fd", str(centre.listening.fileno())),
        environment=centre.environment,
        sockets=(centre.listening,),
    )
    centre.listening.close()
    running.wait_for(process, f"{centre.url}/ready", seconds=READY_SECONDS)
    passwords: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return passwords


def start_box(running: Topology, url: str, source: str | None, *, speed: float) -> None:
    """A box that watches the simulated street, or one camera of the user's.

    Raises:
        TopologyError: There is nothing to watch.
    """
    if source:
        cameras = [own_camera(source)]
    else:
        clips = sorted(STREET.glob("*.mp4"))
        if not clips:
            raise TopologyError(f"{STREET}: the street's videos are missing; give SOURCE=video.mp4")
        cameras = simulated_cameras(running, clips, speed=speed)
    settings = running.folder / "box.toml"
    # An address may carry a camera's password.
    private_file(settings, box_settings(running.folder, url, cameras))
    running.start("box", (*EDGE, "serve", "--settings", settings))


def _socket(host: str, port: int) -> socket.socket:
    """Where the centre listens; where the usual port is taken, any other will do."""
    for tried in (port, 0) if port == DEFAULT_PORT else (port,):
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, tried))
        except OSError as error:
            made.close()
            reason = error.strerror or str(error)
            continue
        made.listen(128)
        made.set_inheritable(True)
        return made
    raise TopologyError(f"cannot listen on {host}:{port} ({reason}); give another with --port")


def _address_of(host: str) -> str:
    """What another machine's browser would call this one."""
    if host != "0.0.0.0":  # noqa: S104 - compared, not bound
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # sends nothing; RFC 5737, an address of nobody
        except OSError:
            return socket.gethostname()
        return str(asked.getsockname()[0])


@contextmanager
def _folder(out: Path, *, keep: bool) -> Iterator[Path]:
    """The run's folder, emptied unless it is to be kept, and for one run at a time.

    Raises:
        TopologyError: It belongs to somebody else, another run has it, or there is no room.
    """
    is_ours = not out.exists() or (out / SETTINGS_OF_CENTRE).exists() or not any(out.iterdir())
    if not is_ours:
        raise TopologyError(f"{out} holds something else; give an empty folder with --out")
    out.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(out.parent).free
    if free < NEEDED_BYTES:
        raise TopologyError(
            f"{out.parent}: {free // MEBIBYTE} MiB of disk are free, {NEEDED_BYTES // MEBIBYTE}"
            " are needed; make room, or name another disk's folder with --out"
        )
    with (out.parent / f".{out.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with this process
        except BlockingIOError:
            raise TopologyError(
                f"{out}: another run uses this folder; end it, or give another with --out"
            ) from None
        if out.exists() and not keep:
            shutil.rmtree(out)  # a demonstration begins anew: its logins are made for one run
        yield out


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", help="a video file or rtsp://name:password@host/path")
    parser.add_argument("--out", type=Path, default=topology.ROOT / "var" / "run")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0: any free one")
    parser.add_argument(
        "--host", default=LOOPBACK,
        help="address to listen on; 0.0.0.0: for every machine (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--speed", type=float, default=SPEED, help="of the simulated street")
    parser.add_argument("--keep", action="store_true", help="go on with what --out holds")
    parser.add_argument("--seconds", type=float, help="end after so long; for tests")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
