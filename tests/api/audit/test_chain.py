"""The log: unbroken under concurrency, and every kind of tampering named by its first number."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, insert, select, update

from api.audit.export import export_head, head_timer
from api.audit.service import (
    NO_PREVIOUS,
    Head,
    append,
    check_chain,
    digest_of,
    head_of,
)
from api.audit.tables import AuditEntry
from api.database import Counter
from api.principal import system

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
TABLE = AuditEntry.__table__


def add(database, now, count, first=1):
    for number in range(first, first + count):
        with database.writing() as session:
            append(
                session,
                actor=system("test"),
                action="thing.done",
                subject_kind="thing",
                subject_id=str(number),
                organisation_path="110000/",
                now=now(),
                details={"n": number, "share": 0.1 * number, "text": "违法 ✓", "none": None},
            )


def check(database, **asked):
    with database.reading() as session:
        return check_chain(session, **asked)


def change(database, statement):
    with database.writing() as session:
        session.execute(statement)


def test_an_untouched_log_holds(database, now):
    """Whatever is written comes back with the digest it was given."""
    assert check(database).broken_at is None
    add(database, now, 12)
    found = check(database)
    assert (found.entries, found.broken_at, found.problem) == (12, None, "")
    assert found.head.number == 12


def test_the_time_may_come_in_any_zone(database, now):
    """An instant is one instant however it is written."""
    with database.writing() as session:
        append(
            session,
            actor=system("test"),
            action="a",
            subject_kind="k",
            subject_id="1",
            organisation_path="",
            now=datetime(2026, 1, 1, 8, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8))),
        )
    assert check(database).broken_at is None


def test_a_changed_column_is_named(database, now):
    """Whichever column of a row is changed, its number is named; put back, all holds again."""
    add(database, now, 6)
    with database.reading() as session:
        before = {
            column.name: getattr(session.get(AuditEntry, 4), column.name)
            for column in TABLE.columns
            if not column.primary_key
        }
    other = {"at": now() + timedelta(microseconds=1), "details": {"n": 99}}
    for column, value in before.items():
        row = update(TABLE).where(TABLE.c.number == 4)
        forged = other.get(column, "0" * 64 if "sha256" in column else "other")
        change(database, row.values({column: forged}))
        assert check(database).broken_at == 4, column
        change(database, row.values({column: value}))
        assert check(database).broken_at is None


def test_a_removed_row_is_named(database, now):
    """Its number is missing."""
    add(database, now, 6)
    change(database, delete(TABLE).where(TABLE.c.number == 3))
    found = check(database)
    assert (found.broken_at, found.entries) == (3, 2)
    assert "missing" in found.problem


def test_a_removed_row_is_not_covered_by_renumbering(database, now):
    """Closing the gap breaks the links."""
    add(database, now, 6)
    change(database, delete(TABLE).where(TABLE.c.number == 3))
    for number in (4, 5, 6):
        change(
            database,
            update(TABLE).where(TABLE.c.number == number).values(number=number - 1),
        )
    assert check(database).broken_at == 3


def test_exchanged_rows_are_named(database, now):
    """The first of the two that do not stand in their order."""
    add(database, now, 6)
    for old, new in ((3, 100), (4, 3), (100, 4)):
        change(database, update(TABLE).where(TABLE.c.number == old).values(number=new))
    assert check(database).broken_at == 3


def test_an_inserted_row_is_named(database, now):
    """A row between two others, with a right digest of its own, breaks the link after it."""
    add(database, now, 5)
    for number in (5, 4, 3):
        change(
            database,
            update(TABLE).where(TABLE.c.number == number).values(number=number + 1),
        )
    with database.writing() as session:
        before = session.get(AuditEntry, 2)
        forged = {
            **{column.name: getattr(before, column.name) for column in TABLE.columns},
            "number": 3,
            "action": "thing.forged",
            "previous_sha256": before.sha256,
        }
        forged["sha256"] = digest_of(AuditEntry(**forged))
        session.execute(insert(TABLE).values(**forged))
    # The forged row itself fits; the one that it pushed on does not.
    assert check(database).broken_at == 4


def test_a_cut_off_end_is_named(database, now):
    """The counter knows how many there were."""
    add(database, now, 6)
    change(database, delete(TABLE).where(TABLE.c.number >= 5))
    found = check(database)
    assert (found.broken_at, found.problem) == (5, "entries 5 to 6 are missing")


def test_a_log_written_anew_is_named_by_a_kept_head(database, now):
    """Whoever keeps a head elsewhere sees that all of it was replaced, counter and all."""
    add(database, now, 6)
    with database.reading() as session:
        kept = head_of(session)
    change(database, delete(TABLE))
    change(database, delete(Counter.__table__))
    now.advance(seconds=1)
    add(database, now, 7)
    assert check(database).broken_at is None
    assert check(database, kept=kept).broken_at == 6
    change(database, delete(TABLE).where(TABLE.c.number > 2))
    change(database, update(Counter.__table__).values(value=2))
    assert check(database, kept=kept).broken_at == 3


def test_a_long_log_is_checked_in_parts(database, now, monkeypatch):
    """Several calls find what one call finds, and what was checked is not checked again."""
    monkeypatch.setattr("api.audit.service.CHECK_BATCH", 4)
    add(database, now, 10)
    found = check(database, at_most=4)
    assert (found.entries, found.next_number) == (4, 5)
    found = check(database, after=found.head, at_most=4)
    assert (found.entries, found.next_number, found.head.number) == (4, 9, 8)
    found = check(database, after=found.head)
    assert (found.entries, found.next_number, found.broken_at) == (2, None, None)
    forged = Head(number=8, sha256=NO_PREVIOUS)
    assert check(database, after=forged).broken_at == 9


def test_eight_writers_make_one_chain(database, now):
    """Two hundred entries of eight threads at once: numbers without a gap, every link right."""
    faults = []

    def write(first):
        try:
            add(database, now, 25, first)
        except Exception as error:  # noqa: BLE001 - told below, from the test's own thread
            faults.append(error)

    threads = [threading.Thread(target=write, args=(1000 * one,)) for one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    found = check(database)
    assert (found.entries, found.broken_at) == (200, None)
    with database.reading() as session:
        subjects = session.scalars(select(AuditEntry.subject_id)).all()
    assert len(set(subjects)) == 200


def test_an_entry_falls_with_its_transaction(database, now):
    """What was rolled back is not in the log, and leaves no gap."""
    add(database, now, 2)

    def fail():
        with database.writing() as session:
            append(
                session,
                actor=system("test"),
                action="a",
                subject_kind="k",
                subject_id="1",
                organisation_path="",
                now=now(),
            )
            raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        fail()
    add(database, now, 1)
    assert check(database).entries == 3


def test_the_head_is_exported_once_a_day(database, now, tmp_path):
    """A file for each day, whole, that a later check is held against."""
    assert export_head(database, tmp_path / "heads", now=now()) is None
    add(database, now, 3)
    written = export_head(database, tmp_path / "heads", now=now())
    assert written.name == "audit-head-2026-11-23.json"
    content = json.loads(written.read_text())
    kept = Head(number=content["number"], sha256=content["sha256"])
    add(database, now, 2)
    assert export_head(database, tmp_path / "heads", now=now()) is None
    assert check(database, kept=kept).broken_at is None
    now.advance(days=1)
    assert export_head(database, tmp_path / "heads", now=now()).name.endswith("24.json")


def test_the_export_is_background_work(app, database, now, tmp_path):
    """The application's timer writes into the folder of the settings, and nowhere without one."""
    add(database, now, 1)
    app.state.settings = app.state.settings.model_copy(update={"audit_heads": tmp_path / "heads"})
    head_timer(app.state).work()
    assert len(list((tmp_path / "heads").iterdir())) == 1
    app.state.settings = app.state.settings.model_copy(update={"audit_heads": None})
    head_timer(app.state).work()
