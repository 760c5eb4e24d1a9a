"""The whole way once on PostgreSQL and an S3 server with object lock, by two API processes.

    python -m tests.acceptance.stack_smoke --out var/stack-smoke

The way of smoke.py, in the topology of compose.yaml without Docker (docker/stack.py). Candidates of
all four kinds come from two boxes; one API process is killed as soon as the first is there. Beyond
what smoke.py looks at: both processes have answered, nothing was lost by the kill, and each file of
the case's evidence is locked and cannot be deleted. The last line is one JSON object with `ok`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import shutil
import signal
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import stack as stack_of_machine
import structlog
from demo import ENDS, SPEED
from desk import API, TIMEOUT_SECONDS, CaseSystem, Person
from stack import BOXES, Stack

from api.app import open_store
from api.database import Database, open_engine
from api.errors import Locked
from api.evidence.s3_answers import locked_until
from api.evidence.store import Area
from api.evidence.store_s3 import S3Store
from api.settings import read_secrets, read_settings
from pipeline.evidence.bundle import MANIFEST_NAME
from pipeline.evidence.manifest import Manifest
from tests.acceptance import smoke

if TYPE_CHECKING:
    from topology import Running

LIMIT_SECONDS = 600.0  # ends what hangs; 160 to 280 s on two cores at a load of 12 to 18
# Short connections, eight at a time: each process is free while the other one answers.
VISITS, VISITORS = 64, 8


def main() -> int:
    """Run it; 0 only if all of it held."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("var/stack-smoke"))
    parser.add_argument("--speed", type=float, default=SPEED)
    parser.add_argument("--limit", type=float, default=LIMIT_SECONDS, help="seconds")
    options = parser.parse_args()
    out = options.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    began = time.monotonic()
    # The store says when it refuses something: here that is what is looked for.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for number in ENDS:  # however it is ended, it ends what it has started
        signal.signal(number, signal.default_int_handler)

    def whole_way() -> dict:
        with stack_of_machine.running_stack(out) as stack:
            return follow(stack, speed=options.speed, ends=began + options.limit)

    return smoke.report(whole_way, began)


def follow(stack: Stack, *, speed: float, ends: float) -> dict:
    """From the streets to the proof, with one API process less on the way."""
    print(f"centre at {stack.url}", flush=True)
    receiver = smoke.Receiver()
    try:
        token = smoke.subscribe(stack.url, stack.logins, receiver)
        stack_of_machine.start_boxes(stack, speed=speed)
        with Person(stack.url, "demo-operator", stack.logins["demo-operator"]) as operator:
            while not operator.queue():
                smoke.wait(ends, "no candidate at all")
            lose_one(stack)
            figures = smoke.judge(operator, ends)
        consumer = CaseSystem(stack.url, token)
        folder = stack.running.folder
        proof = smoke.consume(consumer, receiver, figures.pop("confirmed"), folder, ends)
        consumer.close()
    finally:
        receiver.close()
    boxes = {box_of(camera_id) for camera_id in figures.pop("cameras")}
    return smoke.judged(
        figures,
        proof,
        look_at_processes(stack),
        look_at_boxes(stack, delivered=boxes),
        look_at_locks(stack, folder / "bundle.zip"),
    )


def lose_one(stack: Stack) -> None:
    """Have both processes answer, then kill the first.

    Raises:
        TimeoutError: A visitor was not answered as it should be.
    """
    with ThreadPoolExecutor(VISITORS) as visitors:
        answers = list(visitors.map(_visit, [stack.url] * VISITS))
    lost = stack.centres[0]
    lost.kill()
    print(f"  killed {lost.name}", flush=True)
    if set(answers) != {httpx.codes.UNAUTHORIZED}:
        raise TimeoutError(f"a visitor was answered {sorted(set(answers))}")


def _visit(url: str) -> int:
    """Ask on a connection of its own who is logged in: nobody is."""
    return httpx.get(f"{url}{API}/session", timeout=TIMEOUT_SECONDS).status_code


def look_at_processes(stack: Stack) -> dict:
    """How many requests each process has answered, and that one was lost on the way."""
    lost, survivor = stack.centres
    requests = {centre.name: requests_of(centre) for centre in stack.centres}
    return {
        "requests": requests,
        "holds": {
            "both_processes_served": all(requests.values()),
            "one_process_was_killed": survivor.is_alive and not lost.is_alive,
        },
    }


def requests_of(centre: Running) -> int:
    """How many requests a process has answered; probes are not logged."""
    return sum(e.get("event") == "request" for e in stack_of_machine.events_of(centre))


def box_of(camera_id: str) -> str:
    """The box that a simulated camera hangs on."""
    return next(box for box, cameras in BOXES.items() if camera_id in cameras)


def look_at_boxes(stack: Stack, *, delivered: set[str]) -> dict:
    """What the centre knows of each box: what it dropped, what never came, what was refused."""
    with Person(stack.url, "demo-admin", stack.logins["demo-admin"]) as admin:
        boxes = admin.get("/boxes")["items"]
    lost = {
        box["id"]: box["gaps"] + len(box["missing_sequences"]) + box["status"]["refused"]
        for box in boxes
    }
    return {
        "lost": lost,
        "holds": {
            "both_boxes_delivered": delivered == set(lost) == set(BOXES),
            "nothing_lost": not any(lost.values()),
        },
    }


def look_at_locks(stack: Stack, bundle: Path) -> dict:
    """Ask the store itself of each file of a case; then try to delete every version of it."""
    settings = read_settings(stack.settings)
    s3 = settings.store.s3
    secrets = read_secrets(stack.environment)
    database = Database(open_engine(settings.database, secrets.database_password))
    store = open_store(settings, secrets, database)
    if s3 is None or not isinstance(store, S3Store):
        raise TypeError("the stack's centre has no S3 server")
    enough = datetime.now(UTC) + timedelta(days=s3.retention_days - 1)
    files = digests_of(bundle)
    locks = [lock_of(store, sha256) for sha256 in files]
    locked = sum(lock is not None and lock >= enough for lock in locks)
    refused = sum(is_kept(store, sha256) for sha256 in files)
    return {
        "locks": {
            "files": len(files),
            "locked": locked,
            "deletions_refused": refused,
            "mode": s3.retention_mode,
            "days": s3.retention_days,
        },
        "holds": {
            "all_locked": locked == len(files) > 0,
            "none_deleted": refused == len(files),
        },
    }


def lock_of(store: S3Store, sha256: str) -> datetime | None:
    """Until when the frozen copy of a file is locked, as the server says; none: it is not."""
    place = f"objects/{sha256[:2]}/{sha256}"
    return locked_until(store.client.stat_object(store.settings.case_bucket, place))


def is_kept(store: S3Store, sha256: str) -> bool:
    """Whether the server refuses to delete every version of a frozen copy, and has it whole."""
    try:
        store.delete(sha256, Area.CASES)
    except Locked:
        return hashlib.sha256(b"".join(store.read(sha256, Area.CASES))).hexdigest() == sha256
    return False


def digests_of(bundle: Path) -> list[str]:
    """SHA-256 of each file of an evidence set, by its manifest."""
    with zipfile.ZipFile(bundle) as opened:
        name = next(n for n in opened.namelist() if Path(n).name == MANIFEST_NAME)
        manifest = Manifest.model_validate(json.loads(opened.read(name)))
    return [item.sha256 for item in manifest.items]


if __name__ == "__main__":
    sys.exit(main())
