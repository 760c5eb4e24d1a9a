"""Whether the database knows of files that the evidence store should hold."""

from __future__ import annotations

from sqlalchemy import exists, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from api.database import Database
from api.errors import Unavailable
from api.evidence.tables import StoredObject


def is_any_recorded(database: Database) -> bool:
    """Whether a file was taken into the store and has not been deleted since.

    Raises:
        Unavailable: The database does not answer.
    """
    query = select(exists().where(StoredObject.deleted_at.is_(None)))
    try:
        if not inspect(database.engine).has_table(StoredObject.__tablename__):
            return False  # a database that was never migrated
        with database.reading() as session:
            return bool(session.scalar(query))
    except SQLAlchemyError as error:
        raise Unavailable(
            "database_unavailable",
            "The database does not answer. Try again.",
            retry_after_seconds=5,
        ) from error
