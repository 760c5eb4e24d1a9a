"""The processes of a Streetcase on one machine: started in order, watched, ended in order.

What compose.yaml does with containers, without them: for `make run`, `make stack` and the tests of
the whole system. Every process writes its log to a file of its own; an end of this program, however
it comes, ends them all.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
STOP_SECONDS = 30.0  # a centre ends requests in progress, a box writes down what it was watching
POLL_SECONDS = 0.2
TAIL_LINES = 15  # of a log, told when its process failed
PR_SET_PDEATHSIG = 1  # linux/prctl.h
API, EDGE, CAMERAS = (sys.executable, "-m", "api"), (sys.executable, "-m", "edge"), (
    sys.executable, "-m", "edge.rtsp_server",
)  # fmt: skip


class TopologyError(Exception):
    """A process did not do what it should; the message has the end of its log."""


@dataclass(slots=True)
class Running:
    """One started process."""

    name: str
    command: tuple[str, ...]
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def tail(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and make sure that it does."""
        if self.is_alive:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass(slots=True)
class Topology:
    """Processes with a folder for their settings, data and logs; use it as a context manager."""

    folder: Path
    running: list[Running] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process, the last one first."""
        for one in reversed(self.running):
            one.stop()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        sockets: Sequence[socket.socket] = (),
    ) -> Running:
        """Start a process from the repository's root; its output goes to `<name>.log`."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as file:
            process = subprocess.Popen(  # noqa: S603 - our own programs
                [str(part) for part in command],
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                pass_fds=[one.fileno() for one in sockets],
                start_new_session=True,  # Ctrl-C reaches this program, which ends them in order
            )
        made = Running(name, tuple(str(part) for part in command), log, process)
        self.running = [one for one in self.running if one.name != name] + [made]
        return made

    def wait_for(self, running: Running, url: str, *, seconds: float) -> None:
        """Until an address answers 200.

        Raises:
            TopologyError: The process ended, or the time is over.
        """
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if not running.is_alive:
                raise TopologyError(f"{running.name} ended:\n{running.tail()}")
            with (
                suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(url, timeout=2.0) as answer,  # noqa: S310 - loopback
            ):
                if answer.status == 200:  # noqa: PLR2004 - HTTP OK
                    return
            time.sleep(POLL_SECONDS)
        raise TopologyError(f"{running.name} is not ready after {seconds} s:\n{running.tail()}")


def listening_socket(port: int = 0) -> socket.socket:
    """A socket on loopback that processes inherit; 0: any free port.

    Raises:
        OSError: The port is taken.
    """
    made = socket.socket()
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((LOOPBACK, port))
        made.listen(128)
        made.set_inheritable(True)
    except OSError:
        made.close()
        raise
    return made


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as tried:
        tried.bind((LOOPBACK, 0))
        port: int = tried.getsockname()[1]
        return port


def end_with_parent() -> None:
    """For `preexec_fn`: have Linux send SIGTERM when the parent dies, even if it is killed.

    Elsewhere nothing happens.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def private_file(path: Path, text: str) -> Path:
    """Write a file that nobody else reads."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path


def command_answer(
    command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None
) -> dict[str, object]:
    """Run one of our commands to its end and read the JSON object of its last line.

    Raises:
        TopologyError: It failed; the message has what it said.
    """
    done = subprocess.run(  # noqa: S603 - our own programs
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TopologyError(f"{' '.join(str(p) for p in command)}: {done.stdout}{done.stderr}")
    answer: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def new_secret() -> str:
    """A secret for one run."""
    return secrets.token_urlsafe(48)


def centre_settings(*, folder: Path, url: str, database: str | None = None, more: str = "") -> str:
    """The TOML text of a centre on this machine."""
    database = database or f"sqlite:///{folder / 'streetcase.db'}"
    return f"""\
adcode = "990000"

[server]
public_url = "{url}"
secure_cookies = false

[database]
url = "{database}"

[store]
folder = "{folder / "store"}"

{more}
"""
