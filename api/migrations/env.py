"""How Alembic runs a migration: on the connection that it is given, in one transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON

from api.database import Instant
from api.schema import METADATA


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:  # noqa: ANN401
    """Name our own types as they were, so that old migrations do not change with the code."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def run() -> None:
    """Migrate by the connection that `api.migration` opened."""
    connection = context.config.attributes["connection"]
    # SQLite alters a table by making it anew; Alembic's batch mode does that.
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
