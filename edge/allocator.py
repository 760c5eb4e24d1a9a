"""How the C library hands out memory: one arena for all threads, what is free given back.

glibc gives each thread an arena of its own, up to eight for each core. A box has a thread for each
camera and holds what they read for 40 seconds to a quarter of an hour, so every arena gets holes
that only its own threads may fill. With four cameras 95 of 451 MB were such holes after two
minutes, and more with each minute; with one arena 38 MB, at the same CPU (docs/edge.md).
"""

from __future__ import annotations

import ctypes

ARENA_MAX = -8  # M_ARENA_MAX of malloc.h, glibc 2.10 and newer


def share_one_arena() -> bool:
    """Let all threads of this process share one arena; call it before threads are started.

    Threads that have an arena already keep it. False: not glibc, nothing was done.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False  # musl and macOS have other allocators
    return bool(mallopt(ARENA_MAX, 1))


def give_back_free_memory() -> bool:
    """Give the pages that nobody uses back to the system. False: there were none, or not glibc."""
    try:
        malloc_trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return False
    malloc_trim.argtypes = (ctypes.c_size_t,)  # bytes to keep at the heap's end
    return bool(malloc_trim(0))
