"""The judgements of `make stack-smoke` and `make smoke`, tried on what must not pass."""

from __future__ import annotations

import hashlib
import json
import signal
import sys
import zipfile

import httpx
import pytest
import structlog
from pydantic import SecretStr
from stack import BOXES
from topology import Running, TopologyError

from api.clock import utc_now
from api.evidence.links import LinkSigner, derive_key
from api.evidence.store_folder import FolderStore
from tests.acceptance import smoke, stack_smoke
from tests.acceptance.verify_demo import show

SECRET = SecretStr("0123456789abcdef0123456789abcdef")


def test_one_thing_that_does_not_hold_is_enough():
    """Figures of all parts are kept, and `ok` needs every one of them."""
    figures = {"candidates": 4, "holds": {"rejected": False}}
    told = smoke.judged(figures, {"event": "x", "holds": {"one_case": True}})
    assert told == {
        "candidates": 4,
        "event": "x",
        "holds": {"rejected": False, "one_case": True},
        "ok": False,
    }
    assert smoke.judged({"holds": {"rejected": True}})["ok"] is True


@pytest.mark.parametrize(
    "error",
    [TopologyError("centre-1 ended:\nno port"), TimeoutError("no webhook came"),
     httpx.ReadError("cut off")],
)  # fmt: skip
def test_whatever_goes_wrong_ends_in_one_json_object(error, capsys):
    """With the first line of what was wrong; the exit code follows."""

    def whole_way():
        raise error

    assert smoke.report(whole_way, began=0.0) == 1
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["ok"] is False
    assert answer["error"] == str(error).splitlines()[0]


def test_a_missing_part_fails_before_anything_starts(monkeypatch, capsys, tmp_path):
    """And the answer says what to install."""
    kept = {number: signal.getsignal(number) for number in stack_smoke.ENDS}
    monkeypatch.setattr("stack.missing_parts", lambda: ["Ceph is not installed"])
    monkeypatch.setattr(sys, "argv", ["stack_smoke", "--out", str(tmp_path / "out")])
    try:
        assert stack_smoke.main() == 1
    finally:
        structlog.reset_defaults()
        for number, handler in kept.items():
            signal.signal(number, handler)
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["error"] == "Ceph is not installed"


def test_only_answered_requests_count(tmp_path):
    """Not that a process listened, and not what a timer did."""
    log = tmp_path / "centre-1.log"
    log.write_text('{"event": "listening"}\n{"event": "request"}\n{"event": "request"}\n', "utf-8")
    assert stack_smoke.requests_of(Running("centre-1", (), log, None)) == 2


def test_every_simulated_camera_hangs_on_one_box():
    """So that a candidate's camera tells which box delivered it."""
    cameras = [camera for cameras in BOXES.values() for camera in cameras]
    assert len(set(cameras)) == len(cameras) == 4
    assert {stack_smoke.box_of(camera) for camera in cameras} == set(BOXES)


def test_a_store_that_deletes_is_noticed(tmp_path):
    """A folder cannot lock: its copy is deleted, and the check says that it was not kept."""
    store = FolderStore(
        tmp_path,
        signer=LinkSigner(derive_key(SECRET, "test links")),
        link_seconds=60,
        now=utc_now,
        is_any_recorded=lambda: False,
    )
    content = b"evidence"
    sha256 = hashlib.sha256(content).hexdigest()
    assert store.put(content, "text/plain") == sha256
    assert store.freeze([sha256], until=utc_now()) is None
    assert not stack_smoke.is_kept(store, sha256)


def test_the_files_of_a_set_are_those_of_its_manifest(tmp_path):
    """Each item once, by the digest that its bytes have."""
    figures = show(tmp_path)
    digests = stack_smoke.digests_of(tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        found = {hashlib.sha256(bundle.read(name)).hexdigest() for name in bundle.namelist()}
    assert len(set(digests)) == len(digests)
    assert set(digests) <= found
    assert len(digests) == figures["files"] - 3  # manifest, signature and notice are no items
