"""The box of the storms: what its ledger says is in its outbox, whenever it is killed."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from pipeline.evidence.bundle import EvidenceBuilder
from pipeline.evidence.chain import MemoryChain
from pipeline.evidence.signing import SigningKey
from pipeline.evidence.verification import verify_bundle
from tests.chaos.acts import clip_of, facts_of, new_act, stills_of
from tests.chaos.box import Ledger, LedgerLine, act_of, mend, read_ledger
from tests.chaos.site import wait_until

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LATER = NOW + timedelta(seconds=3)
LINES = 5


def bundle_of(tmp_path, act, look=3):
    """A bundle of one look at an act, by a box of its own."""
    stills = stills_of(act, look=look, seen_at=LATER)
    builder = EvidenceBuilder(
        root=tmp_path, key=SigningKey.generate(), chain=MemoryChain(), box_id="b", software="s"
    )
    facts = facts_of(act, stills, update=0, seen_at=LATER)
    files = (*stills.files, clip_of(act, look=look))
    return builder.build(facts=facts, files=files, created_at=LATER)


def write(path, bundle, act):
    """One line by one process."""
    with closing(Ledger(path)) as ledger:
        ledger.write(bundle, act)


@pytest.mark.parametrize("seed", range(4))
def test_drawn_acts_make_sound_bundles(tmp_path, seed):
    """The offline verifier accepts them, and the same look draws the same bytes."""
    act = new_act(Random(seed), now=NOW)  # noqa: S311 - a test's choice
    bundle = bundle_of(tmp_path, act)
    assert verify_bundle(bundle.folder).ok
    again = stills_of(act, look=3, seen_at=LATER)
    drawn = {file.name: file.content for file in again.files}
    assert all(bundle.path_of(name).read_bytes() == content for name, content in drawn.items())
    assert clip_of(act, look=3).content == clip_of(act, look=3).content


def test_a_ledger_reads_as_written_and_a_half_line_is_cut_off(tmp_path):
    """A kill while a line is written costs that line and no other."""
    path = tmp_path / "ledger"
    act = new_act(Random(1), now=NOW)  # noqa: S311 - a test's choice
    bundle = bundle_of(tmp_path / "evidence", act)
    write(path, bundle, act)
    with path.open("ab") as file:
        file.write(b'{"sequence": 2')
    (line,) = read_ledger(path)
    assert isinstance(line, LedgerLine)
    assert (line.sequence, line.manifest_sha256) == (1, bundle.manifest_sha256)
    assert act_of(line) == act
    mend(path)
    write(path, bundle, act)
    assert len([*read_ledger(path)]) == 2


def test_what_the_ledger_says_survives_a_kill(tmp_path):
    """Killed in the middle of its work, twice: every line's bundle lies in the outbox."""
    ledger, pace, settings = tmp_path / "ledger", tmp_path / "pace", tmp_path / "box.toml"
    pace.write_text("0.01")
    settings.write_text(
        f'id = "b"\ndata = "{tmp_path}/data"\n[health]\nport = 0\n[outbox]\nmin_free_bytes = 0\n'
    )
    command = [sys.executable, "-m", "tests.chaos.box", "--settings", settings]
    command += ["--ledger", ledger, "--pace", pace, "--seed", "1"]
    for round_ in (1, 2):
        with (tmp_path / "log").open("ab") as log:
            box = subprocess.Popen(command, stderr=log)
        try:
            came = wait_until(lambda: len([*read_ledger(ledger)]) >= LINES * round_, 60)  # noqa: B023 - used at once
            assert came, (tmp_path / "log").read_text()
        finally:
            box.kill()
            box.wait()
    with closing(sqlite3.connect(tmp_path / "data" / "outbox" / "outbox.sqlite3")) as db:
        held = dict(db.execute("SELECT sequence, manifest_sha256 FROM entries"))
        updates = db.execute("SELECT candidate_id, update_number FROM entries").fetchall()
    lines = [*read_ledger(ledger)]
    assert {line.sequence: line.manifest_sha256 for line in lines}.items() <= held.items()
    assert len(updates) == len(set(updates))
    assert len({line.sequence for line in lines}) == len(lines)
    assert json.loads(ledger.read_bytes().splitlines()[0])["act"]
