"""One evidence set as a bundle: read from the store, verified, and packed into a ZIP on the way."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast
from uuid import UUID

from cryptography.x509 import Certificate
from sqlalchemy.orm import Session

from api.candidates.tables import CandidateUpdate
from api.cases import repository
from api.errors import ApiError, NotFound
from api.evidence.store import Area, EvidenceStore
from api.evidence.tables import EvidenceRecord
from api.stamping.service import stamp_content
from pipeline.errors import BundleError, ManifestError
from pipeline.evidence.bundle import ITEMS_FOLDER, MANIFEST_NAME, README_NAME, SIGNATURE_NAME
from pipeline.evidence.canonical import parse_canonical
from pipeline.evidence.manifest import Manifest, read_record
from pipeline.evidence.report import Check, Report
from pipeline.evidence.timestamp import STAMP_NAME
from pipeline.evidence.verification import read_signed_manifest, verify_source

# The first instant that a ZIP entry can carry, as in bundles made on a box: the same bytes for the
# same set, whenever it is packed.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSet:
    """What one update's bundle consists of."""

    box_id: str
    texts: dict[str, bytes]  # manifest, signature, notice and time stamp by their names
    items: tuple[EvidenceRecord, ...]
    trusted_key_ids: frozenset[str]

    @property
    def sha256s(self) -> list[str]:
        """The digests of its items, each once."""
        return sorted({item.sha256 for item in self.items})


def load_set(session: Session, candidate_id: UUID, update: int, box_id: str) -> EvidenceSet:
    """The set of one update.

    Raises:
        NotFound: It has not come.
    """
    found = session.get(CandidateUpdate, (candidate_id, update))
    if found is None:
        raise NotFound("update_unknown", f"Update {update} of this candidate has not come.")
    texts = {
        MANIFEST_NAME: found.manifest.encode(),
        SIGNATURE_NAME: found.signature.encode(),
        README_NAME: found.notice.encode(),
    }
    stamp = stamp_content(session, found.manifest_sha256)
    if stamp is not None:
        texts[STAMP_NAME] = stamp
    return EvidenceSet(
        box_id=box_id,
        texts=texts,
        items=tuple(repository.items_of(session, candidate_id, update)),
        trusted_key_ids=frozenset(repository.key_ids_of(session, box_id)),
    )


def read_manifest(text: str) -> Manifest:
    """The manifest of an update; it was checked when it came.

    Raises:
        ManifestError: It has been changed in the database since.
    """
    return read_record(parse_canonical(text.encode()), Manifest)


class StoreSource:
    """A bundle whose items lie in the evidence store; a `BundleSource` for the verifier."""

    def __init__(self, found: EvidenceSet, store: EvidenceStore, area: Area) -> None:
        self._set = found
        self._store = store
        self._area = area
        self._items = {f"{ITEMS_FOLDER}/{item.name}": item for item in found.items}
        self._sizes: dict[str, int] | None = None

    def sizes(self) -> dict[str, int]:
        """See `BundleSource.sizes`; an item that is not in the store is left out."""
        if self._sizes is None:
            sizes = {name: len(content) for name, content in self._set.texts.items()}
            for name, item in self._items.items():
                size = self._store.size_of(item.sha256, self._area)
                if size is not None:
                    sizes[name] = size
            self._sizes = sizes
        return self._sizes

    def chunks(self, name: str) -> Iterator[bytes]:
        """See `BundleSource.chunks`."""
        if name in self._set.texts:
            yield self._set.texts[name]
            return
        try:
            yield from self._store.read(self._items[name].sha256, self._area)
        except NotFound as error:
            raise BundleError(f"{name} is no longer in the store", file=name) from error

    def close(self) -> None:
        """Nothing is held open."""


def verify_set(
    found: EvidenceSet,
    store: EvidenceStore,
    area: Area,
    *,
    timestamp_roots: Sequence[Certificate] = (),
) -> Report:
    """Hash every byte in the store again and check the signature; names what does not hold."""
    return verify_source(
        StoreSource(found, store, area),
        trusted_key_ids=found.trusted_key_ids,
        timestamp_roots=timestamp_roots,
    )


def statement_problem(found: EvidenceSet) -> str | None:
    """Whether the signed manifest still says what the database says; none: it does.

    Reads no evidence: `EvidenceStore.freeze` digests the bytes.
    """
    checks: list[Check] = []
    try:
        signed = read_signed_manifest(_TextsOnly(found.texts), found.trusted_key_ids, checks)
    except (BundleError, ManifestError) as error:
        return f"{getattr(error, 'file', '') or MANIFEST_NAME}: {error}"
    said = {item.name: item.sha256 for item in signed.manifest.items}
    known = {item.name: item.sha256 for item in found.items}
    differing = sorted(
        name for name in said.keys() | known.keys() if said.get(name) != known.get(name)
    )
    return f"items that differ from the manifest: {', '.join(differing)}" if differing else None


class _TextsOnly:
    """The small files of a bundle; what reads the manifest needs no more."""

    def __init__(self, texts: dict[str, bytes]) -> None:
        self._texts = texts

    def sizes(self) -> dict[str, int]:
        return {name: len(content) for name, content in self._texts.items()}

    def chunks(self, name: str) -> Iterator[bytes]:
        yield self._texts[name]

    def close(self) -> None:
        pass


def require_present(found: EvidenceSet, store: EvidenceStore, area: Area) -> None:
    """Refuse to begin a download that cannot be finished.

    Raises:
        NotFound: Items are missing; `fields.missing` names them.
    """
    missing = [item.name for item in found.items if store.size_of(item.sha256, area) is None]
    if missing:
        raise NotFound(
            "evidence_missing",
            "Files of this evidence set are no longer in the store. Tell an administrator.",
            missing=[*missing],
        )


def zip_pieces(found: EvidenceSet, store: EvidenceStore, area: Area) -> Iterator[bytes]:
    """The set as a ZIP file, piece by piece, with the layout that the offline verifier reads.

    Nothing is compressed: pictures and clips are already. Memory holds one piece at a time.
    """
    source = StoreSource(found, store, area)
    sink = _Sink()
    names = sorted([*found.texts, *(f"{ITEMS_FOLDER}/{item.name}" for item in found.items)])
    with zipfile.ZipFile(
        cast("BinaryIO", sink), "w", zipfile.ZIP_STORED, allowZip64=False
    ) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.external_attr = 0o644 << 16  # a regular file, readable by all
            entry.file_size = source.sizes()[name]
            with archive.open(entry, "w") as file:
                for chunk in source.chunks(name):
                    file.write(chunk)
                    yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Takes what zipfile writes and gives it away; it cannot be sought in."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        content = bytes(cast("bytes", piece))
        self._pieces.append(content)
        return len(content)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def is_damage(error: ApiError) -> bool:
    """Whether a store's error says that evidence is lost or changed, and not merely away."""
    return error.code in {"evidence_damaged", "object_not_found"}


def redacted(items: Collection[EvidenceRecord]) -> list[EvidenceRecord]:
    """Only what may be shown without a stated purpose."""
    return [item for item in items if item.is_redacted]
