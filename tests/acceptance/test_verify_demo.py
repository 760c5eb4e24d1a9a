"""The verify demo, as `make verify-demo` runs it."""

from __future__ import annotations

import json

from tests.acceptance.verify_demo import main, show


def test_every_flipped_byte_is_named(tmp_path):
    """Each change of each file is named; the bundle is sound before and after."""
    figures = show(tmp_path)
    assert figures["ok"] is True
    assert figures["files"] == 8
    assert figures["named"] == figures["flips"] > 700


def test_the_last_line_is_one_json_object(capsys, monkeypatch):
    """For scripts; the exit code follows "ok"."""
    monkeypatch.setattr("tests.acceptance.verify_demo.show", lambda _: {"ok": False})
    assert main() == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"ok": False}
