"""The last line of a command: one JSON object with `ok` and its figures, or with what was wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping

from pipeline.errors import ModelError

FAILED, UNUSABLE = 1, 2


def print_last_line(command: str, work: Callable[[], Mapping[str, object]]) -> int:
    """Do a command's work and print its answer.

    Args:
        command: Named before an error, on the error stream.
        work: Gives the answer; it has the entry `ok`.

    Returns:
        The exit code: 0 if ok, 1 if not, 2 if a model, a file or a value could not be used.

    >>> print_last_line("demo", lambda: {"ok": True, "pictures": 3})
    {"ok": true, "pictures": 3}
    0
    """
    try:
        answer = work()
    except (ModelError, ValueError, OSError) as error:
        print(f"{command}: {error}", file=sys.stderr)
        print(json.dumps({"ok": False, "error": str(error)}))
        return UNUSABLE
    print(json.dumps(answer))
    return 0 if answer["ok"] else FAILED
