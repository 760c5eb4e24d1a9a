"""A box as `edge serve` runs it, with drawn acts in the place of cameras: for tests that kill it.

    python -m tests.chaos.box --settings box.toml --ledger ledger.jsonl --pace pace --seed 1

Everything behind the cameras is the box's own: bundles, chain, outbox, sender, reporter, health.
After the outbox has made a bundle safe, and only then, one line about it goes to the ledger, synced
to the disk. `--pace` names a file with the seconds between two acts; 0: no more acts.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from edge import serve
from edge.logs import log_json
from edge.outbox.intake import candidate_of
from edge.settings import BoxSettings
from pipeline.errors import StreetcaseError
from pipeline.evidence.chain import FileChain
from pipeline.settings import load_settings
from pipeline.violations import Subtype
from tests.chaos.acts import Act, clip_of, facts_of, new_act, stills_of

if TYPE_CHECKING:
    from edge.evidence_desk import EvidenceDesk
    from pipeline.evidence.bundle import Bundle

OPEN_ACTS = 8  # that may grow; a street with more at once is rare
SHARE_OF_NEW = 0.5  # of bundles that begin a new act
WAIT_SECONDS = 0.1
# What could not be taken in waits for the next tidying: a minute is long in a run of a few.
TIDY_SECONDS = 3.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One bundle that the outbox said it has."""

    sequence: int
    candidate_id: str
    update: int
    manifest_sha256: str
    files: dict[str, str]  # SHA-256 by name
    act: dict[str, object]  # what it takes to draw the act's next update


class Ledger:
    """Lines that outlive a kill: each is on disk before the next bundle begins."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def write(self, bundle: Bundle, act: Act) -> None:
        """One line; on disk when it returns."""
        line = {
            "sequence": bundle.manifest.sequence,
            "candidate_id": str(act.candidate_id),
            "update": bundle.manifest.episode.update,
            "manifest_sha256": bundle.manifest_sha256,
            "files": {item.name: item.sha256 for item in bundle.manifest.items},
            "act": {
                "camera_id": act.camera_id,
                "subtype": act.subtype.value,
                "started_at": act.started_at.isoformat(),
                "mark": act.mark,
            },
        }
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def read_ledger(path: Path) -> Iterator[LedgerLine]:
    """Every line that is whole; a kill in the middle of the last one is no promise broken."""
    if not path.exists():
        return
    for line in path.read_bytes().split(b"\n")[:-1]:
        yield LedgerLine(**json.loads(line))


def act_of(line: LedgerLine) -> Act:
    """The act that a line is about."""
    return Act(
        candidate_id=UUID(line.candidate_id),
        camera_id=str(line.act["camera_id"]),
        subtype=Subtype(str(line.act["subtype"])),
        started_at=datetime.fromisoformat(str(line.act["started_at"])),
        mark=int(str(line.act["mark"])),
    )


class Street:
    """Makes acts and hands them to the box's evidence desk, as recorders do.

    Args:
        service: The box.
        data: Its folder.
        ledger: Where what is safe is written down.
        pace: File with the seconds between two acts.
        seed: Of everything that is chosen.
    """

    def __init__(
        self, service: serve.BoxService, data: Path, *, ledger: Path, pace: Path, seed: int
    ) -> None:
        self._service = service
        self._chain = FileChain(data / "chain.json")
        self._pace = pace
        self._seed = seed
        known = {line.candidate_id: line for line in read_ledger(ledger)}
        mend(ledger)
        self._ledger = Ledger(ledger)
        self._open = deque((act_of(line) for line in known.values()), maxlen=OPEN_ACTS)
        self._unsure: list[tuple[Bundle, Act]] = []  # as many as do not fit into the outbox
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="street", daemon=True)

    def start(self) -> None:
        """Begin; waits by itself until the box is there."""
        self._thread.start()

    def stop(self) -> None:
        """End after the act in hand."""
        self._stopping.set()
        self._thread.join()
        self._ledger.close()

    def _run(self) -> None:
        while (desk := getattr(self._service, "_desk", None)) is None:
            if self._stopping.wait(WAIT_SECONDS):
                return
        while not self._stopping.is_set():
            self._note_what_is_safe()
            seconds = self._seconds()
            if not seconds:
                self._stopping.wait(WAIT_SECONDS)
                continue
            try:
                self._make(desk)
            except (StreetcaseError, OSError) as error:  # as recorders: it is tried again
                log.warning("evidence_not_made", reason=str(error))
            self._stopping.wait(seconds)

    def _make(self, desk: EvidenceDesk) -> None:
        number = self._chain.head().sequence + 1
        random = Random(f"{self._seed}/{number}")  # noqa: S311 - a test's choice
        at = datetime.now(UTC)
        if not self._open or random.random() < SHARE_OF_NEW:
            act = new_act(random, now=at)
        else:
            act = random.choice(self._open)
        stills = stills_of(act, look=number, seen_at=at)
        facts = facts_of(act, stills, update=0, seen_at=at)  # the outbox gives the true number
        bundle = desk.build(facts, (*stills.files, clip_of(act, look=number)))
        desk.publish(candidate_of(bundle.manifest, bundle.manifest_sha256), bundle)
        if act not in self._open:
            self._open.append(act)
        self._unsure.append((bundle, act))
        self._note_what_is_safe()

    def _note_what_is_safe(self) -> None:
        """The outbox has it when its folder is gone; one that it could not take in stays."""
        for pair in list(self._unsure):
            if not pair[0].folder.exists():
                self._ledger.write(*pair)
                self._unsure.remove(pair)

    def _seconds(self) -> float:
        try:
            return float(self._pace.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return 0.0


def mend(ledger: Path) -> None:
    """Cut off a line that a kill left half written, or the next one would be lost with it."""
    if ledger.exists():
        content = ledger.read_bytes()
        os.truncate(ledger, content.rfind(b"\n") + 1)


def main() -> int:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--pace", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    log_json()
    serve.TIDY_SECONDS = TIDY_SECONDS
    settings = load_settings(options.settings, BoxSettings)
    service = serve.BoxService(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    street = Street(
        service, settings.data, ledger=options.ledger, pace=options.pace, seed=options.seed
    )
    street.start()
    try:
        service.run()
    finally:
        street.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
