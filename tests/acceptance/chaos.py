"""Seeded faults between and at both ends, and afterwards every candidate is there once, whole.

    python -m tests.acceptance.chaos --seed 1 --faults 30 --out var/chaos

A real box without cameras, a real centre on SQLite with a local store, a breakable network between
them. The last line is one JSON object with `ok`; --seed repeats a run's faults; the logs of box and
centre and `faults.jsonl` stay in --out. docs/reliability.md says what is promised.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from topology import Topology, TopologyError

from tests.chaos.faults import Storm
from tests.chaos.plan import make_plan
from tests.chaos.reckoning import MAX_TOLD, Verdict, read_books, reckon
from tests.chaos.site import Site, prepare_folder, wait_until

SHORT_FAULTS = 30  # two of each kind, and two more
LIMIT_SECONDS = 480.0  # for these, on two busy cores
FIRST_SECONDS = 120.0  # until the first candidate has come
DRAIN_SECONDS = 180.0  # until everything that waits has left, with nothing broken any more
QUIET_SECONDS = 2.0  # longer than a bundle takes on a busy machine


def main() -> int:
    """Run it; 0 only if every promise was kept."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("var/chaos"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=SHORT_FAULTS)
    parser.add_argument("--limit", type=float, help="seconds; none: eight minutes per 30 faults")
    options = parser.parse_args()
    limit = options.limit or LIMIT_SECONDS * max(options.faults / SHORT_FAULTS, 1.0)
    # As Ctrl-C: whoever stops this program stops what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    out = prepare_folder(options.out)
    began = time.monotonic()
    try:
        figures = weather(out, seed=options.seed, faults=options.faults, began=began)
    except TopologyError as error:
        print(error, file=sys.stderr)
        figures = {"ok": False, "problems": [str(error).splitlines()[0]]}
    seconds = round(time.monotonic() - began, 1)
    for problem in figures["problems"]:
        print(f"  PROBLEM  {problem}")
    if not figures["ok"]:
        print(f"  logs in {out}; the same faults again: --seed {options.seed}")
    in_time = seconds <= limit
    figures |= {"ok": figures["ok"] and in_time, "seconds": seconds, "seed": options.seed}
    print(json.dumps(figures, ensure_ascii=False))
    return 0 if figures["ok"] else 1


def weather(out: Path, *, seed: int, faults: int, began: float) -> dict:
    """Start everything, let the storm pass, mend everything, and reckon."""
    with Topology(out) as running, Site(running, seed=seed) as site:
        site.begin()
        sent = site.proxy.seen.answers
        if not wait_until(lambda: sent["candidates 200"] > 0, FIRST_SECONDS):
            raise TopologyError(f"no candidate came in {FIRST_SECONDS:.0f} s:\n{site.box.tail()}")
        print(f"  {time.monotonic() - began:6.1f} s  the first candidate came", flush=True)
        storm = Storm(
            site, make_plan(seed, faults), began=began, tell=lambda line: print(line, flush=True)
        )
        storm.run()
        problems = storm.problems + calm_down(site)
        print(f"  {time.monotonic() - began:6.1f} s  everything has left the box", flush=True)
        audit = site.centre_command("audit", "verify")
        site.centre.stop()
        seen = site.proxy.seen
    verdict = judge(site)
    problems += verdict.problems
    if not audit["ok"]:
        problems.append(f"the log's chain does not hold: {audit['problem']}")
    idle = [played.fault.number for played in storm.played if not played.effects]
    if idle or len(storm.played) < faults:
        problems.append(f"{len(storm.played)} of {faults} faults played, without effect: {idle}")
    arrived = verdict.figures["candidates"] + verdict.figures["updates"]
    return {
        "ok": not problems,
        "faults": dict(sorted(Counter(p.fault.kind.value for p in storm.played).items())),
        **verdict.figures,
        "sent_bytes": seen.evidence_bytes,
        "retries": seen.requests["uploads"] - arrived,  # deliveries that began once more
        "duplicates_suppressed": seen.duplicates,
        "audit_entries": audit["entries"],
        "problems": problems[:MAX_TOLD],
    }


def calm_down(site: Site) -> list[str]:
    """No more acts and no more faults: wait until the box has told everything, and end it."""
    site.set_pace(0)
    problems = []
    try:
        site.require_alive()
    except TopologyError as error:
        problems.append(str(error).splitlines()[0])
    if not wait_until(lambda: _is_quiet(site), DRAIN_SECONDS):
        problems.append(f"{site.waiting()} things have not left the box in {DRAIN_SECONDS} s")
    site.box.stop()
    return problems


def _is_quiet(site: Site) -> bool:
    """Nothing waits, and nothing that was still being made has come meanwhile."""
    if site.waiting():
        return False
    made = site.made()
    time.sleep(QUIET_SECONDS)
    return site.made() == made and not site.waiting()


def judge(site: Site) -> Verdict:
    """The reckoning, with both ends at rest."""
    books = read_books(
        box=site.data, box_log=site.box.log, ledger=site.ledger, centre=site.centre_folder
    )
    return reckon(books, site.folder / "bundles")


if __name__ == "__main__":
    sys.exit(main())
