"""Sessions, column types and counters for every table; one code path for SQLite and PostgreSQL.

A route asks for `ReadSession` or `WriteSession`. A write session is one transaction that commits
before the answer is sent, so that a failed commit is an error and not a success that never was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    String,
    TypeDecorator,
    create_engine,
    event,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

if TYPE_CHECKING:
    from pydantic import SecretStr

    from api.settings import DatabaseSettings

# How long a writer of SQLite waits for another one; a transaction of ours takes milliseconds.
SQLITE_BUSY_SECONDS = 15.0

Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Instant(TypeDecorator[datetime]):
    """A UTC instant; naive values are refused, SQLite's come back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database, in UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs its zone, got {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database, in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Counter(Base):
    """A running number without gaps: the row is locked until its taker commits."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


def next_number(session: Session, name: str) -> int:
    """The next of a series, from 1. In the order of commits, so a cursor over it misses nothing."""
    advanced = (
        update(Counter)
        .where(Counter.name == name)
        .values(value=Counter.value + 1)
        .returning(Counter.value)
        .execution_options(synchronize_session=False)
    )
    value = session.scalar(advanced)
    if value is not None:
        return value
    # The first ever: two processes may try at once; the primary key lets one of them win.
    with suppress(IntegrityError), session.begin_nested():
        session.execute(insert(Counter).values(name=name, value=0))
    number = session.scalar(advanced)
    if number is None:  # pragma: no cover - the row has just been written
        raise RuntimeError(f"the counter {name} vanished")
    return number


def insert_new(session: Session, row: Base) -> bool:
    """Add a row whose key somebody else may take at the same time; false: it is taken.

    The caller has looked before; this closes the moment between looking and writing.
    """
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def open_engine(settings: DatabaseSettings, password: SecretStr | None = None) -> Engine:
    """An engine whose read transactions see one state and whose write transactions queue."""
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            with suppress(OSError):  # the first connection says what is wrong
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            url, connect_args={"timeout": SQLITE_BUSY_SECONDS}, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if password is not None:
        url = url.set(password=password.get_secret_value())
    return create_engine(
        url, pool_size=settings.pool_size, pool_pre_ping=True, hide_parameters=True
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's object
    connection.isolation_level = None  # the driver begins no transaction of its own
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a commit survives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A reader that becomes a writer half-way may find that it read an old state; so say it first.
    is_write = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


class Database:
    """The engine with its two kinds of session."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(writes=True)
        self._reader = engine
        if engine.dialect.name == "postgresql":
            # Its default shows each statement another state; SQLite's readers see one anyway.
            self._reader = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state and changes nothing."""
        with Session(self._reader, expire_on_commit=False) as session:
            # Closing ends the transaction and, unlike a rollback, leaves what was read readable.
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits at the end, or not at all."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def is_reachable(self) -> bool:
        """Whether a query comes back; raises nothing of the driver's."""
        with self.reading() as session:
            return session.scalar(select(1)) == 1


def _reading(request: Request) -> Iterator[Session]:
    with request.app.state.database.reading() as session:
        yield session


def _writing(request: Request) -> Iterator[Session]:
    with request.app.state.database.writing() as session:
        yield session


# scope="function": left, and so committed, before the answer is sent.
ReadSession = Annotated[Session, Depends(_reading, scope="function")]
WriteSession = Annotated[Session, Depends(_writing, scope="function")]
