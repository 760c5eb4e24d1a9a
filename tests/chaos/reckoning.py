"""The reckoning after a storm: what the box promised against what the centre has, to the byte.

Reads the centre's database and store and the box's folder as they lie on the disk, through none of
the code that wrote them; only bundles are verified as anybody would verify them.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from pipeline.evidence.bundle import ITEMS_FOLDER, MANIFEST_NAME, README_NAME, SIGNATURE_NAME
from pipeline.evidence.chain import FileChain
from pipeline.evidence.signing import key_id_of_file
from pipeline.evidence.verification import verify_bundle
from tests.chaos.box import LedgerLine, read_ledger

MAX_TOLD = 20  # problems that are told in words; the first ones say enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One update as the centre has it."""

    candidate_id: str
    update: int
    sequence: int
    manifest_sha256: str
    previous_sha256: str
    texts: dict[str, str]  # of the bundle, by file name
    files: dict[str, str]  # SHA-256 by item name


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Both sides, read."""

    ledger: tuple[LedgerLine, ...]  # what the box's outbox said it has
    made: int  # manifests that the box has ever numbered
    gaps_counted: int  # by the box
    left_over: int  # what the box still has to tell
    refused: int  # by the centre, for good
    known_as_sent: frozenset[int]  # sequences whose receipt the box has written down
    key_id: str
    updates: tuple[Update, ...]
    newest: dict[str, int]  # what the centre shows of each candidate: its update
    gaps: dict[int, int | None]  # at the centre: the sequence of each gap's number
    complete_through: int  # as the centre itself reckons
    logged: Counter[tuple[str, int]]  # times that the log speaks of an update's arrival
    store: Path


@dataclass(slots=True)
class Verdict:
    """What was found."""

    problems: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    def find(self, problems: Iterable[str]) -> None:
        """Take in what a check found."""
        self.problems.extend(problems)


def read_books(*, box: Path, box_log: Path, ledger: Path, centre: Path) -> Books:
    """Read both sides; neither may be running."""
    with closing(_open(box / "outbox" / "outbox.sqlite3")) as outbox:
        counters = dict(outbox.execute("SELECT name, value FROM counters"))
        states = dict(outbox.execute("SELECT state, count(*) FROM entries GROUP BY state"))
        untold = outbox.execute("SELECT count(*) FROM gaps").fetchone()[0]
    waiting = states.get("waiting", 0) + states.get("uploading", 0)
    bundles = len([*(box / "evidence").glob("[0-9]*-*")])
    with closing(_open(centre / "streetcase.db")) as db:
        (through,) = db.execute("SELECT complete_through FROM box_keys").fetchone()
        return Books(
            ledger=tuple(read_ledger(ledger)),
            made=FileChain(box / "chain.json").head().sequence,
            gaps_counted=counters["gaps"],
            left_over=waiting + untold + bundles,
            refused=states.get("refused", 0),
            known_as_sent=frozenset(_known_as_sent(box_log)),
            key_id=key_id_of_file(box / "signing-key.pub.pem"),
            updates=tuple(_updates(db)),
            newest={
                str(UUID(candidate)): number
                for candidate, number in db.execute('SELECT id, "update" FROM candidates')
            },
            gaps=dict(db.execute("SELECT number, sequence FROM box_gaps")),
            complete_through=through,
            logged=Counter(
                (row[0], int(json.loads(row[1])["update"]))
                for row in db.execute(
                    "SELECT subject_id, details FROM audit_entries WHERE action IN"
                    " ('candidate.received', 'candidate.updated')"
                )
            ),
            store=centre / "store" / "objects",
        )


def reckon(books: Books, scratch: Path) -> Verdict:
    """Compare them.

    Args:
        books: Both sides.
        scratch: A folder of ours, on the store's disk: bundles are put together there.
    """
    verdict = Verdict()
    if books.left_over:
        verdict.problems.append(f"the box still has {books.left_over} things to tell")
    if books.refused:
        verdict.problems.append(f"the centre refused {books.refused} for good")
    verdict.find(kept_promises(books))
    verdict.find(accounted_numbers(books))
    verdict.find(effects(books))
    verdict.find(linked_manifests(books.updates))
    for update in books.updates:
        verdict.find(verified(update, books, scratch / update.manifest_sha256))
    dropped = {sequence for sequence in books.gaps.values() if sequence is not None}
    arrived = {update.sequence for update in books.updates}
    files = {sha256 for update in books.updates for sha256 in update.files.values()}
    verdict.figures = {
        "acknowledged": len(books.ledger),
        "candidates": len(books.newest),
        "updates": len(books.updates) - len(books.newest),
        "files": len(files),
        "bytes": sum(_size(books.store, sha256) for sha256 in files),
        "gaps": len(books.gaps),
        "gaps_of_arrived": len(dropped & arrived),
    }
    return verdict


def kept_promises(books: Books) -> Iterator[str]:
    """Every bundle that the outbox acknowledged is at the centre as it was, or a declared gap."""
    arrived = {(u.candidate_id, u.update): u for u in books.updates}
    dropped = set(books.gaps.values())
    for line in books.ledger:
        name = f"candidate {line.candidate_id} update {line.update} (number {line.sequence})"
        found = arrived.get((line.candidate_id, line.update))
        if found is None:
            if line.sequence not in dropped:
                yield f"{name}: acknowledged by the outbox, not at the centre, and no gap"
            continue
        said = (line.sequence, line.manifest_sha256, line.files)
        if (found.sequence, found.manifest_sha256, found.files) != said:
            yield f"{name}: the centre has another one"


def accounted_numbers(books: Books) -> Iterator[str]:
    """Every number that the box has given out came or is a declared gap; no gap is unexplained."""
    came = Counter(update.sequence for update in books.updates)
    dropped = Counter(s for s in books.gaps.values() if s is not None)
    missing = [n for n in range(1, books.made + 1) if n not in came and n not in dropped]
    if missing:
        yield f"numbers that neither came nor were declared: {missing[:MAX_TOLD]}"
    unknown = [n for n in (came | dropped) if not 1 <= n <= books.made]
    if unknown:
        yield f"numbers that the box never gave out: {unknown[:MAX_TOLD]}"
    twice = [n for n, times in came.items() if times > 1]
    if twice:
        yield f"numbers that came twice: {twice[:MAX_TOLD]}"
    # A box that never heard that a candidate arrived may still have to drop it: then both hold.
    untrue = sorted(set(came) & set(dropped) & books.known_as_sent)
    if untrue:
        yield f"gaps declared for what the box knew had arrived: {untrue[:MAX_TOLD]}"
    if sorted(books.gaps) != list(range(1, books.gaps_counted + 1)):
        yield f"the box counted {books.gaps_counted} gaps, the centre has {len(books.gaps)}"
    if books.complete_through != books.made:
        yield f"the centre reckons to have all up to {books.complete_through} of {books.made}"


def effects(books: Books) -> Iterator[str]:
    """Each update had its effect once, and people see the newest one."""
    newest: dict[str, int] = {}
    for update in books.updates:
        newest[update.candidate_id] = max(newest.get(update.candidate_id, 0), update.update)
    if newest != books.newest:
        wrong = [c for c in newest.keys() | books.newest if newest.get(c) != books.newest.get(c)]
        yield f"candidates that do not stand at their newest update: {sorted(wrong)[:MAX_TOLD]}"
    once = Counter((update.candidate_id, update.update) for update in books.updates)
    if once != books.logged:
        odd = sorted((once - books.logged) + (books.logged - once))
        yield f"updates that the log does not tell of exactly once: {odd[:MAX_TOLD]}"


def linked_manifests(updates: Sequence[Update]) -> Iterator[str]:
    """Where two neighbours came, the later one names the earlier."""
    by_number = {update.sequence: update for update in updates}
    for number, update in by_number.items():
        before = by_number.get(number - 1)
        if before is not None and update.previous_sha256 != before.manifest_sha256:
            yield f"number {number} does not follow number {number - 1}"


def verified(update: Update, books: Books, folder: Path) -> Iterator[str]:
    """The bundle, put together from database and store, passes the offline verifier."""
    name = f"candidate {update.candidate_id} update {update.update}"
    items = folder / ITEMS_FOLDER
    items.mkdir(parents=True)
    try:
        for file, text in update.texts.items():
            (folder / file).write_bytes(text.encode())
        for item, sha256 in update.files.items():
            try:
                os.link(_place(books.store, sha256), items / item)
            except OSError as error:
                yield f"{name}: {item} is not in the store: {error.strerror}"
                return
        report = verify_bundle(folder, trusted_key_ids={books.key_id})
        if not report.ok:
            yield f"{name}: {report.first_failure}"
    finally:
        shutil.rmtree(folder)


def _updates(db: sqlite3.Connection) -> Iterator[Update]:
    files: dict[tuple[str, int], dict[str, str]] = {}
    for candidate, number, name, sha256 in db.execute(
        'SELECT candidate_id, "update", name, sha256 FROM evidence_items'
    ):
        files.setdefault((candidate, number), {})[name] = sha256
    rows = db.execute(
        'SELECT u.candidate_id, u."update", m.sequence, u.manifest_sha256, m.previous_sha256,'
        " u.manifest, u.signature, u.notice FROM candidate_updates AS u"
        " LEFT JOIN box_manifests AS m ON m.sha256 = u.manifest_sha256"
    )
    for candidate, number, sequence, sha256, previous, *texts in rows:
        yield Update(
            candidate_id=str(UUID(candidate)),
            update=number,
            sequence=sequence or 0,
            manifest_sha256=sha256,
            previous_sha256=previous or "",
            texts=dict(zip((MANIFEST_NAME, SIGNATURE_NAME, README_NAME), texts, strict=True)),
            files=files.get((candidate, number), {}),
        )


def _known_as_sent(log: Path) -> Iterator[int]:
    """The box logs each receipt after it has written it down; a kill may swallow a line."""
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if '"candidate_sent"' in line:
            try:
                yield int(json.loads(line)["sequence"])
            except ValueError:
                continue  # cut off by a kill, and the next line joined on


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def _place(store: Path, sha256: str) -> Path:
    return store / sha256[:2] / sha256


def _size(store: Path, sha256: str) -> int:
    try:
        return _place(store, sha256).stat().st_size
    except OSError:
        return 0
