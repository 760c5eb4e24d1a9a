"""A time stamp is believed for its manifest, from its authority, and for nothing else."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pipeline.errors import SettingsError, TimestampError
from pipeline.evidence.bundle import EvidenceBuilder
from pipeline.evidence.chain import MemoryChain
from pipeline.evidence.timestamp import STAMP_NAME, read_roots, read_stamp
from pipeline.evidence.verification import verify_bundle
from pipeline.evidence.verify import main
from tests.acceptance.verify_demo import facts_for
from tests.time_authority import SUBJECT, Authority, is_missing

rfc3161 = pytest.importorskip("rfc3161_client")
pytestmark = pytest.mark.skipif(is_missing(), reason="openssl is not installed")
MANIFEST = b'{"format":1}'


def question(manifest=MANIFEST, algorithm="SHA256"):
    """What is asked of an authority."""
    builder = rfc3161.TimestampRequestBuilder().data(manifest)
    return builder.hash_algorithm(rfc3161.HashAlgorithm[algorithm]).build()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """An authority of our own."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """Another one with a root of its own."""
    return Authority(tmp_path_factory.mktemp("stranger"))


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA512"])
def test_a_stamp_says_when_and_who(authority, algorithm):
    """The authority's time and name, trusted by its root."""
    query = question(algorithm=algorithm)
    content = authority.stamp(query.as_bytes())
    stamp = read_stamp(content, MANIFEST, authority.roots, nonce=query.nonce)
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert (stamp.authority, stamp.is_trusted) == (f"CN={SUBJECT}", True)
    assert not read_stamp(content, MANIFEST, ()).is_trusted


def test_what_is_not_believed(authority, stranger):
    """Another manifest's, another question's, another authority's, a refusal, and garbage."""
    query = question()
    content = authority.stamp(query.as_bytes())
    refused = authority.stamp(query.as_bytes(), "refusing")
    cases = [
        (content, b"{}", authority.roots, None, "another manifest"),
        (content, b"{}", (), None, "another manifest"),
        (content, MANIFEST, authority.roots, query.nonce + 1, "Nonce"),
        (content, MANIFEST, stranger.roots, None, "certificates"),
        (refused, MANIFEST, authority.roots, None, "refused"),
        (b"", MANIFEST, authority.roots, None, "does not hold"),
        (b"<html>", MANIFEST, (), None, "does not hold"),
    ]
    for stamp, manifest, roots, nonce, words in cases:
        with pytest.raises(TimestampError, match=words):
            read_stamp(stamp, manifest, roots, nonce=nonce)


@pytest.mark.filterwarnings("ignore")  # the parser warns of certificates that a flip made odd
def test_a_flipped_bit_never_makes_another_time(authority):
    """Whatever bit is changed: it is refused, or what it says is the same."""
    content = authority.stamp(question().as_bytes())
    said = read_stamp(content, MANIFEST, authority.roots)
    chosen = random.Random(5)  # noqa: S311 - a choice, no secret
    for position in chosen.sample(range(len(content)), 250):
        changed = bytearray(content)
        changed[position] ^= 1 << chosen.randrange(8)
        try:
            assert read_stamp(bytes(changed), MANIFEST, authority.roots).at == said.at
        except TimestampError:
            continue


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_roots_that_are_none(tmp_path, content):
    """A file without a readable certificate is named."""
    path = tmp_path / "roots.pem"
    with pytest.raises(SettingsError, match=r"roots\.pem"):
        read_roots(path)
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"roots\.pem"):
        read_roots(path)


@pytest.fixture
def builder(tmp_path, key):
    """A box that makes bundles."""
    return EvidenceBuilder(
        root=tmp_path, key=key, chain=MemoryChain(), box_id="box-1", software="streetcase test"
    )


@pytest.fixture
def make(builder, build_small):
    """Makes bundles, one after the other."""
    return lambda number: build_small(builder, number)


@pytest.fixture
def other(make, stamped):
    """Another bundle of the same box."""
    return make(2)


@pytest.fixture
def stamped(make, authority):
    """A bundle with a stamp beside its manifest."""
    bundle = make(1)
    manifest = (bundle.folder / "manifest.json").read_bytes()
    query = question(manifest)
    (bundle.folder / STAMP_NAME).write_bytes(authority.stamp(query.as_bytes()))
    return bundle


def stamp_check(report):
    """What a report says of the stamp."""
    return next(check for check in report.checks if check.code == "timestamp")


def test_a_bundle_with_a_stamp_is_verified_offline(stamped, authority, capsys):
    """With the authority's root it holds, and the command says so; without, it warns."""
    report = verify_bundle(stamped.folder, timestamp_roots=authority.roots)
    assert report.ok
    assert stamp_check(report).verdict == "holds"
    assert SUBJECT in stamp_check(report).text
    assert main([str(stamped.folder), "--timestamp-ca", str(authority.ca_file)]) == 0
    assert f"says CN={SUBJECT}" in capsys.readouterr().out
    unknown = verify_bundle(stamped.folder)
    assert (unknown.ok, stamp_check(unknown).verdict) == (True, "warning")
    assert main([str(stamped.folder), "--timestamp-ca", str(stamped.folder / "README.txt")]) == 2


def test_a_stamp_of_another_bundle_is_a_failure(stamped, other, authority, stranger):
    """A stamp that was moved, changed or made by a stranger is named as the file at fault."""
    content = (stamped.folder / STAMP_NAME).read_bytes()
    (other.folder / STAMP_NAME).write_bytes(content)
    for report in (
        verify_bundle(other.folder, timestamp_roots=authority.roots),
        verify_bundle(other.folder),
        verify_bundle(stamped.folder, timestamp_roots=stranger.roots),
    ):
        assert report.first_failure.file == STAMP_NAME
    (stamped.folder / STAMP_NAME).write_bytes(b"x" * (64 * 1024 + 1))
    assert verify_bundle(stamped.folder).first_failure.file == STAMP_NAME


def test_a_stamp_before_the_box_says_it_was_made(builder, stills, clip, authority):
    """A box whose clock is ahead is told of, and nothing is called forged."""
    ahead = datetime.now(UTC) + timedelta(hours=1)
    facts = facts_for(stills, UUID(int=1))
    bundle = builder.build(facts=facts, files=(clip,), created_at=ahead)
    manifest = (bundle.folder / "manifest.json").read_bytes()
    (bundle.folder / STAMP_NAME).write_bytes(authority.stamp(question(manifest).as_bytes()))
    report = verify_bundle(bundle.folder, timestamp_roots=authority.roots)
    assert report.ok
    assert "clock was ahead" in stamp_check(report).text
