"""The parts of `make stack` that need no minutes; `make stack-smoke` runs the whole of it."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import ceph_server
import postgres_server
import psycopg
import pytest
import stack
from demo_cameras import STREET
from topology import Running, Topology, TopologyError, private_file

from api.evidence.store_s3 import S3Store
from api.settings import ApiSettings, read_secrets
from pipeline.settings import parse_settings
from pipeline.violations import Violation


@pytest.fixture
def nothing_installed(monkeypatch, tmp_path):
    """A machine without Ceph and PostgreSQL."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres_server, "find_installation", lambda: None)


def test_what_is_missing_is_named_with_its_packages(nothing_installed, tmp_path):
    """Nothing is started, and the message can be pasted into a shell."""
    assert stack.missing_parts() == [ceph_server.INSTALL, postgres_server.INSTALL]
    with pytest.raises(TopologyError, match="radosgw") as raised, stack.running_stack(tmp_path):
        pass
    assert "pgserver" in str(raised.value)


def test_without_programs_no_server_starts(nothing_installed):
    """Each starter says by itself what it needs."""
    with (
        pytest.raises(ceph_server.CephError, match=r"apt-get install.*missing: ceph"),
        ceph_server.running_ceph(),
    ):
        pass
    with (
        pytest.raises(postgres_server.PostgresError, match="pip install pgserver"),
        postgres_server.running_postgres(),
    ):
        pass


def test_a_command_without_parts_answers_with_one_json_object(
    nothing_installed, monkeypatch, capsys, tmp_path
):
    """For scripts: the last line says ok, the exit code follows."""
    monkeypatch.setattr(sys, "argv", ["stack.py", "--out", str(tmp_path / "out")])
    assert stack.main() == 1
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["ok"] is False
    assert "not installed" in answer["error"]


def test_the_centre_has_database_and_locking_store(tmp_path):
    """Its settings are such as the centre reads, with the secret in a file of its own."""
    store = ceph_server.S3Server(
        endpoint="127.0.0.1:7480", access_key="streetcase", secret_key="0" * 40,
        folder=tmp_path, pid=1,
    )  # fmt: skip
    text = stack.centre_settings(
        tmp_path, url="http://127.0.0.1:8080", database="postgresql+psycopg:///x", store=store
    )
    settings = parse_settings(text, ApiSettings, "centre.toml")
    assert settings.store.s3.retention_mode == "COMPLIANCE"
    assert store.secret_key not in text
    private_file(tmp_path / "secret", "1" * 48)
    private_file(tmp_path / "store-secret", store.secret_key)
    secrets = read_secrets(
        {
            "STREETCASE_SECRET_FILE": str(tmp_path / "secret"),
            "STREETCASE_STORE_SECRET_FILE": str(tmp_path / "store-secret"),
        }
    )
    assert S3Store(settings.store.s3, secrets.store_secret, link_seconds=60).kind == "s3"
    assert (tmp_path / "store-secret").stat().st_mode & 0o777 == 0o600


def test_two_boxes_watch_all_four_violations():
    """Each street once, each with its clip, its zones and its script."""
    names = [name for names in stack.BOXES.values() for name in names]
    scripts = [
        json.loads((STREET / f"{name}.truth.json").read_text(encoding="utf-8")) for name in names
    ]
    acts = {e["violation"] for script in scripts for e in script["episodes"]}
    assert acts >= {violation.value for violation in Violation}
    assert all((STREET / f"{name}.mp4").is_file() for name in names)
    assert all(
        tomllib.loads((STREET / f"{name}.camera.toml").read_text(encoding="utf-8"))["zones"]
        for name in names
    )


def test_events_are_read_past_what_is_no_event(tmp_path):
    """A warning of the interpreter and a line half written do not disturb."""
    log = tmp_path / "centre-1.log"
    log.write_text('warning: x\n{"event": "listening"}\n[1]\n{"event": "requ', encoding="utf-8")
    running = Running("centre-1", (), log, None)
    assert [event["event"] for event in stack.events_of(running)] == ["listening"]


def test_a_process_that_ends_by_itself_ends_the_wait(tmp_path):
    """With the end of its log, at once and not when the time is over."""
    with Topology(tmp_path) as running:
        ended = running.start("centre-1", (sys.executable, "-c", "raise SystemExit('no port')"))
        ended.process.wait()
        with pytest.raises(TopologyError, match="does not listen:\nno port"):
            stack._await_listening(ended)


def test_a_taken_port_is_said(tmp_path):
    """Only the usual port gives way to another one."""
    with stack._listening(0) as held:
        port = held.getsockname()[1]
        with pytest.raises(TopologyError, match=f"port {port} is taken"), stack._listening(port):
            pass


def test_the_newest_postgresql_of_the_system_is_found(monkeypatch, tmp_path):
    """By number, not by name, and only a whole one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    server = ("initdb", "postgres")
    for version, programs in {"9": server, "15": server, "16": ("psql",), "tools": server}.items():
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        for program in programs:
            (folder / program).touch()
    found = postgres_server._of_system(tmp_path)
    assert found.programs == tmp_path / "15" / "bin"
    assert postgres_server._of_system(tmp_path / "nothing") is None


def test_a_database_is_made_and_gone_with_its_server():
    """A real server; its folder and its process end with the block."""
    with postgres_server.running_postgres() as server:
        url = server.create("streetcase")
        assert url == server.url_of("streetcase")
        with psycopg.connect(f"host={server.folder} user=postgres dbname=streetcase") as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("streetcase",)
    assert not server.folder.exists()
    assert not Path(f"/proc/{server.pid}").exists()
