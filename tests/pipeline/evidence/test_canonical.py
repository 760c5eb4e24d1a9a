"""Canonical JSON is RFC 8785's, and only canonical JSON is read back."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ManifestError
from pipeline.evidence.canonical import (
    MAX_DEPTH,
    MAX_SAFE_INTEGER,
    canonical_json,
    format_number,
    parse_canonical,
)

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)

# RFC 8785, appendix B: IEEE 754 bits and what ECMAScript writes for them.
NUMBER_SAMPLES = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "written"), NUMBER_SAMPLES)
def test_numbers_are_written_as_the_rfc_samples_say(bits, written):
    """Every number of the RFC's table comes out as in its right-hand column."""
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert format_number(value) == written


def test_the_rfc_example_comes_out_byte_for_byte():
    """The sample object of RFC 8785, 3.2.2 to 3.2.4: numbers, escapes, literals."""
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f",
        "literals": [None, True, False],
    }
    assert (
        canonical_json(value)
        == (
            '{"literals":[null,true,false],'
            '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        ).encode()
    )


def test_keys_are_sorted_by_utf16_units():
    """RFC 8785, 3.2.3: an emoji (surrogates D83D...) sorts before U+FB33, unlike by code point."""
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(canonical_json(value)).values()) == [2, 4, 6, 7, 1, 5, 3]


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None)
def test_a_number_reads_back_as_itself(value):
    """Shortest form or not, no digit that matters is lost."""
    assert float(format_number(value)) == value


@given(JSON_VALUES)
@settings(deadline=None)
def test_writing_is_a_fixed_point(value):
    """What is written reads back, and writes the same bytes again."""
    written = canonical_json(value)
    assert canonical_json(parse_canonical(written)) == written


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_bytes_never_surprise_the_reader(content):
    """Any bytes either are canonical JSON or are refused with a ManifestError."""
    try:
        value = parse_canonical(content)
    except ManifestError:
        return
    assert canonical_json(value) == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a":1,"a":1}', "stands twice"),
        (b'{ "a":1}', "canonical"),
        (b'{"b":1,"a":1}', "canonical"),
        (b"1.0", "canonical"),
        (b"1e400", "no number inf"),
        (b"NaN", "no JSON number"),
        (b"-Infinity", "no JSON number"),
        (b'"\\ud800"', "UTF-8 cannot carry"),
        (b'{"\\udfff":1}', "UTF-8 cannot carry"),
        (b"\xff", "not UTF-8"),
        (b'\xef\xbb\xbf""', "not JSON"),
        (b"", "not JSON"),
        (b"[" * 100_000, "nests deeper|not JSON"),
        (b"[" * 900 + b"]" * 900, "nests deeper"),
        (b"9" * 5000, "not JSON|no number"),
    ],
)
def test_what_is_not_canonical_is_refused(content, message):
    """Every way to write the same value twice, and every way to break the reader."""
    with pytest.raises(ManifestError, match=message):
        parse_canonical(content)


def test_large_integers_are_the_floats_they_stand_for():
    """1e20 is written without exponent and must read back as canonical."""
    assert parse_canonical(canonical_json(1e20)) == 1e20


@pytest.mark.parametrize(
    "value", [MAX_SAFE_INTEGER + 1, float("nan"), float("inf"), {1: 2}, {"a": {2}}, b"x", "\ud800"]
)
def test_what_json_cannot_carry_is_refused(value):
    """Nothing is rounded or converted in silence."""
    with pytest.raises(ManifestError):
        canonical_json(value)


def test_depth_is_bounded():
    """A value nested too deep is refused before Python's stack is."""
    value: object = 1
    for _ in range(MAX_DEPTH + 1):
        value = [value]
    with pytest.raises(ManifestError, match="deeper"):
        canonical_json(value)
