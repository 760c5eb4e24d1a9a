"""Measure every network that ships, from its ONNX file and card alone, and write report pages.

    python -m models.evaluate_shipped --data path/to/data --out var/evaluation

Runs `models.evaluate` on each detector of the folder, `models.evaluate_patch_kind` on the patch
classifier and `models.evaluate_load_state` on the other. Writes OUT/index.html, and OUT/NAME/ for
each network. The last line is one JSON object; "ok" says whether every figure agrees with the
cards.
"""

from __future__ import annotations

import argparse
import html
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from models import evaluate, evaluate_load_state, evaluate_patch_kind
from models.cards import read_card
from models.evaluation.page import whole_page
from pipeline.errors import ModelError
from pipeline.rules.patch_look import PATCH_KINDS

SHIPPED: Final = Path(__file__).parent / "shipped"


def measure(card: Path, options: argparse.Namespace, out: Path) -> dict[str, Any]:
    """Measure one network by its task.

    Raises:
        ModelError, ValueError, OSError: It cannot be measured.
    """
    content = read_card(card)
    asked = ["--card", str(card), "--data", str(options.data), "--out", str(out)]
    asked += ["--rendered", str(options.rendered)] if options.rendered else []
    print(f"\n== {card.name}", flush=True)
    if content["task"] == "detect":
        asked += ["--threads", str(options.threads)]
        return evaluate.evaluate(evaluate.parse(asked))
    if tuple(c["name"] for c in content["classes"]) == PATCH_KINDS:
        return evaluate_patch_kind.evaluate(evaluate_patch_kind.parse(asked))
    return evaluate_load_state.evaluate(evaluate_load_state.parse(asked))


def index_page(results: dict[str, dict[str, Any]]) -> str:
    """A page that leads to the networks' own."""
    rows = "".join(
        f'<tr><td class=word><a href="{html.escape(name)}/index.html">{html.escape(name)}</a></td>'
        f"<td class=word>{'agrees with its card' if r['ok'] else 'DIFFERS from its card'}</td>"
        f"<td>{r['figures']}</td></tr>"
        for name, r in results.items()
    )
    return whole_page(
        "Evaluation of the networks that ship",
        "<table><tr><th class=word>network</th><th class=word>figures</th><th>compared</th></tr>"
        f"{rows}</table>",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="models.evaluate_shipped", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--models", type=Path, default=SHIPPED, help="folder of cards")
    parser.add_argument("--data", type=Path, required=True, help="the data pack's folder")
    parser.add_argument("--rendered", type=Path, help="folder of rendered pictures")
    parser.add_argument("--out", type=Path, required=True, help="folder for the report")
    parser.add_argument("--threads", type=int, default=evaluate.THREADS, help="CPU threads")
    options = parser.parse_args(arguments)
    results: dict[str, dict[str, Any]] = {}
    try:
        cards = sorted(options.models.glob("*.toml"))
        if not cards:
            raise FileNotFoundError(f"{options.models}: no model cards")
        for card in cards:
            results[card.stem] = measure(card, options, options.out / card.stem)
        (options.out / "index.html").write_text(index_page(results), encoding="utf-8")
    except (ModelError, ValueError, OSError) as error:
        print(f"evaluate_shipped: {error}", file=sys.stderr)
        print(json.dumps({"ok": False, "error": str(error)}))
        return 2
    ok = all(r["ok"] for r in results.values())
    last = {"ok": ok, "networks": results, "report": str(options.out / "index.html")}
    print(f"\n{json.dumps(last)}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
