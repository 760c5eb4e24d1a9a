"""Kill -9 at any point: every bundle with a number arrives, whole, in order, and as one."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections import defaultdict
from random import Random

import pytest

from tests.edge.centre import Centre

BUNDLES = 18
KILLS = 4


@pytest.mark.parametrize("seed", [1, 3])
def test_a_box_that_is_killed_again_and_again_loses_nothing(tmp_path, seed):
    """Four kills at seeded moments, with an uplink that breaks too, and then one quiet run."""
    random = Random(seed)  # noqa: S311 - a test's choice
    with Centre() as centre:
        command = [
            *(sys.executable, "-m", "tests.edge.killable"),
            *(str(tmp_path / "box"), centre.url, str(BUNDLES)),
        ]
        for _ in range(KILLS):
            centre.faults.cut_puts = random.randrange(2)
            centre.faults.lost_answers = random.randrange(2)
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert process.stdout.readline() == "ready\n"
            time.sleep(random.uniform(0.0, 0.4))
            process.kill()
            process.wait()
            process.stdout.close()
        last = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert last.returncode == 0, last.stdout + last.stderr
    sequences = sorted(sequence for _, _, sequence in centre.order)
    assert sequences == list(range(1, BUNDLES + 1)), "each number once, none missing"
    assert centre.conflicts == 0, "no number of an update was given twice"
    updates = defaultdict(list)
    for candidate, update, _ in centre.order:
        updates[candidate].append(update)
    assert all(found == sorted(set(found)) for found in updates.values())
    for said in centre.received.values():
        for item in json.loads(said.manifest)["items"]:
            assert hashlib.sha256(centre.blobs[item["sha256"]]).hexdigest() == item["sha256"]
