"""Sequence numbers are never used twice, whatever happens to the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from pipeline.errors import ManifestError
from pipeline.evidence.chain import ChainHead, FileChain, MemoryChain

DIGEST = "a" * 64


@pytest.fixture(params=["memory", "file"])
def chain(request, tmp_path):
    """Each kind of chain."""
    return MemoryChain() if request.param == "memory" else FileChain(tmp_path / "chain.json")


def test_numbers_run_without_gap(chain):
    """1, 2, 3, each with the digest given."""
    assert chain.head() == ChainHead.beginning()
    for number in (1, 2, 3):
        head = chain.commit(chain.head(), f"{number:064x}")
        assert (
            head
            == chain.head()
            == ChainHead(format=1, sequence=number, manifest_sha256=f"{number:064x}")
        )


def test_a_number_is_given_once(chain):
    """Who builds on an old head is told so and takes nothing."""
    before = chain.head()
    chain.commit(before, DIGEST)
    with pytest.raises(ManifestError, match="number 1 is taken"):
        chain.commit(before, "b" * 64)
    assert chain.head().manifest_sha256 == DIGEST


def test_threads_never_share_a_number(tmp_path):
    """Four writers, one file: every number is taken by exactly one."""
    path = tmp_path / "chain.json"
    taken = []

    def write():
        chain = FileChain(path)
        while len(taken) < 40:
            try:
                taken.append(chain.commit(chain.head(), DIGEST).sequence)
            except ManifestError:
                continue

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, len(taken) + 1))
    assert FileChain(path).head().sequence == len(taken)


def test_head_survives_the_process(tmp_path):
    """Another object on the same file goes on where the first stopped."""
    path = tmp_path / "state" / "chain.json"
    FileChain(path).commit(ChainHead.beginning(), DIGEST)
    assert FileChain(path).head() == ChainHead(format=1, sequence=1, manifest_sha256=DIGEST)


WRITER = """
import sys
from pathlib import Path
from pipeline.evidence.chain import FileChain
chain = FileChain(Path(sys.argv[1]))
while True:
    head = chain.commit(chain.head(), f"{chain.head().sequence + 1:064x}")
    print(head.sequence, flush=True)
"""


def test_kill_9_loses_no_number(tmp_path):
    """Killed in mid-write several times, the head is whole and at least what was reported."""
    path = tmp_path / "chain.json"
    reported = 0
    for pause in (0.03, 0.011):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            text=True,
        )
        with process:
            first = int(process.stdout.readline())
            assert first > reported
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
            lines = process.stdout.read().split("\n")
        complete = [int(line) for line in lines[:-1]]
        reported = max([first, *complete])
        head = FileChain(path).head()
        assert head.sequence in {reported, reported + 1}
        assert head.manifest_sha256 == f"{head.sequence:064x}"
        reported = head.sequence


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"not json", b'{"format":1,"sequence":1}', b"\xff"]
)
def test_a_damaged_state_is_never_a_new_chain(tmp_path, content):
    """Beginning again at 1 would use numbers twice; the message says what to do instead."""
    path = tmp_path / "chain.json"
    path.write_bytes(content)
    with pytest.raises(ManifestError, match="newest manifest that the centre has"):
        FileChain(path).head()


def test_a_state_that_cannot_be_used_says_so(tmp_path):
    """A folder in the file's place, and a file in the folder's place."""
    (tmp_path / "chain.json").mkdir()
    with pytest.raises(ManifestError, match="cannot be read"):
        FileChain(tmp_path / "chain.json").head()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ManifestError, match="cannot be"):
        FileChain(tmp_path / "file" / "chain.json").commit(ChainHead.beginning(), DIGEST)


def test_a_long_chain_stays_small():
    """100,000 manifests leave one head behind, and nothing else."""
    chain = MemoryChain()
    for _ in range(100_000):
        chain.commit(chain.head(), DIGEST)
    assert chain.head().sequence == 100_000
    assert set(vars(chain)) == {"_head", "_lock"}
