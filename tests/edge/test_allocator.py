"""What the C library holds for the box: one arena, and no pages that nobody uses."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from edge.allocator import give_back_free_memory, share_one_arena

pytestmark = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc has arenas to tame"
)

# Both need a process of their own: its allocator must be as at a start.
ARENAS = """
import ctypes, sys, tempfile, threading
from edge.allocator import share_one_arena

if sys.argv[1] == "shared":
    assert share_one_arena()
barrier = threading.Barrier(6)

def read():
    held = [bytes(20_000) for _ in range(100)]
    barrier.wait()  # all threads are there at once, as those of cameras are

threads = [threading.Thread(target=read) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as told:
    stream = ctypes.c_void_p(libc.fopen(told.name.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(told.read().count(b"<heap nr="))
"""

HOLES = """
from edge.allocator import give_back_free_memory
from edge.load import resident_bytes

packets = [bytes(20_000) for _ in range(5000)]
before = resident_bytes()
packets = packets[::10]  # what is left is scattered over all of it
holes = before - resident_bytes()
assert give_back_free_memory()
print(holes, before - resident_bytes())
"""


def run(program, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return [int(word) for word in done.stdout.split()]


def test_threads_share_one_arena():
    """Six threads that hold packets at once have an arena each, unless they were told to share."""
    assert run(ARENAS, "own") > [6]
    assert run(ARENAS, "shared") == [1]


def test_what_is_free_between_used_pieces_is_given_back():
    """A tenth of 100 MB of packets is left, everywhere; the rest leaves the process."""
    by_itself, given_back = run(HOLES)
    assert by_itself < 10e6
    assert given_back > 60e6


def test_another_c_library_is_left_alone(monkeypatch):
    """Without glibc's calls nothing is done, and nothing fails."""
    monkeypatch.setattr("edge.allocator.ctypes.CDLL", lambda _: object())
    assert not share_one_arena()
    assert not give_back_free_memory()
