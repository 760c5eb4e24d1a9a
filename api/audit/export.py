"""The log and the access register as CSV, and the log's head as a file to keep elsewhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from starlette.datastructures import State

from api.audit import repository
from api.audit.repository import LogFilter, RegisterFilter
from api.audit.service import head_of
from api.audit.tables import AccessEntry, AuditEntry
from api.database import Database
from api.principal import Principal
from api.timers import Timer
from pipeline.evidence.durable import replace_file

BATCH = 500  # rows of one short transaction: a slow reader holds no database connection
HEAD_SECONDS = 3600.0  # how soon after midnight, UTC, the day's file is there
# Says UTF-8 to spreadsheets, which else show Chinese as rubbish.
BYTE_ORDER_MARK = "\ufeff"
# A cell that begins so is run as a formula by spreadsheets; an apostrophe makes it text.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

LOG_COLUMNS = (
    "number",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "organisation_path",
    "action",
    "subject_kind",
    "subject_id",
    "details",
    "previous_sha256",
    "sha256",
)
REGISTER_COLUMNS = (
    "audit_number",
    "at",
    "organisation_path",
    "user_id",
    "user_name",
    "candidate_id",
    "item_name",
    "sha256",
    "purpose",
    "reason",
)


def log_csv(database: Database, caller: Principal, wanted: LogFilter) -> Iterator[bytes]:
    """The log of the caller's area as CSV, the oldest first, batch by batch."""
    yield _lines([LOG_COLUMNS], BYTE_ORDER_MARK)
    number, found = 0, BATCH
    while found == BATCH:
        with database.reading() as session:
            rows = repository.entries(session, caller, wanted, limit=BATCH, after=number)
        found = len(rows)
        if rows:
            number = rows[-1].number
            yield _lines(_cells(row, LOG_COLUMNS) for row in rows)


def register_csv(database: Database, caller: Principal, wanted: RegisterFilter) -> Iterator[bytes]:
    """The access register of the caller's area as CSV, the oldest first, batch by batch."""
    yield _lines([REGISTER_COLUMNS], BYTE_ORDER_MARK)
    number, found = 0, BATCH
    while found == BATCH:
        with database.reading() as session:
            rows = repository.accesses(session, caller, wanted, limit=BATCH, after=number)
        found = len(rows)
        if rows:
            number = rows[-1].audit_number
            yield _lines(_cells(row, REGISTER_COLUMNS) for row in rows)


def export_head(database: Database, folder: Path, *, now: datetime) -> Path | None:
    """Write today's head into a folder that is backed up elsewhere; once a day.

    Returns:
        The file that was written; none: today's is there already, or the log is empty.

    Raises:
        OSError: The folder cannot be written.
    """
    target = folder / f"audit-head-{now:%Y-%m-%d}.json"
    if target.exists():
        return None
    with database.reading() as session:
        head = head_of(session)
    if head.number == 0:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    content = {"at": now.isoformat(), "number": head.number, "sha256": head.sha256}
    replace_file(target, (json.dumps(content) + "\n").encode())
    return target


def head_timer(state: State) -> Timer:
    """The daily export as background work of an application; several processes write one file."""
    folder: Path | None = state.settings.audit_heads

    def export() -> None:
        if folder is not None:
            export_head(state.database, folder, now=state.now())

    return Timer(name="export_audit_head", every_seconds=HEAD_SECONDS, work=export)


def as_text_cell(value: str) -> str:
    """A text that no spreadsheet takes for a formula.

    >>> as_text_cell("=1+1"), as_text_cell("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


def _cells(row: AuditEntry | AccessEntry, columns: Iterable[str]) -> list[str]:
    return [as_text_cell(_text(getattr(row, column))) for column in columns]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def _lines(rows: Iterable[Iterable[str]], begin: str = "") -> bytes:
    buffer = io.StringIO()
    buffer.write(begin)
    csv.writer(buffer).writerows(rows)  # CRLF and quotes as RFC 4180 says
    return buffer.getvalue().encode()
