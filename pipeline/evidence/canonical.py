"""Canonical JSON (RFC 8785): one byte sequence per value, written and read back.

Written here and not taken from a package, see docs/decisions/0004-evidence-manifest.md.
"""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

from pipeline.errors import ManifestError

# RFC 8785, appendix D: beyond this, an IEEE 754 double no longer tells neighbours apart.
MAX_SAFE_INTEGER = 2**53 - 1
# Ours: a manifest nests 6 deep; settings of a rule may add a few. Far below Python's stack.
MAX_DEPTH = 32

# RFC 8785, 3.2.2.2: these five have short forms, every other control character becomes \u00xx.
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n"}
_SHORT_ESCAPES |= {"\f": "\\f", "\r": "\\r"}
_TO_ESCAPE = re.compile(r'[\x00-\x1f"\\]')

# ECMA-262, Number::toString: plain decimals while the point falls in these positions.
_MAX_PLAIN_POSITION = 21
_MIN_PLAIN_POSITION = -6


def canonical_json(value: object) -> bytes:
    """The RFC 8785 form of a value made of dict, list, tuple, str, int, float, bool and None.

    Returns:
        UTF-8 without white space, keys sorted by their UTF-16 code units.

    Raises:
        ManifestError: A number is not finite or an integer beyond 2**53 - 1, a text holds half a
            surrogate pair, a key is no text, a type is not JSON's, or it nests too deep.

    >>> canonical_json({"b": [1.0, 1e-7, None], "a": "€"}).decode()
    '{"a":"€","b":[1,1e-7,null]}'
    """
    try:
        return _write(value, 0).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ManifestError(
            f"a text holds a character that UTF-8 cannot carry ({error.object[error.start]!r});"
            " replace it"
        ) from error


def parse_canonical(data: bytes) -> object:
    """Read JSON that must be in canonical form: what it says and its bytes are one thing.

    Integers beyond 2**53 - 1 become floats, which is what RFC 8785 takes every number for.

    Raises:
        ManifestError: The bytes are not JSON in UTF-8, a key stands twice, a number is none, or
            the form is not canonical; the message says what and where.

    >>> parse_canonical(b'{"a":1,"a":2}')
    Traceback (most recent call last):
    pipeline.errors.ManifestError: the key 'a' stands twice in one object
    """
    try:
        value: object = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object_without_repetition,
            parse_constant=_refuse_constant,
            parse_int=_parse_integer,
        )
    except UnicodeDecodeError as error:
        raise ManifestError(f"it is not UTF-8 text (byte {error.start})") from error
    except RecursionError as error:
        raise ManifestError(f"it nests deeper than {MAX_DEPTH} levels") from error
    except (ValueError, OverflowError) as error:  # JSONDecodeError, or thousands of digits
        raise ManifestError(f"it is not JSON: {error}") from error
    canonical = canonical_json(value)
    if canonical != data:
        pairs = zip(canonical, data, strict=False)
        differs = next(
            (i for i, (a, b) in enumerate(pairs) if a != b), min(len(canonical), len(data))
        )
        raise ManifestError(f"it is not canonical JSON (RFC 8785) from byte {differs} on")
    return value


def format_number(value: float) -> str:
    """A finite number as ECMAScript writes it (RFC 8785, 3.2.2.3).

    Raises:
        ManifestError: The number is not finite.

    >>> [format_number(x) for x in (-0.0, 1e21, 1e20, 0.000001, 1e-7, 4.5)]
    ['0', '1e+21', '100000000000000000000', '0.000001', '1e-7', '4.5']
    """
    if not math.isfinite(value):
        raise ManifestError(f"JSON has no number {value}; leave it out or write null")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, position = _shortest_digits(abs(value))
    count = len(digits)
    if count <= position <= _MAX_PLAIN_POSITION:
        return sign + digits + "0" * (position - count)
    if 0 < position <= _MAX_PLAIN_POSITION:
        return f"{sign}{digits[:position]}.{digits[position:]}"
    if _MIN_PLAIN_POSITION < position <= 0:
        return f"{sign}0.{'0' * -position}{digits}"
    fraction = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{position - 1:+d}"


def _shortest_digits(value: float) -> tuple[str, int]:
    """Digits and position n of the point, so that value = 0.digits * 10**n.

    Python's repr and ECMAScript both give the shortest digits that read back as the same double;
    they only lay them out differently.
    """
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    position = len(whole) + int(exponent or 0)
    significant = digits.lstrip("0")
    position -= len(digits) - len(significant)
    return significant.rstrip("0"), position


def _write(value: object, depth: int) -> str:  # noqa: PLR0911 - one return per JSON type
    if depth > MAX_DEPTH:
        raise ManifestError(f"the value nests deeper than {MAX_DEPTH} levels")
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _write_text(value)
        case int():
            if abs(value) > MAX_SAFE_INTEGER:
                raise ManifestError(
                    f"the integer {value} is beyond 2**53 - 1; write it as text or as a float"
                )
            return int.__repr__(value)  # an IntEnum's own repr is a name
        case float():
            return format_number(value)
        case list() | tuple():
            return f"[{','.join(_write(element, depth + 1) for element in value)}]"
        case dict():
            return _write_object(value, depth)
        case _:
            raise ManifestError(f"JSON has no type {type(value).__name__}")


def _write_object(value: dict[object, object], depth: int) -> str:
    members: list[tuple[bytes, str]] = []
    for key, member in value.items():
        if not isinstance(key, str):
            raise ManifestError(f"a key must be text, got {key!r}")
        order = key.encode("utf-16-be")  # RFC 8785, 3.2.3: code units, not code points
        members.append((order, f"{_write_text(key)}:{_write(member, depth + 1)}"))
    return f"{{{','.join(text for _, text in sorted(members))}}}"


def _write_text(value: str) -> str:
    return f'"{_TO_ESCAPE.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04x}"


def _object_without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in pairs:
        if key in result:
            raise ManifestError(f"the key {key!r} stands twice in one object")
        result[key] = value
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ManifestError(f"{name} is no JSON number")


def _parse_integer(digits: str) -> int | float:
    number = int(digits)
    return number if abs(number) <= MAX_SAFE_INTEGER else float(digits)
