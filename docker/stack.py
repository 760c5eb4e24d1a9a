"""`make stack`: the topology of compose.yaml without Docker, on this machine.

    python docker/stack.py [--out var/stack] [--port 8080]

PostgreSQL, an S3 server with object lock (Ceph's gateway), two API processes behind one port, two
boxes with two simulated cameras each. Prints the console's address and logins that were made for
this run; Ctrl-C ends all of it. Database and store live in memory and temporary folders: nothing
of a run is left but its logs. It shows and tests; docs/deployment.md says how to install.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ceph_server
import postgres_server
import topology
from demo import DEFAULT_PORT, ENDS, LOGINS, ORGANISATION, SPEED
from demo_cameras import STREET, box_settings, simulated_cameras
from desk import Person
from topology import API, EDGE, LOOPBACK, Running, Topology, TopologyError, private_file

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping, Sequence

    from ceph_server import S3Server

# Each box has two of the four streets, one whose act takes minutes and one whose act is quick.
BOXES: Mapping[str, tuple[str, ...]] = {
    "box-east": ("demo_vending-0", "demo_spill-5"),
    "box-west": ("demo_advertising-2", "demo_dust-3"),
}
CENTRES = ("centre-1", "centre-2")
DATABASE = "streetcase"
READY_SECONDS = 120.0  # of a centre or a box on a busy machine
POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A running centre of two processes, and what its commands need."""

    running: Topology
    url: str
    logins: Mapping[str, str]
    settings: Path  # of the centre
    environment: Mapping[str, str]  # names the files of its secrets
    centres: tuple[Running, ...]

    def command(self, *words: str) -> dict[str, object]:
        """Run one of the centre's commands; gives the JSON object of its last line.

        Raises:
            TopologyError: It failed.
        """
        return topology.command_answer(
            (*API, "--settings", self.settings, *words), environment=self.environment
        )


def missing_parts() -> list[str]:
    """What to install before a stack can run, one line for each part; empty: nothing."""
    missing = []
    if ceph_server.missing_programs():
        missing.append(ceph_server.INSTALL)
    if postgres_server.find_installation() is None:
        missing.append(postgres_server.INSTALL)
    return missing


@contextmanager
def running_stack(folder: Path, *, port: int = 0) -> Iterator[Stack]:
    """Database, store and two API processes, without boxes, until the block ends.

    Args:
        folder: For settings, secrets and logs.
        port: Of the centre; 0: any free one.

    Raises:
        TopologyError: A part is missing or does not start.
    """
    if missing := missing_parts():
        raise TopologyError("\n".join(missing))
    try:
        with (
            ceph_server.running_ceph() as store,
            postgres_server.running_postgres() as database,
            Topology(folder) as running,
            _listening(port) as listening,
        ):
            yield _start_centre(running, store, database.create(DATABASE), listening)
    except (ceph_server.CephError, postgres_server.PostgresError) as error:
        raise TopologyError(str(error)) from error


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    try:
        made = topology.listening_socket(port)
    except OSError:
        if port != DEFAULT_PORT:
            raise TopologyError(f"port {port} is taken; give another with --port") from None
        made = topology.listening_socket()  # the usual one is taken: any other will do
    with made:
        yield made


def centre_settings(folder: Path, *, url: str, database: str, store: S3Server) -> str:
    """The TOML text of a centre on PostgreSQL and an S3 server of this machine."""
    s3 = f"""\
[store.s3]
endpoint = "{store.endpoint}"
access_key = "{store.access_key}"
secure = false
"""
    return topology.centre_settings(folder=folder, url=url, database=database, more=s3)


def _start_centre(
    running: Topology, store: S3Server, database: str, listening: socket.socket
) -> Stack:
    url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    folder = running.folder
    settings = folder / "centre.toml"
    settings.write_text(
        centre_settings(folder, url=url, database=database, store=store), encoding="utf-8"
    )
    secret = private_file(folder / "secret", topology.new_secret())
    store_secret = private_file(folder / "store-secret", store.secret_key)
    environment = {
        "STREETCASE_SECRET_FILE": str(secret),
        "STREETCASE_STORE_SECRET_FILE": str(store_secret),
    }
    made = Stack(
        running=running,
        url=url,
        logins={},
        settings=settings,
        environment=environment,
        centres=(),
    )
    with ThreadPoolExecutor(1) as beside:
        # Makes the buckets, and tries the lock before it is needed.
        checked = beside.submit(made.command, "storage", "check")
        made.command("migrate")
        logins = made.command("user", "create-demo")["logins"]
        checked.result()
    centres = tuple(
        running.start(
            name,
            (*API, "--settings", settings, "serve", "--fd", str(listening.fileno())),
            environment=environment,
            sockets=(listening,),
        )
        for name in CENTRES
    )
    for centre in centres:
        _await_listening(centre)
    running.wait_for(centres[0], f"{url}/ready", seconds=READY_SECONDS)
    return Stack(
        running=running,
        url=url,
        logins=logins,  # type: ignore[arg-type]  # the command's answer is JSON
        settings=settings,
        environment=environment,
        centres=centres,
    )


def _await_listening(centre: Running) -> None:
    """Until this process listens; asking the port would not tell which one answered."""
    ends = time.monotonic() + READY_SECONDS
    while not any(event.get("event") == "listening" for event in events_of(centre)):
        if not centre.is_alive or time.monotonic() > ends:
            raise TopologyError(f"{centre.name} does not listen:\n{centre.tail()}")
        time.sleep(topology.POLL_SECONDS)


def events_of(process: Running) -> Iterator[dict[str, object]]:
    """What a process has logged so far, oldest first."""
    for line in process.log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            continue  # the last line while it is written, or a word of the interpreter
        if isinstance(event, dict):
            yield event


def start_boxes(stack: Stack, *, speed: float) -> None:
    """Simulated cameras, and two boxes that enrol by themselves and watch two of them each."""
    clips = [STREET / f"{name}.mp4" for names in BOXES.values() for name in names]
    tables = dict(
        zip(
            (clip.stem for clip in clips),
            simulated_cameras(stack.running, clips, speed=speed),
            strict=True,
        )
    )
    with Person(stack.url, "demo-admin", stack.logins["demo-admin"]) as admin:
        for box, names in BOXES.items():
            asked = {"box_id": box, "organisation_id": ORGANISATION}
            code = admin.post("/boxes/codes", asked)["code"]
            _start_box(stack, box, code, [tables[name] for name in names])


def _start_box(stack: Stack, box: str, code: str, cameras: Sequence[str]) -> None:
    folder = stack.running.folder / box
    folder.mkdir()
    private_file(folder / "enrolment-code", code)
    settings = folder / "box.toml"
    settings.write_text(box_settings(folder, stack.url, cameras, box=box), encoding="utf-8")
    stack.running.start(box, (*EDGE, "serve", "--settings", settings))


def main() -> int:
    """Start everything, tell where it is, wait for Ctrl-C."""
    options = _options()
    for number in ENDS:  # however it is ended, it ends what it has started
        signal.signal(number, signal.default_int_handler)
    out: Path = options.out.resolve()
    shutil.rmtree(out, ignore_errors=True)  # its database and store are gone as well
    began = time.monotonic()
    try:
        with running_stack(out, port=options.port) as stack:
            print(f"\n  Console  {stack.url}")
            for login, part in LOGINS.items():
                print(f"  {login:14} {stack.logins[login]:18} {part}")
            print(f"\n  logs in {out}; Ctrl-C ends all of it.\n", flush=True)
            start_boxes(stack, speed=options.speed)
            _watch(stack, began, seconds=options.seconds)
    except TopologyError as error:
        print(error, file=sys.stderr)
        print(json.dumps({"ok": False, "error": str(error).splitlines()[0]}, ensure_ascii=False))
        return 1
    except KeyboardInterrupt:
        print("\nended")
    print(json.dumps({"ok": True, "out": str(out), "seconds": round(time.monotonic() - began, 1)}))
    return 0


def _watch(stack: Stack, began: float, *, seconds: float | None) -> None:
    """Until the time is over; a process that ends by itself ends the show."""
    while seconds is None or time.monotonic() - began < seconds:
        for one in stack.running.running:
            if not one.is_alive and one.name != "cameras":  # these end with their videos
                raise TopologyError(f"{one.name} ended:\n{one.tail()}")
        time.sleep(POLL_SECONDS)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=topology.ROOT / "var" / "stack")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0: any free one")
    parser.add_argument("--speed", type=float, default=SPEED, help="of the simulated street")
    parser.add_argument("--seconds", type=float, help="end after so long; for tests")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
