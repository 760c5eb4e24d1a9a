"""Model cards: the TOML file beside a shipped ONNX file.

The standard library reads TOML but does not write it; a card needs little of it.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

Value: TypeAlias = Any  # what tomllib returns: text, numbers, lists and tables of them


def read_card(path: Path) -> dict[str, Any]:
    """Read a card.

    Raises:
        OSError, tomllib.TOMLDecodeError: It cannot be read.
    """
    card: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return card


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def card_head(onnx_file: Path, *, name: str, task: str) -> dict[str, Any]:
    """How the card of a file that was just exported begins.

    Args:
        onnx_file: The file, beside which the card will lie.
        name: Of the network.
        task: `detect` or `classify`.

    Raises:
        OSError: The file cannot be read.
    """
    return {
        "format": 1,
        "name": name,
        "version": "1",
        "task": task,
        "file": onnx_file.name,
        "sha256": sha256(onnx_file),
        "created": datetime.now(UTC).date().isoformat(),
        "licence": "AGPL-3.0-or-later",
    }


def write_card(path: Path, card: dict[str, Any]) -> None:
    """Write a card in one move: plain keys first, then tables, then arrays of tables."""
    lines = [f"{k} = {_value(v)}" for k, v in card.items() if not _is_table(v)]
    for name, table in card.items():
        if isinstance(table, dict):
            lines += ["", f"[{name}]", *(f"{k} = {_value(v)}" for k, v in table.items())]
    for name, rows in card.items():
        if _is_table(rows) and isinstance(rows, list):
            for row in rows:
                lines += ["", f"[[{name}]]", *(f"{k} = {_value(v)}" for k, v in row.items())]
    partial = path.with_suffix(".partial")
    partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
    partial.replace(path)


def _is_table(value: Value) -> bool:
    """Whether TOML writes it as a table of its own."""
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    )


def _value(value: Value) -> str:
    """One value in TOML.

    >>> print(_value(["a", 0.0, 1, True, float("nan")]))
    ["a", 0.0, 1, true, nan]
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(v) for v in value)}]"
    if isinstance(value, str) and value.isprintable():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    message = f"a card cannot hold {value!r}"
    raise ValueError(message)
