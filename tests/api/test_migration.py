"""Migrations: they make exactly the tables that the code knows, and take them away again."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from api.database import Database, open_engine
from api.migration import downgrade, is_current, newest_revision, revision_of, upgrade
from api.schema import METADATA
from api.settings import DatabaseSettings

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def empty(database_kind, tmp_path, request):
    """A database without any table."""
    if database_kind == "sqlite":
        url = f"sqlite:///{tmp_path}/empty.db"
    else:
        url_of, name = request.getfixturevalue("postgres"), f"empty_{uuid4().hex}"
        engine = create_engine(url_of("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        url = url_of(name)
    database = Database(open_engine(DatabaseSettings(url=url, pool_size=4)))
    yield database
    database.engine.dispose()


def differences(database):
    """What autogenerate would write into a new migration."""
    with database.engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection), METADATA)


def test_migrations_make_what_the_code_knows(empty):
    """After all migrations autogenerate finds nothing to do."""
    assert revision_of(empty) is None
    assert not is_current(empty)
    upgrade(empty)
    assert is_current(empty)
    assert revision_of(empty) == newest_revision()
    assert differences(empty) == []


def test_there_and_back(empty):
    """Going back removes every table; coming again works."""
    upgrade(empty)
    downgrade(empty, "base")
    assert set(inspect(empty.engine).get_table_names()) <= {"alembic_version"}
    upgrade(empty)
    assert differences(empty) == []


def test_a_repetition_does_nothing(empty):
    """A database that is up to date stays as it is."""
    upgrade(empty)
    upgrade(empty)
    assert is_current(empty)


def test_several_processes_may_try_at_once(empty):
    """One of them migrates, the others wait and find it done."""
    failures = []

    def work():
        try:
            upgrade(empty)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure here
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert is_current(empty)


def test_a_failing_migration_leaves_nothing_half_done(empty, monkeypatch):
    """If a migration fails, none of its tables is there afterwards."""
    with empty.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("CREATE TABLE audit_entries (x INTEGER)"))  # in its way
    with pytest.raises(Exception, match="audit_entries"):
        upgrade(empty)
    assert set(inspect(empty.engine).get_table_names()) <= {"audit_entries", "alembic_version"}
    assert revision_of(empty) is None
