"""A real PostgreSQL of our own on a socket in a temporary folder, from the `pgserver` wheel.

The wheel's own start gives up after 10 seconds, which a busy machine needs now and then.
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

import psycopg

from tests.stack.children import end_with_parent

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its platformdirs, where no XDG_RUNTIME_DIR is set
    from pgserver import utils as pgserver_utils
    from pgserver._commands import POSTGRES_BIN_PATH

READY_SECONDS = 90.0  # it takes one on an idle machine
STOP_SECONDS = 10.0
USER = "postgres"  # in the database
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root; the wheel's own name for another one
# The data lives as long as the tests; a power cut may have it.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


class PostgresError(Exception):
    """It does not start; the message has the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """How to reach a running server."""

    folder: Path  # of its socket
    pid: int  # stopping it takes the database away, continuing brings it back

    def url_of(self, database: str = "postgres") -> str:
        """The URL of one of its databases, for SQLAlchemy."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}"


@contextmanager
def running_postgres():
    """A server of our own until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has 107 bytes at most
    account = _account(folder)
    process = None
    try:
        _run(account, "initdb", "-D", folder / "data", "-U", USER, "--auth=trust",
             "--encoding=utf8", "--no-sync")  # fmt: skip
        settings = [part for setting in QUICK for part in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    POSTGRES_BIN_PATH / "postgres",
                    *("-D", folder / "data", "-k", folder, "-h", ""),
                    *settings,
                ],
                stdout=log,
                stderr=log,
                user=account,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one call of the system, no lock
            )
        _await(process, folder)
        yield PostgresServer(folder=folder, pid=process.pid)
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _account(folder):
    """Who runs the server; the folder becomes theirs. None: whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    pgserver_utils.ensure_user_exists(SYSTEM_USER)
    pgserver_utils.ensure_prefix_permissions(POSTGRES_BIN_PATH)
    read = 0o055  # for group and others
    pgserver_utils.ensure_folder_permissions(POSTGRES_BIN_PATH, read)
    pgserver_utils.ensure_folder_permissions(POSTGRES_BIN_PATH.parent / "lib", read)
    os.chown(folder, pwd.getpwnam(SYSTEM_USER).pw_uid, -1)
    folder.chmod(0o755)
    return SYSTEM_USER


def _run(account, program, *arguments):
    result = subprocess.run(
        [POSTGRES_BIN_PATH / program, *arguments],
        check=False,
        capture_output=True,
        text=True,
        user=account,
        timeout=READY_SECONDS,
    )
    if result.returncode:
        raise PostgresError(f"{program}: {result.stderr[-2000:]}")


def _await(process, folder):
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(f"host={folder} user={USER} dbname=postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise PostgresError((folder / "log").read_text()[-2000:])


def _stop(process):
    """End the server that we started; a stopped one must be woken to hear of it."""
    process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: ends sessions, not waits
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
