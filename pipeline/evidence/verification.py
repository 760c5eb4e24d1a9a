"""Verifying a bundle offline: what holds, in order, and the first thing that does not.

The order is that of trust: the signature over the manifest's bytes, whose key it is, what the
manifest says, the files it lists, the times, and the link to the manifest before. Nothing in here
raises because of what a bundle holds; a hostile one ends as a failed check.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.errors import BundleError, ManifestError, TimestampError
from pipeline.evidence.bundle import ITEMS_FOLDER, MANIFEST_NAME, README_NAME, SIGNATURE_NAME
from pipeline.evidence.canonical import parse_canonical
from pipeline.evidence.digests import digest, has_sm3
from pipeline.evidence.manifest import NO_PREVIOUS, Manifest, read_record
from pipeline.evidence.report import Check, Report, Verdict
from pipeline.evidence.signing import SignatureRecord, key_id_of
from pipeline.evidence.sources import open_bundle, read_whole, shown
from pipeline.evidence.timestamp import MAX_STAMP_BYTES, STAMP_NAME, is_available, read_stamp

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    from cryptography.x509 import Certificate

    from pipeline.evidence.manifest import ManifestItem
    from pipeline.evidence.sources import BundleSource

MAX_MANIFEST_BYTES = 4 << 20  # ours: MAX_ITEMS items of some 1.5 kB, five times over
MAX_SIGNATURE_BYTES = 4096  # the record has about 480
# Domain guide, section 12: a clock that is off by more than 5 s is no accurate time.
CLOCK_LIMIT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    """What ties one manifest to the one before it."""

    box_id: str
    sequence: int
    sha256: str  # of manifest.json
    previous_sha256: str
    key_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedManifest:
    """A manifest whose signature holds."""

    manifest: Manifest
    link: ChainLink


def verify_bundle(
    path: Path,
    *,
    trusted_key_ids: Collection[str] = (),
    previous: Path | None = None,
    timestamp_roots: Sequence[Certificate] = (),
) -> Report:
    """Verify a bundle's folder or ZIP file.

    Args:
        path: The bundle.
        trusted_key_ids: Key ids that the reader knows from elsewhere. None: the report warns that
            the signature shows an unchanged bundle, but not whose it is.
        previous: The bundle that the same box made before this one, to check the link.
        timestamp_roots: Certificates of time-stamp authorities that the reader trusts, for a bundle
            that holds a stamp. None: the report warns that nobody knows who made it.
    """
    try:
        with closing(open_bundle(path)) as source:
            return verify_source(
                source,
                trusted_key_ids=trusted_key_ids,
                previous=previous,
                timestamp_roots=timestamp_roots,
            )
    except BundleError as error:
        return Report(checks=(_failure(error.step, str(error), error.file),))


def verify_source(
    source: BundleSource,
    *,
    trusted_key_ids: Collection[str] = (),
    previous: Path | None = None,
    timestamp_roots: Sequence[Certificate] = (),
) -> Report:
    """Verify a bundle wherever its files lie, such as in an object store; see `verify_bundle`."""
    checks: list[Check] = []
    sha256 = ""
    try:
        signed = read_signed_manifest(source, trusted_key_ids, checks)
        sha256 = signed.link.sha256
        _check_files(source, signed.manifest, checks)
        _check_statements(signed.manifest, checks)
        if STAMP_NAME in source.sizes():
            checks.append(_stamp_check(source, signed.manifest, timestamp_roots))
        checks.append(_chain_check(signed.link, previous, trusted_key_ids))
    except BundleError as error:
        checks.append(_failure(error.step, str(error), error.file))
    return Report(checks=tuple(checks), manifest_sha256=sha256)


def read_signed_manifest(
    source: BundleSource, trusted_key_ids: Collection[str], checks: list[Check]
) -> SignedManifest:
    """The manifest of a bundle, once its signature, key and form hold; notes each step.

    Raises:
        BundleError: One of them does not hold; `file` names the file at fault.
    """
    sizes = source.sizes()
    checks.append(
        _holds("contents", f"{len(sizes)} plain files, {sum(sizes.values())} bytes, nothing else")
    )
    content = read_whole(source, MANIFEST_NAME, MAX_MANIFEST_BYTES)
    record = _read_signature(read_whole(source, SIGNATURE_NAME, MAX_SIGNATURE_BYTES))
    sha256 = digest(content).sha256
    _require_signature(record, content, sha256)
    checks.append(_holds("signature", "the Ed25519 signature fits manifest.json as it stands"))
    checks.append(_key_check(record.key_id, trusted_key_ids))
    try:
        manifest = read_record(parse_canonical(content), Manifest)
    except ManifestError as error:
        raise BundleError(str(error), file=MANIFEST_NAME, step="form") from error
    if manifest.key_id != record.key_id:
        raise BundleError(
            f"it was to be signed with key {manifest.key_id}, but another key signed it",
            file=MANIFEST_NAME,
            step="key",
        )
    checks.append(_holds("form", "manifest.json is canonical JSON (RFC 8785) of format 1"))
    link = ChainLink(
        box_id=manifest.box_id,
        sequence=manifest.sequence,
        sha256=sha256,
        previous_sha256=manifest.previous_sha256,
        key_id=record.key_id,
        created_at=manifest.created_at,
    )
    return SignedManifest(manifest=manifest, link=link)


def _read_signature(content: bytes) -> SignatureRecord:
    try:
        return read_record(parse_canonical(content), SignatureRecord)
    except ManifestError as error:
        raise BundleError(str(error), file=SIGNATURE_NAME, step="signature") from error


def _require_signature(record: SignatureRecord, content: bytes, sha256: str) -> None:
    """Tell a changed manifest from a changed signature, by the digest in the signature's file."""
    if key_id_of(bytes.fromhex(record.public_key)) != record.key_id:
        problem, file = "key_id is not the digest of public_key", SIGNATURE_NAME
    elif record.holds_for(content):
        if record.manifest_sha256 == sha256:
            return
        problem = "manifest_sha256 was changed; the signature itself fits the manifest"
        file = SIGNATURE_NAME
    elif record.manifest_sha256 == sha256:
        problem, file = "the signature or its key was changed", SIGNATURE_NAME
    else:
        problem, file = "it was changed after it was signed", MANIFEST_NAME
    raise BundleError(problem, file=file, step="signature")


def _key_check(key_id: str, trusted_key_ids: Collection[str]) -> Check:
    if not trusted_key_ids:
        return _warning(
            "key",
            f"the key {key_id} is not pinned: this shows that nothing changed since signing, not"
            " who signed; compare the key id with the registered one and give it as --key-id",
        )
    if key_id in trusted_key_ids:
        return _holds("key", f"it was signed with the trusted key {key_id}")
    problem = f"it was signed with key {key_id}, which is not trusted"
    raise BundleError(problem, file=SIGNATURE_NAME, step="key")


def _check_files(source: BundleSource, manifest: Manifest, checks: list[Check]) -> None:
    """Compare what is there with what is listed; each difference is noted, none stops the rest."""
    listed = {f"{ITEMS_FOLDER}/{item.name}": item for item in manifest.items}
    expected = {MANIFEST_NAME, SIGNATURE_NAME, README_NAME, *listed}
    sizes = source.sizes()
    missing = sorted(expected - sizes.keys())
    # A stamp comes after the signature, which therefore cannot list it; it proves itself.
    extra = sorted(sizes.keys() - expected - {STAMP_NAME})
    checks += [_failure("files", "it is listed in the manifest, but missing", n) for n in missing]
    checks += [_failure("files", "it is not listed in the manifest", shown(n)) for n in extra]
    if not missing and not extra:
        checks.append(_holds("files", f"all {len(listed)} items are there, and nothing besides"))
    for name, item in listed.items():
        if name in sizes:
            checks.append(_item_check(source, name, item))
    if README_NAME in sizes:
        checks.append(_readme_check(source, manifest))


def _item_check(source: BundleSource, name: str, item: ManifestItem) -> Check:
    size = source.sizes()[name]
    if size != item.size_bytes:
        return _failure("item", f"it has {size} bytes, the manifest says {item.size_bytes}", name)
    try:
        found = digest(source.chunks(name))
    except BundleError as error:
        return _failure("item", str(error), name)
    if found.sha256 != item.sha256:
        return _failure("item", "it was changed: its SHA-256 is not that of the manifest", name)
    if found.sm3 is not None and item.sm3 is not None and found.sm3 != item.sm3:
        return _failure("item", "its SM3 digest is not that of the manifest", name)
    algorithms = "SHA-256 and SM3" if found.sm3 and item.sm3 else "SHA-256"
    if item.derived_from is None:
        lineage = f"original ({item.method})"
    else:
        lineage = f"made from {item.derived_from} by {item.operation}"
    return Check(
        code="item",
        verdict=Verdict.HOLDS,
        text=f"{size} bytes, {algorithms} hold; {item.role}, {lineage}",
        file=name,
    )


def _readme_check(source: BundleSource, manifest: Manifest) -> Check:
    try:
        found = digest(source.chunks(README_NAME))
    except BundleError as error:
        return _failure("readme", str(error), README_NAME)
    if found.sha256 != manifest.readme.sha256 or found.size_bytes != manifest.readme.size_bytes:
        return _failure("readme", "it was changed", README_NAME)
    return _holds("readme", "README.txt is the one that was signed")


def _check_statements(manifest: Manifest, checks: list[Check]) -> None:
    """What the manifest says must be possible, and its reader should know its limits."""
    originals = sum(item.is_original for item in manifest.items)
    derivatives = len(manifest.items) - originals
    checks.append(
        _holds("lineage", f"{originals} originals; {derivatives} derivatives lead back to them")
    )
    impossible = impossible_times(manifest)
    checks += [_failure("times", text, MANIFEST_NAME) for text in impossible]
    if not impossible:
        checks.append(_holds("times", "instants are in UTC and in a possible order"))
    checks += [_warning("clock", text) for text in _clock_doubts(manifest)]
    if "sm3" not in manifest.digest_algorithms:
        checks.append(_warning("sm3", "the box had no SM3; only SHA-256 protects the files"))
    elif not has_sm3():
        checks.append(
            _warning("sm3", "SM3 was not checked: this Python's OpenSSL does not have it")
        )
    if not manifest.template.complete:
        missing = ", ".join(manifest.template.missing)
        checks.append(_warning("template", f"the evidence template is incomplete: {missing}"))


def impossible_times(manifest: Manifest) -> list[str]:
    """Instants of a manifest that cannot be in this order, each in words; none: all can."""
    episode = manifest.episode
    latest = manifest.created_at + CLOCK_LIMIT
    order: list[tuple[str, datetime, str, datetime | None]] = [
        ("started_at", episode.started_at, "fired_at", episode.fired_at),
        ("started_at", episode.started_at, "last_seen_at", episode.last_seen_at),
        ("last_seen_at", episode.last_seen_at, "ended_at", episode.ended_at),
        ("fired_at", episode.fired_at, "created_at", latest),
        ("last_seen_at", episode.last_seen_at, "created_at", latest),
        ("ended_at", episode.ended_at or latest, "created_at", latest),
    ]
    order += [
        (f"captured_at of {i.name}", i.captured_at, "created_at", latest) for i in manifest.items
    ]
    return [
        f"{first} {begin.isoformat()} lies after {second} {end.isoformat()}"
        for first, begin, second, end in order
        if end is not None and begin > end
    ]


def _clock_doubts(manifest: Manifest) -> list[str]:
    clock = manifest.clock
    doubts = []
    if clock.offset_seconds is None:
        doubts.append("the box did not know how far its clock was off")
    elif abs(clock.offset_seconds) > CLOCK_LIMIT.total_seconds():
        doubts.append(
            f"the box's clock was off by {clock.offset_seconds} s, more than the"
            f" {CLOCK_LIMIT.total_seconds():g} s allowed: its times are not accurate"
        )
    if clock.synchronised is False:
        doubts.append("the box's clock was not synchronised")
    return doubts


def _stamp_check(source: BundleSource, manifest: Manifest, roots: Sequence[Certificate]) -> Check:
    if not is_available():
        return _warning("timestamp", "it was not checked: the extra `timestamp` is not installed")
    try:
        stamp = read_stamp(
            read_whole(source, STAMP_NAME, MAX_STAMP_BYTES),
            read_whole(source, MANIFEST_NAME, MAX_MANIFEST_BYTES),
            roots,
        )
    except (TimestampError, BundleError) as error:
        return _failure("timestamp", str(error), STAMP_NAME)
    said = f"the manifest existed at {stamp.at.isoformat()}, says {stamp.authority or 'somebody'}"
    if not stamp.is_trusted:
        return _warning(
            "timestamp",
            f"{said}; who that is was not checked: give the authority's certificate as"
            " --timestamp-ca",
        )
    if stamp.at < manifest.created_at - CLOCK_LIMIT:
        return _warning("timestamp", f"{said}; the box's clock was ahead, as it says a later time")
    return _holds("timestamp", said)


def _chain_check(link: ChainLink, previous: Path | None, trusted_key_ids: Collection[str]) -> Check:
    if previous is None and link.previous_sha256 == NO_PREVIOUS:
        return _holds("chain", f"it is the first manifest of box {link.box_id}")
    if previous is None:
        return _warning(
            "chain",
            f"number {link.sequence} of box {link.box_id}; the link to number {link.sequence - 1}"
            " was not checked: give that bundle as --previous",
        )
    try:
        with closing(open_bundle(previous)) as source:
            before = read_signed_manifest(source, trusted_key_ids, []).link
    except BundleError as error:
        file = f" ({error.file})" if error.file else ""
        return _failure("chain", f"the previous bundle does not hold: {error}{file}")
    problem = link_problem(before, link)
    if problem is not None:
        return _failure("chain", problem, MANIFEST_NAME)
    return _holds("chain", f"it follows number {before.sequence} of box {link.box_id}")


def link_problem(before: ChainLink, after: ChainLink) -> str | None:
    """Why `after` is not the manifest that the same box made next; none: it is."""
    if before.box_id != after.box_id:
        return f"the bundles are of two boxes, {before.box_id} and {after.box_id}"
    if after.sequence != before.sequence + 1:
        return f"number {after.sequence} does not follow number {before.sequence}"
    if after.previous_sha256 != before.sha256:
        return f"it was chained to another manifest with number {before.sequence}"
    if after.created_at < before.created_at - CLOCK_LIMIT:
        return f"it was created before number {before.sequence}, which it follows"
    return None


def _holds(code: str, text: str) -> Check:
    return Check(code=code, verdict=Verdict.HOLDS, text=text)


def _warning(code: str, text: str) -> Check:
    return Check(code=code, verdict=Verdict.WARNING, text=text)


def _failure(code: str, text: str, file: str = "") -> Check:
    return Check(code=code, verdict=Verdict.FAILS, text=text, file=file)
