"""A small Ceph with its S3 gateway on loopback, without Docker: for `make stack` and tests.

One monitor, one OSD that keeps all objects in memory, one gateway. Everything is lost when it
stops. Debian 12: apt-get install --no-install-recommends ceph-mon ceph-osd radosgw

    python docker/ceph_server.py          # runs until interrupted; prints how to reach it
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from topology import LOOPBACK, end_with_parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PROGRAMS = (
    "ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin",
)  # fmt: skip
ACCESS_KEY = "streetcase"
INSTALL = (
    "Ceph's S3 server is not installed; on Debian"
    " apt-get install --no-install-recommends ceph-mon ceph-osd radosgw"
)
READY_SECONDS = 90.0  # it takes 12 on an idle machine
STOP_SECONDS = 10.0
MEMORY_BYTES = 2 * 2**30  # at most; what is used is what is stored

# cephx stays on: radosgw refuses "none". tcp_nodelay: without it each request waits about 45 ms.
CONFIG = """\
[global]
fsid = {fsid}
mon_host = {mon_address}
keyring = {folder}/keyring
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 1
mon_data_avail_crit = 1
osd_crush_chooseleaf_type = 0
osd_heartbeat_grace = 60
osd_objectstore = memstore
memstore_device_bytes = {memory}
osd_data = {folder}/osd
mon_data = {folder}/mon
run_dir = {folder}/run
admin_socket = {folder}/run/$name.asok
pid_file = {folder}/run/$name.pid
log_file = {folder}/log/$name.log
ms_bind_msgr1 = true
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1

[client.admin]
rgw_init_timeout = 60
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw_data = {folder}/rgw
rgw_relaxed_s3_bucket_names = false
rgw_thread_pool_size = 16
rgw_enable_usage_log = false
rgw_dns_name = 127.0.0.1
"""


class CephError(Exception):
    """It is not there or does not start; the message says what to do, or has the logs' ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """How to reach a running server."""

    endpoint: str  # host:port
    access_key: str
    secret_key: str
    folder: Path
    pid: int  # of the gateway: stopping it takes the server away, continuing brings it back


def missing_programs() -> list[str]:
    """What must be installed first; nothing: `running_ceph` works."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


@contextmanager
def running_ceph() -> Iterator[S3Server]:
    """A server of our own, with a key of its own, until the block ends.

    Raises:
        CephError: It is not installed, or it does not start.
    """
    if missing := missing_programs():
        raise CephError(f"{INSTALL} (missing: {', '.join(missing)})")
    folder = Path(tempfile.mkdtemp(prefix="ceph-"))
    cluster = _Cluster(folder)
    try:
        yield cluster.start()
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


class _Cluster:
    """The processes of one small Ceph, with everything that they write in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        self._environment: Mapping[str, str] = {
            **os.environ,
            "CEPH_CONF": str(folder / "ceph.conf"),
        }

    def start(self) -> S3Server:
        """Make a cluster from nothing and its gateway's account."""
        folder, secret = self._folder, secrets.token_urlsafe(30)
        for name in ("mon", "osd", "run", "log"):
            (folder / name).mkdir()
        port, mon_port, old_mon_port = _free_ports(3)
        fsid, osd_id = str(uuid4()), str(uuid4())
        mon_address = f"[v2:{LOOPBACK}:{mon_port},v1:{LOOPBACK}:{old_mon_port}]"
        (folder / "ceph.conf").write_text(
            CONFIG.format(
                fsid=fsid, mon_address=mon_address, folder=folder, port=port, memory=MEMORY_BYTES
            ),
            encoding="utf-8",
        )
        keyring, monmap, run = folder / "keyring", folder / "monmap", self._run
        run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", mon_address, monmap)
        run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.",
            "--cap", "mon", "allow *")  # fmt: skip
        run("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", "--cap", "mon",
            "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *")  # fmt: skip
        run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
        self._start("mon", "ceph-mon", "-f", "-i", "a")
        run("ceph", "osd", "new", osd_id)
        account = run("ceph", "auth", "get-or-create", "osd.0", "mon", "allow profile osd",
                      "osd", "allow *", "mgr", "allow profile osd")  # fmt: skip
        with keyring.open("a", encoding="utf-8") as file:
            file.write(account)
        run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd_id)
        self._start("osd", "ceph-osd", "-f", "-i", "0")
        run("radosgw-admin", "user", "create", "--uid=streetcase", "--display-name=streetcase",
            f"--access-key={ACCESS_KEY}", f"--secret-key={secret}")  # fmt: skip
        gateway = self._start(
            "rgw", "radosgw", "-f", "-n", "client.admin", "--keyring", keyring,
            f"--log_file={folder}/log/rgw.log", f"--admin_socket={folder}/run/rgw.asok",
            "--pid_file=",
        )  # fmt: skip
        self._await_port(gateway, port)
        return S3Server(
            endpoint=f"{LOOPBACK}:{port}",
            access_key=ACCESS_KEY,
            secret_key=secret,
            folder=folder,
            pid=gateway.pid,
        )

    def stop(self) -> None:
        """End all processes, the last one first."""
        for process in reversed(self._started):
            _stop(process)

    def _run(self, *command: str | Path) -> str:
        done = subprocess.run(  # noqa: S603 - Ceph's own programs
            command,
            check=False,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
        )
        if done.returncode:
            raise CephError(f"{command[0]}: {done.stderr[-2000:]}")
        return done.stdout

    def _start(self, name: str, *command: str | Path) -> subprocess.Popen[bytes]:
        with (self._folder / "log" / f"{name}.out").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - Ceph's own programs
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches this program, which ends all in order
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one call of the system, no lock
            )
        self._started.append(process)
        return process

    def _await_port(self, gateway: subprocess.Popen[bytes], port: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and gateway.poll() is None:
            with socket.socket() as attempt:
                attempt.settimeout(1.0)
                if attempt.connect_ex((LOOPBACK, port)) == 0:
                    return
            time.sleep(0.1)
        logs = self._folder.glob("log/*.out")
        tails = [f"{log.name}: {log.read_text(errors='replace')[-500:]}" for log in logs]
        raise CephError("the gateway does not listen\n" + "\n".join(tails))


def _free_ports(count: int) -> Sequence[int]:
    """Ports that nobody listens on. Held open together, so that they differ."""
    sockets = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [int(held.getsockname()[1]) for held in sockets]
    for held in sockets:
        held.close()
    return ports


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End one process that we started; a stopped one must be woken to hear of it."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGCONT)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> int:
    """Run until interrupted."""
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.pthread_sigmask(signal.SIG_BLOCK, {wanted})
    try:
        with running_ceph() as server:
            reach = {
                name: getattr(server, name) for name in ("endpoint", "access_key", "secret_key")
            }
            print(json.dumps(reach), flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    except CephError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
