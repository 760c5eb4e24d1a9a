"""What a person does by hand: enrol, look into the outbox, let refused candidates go again."""

from __future__ import annotations

import io
import json
import sys
from uuid import UUID

import pytest

from edge.__main__ import main
from edge.lock import only_one
from edge.outbox.outbox import Outbox, OutboxSettings
from edge.uplink.link import TOKEN_FILE
from tests.edge.bundles import BundleMaker
from tests.edge.centre import CODE, TOKEN, Centre


@pytest.fixture
def settings(tmp_path):
    """A box's file that names a centre."""

    def write(url=None):
        lines = [f'data = "{tmp_path}/box"']
        lines += ["[centre]", f'url = "{url}"', "connect_timeout_seconds = 1"] if url else []
        path = tmp_path / "box.toml"
        path.write_text("\n".join(lines))
        return str(path)

    return write


def answer(capsys):
    captured = capsys.readouterr()
    return json.loads(captured.out.strip().splitlines()[-1]), captured.out + captured.err


def test_enrol_reads_the_code_from_the_standard_input(settings, tmp_path, capsys, monkeypatch):
    """Neither code nor token is shown."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{CODE}\n"))
    with Centre() as centre:
        assert main(["enrol", "--settings", settings(centre.url)]) == 0
    said, everything = answer(capsys)
    assert said["ok"]
    assert (tmp_path / "box" / TOKEN_FILE).exists()
    assert TOKEN not in everything
    assert CODE not in everything


@pytest.mark.parametrize("code", ["", "guess"])
def test_a_code_that_is_not_taken_is_said(settings, capsys, monkeypatch, code):
    """In words, with exit code 2."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(code))
    with Centre() as centre:
        assert main(["enrol", "--settings", settings(centre.url)]) == 2
    assert "code" in answer(capsys)[0]["error"]


def test_enrolling_needs_a_centre(settings, capsys, tmp_path):
    """The settings name none; a file may hold the code."""
    (tmp_path / "code").write_text(CODE)
    code = main(["enrol", "--settings", settings(), "--code-file", str(tmp_path / "code")])
    assert code == 2
    assert "[centre]" in answer(capsys)[0]["error"]


def test_the_outbox_is_shown_and_refusals_can_go_again(settings, tmp_path, capsys):
    """What was parked waits again when a person says so."""
    outbox = Outbox(tmp_path / "box" / "outbox", OutboxSettings(min_free_bytes=0))
    for number in (1, 2):
        outbox.take_in(BundleMaker(tmp_path / "box").make(number).folder)
    outbox.refuse(outbox.next_entry(), "no such camera")
    outbox.close()
    path = settings()
    assert main(["outbox", "--settings", path]) == 0
    said, _ = answer(capsys)
    assert (said["waiting"], said["refused"], said["retried"]) == (1, 1, 0)
    assert said["refusals"] == [{"candidate": str(UUID(int=1)), "said": "no such camera"}]
    assert main(["outbox", "--settings", path, "--retry-refused"]) == 0
    said, _ = answer(capsys)
    assert (said["waiting"], said["refused"], said["retried"]) == (2, 0, 1)


def test_the_outbox_of_a_running_box_is_left_alone(settings, tmp_path, capsys):
    """Two processes on one outbox would send past each other."""
    with only_one(tmp_path / "box"):
        assert main(["outbox", "--settings", settings()]) == 2
    assert "another box works" in answer(capsys)[0]["error"]


def test_a_folder_that_cannot_be_used_is_said(settings, tmp_path, capsys):
    """The data folder is a file."""
    (tmp_path / "box").write_text("")
    assert main(["outbox", "--settings", settings()]) == 2
    assert "box" in answer(capsys)[0]["error"]
