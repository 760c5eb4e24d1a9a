"""Prints what the centre needs of the dependencies: its image carries no vision stack.

python docker/api_needs.py pyproject.toml
"""

import re
import sys
import tomllib
from pathlib import Path

# The API process never loads these; import-linter checks it.
VISION = frozenset({"numpy", "onnxruntime", "opencv-python-headless"})


def needs(pyproject: Path) -> list[str]:
    """Requirements of the core without the vision stack, then those of `api` and `timestamp`."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    core = [need for need in project["dependencies"] if _name(need) not in VISION]
    extras = project["optional-dependencies"]
    return [*core, *extras["api"], *extras["timestamp"]]


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found[0].lower() if found else ""


if __name__ == "__main__":
    print("\n".join(needs(Path(sys.argv[1]))))
