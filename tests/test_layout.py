"""The maps, the tree and the modules' first docstring lines are one thing.

The README's map names every folder, docs/map.md every module. Run as a script it writes both.
"""

from __future__ import annotations

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
MODULES = ROOT / "docs" / "map.md"
BEGIN, END = "<!-- map: written by `make map` -->\n```\n", "```\n<!-- end of map -->"
MAPPED = ("pipeline", "edge", "api", "models", "docker")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager", "data"}
ALLOWED_AT_TOP = {
    "pipeline", "models", "edge", "api", "tests", "docker", "docs", "pyproject.toml", "README.md",
    "Makefile", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "constraints.txt",
}  # fmt: skip


def tracked_files() -> list[Path]:
    """Every file that git tracks or would track, relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return [Path(line) for line in listing.splitlines() if (ROOT / line).exists()]


def first_docstring_line(path: Path) -> str:
    """What a module says of itself in one line."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    return docstring.splitlines()[0] if docstring else "(no docstring)"


def build_map(*, modules: bool) -> str:
    """A map as it must stand in its file: every folder, or every module too."""
    sources = sorted(p for p in tracked_files() if p.suffix == ".py" and p.parts[0] in MAPPED)
    lines: list[str] = []
    for top in MAPPED:
        lines += _folder_lines(
            Path(top), [p for p in sources if p.parts[0] == top], modules=modules
        )
    return "\n".join(lines) + "\n"


def _folder_lines(folder: Path, sources: list[Path], *, modules: bool) -> list[str]:
    depth = len(folder.parts) - 1
    init = ROOT / folder / "__init__.py"
    about = first_docstring_line(init) if init.exists() else _readme_title(folder)
    lines = [_line(depth, f"{folder.name}/", about)]
    if modules:
        own = [p for p in sources if p.parent == folder and p.name != "__init__.py"]
        lines += [_line(depth + 1, p.name, first_docstring_line(ROOT / p)) for p in own]
    for name in sorted({p.parts[depth + 1] for p in sources if len(p.parts) > depth + 2}):
        inner = [p for p in sources if p.parts[: depth + 2] == (*folder.parts, name)]
        lines += _folder_lines(folder / name, inner, modules=modules)
    return lines


def _readme_title(folder: Path) -> str:
    """A folder without `__init__.py` (models/) is described by its README's first line."""
    readme = ROOT / folder / "README.md"
    if not readme.exists():
        return ""
    return readme.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")


def _line(depth: int, name: str, about: str) -> str:
    return f"{'  ' * depth}{name}".ljust(28) + about if about else f"{'  ' * depth}{name}"


@pytest.mark.parametrize(("path", "modules"), [(README, False), (MODULES, True)])
def test_maps_equal_the_tree(path, modules):
    """README's map names every folder and docs/map.md every module, each in its own words."""
    text = path.read_text(encoding="utf-8")
    assert BEGIN in text
    written = text.partition(BEGIN)[2].partition(END)[0]
    assert written == build_map(modules=modules), "the tree has changed: run `make map`"


def test_every_module_says_what_it_is():
    """No module is without a docstring and no folder of the map without a line about it."""
    nameless = [line for line in build_map(modules=True).splitlines() if len(line.split()) < 3]
    assert not nameless


def test_top_level_is_the_agreed_one():
    """No file or folder stands at the top that the layout does not name."""
    names = {p.parts[0] for p in tracked_files() if not p.parts[0].startswith(".")}
    assert names <= ALLOWED_AT_TOP, names - ALLOWED_AT_TOP


def test_no_module_has_a_name_that_says_nothing():
    """`utils` and its kin hide what a module is for."""
    bad = [p for p in tracked_files() if p.suffix == ".py" and p.stem in FORBIDDEN_NAMES]
    assert not bad


def test_package_inits_are_docstrings_only():
    """Importing a subpackage runs nothing but its parents' docstrings."""
    for path in (p for p in tracked_files() if p.name == "__init__.py"):
        body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path


def test_the_three_names_are_ours():
    """`pipeline`, `edge` and `api` come from this repository and from no other distribution."""
    owners = importlib.metadata.packages_distributions()
    for name in ("pipeline", "edge", "api"):
        assert set(owners.get(name, ["streetcase"])) == {"streetcase"}


def test_models_is_a_namespace():
    """Without `__init__.py` the folder loses to a real package called models, as it should."""
    assert not (ROOT / "models" / "__init__.py").exists()


def test_wire_contract_loads_no_numpy():
    """The API process reads candidates, zones and cameras without the vision stack."""
    code = (
        "import sys, pipeline.candidate, pipeline.camera, pipeline.zones, api;"
        "sys.exit(any(m in sys.modules for m in ('numpy', 'cv2', 'av', 'onnxruntime')))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_importing_reads_no_environment(tmp_path):
    """Settings are built in main, not at import: an empty environment changes nothing."""
    code = "import pipeline.processor, edge.__main__"
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True
    )


def test_no_machine_path_or_registry_in_tracked_text():
    """The repository names no path of one machine and no package host."""
    needles = [f"/{'work'}/", f"/{'root'}/", f"/{'opt'}/pypi", "pypi" + ".org/simple"]
    for path in tracked_files():
        if path.suffix in {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".json", ""}:
            text = (ROOT / path).read_text(encoding="utf-8", errors="ignore")
            assert not [n for n in needles if n in text], path


if __name__ == "__main__":
    for written, with_modules in ((README, False), (MODULES, True)):
        before, _, rest = written.read_text(encoding="utf-8").partition(BEGIN)
        made = before + BEGIN + build_map(modules=with_modules) + END + rest.partition(END)[2]
        written.write_text(made, encoding="utf-8")
