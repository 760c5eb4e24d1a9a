"""A real PostgreSQL on a socket in a temporary folder, without Docker, for `make stack` and tests.

From the `pgserver` wheel where that is installed, else from the system's packages. Everything is
lost when it stops.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from topology import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_SECONDS = 90.0  # it takes one on an idle machine
STOP_SECONDS = 10.0
USER = "postgres"  # in the database
WHEEL_ACCOUNT = "pgserver"  # the wheel's own name for whoever runs it when we are root
SYSTEM_ACCOUNT = "postgres"  # of Debian's packages, for the same
SYSTEM_FOLDERS = "/usr/lib/postgresql"  # Debian and Ubuntu: one folder for each version
# The data lives as long as the server; a power cut may have it.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
INSTALL = (
    "PostgreSQL is not installed: pip install pgserver (make installs it), or on Debian"
    " apt-get install --no-install-recommends postgresql"
)


class PostgresError(Exception):
    """It is not there or does not start; the message says what to do, or has the log's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """How to reach a running server."""

    folder: Path  # of its socket
    pid: int  # stopping it takes the database away, continuing brings it back

    def url_of(self, database: str = "postgres") -> str:
        """The URL of one of its databases, for SQLAlchemy."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        """Make a database; returns its URL."""
        with psycopg.connect(_to(self.folder), autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(_name(database)))
        return self.url_of(database)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where the server's programs are, and who may run them."""

    programs: Path  # folder of initdb and postgres
    account: str | None  # PostgreSQL refuses to run as root; none: whoever runs this program


def find_installation() -> Installation | None:
    """What is installed here: the wheel, or the newest of the system's; none: nothing."""
    return _of_wheel() or _of_system()


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server of our own until the block ends.

    Raises:
        PostgresError: It is not installed, or it does not start.
    """
    found = find_installation()
    if found is None:
        raise PostgresError(INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has 107 bytes at most
    process = None
    try:
        if found.account is not None:
            os.chown(folder, pwd.getpwnam(found.account).pw_uid, -1)
            folder.chmod(0o755)
        _initialise(found, folder)
        process = _start(found, folder)
        _await(process, folder)
        yield PostgresServer(folder=folder, pid=process.pid)
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _of_wheel() -> Installation | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its platformdirs, without XDG_RUNTIME_DIR
            from pgserver import utils  # noqa: PLC0415 - may be missing
            from pgserver._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - may be missing
    except ImportError:
        return None
    if os.geteuid() != 0:
        return Installation(programs=POSTGRES_BIN_PATH, account=None)
    read = 0o055  # for group and others
    utils.ensure_user_exists(WHEEL_ACCOUNT)
    utils.ensure_prefix_permissions(POSTGRES_BIN_PATH)
    utils.ensure_folder_permissions(POSTGRES_BIN_PATH, read)
    utils.ensure_folder_permissions(POSTGRES_BIN_PATH.parent / "lib", read)
    return Installation(programs=POSTGRES_BIN_PATH, account=WHEEL_ACCOUNT)


def _of_system(folders: Path = Path(SYSTEM_FOLDERS)) -> Installation | None:
    in_path = shutil.which("postgres")
    candidates = [Path(in_path).resolve().parent] if in_path else []
    versions = [path for path in folders.glob("*/bin") if path.parent.name.isdigit()]
    candidates += sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    for programs in candidates:
        if all((programs / name).exists() for name in ("initdb", "postgres")):
            account = SYSTEM_ACCOUNT if os.geteuid() == 0 else None
            return Installation(programs=programs, account=account)
    return None


def _initialise(found: Installation, folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [
            found.programs / "initdb",
            *("-D", folder / "data", "-U", USER),
            *("--auth=trust", "--encoding=utf8", "--no-sync"),
        ],
        check=False,
        capture_output=True,
        text=True,
        user=found.account,
        cwd=folder,  # the account may not look into ours
        timeout=READY_SECONDS,
    )
    if done.returncode:
        raise PostgresError(f"initdb: {done.stderr[-2000:]}")


def _start(found: Installation, folder: Path) -> subprocess.Popen[bytes]:
    settings = [part for setting in QUICK for part in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            [
                found.programs / "postgres",
                *("-D", folder / "data", "-k", folder, "-h", ""),
                *settings,
            ],
            stdout=log,
            stderr=log,
            user=found.account,
            cwd=folder,
            start_new_session=True,  # Ctrl-C reaches this program, which ends all in order
            preexec_fn=end_with_parent,  # noqa: PLW1509 - one call of the system, no lock
        )


def _await(process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(_to(folder)).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise PostgresError((folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:])


def _to(folder: Path) -> str:
    return f"host={folder} user={USER} dbname=postgres"


def _name(database: str) -> psycopg.sql.Identifier:
    return psycopg.sql.Identifier(database)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server that we started; a stopped one must be woken to hear of it."""
    process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: ends sessions, not waits
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
