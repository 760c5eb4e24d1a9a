"""Bringing a database to this version's schema, by one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from api.database import Database

MIGRATIONS = Path(__file__).with_name("migrations")
# Any number that no other user of the database takes: "streetca" in ASCII.
ADVISORY_LOCK = int.from_bytes(b"streetca", "big")


def newest_revision() -> str:
    """The revision of this version's schema."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:  # pragma: no cover - the package always carries its migrations
        raise RuntimeError("the package has no migrations")
    return revision


def revision_of(database: Database) -> str | None:
    """The revision of a database; none: it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    """Whether a database has this version's schema."""
    return revision_of(database) == newest_revision()


def upgrade(database: Database, revision: str = "head") -> None:
    """Run what is missing, all of it or nothing. Two processes may try at once."""
    with _alone(database) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Go back to an older revision; `base` removes every table."""
    with _alone(database) as connection:
        command.downgrade(_config(connection), revision)


def stamp(database: Database) -> None:
    """Note that a database has this version's schema, without changing anything else."""
    with _alone(database) as connection:
        command.stamp(_config(connection), "head")


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A connection in a transaction that no second process migrates beside.

    SQLite's own write lock does it there; on PostgreSQL it is an advisory lock.
    """
    with database.engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            # Held until the transaction ends, even if the process dies.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        yield connection


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
