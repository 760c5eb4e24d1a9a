"""Reading saved state back, with one error for whatever does not fit."""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import SnapshotError

T = TypeVar("T")


def parse_snapshot(adapter: TypeAdapter[T], value: object, owner: str) -> T:
    """The state that a snapshot holds.

    Raises:
        SnapshotError: It does not fit.
    """
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise SnapshotError(
            f"saved state of {owner} cannot be read: {error.error_count()} values do not fit;"
            " delete the saved state to begin anew"
        ) from error
