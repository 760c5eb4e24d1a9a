"""The whole recipe in one command, from labelled pictures to measured networks with cards.

    python -m models.recipe --data path/to/data --out /tmp/training     # under two hours
    python -m models.recipe --small --data path/to/data --out /tmp/try  # a few minutes
    python -m models.recipe --small --out /tmp/try                      # rendered pictures alone

Runs the other scripts one after another, as docs/training.md tells them. A step that is done is not
done again unless its command line, or something before it, has changed; a stopped run goes on.
--small does all of it on a handful of pictures of each set: it shows that the recipe works and
makes networks that are good for nothing. Without --data there are no composites and no fast
variant, which need real pictures, and training begins with the shipped detector.

Writes OUT/steps.json, OUT/logs/ and OUT/new/ (ONNX files and cards); what ships is not touched. The
last line is one JSON object; "ok" says that every step ended well and the new networks do what
their cards say, "may_replace" whether the new detector may replace the shipped one. Needs torch.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess  # (the other scripts, with this interpreter)
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from models.label_sets import DATASETS, LabelSetError, descriptions
from models.recipe_steps import SMALL, WEIGHTS, WHOLE, Plan
from models.small_pack import copy_small

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.recipe_steps import Step

DIFFERS: Final = 1  # exit code of a script that ran and found its figures wanting
MEASURED: Final = ("evaluate", "evaluate_load_state", "evaluate_patch_kind")
STEPS: Final = "steps.json"


class RecipeError(ValueError):
    """A step failed; the message names it."""


class Run:
    """A run of the recipe in its folder, which remembers what is done.

    Args:
        out: The folder.
        asked: What the command line asks for; a folder holds one such run.

    Raises:
        RecipeError: The folder's memory is broken, or of another run.
    """

    def __init__(self, out: Path, asked: dict[str, Any]) -> None:
        self._out, self._asked = out, asked
        self._before: dict[str, dict[str, Any]] = {}  # done by an earlier call
        self._begun = ""  # key of the step that was begun last
        self.done: dict[str, dict[str, Any]] = {}  # by step: its key, seconds, last line
        file = out / STEPS
        if not file.is_file():
            return
        try:
            state = json.loads(file.read_text(encoding="utf-8"))
            found, self._begun = state["asked"], str(state["begun"])
            self._before = dict(state["done"])
        except (ValueError, KeyError, TypeError) as exc:
            raise RecipeError(f"{file}: cannot be read, name another folder: {exc}") from exc
        if found != asked:
            raise RecipeError(f"{out}: holds a run of {found}, asked for {asked}: name another")

    def take(self, step: Step) -> None:
        """Do a step, unless it is done and so is all before it.

        Raises:
            RecipeError: It failed.
        """
        before = [row["key"] for row in self.done.values()]
        key = hashlib.sha256(repr((before[-1:], step.command)).encode()).hexdigest()
        known = self._before.get(step.name)
        if known is not None and known["key"] == key and step.makes.exists():
            print(f"== {step.name}: done before", flush=True)
            self.done[step.name] = known
            return
        command = list(step.command)
        if step.goes_on and self._begun == key and step.makes.is_file():
            command.append("--resume")
        elif step.goes_on:
            step.makes.unlink(missing_ok=True)  # of another run, which must not be gone on with
        self._before, self._begun = {}, key  # what comes later rests on this
        self._save()
        print(f"== {step.name}: python -m models.{' '.join(command)}", flush=True)
        began = time.monotonic()
        code, last = self._run(step.name, command)
        if code and not (step.may_differ and code == DIFFERS):
            raise RecipeError(f"{step.name}: exit code {code}; see {self._log(step.name)}")
        seconds = round(time.monotonic() - began, 1)
        self.done[step.name] = {"key": key, "seconds": seconds, "said": last}
        self._save()

    def _run(self, name: str, command: Sequence[str]) -> tuple[int, dict[str, Any]]:
        """Run one script: its exit code and the JSON object that it ends with."""
        log = self._log(name)
        log.parent.mkdir(parents=True, exist_ok=True)
        last: dict[str, Any] = {}
        with (
            log.open("w", encoding="utf-8") as lines,
            subprocess.Popen(  # noqa: S603 - our own scripts
                [sys.executable, "-m", f"models.{command[0]}", *command[1:]],
                stdout=subprocess.PIPE,
                text=True,
            ) as process,
        ):
            for line in process.stdout or ():
                lines.write(line)
                if line.startswith("{") and (said := _object(line)) is not None:
                    last = said
                else:
                    print(line, end="", flush=True)
        return process.returncode, last

    def _log(self, name: str) -> Path:
        return self._out / "logs" / f"{name}.log"

    def _save(self) -> None:
        """Write what is done, whole or not at all."""
        self._out.mkdir(parents=True, exist_ok=True)
        partial = self._out / f"{STEPS}.partial"
        state = {"asked": self._asked, "begun": self._begun, "done": self.done}
        partial.write_text(json.dumps(state, indent=1), encoding="utf-8")
        partial.replace(self._out / STEPS)


def _object(line: str) -> dict[str, Any] | None:
    """A line that is a JSON object; none where it only looks like one."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def cook(out: Path, data: Path | None, *, small: bool) -> dict[str, Any]:
    """Do all of it; see the module's docstring.

    Returns:
        The last line.

    Raises:
        RecipeError: A step failed.
        LabelSetError, OSError: The data pack cannot be used.
    """
    run = Run(out, {"data": str(data) if data else None, "small": small})
    began = time.monotonic()
    if data is not None and not data.is_dir():
        raise RecipeError(f"{data}: there is no such folder; --data names the data pack")
    if data is not None and not (data / WEIGHTS).is_file():
        raise RecipeError(f"{data / WEIGHTS}: initial weights are missing")
    pack = data
    if data is not None and small:
        pack = out / "pack"
        if not pack.is_dir():
            copy_small(descriptions(DATASETS), data, pack)
            shutil.copytree(data / WEIGHTS.parent, pack / WEIGHTS.parent)
    steps = Plan(out, pack, SMALL if small else WHOLE).steps()
    for step in steps:
        run.take(step)
    held = {name: bool(row["said"].get("ok")) for name, row in run.done.items()}
    return {
        "ok": all(held[name] for name in MEASURED),
        "small": small,
        "real_pictures": data is not None,
        "seconds": {name: row["seconds"] for name, row in run.done.items()},
        "minutes": round((time.monotonic() - began) / 60, 1),
        "card": str(out / "new" / "street.toml"),
        "may_replace": held["against"],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.recipe", description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, help="the data pack's folder")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--small", action="store_true", help="a handful of pictures")
    options = parser.parse_args(arguments)
    if options.data is None and not options.small:
        parser.error("give --data, or --small to try the recipe on rendered pictures")
    try:
        last = cook(options.out, options.data, small=options.small)
    except (RecipeError, LabelSetError, OSError) as exc:
        print(f"recipe: {exc}", file=sys.stderr)
        print(json.dumps({"ok": False, "error": str(exc)}))
        return 2
    print(json.dumps(last))
    return 0 if last["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
