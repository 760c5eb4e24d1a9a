"""Average the weights of several runs that began with the same weights: one better network.

    python -m models.average --checkpoints /tmp/run-1/last.pt /tmp/run-2/last.pt
        --out /tmp/average.pt      (one line)

Runs that differ by seed or length end in one basin of the loss around their common start, and the
mean of their weights lies nearer to its middle, where rare classes fare better than at any end
(Wortsman et al., "Model soups", 2022). What is averaged are the runs' own running averages, with
the statistics of their batch norms. Needs torch.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]

from models.network import WeightsError, load_checkpoint, read_checkpoint


def average(checkpoints: Sequence[Path]) -> dict[str, Any]:
    """The mean of the runs, as a checkpoint that `models.export` and others open.

    Args:
        checkpoints: Files of `models.train`, at least two.

    Raises:
        WeightsError: A file is missing, or holds another network.
    """
    if len(checkpoints) < 2:  # noqa: PLR2004 (one is no mean)
        raise WeightsError("an average needs two checkpoints or more")
    for path in checkpoints:
        load_checkpoint(path)  # names the file where it is another network
    states = [read_checkpoint(path) for path in checkpoints]
    mean = {}
    for name, first in states[0]["average"].items():
        own = [state["average"][name] for state in states]
        mean[name] = torch.stack(own).mean(0) if first.dtype.is_floating_point else first
    return {
        "network": mean,
        "average": mean,
        "optimiser": {},  # a mean of optimisers would mean nothing
        "epoch": sum(state["epoch"] for state in states),
        "step": sum(state["step"] for state in states),
        "course": states[0]["course"],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.average", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--checkpoints", type=Path, nargs="+", required=True, help="last.pt of runs"
    )
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    options = parser.parse_args(arguments)
    try:
        state = average(options.checkpoints)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        partial = options.out.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(options.out)
    except (WeightsError, OSError) as exc:
        print(f"average: {exc}", file=sys.stderr)
        return 1
    print(json.dumps({"ok": True, "runs": len(options.checkpoints), "out": str(options.out)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
