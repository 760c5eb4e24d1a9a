"""Settings read from TOML into frozen objects; a mistake is named with its file, line and key."""

from __future__ import annotations

import difflib
import re
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-\"'.]+?)\s*=")


class Settings(BaseModel):
    """Base of every settings object: frozen, and no key that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


S = TypeVar("S", bound=BaseModel)


def load_settings(path: Path, kind: type[S]) -> S:
    """Read one TOML file into a settings object.

    Raises:
        SettingsError: The file is missing, is not UTF-8 TOML, or a value does not fit; the message
            names the file, the line, the key and what to do.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    return parse_settings(text, kind, str(path))


def parse_settings(text: str, kind: type[S], name: str = "settings") -> S:
    """Read TOML text into a settings object; `name` stands for the file in messages.

    Raises:
        SettingsError: As `load_settings`.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name}: is not valid TOML: {error}") from error
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        lines = [_describe(text, dict(problem), kind, name) for problem in error.errors()]
        raise SettingsError("\n".join(lines)) from error


def _describe(text: str, problem: dict[str, Any], kind: type[BaseModel], name: str) -> str:
    path = tuple(problem["loc"])
    key = ".".join(str(part) for part in path) or "(the whole file)"
    line = find_line(text, path)
    place = f"{name}:{line}" if line else name
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "unknown key" + _suggestion(str(path[-1]), kind, path[:-1])
    elif problem["type"] == "missing":
        message = "is missing; add it"
    elif "input" in problem and not isinstance(problem["input"], dict | list):
        message = f"{message} (got {problem['input']!r})"
    return f"{place}: {key}: {message}"


def _suggestion(key: str, kind: type[BaseModel], path: tuple[Any, ...]) -> str:
    """Propose the nearest known key, following the path into nested settings."""
    known = _known_keys(kind, path)
    near = difflib.get_close_matches(key, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known keys: {', '.join(sorted(known))}" if known else ""


def _known_keys(kind: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    current: Any = kind
    for part in path:
        if isinstance(part, int):
            continue
        fields = {(f.alias or n): f for n, f in current.model_fields.items()}
        if part not in fields:
            return []
        nested = _nested_models(fields[part].annotation)
        if not nested:
            return []
        current = nested[0]
    return [(f.alias or n) for n, f in current.model_fields.items()]


def _nested_models(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 - any annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    found: list[type[BaseModel]] = []
    for argument in getattr(annotation, "__args__", ()):
        found += _nested_models(argument)
    return found


def find_line(text: str, path: tuple[str | int, ...]) -> int | None:
    r"""The line (from 1) where a key, or else the table that should hold it, is written.

    >>> find_line('[[cameras]]\nid = 1\n[[cameras]]\nid = 2\n', ("cameras", 1, "id"))
    4
    """
    best: tuple[int, int] | None = None  # (parts matched, line)
    table: list[str | int] = []
    counts: dict[tuple[str | int, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        found: list[str | int]
        if match := _TABLE.match(line):
            table = _resolve_table(_parts(match[2]), counts, is_array=match[1] == "[[")
            found = table
        elif match := _KEY.match(line):
            found = [*table, *_parts(match[1])]
        else:
            continue
        depth = _common_prefix(found, path)
        if depth == len(found) and depth > 0 and (best is None or depth > best[0]):
            best = depth, number
    return best[1] if best else None


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _resolve_table(
    parts: list[str], counts: dict[tuple[str | int, ...], int], *, is_array: bool
) -> list[str | int]:
    """The path of a table header, with the running index of every array of tables in it."""
    resolved: list[str | int] = []
    for position, part in enumerate(parts):
        resolved.append(part)
        key = tuple(resolved)
        if is_array and position == len(parts) - 1:
            counts[key] = counts.get(key, -1) + 1
        if key in counts:
            resolved.append(counts[key])
    return resolved


def _common_prefix(found: list[str | int], path: tuple[str | int, ...]) -> int:
    depth = 0
    for a, b in zip(found, path, strict=False):
        if a != b:
            break
        depth += 1
    return depth
