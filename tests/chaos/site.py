"""A centre and a box on this machine, and between them a network that can be broken."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import topology
from demo import BOX, ORGANISATION
from desk import Person
from topology import API, LOOPBACK, Topology, TopologyError

from pipeline.evidence.chain import FileChain
from tests.chaos.proxy import FaultProxy

if TYPE_CHECKING:
    from typing import Self

    from topology import Running

ADMIN = "demo-admin"
READY_SECONDS = 90.0  # a centre starts in 2 s of CPU, on a machine with other things to do
POLL_SECONDS = 0.1
PACE_SECONDS = 0.4  # between two acts
QUOTA_BYTES = 2**30  # never reached in a run of minutes
LOCK_SECONDS = 30.0  # until we have a lock that we want to hold


class Site:
    """Starts, kills and looks at both ends; use it as a context manager.

    Args:
        running: Where processes are started.
        seed: Of the box's acts and of the network's choices.
    """

    def __init__(self, running: Topology, *, seed: int) -> None:
        self.folder = running.folder
        self.data = self.folder / BOX
        self.ledger = self.folder / "ledger.jsonl"
        self.centre_folder = self.folder / "centre"
        self._running = running
        self._seed = seed
        self._port, self._health_port = topology.free_port(), topology.free_port()
        self.proxy = FaultProxy((LOOPBACK, self._port), seed=seed)
        self._environment = {"STREETCASE_SECRET_FILE": str(self.folder / "secret")}
        self._pace = self.folder / "pace"
        self.centre: Running
        self.box: Running

    def __enter__(self) -> Self:
        self.proxy.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.proxy.__exit__()

    @property
    def database(self) -> Path:
        """The centre's."""
        return self.centre_folder / "streetcase.db"

    @property
    def outbox(self) -> Path:
        """The box's database of what it has to send."""
        return self.data / "outbox" / "outbox.sqlite3"

    def begin(self) -> None:
        """Both ends for the first time, with everything in order."""
        self.centre_folder.mkdir()
        (self.folder / "secret").write_text(topology.new_secret(), encoding="utf-8")
        text = topology.centre_settings(folder=self.centre_folder, url=self.proxy.url)
        self._centre_settings.write_text(
            text.replace("[server]\n", f"[server]\nport = {self._port}\n"), encoding="utf-8"
        )
        self.start_centre()
        made = self.centre_command("user", "create-demo")
        logins = cast("dict[str, str]", made["logins"])
        with Person(f"http://{LOOPBACK}:{self._port}", ADMIN, logins[ADMIN]) as admin:
            code = admin.post("/boxes/codes", {"box_id": BOX, "organisation_id": ORGANISATION})
        (self.folder / "enrolment-code").write_text(code["code"], encoding="utf-8")
        self.set_pace(PACE_SECONDS)
        self.start_box()

    def centre_command(self, *words: str) -> dict[str, object]:
        """One of the centre's commands, and what it says."""
        return topology.command_answer(
            (*API, "--settings", self._centre_settings, *words), environment=self._environment
        )

    def start_centre(self) -> None:
        """Start it and wait until it is ready."""
        self.centre = self._running.start(
            "centre",
            (*API, "--settings", self._centre_settings, "serve"),
            environment=self._environment,
        )
        url = f"http://{LOOPBACK}:{self._port}/ready"
        self._running.wait_for(self.centre, url, seconds=READY_SECONDS)

    def start_box(self, *, quota_bytes: int = QUOTA_BYTES) -> None:
        """Start it; it is there when it is there, see `wait_for_box`."""
        settings = self.folder / "box.toml"
        settings.write_text(self._box_settings(quota_bytes), encoding="utf-8")
        command = [sys.executable, "-m", "tests.chaos.box", "--settings", settings]
        command += ["--ledger", self.ledger, "--pace", self._pace, "--seed", str(self._seed)]
        self.box = self._running.start("box", command)

    def wait_for_box(self) -> None:
        """Until it has begun its work.

        Raises:
            TopologyError: It ended, or has not begun in time.
        """
        url = f"http://{LOOPBACK}:{self._health_port}/health"
        self._running.wait_for(self.box, url, seconds=READY_SECONDS)

    def set_pace(self, seconds: float) -> None:
        """Between two acts; 0: no more acts."""
        part = self._pace.with_suffix(".part")
        part.write_text(str(seconds), encoding="utf-8")
        part.replace(self._pace)

    def require_alive(self) -> None:
        """Nobody has ended of its own accord.

        Raises:
            TopologyError: One has.
        """
        for one in (self.centre, self.box):
            if not one.is_alive:
                raise TopologyError(f"{one.name} ended by itself:\n{one.tail()}")

    def gaps(self) -> int:
        """How many the box has counted."""
        return self._count("SELECT value FROM counters WHERE name = 'gaps'")

    def made(self) -> int:
        """How many manifests the box has numbered."""
        return FileChain(self.data / "chain.json").head().sequence

    def waiting(self) -> int:
        """What the box has not told yet: bundles, candidates, gaps."""
        bundles = len([*(self.data / "evidence").glob("[0-9]*-*")])
        return bundles + self._count(
            "SELECT (SELECT count(*) FROM entries WHERE state IN ('waiting', 'uploading'))"
            " + (SELECT count(*) FROM gaps)"
        )

    def waiting_bytes(self) -> int:
        """Of the files that the box has not sent yet."""
        return self._count(
            "SELECT coalesce(sum(size_bytes), 0) FROM blobs WHERE sha256 IN"
            " (SELECT sha256 FROM files JOIN entries ON id = entry_id"
            " WHERE state IN ('waiting', 'uploading'))"
        )

    def _count(self, question: str) -> int:
        """What the outbox's database says, looked at from outside."""
        with closing(sqlite3.connect(f"file:{self.outbox}?mode=ro", uri=True)) as db:
            return int(db.execute(question).fetchone()[0])

    @contextmanager
    def locked(self, database: Path) -> Iterator[None]:
        """Inside, somebody else is writing into a database: a backup, a tool."""
        with closing(sqlite3.connect(database, timeout=LOCK_SECONDS, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                db.execute("ROLLBACK")

    @contextmanager
    def store_away(self) -> Iterator[None]:
        """Inside, the centre's store cannot be reached, as a mount that hangs in the air."""
        store, away = self.centre_folder / "store", self.centre_folder / "store-away"
        store.rename(away)
        store.write_bytes(b"")  # nothing can be made below a file
        try:
            yield
        finally:
            store.unlink()
            away.rename(store)

    @property
    def _centre_settings(self) -> Path:
        return self.folder / "centre.toml"

    def _box_settings(self, quota_bytes: int) -> str:
        return f"""\
id = "{BOX}"
data = "{self.data}"

[outbox]
quota_bytes = {quota_bytes}
min_free_bytes = 0

[centre]
url = "{self.proxy.url}"
enrolment_code_file = "{self.folder / "enrolment-code"}"
status_interval_seconds = 1
cameras_interval_seconds = 5
first_retry_seconds = 0.2
longest_retry_seconds = 2
connect_timeout_seconds = 3
quiet_timeout_seconds = 4

[health]
port = {self._health_port}
"""


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether something holds within so many seconds."""
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            return False
        time.sleep(POLL_SECONDS)
    return True


def prepare_folder(folder: Path) -> Path:
    """An empty folder for a run; what a former run left there goes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder.resolve()


def note(folder: Path, entry: dict[str, object]) -> None:
    """One line of the run's own log."""
    with (folder / "faults.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
