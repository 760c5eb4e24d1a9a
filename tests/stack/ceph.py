"""A small Ceph with its S3 gateway on the loopback interface: a real S3 server for tests.

One monitor, one OSD that keeps all objects in memory, one gateway. Everything is lost when it
stops. Debian 12: apt-get install --no-install-recommends ceph-mon ceph-osd radosgw

    python -m tests.stack.ceph          # runs until interrupted; prints how to reach it
"""

from __future__ import annotations

import json
import os
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
from uuid import uuid4

from tests.stack.children import end_with_parent

PROGRAMS = (
    "ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin",
)  # fmt: skip
ACCESS_KEY, SECRET_KEY = "testkey", "testsecret1"  # of a server on loopback: no secrets
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
    """It does not start; the message has the last lines of its logs."""


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
def running_ceph():
    """A server of our own until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="ceph-"))
    started: list[subprocess.Popen] = []
    try:
        yield _start(folder, started)
    finally:
        for process in reversed(started):
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder, started):
    for name in ("mon", "osd", "run", "log"):
        (folder / name).mkdir()
    port, mon_port, old_mon_port = _free_ports(3)
    fsid, osd_id = str(uuid4()), str(uuid4())
    mon_address = f"[v2:127.0.0.1:{mon_port},v1:127.0.0.1:{old_mon_port}]"
    config = folder / "ceph.conf"
    config.write_text(
        CONFIG.format(
            fsid=fsid, mon_address=mon_address, folder=folder, port=port, memory=MEMORY_BYTES
        )
    )
    environment = {**os.environ, "CEPH_CONF": str(config)}

    def run(*command, keep=None):
        result = subprocess.run(
            command,
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
        )
        if result.returncode:
            raise CephError(f"{command[0]}: {result.stderr[-2000:]}")
        if keep is not None:
            with keep.open("a") as file:
                file.write(result.stdout)

    def start(name, *command):
        with (folder / "log" / f"{name}.out").open("wb") as log:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one call of the system, no lock
            )
        started.append(process)
        return process

    keyring, monmap = folder / "keyring", folder / "monmap"
    run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", mon_address, monmap)
    run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.",
        "--cap", "mon", "allow *")  # fmt: skip
    run("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", "--cap", "mon", "allow *",
        "--cap", "osd", "allow *", "--cap", "mgr", "allow *")  # fmt: skip
    run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
    start("mon", "ceph-mon", "-f", "-i", "a")
    run("ceph", "osd", "new", osd_id)
    run("ceph", "auth", "get-or-create", "osd.0", "mon", "allow profile osd", "osd", "allow *",
        "mgr", "allow profile osd", keep=keyring)  # fmt: skip
    run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd_id)
    start("osd", "ceph-osd", "-f", "-i", "0")
    run("radosgw-admin", "user", "create", "--uid=test", "--display-name=test",
        f"--access-key={ACCESS_KEY}", f"--secret-key={SECRET_KEY}")  # fmt: skip
    gateway = start(
        "rgw", "radosgw", "-f", "-n", "client.admin", "--keyring", keyring,
        f"--log_file={folder}/log/rgw.log", f"--admin_socket={folder}/run/rgw.asok",
        "--pid_file=",
    )  # fmt: skip
    _await_port(gateway, port, folder)
    return S3Server(
        endpoint=f"127.0.0.1:{port}",
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        folder=folder,
        pid=gateway.pid,
    )


def _free_ports(count):
    """Ports that nobody listens on. Held open together, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def _await_port(process, port, folder):
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as attempt:
            attempt.settimeout(1.0)
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    tails = [f"{log.name}: {log.read_text()[-500:]}" for log in folder.glob("log/*.out")]
    raise CephError("the gateway does not listen\n" + "\n".join(tails))


def _stop(process):
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


def main() -> None:
    """Run until interrupted."""
    with running_ceph() as server:
        print(
            json.dumps(
                {
                    "endpoint": server.endpoint,
                    "access_key": server.access_key,
                    "secret_key": server.secret_key,
                }
            ),
            flush=True,
        )
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.pthread_sigmask(signal.SIG_BLOCK, {wanted})
    missing = missing_programs()
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    main()
