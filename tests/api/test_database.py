"""Sessions that commit or not, columns that keep their zone, numbers without holes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from api.audit.tables import AuditEntry
from api.database import Counter, next_number
from api.errors import Unprocessable
from api.problems import is_database_away
from api.storable import require_storable
from api.users.tables import Organisation

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


def numbers_taken(database, count, *, failing_every=0):
    """Take numbers in a row; some transactions fail and must leave no hole."""
    taken = []
    for turn in range(count):
        try:
            with database.writing() as session:
                number = next_number(session, "series")
                if failing_every and turn % failing_every == 0:
                    raise LookupError  # noqa: TRY301 - undoes the transaction, as a fault would
                taken.append(number)
        except LookupError:
            continue
    return taken


def test_numbers_have_no_holes(database):
    """Several writers at once, some of which fail, take every number exactly once."""
    taken, lock = [], threading.Lock()

    def work():
        mine = numbers_taken(database, 12, failing_every=4)
        with lock:
            taken.extend(mine)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 4 * 9 + 1))


def test_a_reader_sees_one_state(database):
    """What is committed while somebody reads does not appear half-way through."""
    with database.writing() as session:
        session.add(Counter(name="a", value=1))
    with database.reading() as reader:
        assert reader.scalar(select(Counter.value)) == 1
        with database.writing() as writer:
            writer.get(Counter, "a").value = 2
        reader.expire_all()
        assert reader.scalar(select(Counter.value)) == 1
    with database.reading() as reader:
        assert reader.scalar(select(Counter.value)) == 2


def test_what_was_read_stays_readable(database, organisations):
    """Rows can be used after their session has ended."""
    with database.reading() as session:
        row = session.get(Organisation, "110000")
    assert row.name == "City"


def test_a_reader_changes_nothing(database):
    """A session for reading commits nothing, whatever is added to it."""
    with database.reading() as session:
        session.add(Counter(name="a", value=1))
    with database.reading() as session:
        assert session.get(Counter, "a") is None


def test_a_write_is_whole_or_not_at_all(database):
    """An exception inside a write undoes all of it."""
    with pytest.raises(LookupError), database.writing() as session:  # noqa: PT012 - in it
        session.add(Counter(name="a", value=1))
        session.flush()
        raise LookupError
    with database.reading() as session:
        assert session.get(Counter, "a") is None


def entry_at(instant):
    """A log entry of some instant; only its time matters."""
    return AuditEntry(
        number=1,
        at=instant,
        actor_kind="system",
        actor_id="t",
        actor_name="t",
        organisation_path="",
        action="test",
        subject_kind="test",
        subject_id="t",
        details={},
        previous_sha256="",
        sha256="",
    )


def test_instants_come_back_in_utc(database):
    """An instant keeps its moment whatever zone it is written in, to the microsecond."""
    shanghai = timezone(timedelta(hours=8))
    instant = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=shanghai)
    with database.writing() as session:
        session.add(entry_at(instant))
    with database.reading() as session:
        found = session.scalar(select(AuditEntry.at))
        assert found == instant
        assert found.tzinfo is UTC
        later = session.scalar(select(AuditEntry.number).where(AuditEntry.at > instant))
        assert later is None


def test_a_naive_instant_is_refused(database):
    """An instant without its zone is a mistake, and is said to be one."""
    with pytest.raises(StatementError, match="zone"), database.writing() as session:
        session.add(entry_at(datetime(2026, 11, 23)))  # noqa: DTZ001 - the mistake


def test_only_a_missing_answer_is_worth_a_retry(database):
    """A table that is not there yet will come; a statement that is wrong stays wrong."""
    for statement, is_away in (("SELECT * FROM not_there", True), ("SELEKT 1", None)):
        with pytest.raises(Exception) as failed, database.reading() as session:  # noqa: PT011
            session.execute(text(statement))
        if is_away is not None:
            assert is_database_away(failed.value) is is_away


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor_id", "x" * 65),
        ("actor_name", "a\0b"),
        ("number", 2**63),
        ("details", {"a": ["\0"]}),
    ],
)
def test_rows_are_checked_before_they_are_written(database, column, value):
    """What one of the databases would refuse is refused in words on both."""
    row = entry_at(datetime(2026, 11, 23, tzinfo=UTC))
    require_storable(row)
    setattr(row, column, value)
    with pytest.raises(Unprocessable) as refused:
        require_storable(row)
    assert refused.value.fields["field"] == column
