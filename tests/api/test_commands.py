"""The centre's commands: what they do, and that their last line is JSON with `ok`."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from api.__main__ import main
from api.audit.tables import AuditEntry
from api.database import Database, open_engine
from api.settings import DatabaseSettings
from tests.api.simulated_box import SimulatedBox

SECRET = "0123456789" * 4


@pytest.fixture
def centre(tmp_path, monkeypatch, capsys):
    """Runs commands in a folder of their own: `centre("migrate")` gives status, figures, text."""
    settings = tmp_path / "centre.toml"
    settings.write_text(
        f'adcode = "110000"\n[database]\nurl = "sqlite:///{tmp_path}/centre.db"\n'
        f'[store]\nfolder = "{tmp_path}/store"\n'
    )
    monkeypatch.setenv("STREETCASE_SECRET", SECRET)

    def run(*arguments, with_settings=True):
        given = ["--settings", str(settings)] if with_settings else []
        status = main([*given, *arguments])
        out = capsys.readouterr().out
        return status, json.loads(out.splitlines()[-1]), out

    return run


@pytest.fixture
def migrated(centre, tmp_path):
    """A centre whose database is there; gives the database."""
    assert centre("migrate")[0] == 0
    database = Database(open_engine(DatabaseSettings(url=f"sqlite:///{tmp_path}/centre.db")))
    yield database
    database.engine.dispose()


def test_migrate(centre):
    """A new database is brought up to date once; a check changes nothing."""
    status, figures, _ = centre("migrate", "--check")
    assert (status, figures["ok"], figures["from"], figures["to"]) == (1, False, None, None)
    status, figures, _ = centre("migrate")
    assert (status, figures["from"], figures["to"]) == (0, None, figures["newest"])
    status, figures, _ = centre("migrate", "--check")
    assert (status, figures["ok"]) == (0, True)


def test_a_new_centre(centre, migrated, app, client, now):
    """Administrator, code for a box, and a log that holds: what a new centre begins with."""
    status, figures, _ = centre("user", "create-admin", "boss")
    assert (status, figures["login"], figures["organisation_id"]) == (0, "boss", "110000")
    assert len(figures["password"]) >= 12
    status, figures, _ = centre("user", "create-admin", "second")
    assert (status, figures["code"]) == (1, "admin_exists")
    status, figures, _ = centre("box", "code", "box-1", "--organisation", "110000")
    assert (status, figures["box_id"]) == (0, "box-1")
    code = figures["code"]
    status, figures, _ = centre("audit", "verify")
    assert (status, figures["ok"], figures["broken_at"]) == (0, True, None)
    assert SimulatedBox(client, now).enrolment(code)["code"] == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["box", "code", "box-1", "--organisation", "999999"], "organisation_unknown"),
        (["box", "code", "../box", "--organisation", "110000"], "box_id"),
    ],
)
def test_what_cannot_be_is_said(centre, migrated, arguments, code):
    """A mistake gives status 1, a sentence and its code."""
    status, figures, _ = centre(*arguments)
    assert (status, figures["ok"], figures["code"]) == (1, False, code)


def test_a_broken_log_is_found(centre, migrated):
    """A changed entry of the log is named."""
    centre("user", "create-admin", "boss")
    with migrated.writing() as session:
        session.get(AuditEntry, 2).action = "nothing.happened"
    status, figures, _ = centre("audit", "verify")
    assert (status, figures["ok"], figures["broken_at"]) == (1, False, 2)


def test_storage_check(centre):
    """The check prints a line for each point, then all of them as JSON."""
    status, figures, out = centre("storage", "check")
    assert (status, figures["store"]) == (0, "folder")
    assert figures["checks"]["object_lock"] == "warning"
    assert len(out.splitlines()) == len(figures["checks"]) + 1


def test_a_broken_store_fails_the_check(centre, tmp_path):
    """A store that cannot be written is a failure with its reason."""
    (tmp_path / "store").write_bytes(b"")
    status, figures, out = centre("storage", "check")
    assert (status, figures["ok"]) == (1, False)
    assert out.startswith("failure  reachable")


def test_openapi_needs_no_secret(centre, monkeypatch, capsys):
    """The description of the API can be printed anywhere, as for generating a client."""
    monkeypatch.delenv("STREETCASE_SECRET")
    assert main(["openapi"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["info"]["title"] == "Streetcase centre"
    assert "/api/v1/boxes/enrol" in document["paths"]


def test_a_missing_secret_is_wrong_use(centre, monkeypatch):
    """Without the session secret nothing starts, and the message says what to do."""
    monkeypatch.delenv("STREETCASE_SECRET")
    status, figures, _ = centre("migrate")
    assert status == 2
    assert "STREETCASE_SECRET" in figures["error"]


def test_wrong_settings_are_wrong_use(centre, tmp_path):
    """A mistake in the settings names its file, line and key."""
    (tmp_path / "centre.toml").write_text("[server]\nprot = 1\n")
    status, figures, _ = centre("migrate")
    assert status == 2
    assert "centre.toml:2: server.prot" in figures["error"]


def test_a_database_that_is_not_migrated_is_said(centre):
    """A command on an empty database says that it does not answer as it should."""
    status, figures, _ = centre("audit", "verify")
    assert (status, figures["ok"]) == (1, False)
    assert "no such table" in figures["error"]


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["serve", "--help"], ["storage", "check", "--help"], ["box", "code", "--help"]],
)
def test_every_command_explains_itself(arguments, capsys):
    """--help says what a command does."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "STREETCASE_SECRET" in capsys.readouterr().out


def test_no_password_is_printed_by_a_failure(centre, migrated):
    """A database that refuses shows no credentials of its address."""
    with migrated.writing() as session:
        session.execute(text("DROP TABLE organisations"))
    _, figures, out = centre("user", "create-admin", "boss")
    assert not figures["ok"]
    assert SECRET not in out


def test_export_of_reviewed_frames(centre, migrated, tmp_path):
    """An approved export of what there is; a date that is none and a second export are refused."""
    out = tmp_path / "reviews"
    wanted = ("export-reviews", "--out", str(out), "--approval", "Director Wang, document 17")
    status, figures, _ = centre(*wanted, "--since", "yesterday")
    assert (status, figures["code"]) == (1, "since")
    assert not out.exists()
    status, figures, _ = centre(*wanted, "--since", "2026-11-01")
    assert (status, figures["ok"], figures["out"]) == (0, True, str(out))
    begun = json.loads((out / "export.json").read_text())
    assert begun["since"] == "2026-11-01T00:00:00+08:00"
    status, figures, _ = centre(*wanted, "--since", "2026-11-01")
    assert (status, figures["code"]) == (1, "export_finished")
    assert centre("audit", "verify")[1]["entries"] == 2
