"""Digests are the published ones, in one piece or in many."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.digests import digest, digest_algorithms, has_sm3


def test_sha256_of_abc():
    """FIPS 180-2, appendix B.1."""
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest(b"abc").sha256 == expected


@pytest.mark.skipif(not has_sm3(), reason="this OpenSSL has no SM3")
def test_sm3_of_abc():
    """GB/T 32905-2016, example 1."""
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert digest(b"abc").sm3 == expected


@given(st.lists(st.binary(max_size=50), max_size=8))
@settings(deadline=None)
def test_pieces_make_no_difference(chunks):
    """A file read in pieces has the digests of the whole."""
    assert digest(iter(chunks)) == digest(b"".join(chunks))


def test_algorithms_say_what_is_computed():
    """The manifest's list of algorithms and the digests agree."""
    assert ("sm3" in digest_algorithms()) == (digest(b"").sm3 is not None)


def test_without_sm3_only_sha256_is_given(monkeypatch):
    """An OpenSSL without SM3 costs the second digest, not the evidence."""
    monkeypatch.setattr("pipeline.evidence.digests.SM3", "no-such-digest")
    assert not has_sm3()
    assert digest(b"abc").sm3 is None
    assert digest_algorithms() == ("sha256",)
