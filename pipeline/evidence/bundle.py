"""Writing bundles: the files of one evidence set, its manifest and its signature, in one step.

A bundle is a folder:

    manifest.json       canonical JSON, see pipeline/evidence/manifest.py
    manifest.sig.json   Ed25519 signature over the bytes of manifest.json
    README.txt          how anybody checks it
    items/              the evidence

It is written beside its place under a hidden name and renamed when whole. The order of the steps
(files, manifest, number taken, signature, rename) leaves after a kill at any moment either nothing
signed, or a manifest whose number is taken and which `EvidenceBuilder.recover` signs and publishes.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING
from uuid import uuid5

from pipeline.candidate import EvidenceItem, Explanation, ItemKind, TemplateResult
from pipeline.errors import BundleError, ManifestError
from pipeline.evidence.canonical import parse_canonical
from pipeline.evidence.digests import digest_algorithms
from pipeline.evidence.durable import sync_folder, write_file
from pipeline.evidence.manifest import (
    AttachedText,
    CameraIdentity,
    ClockState,
    EpisodeFacts,
    Manifest,
    ManifestItem,
    Method,
    ModelIdentity,
    Operation,
    PrivacyMasks,
    RuleIdentity,
    read_record,
)
from pipeline.evidence.notice import notice_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pydantic import JsonValue

    from pipeline.evidence.chain import ChainHead, ManifestChain
    from pipeline.evidence.digests import Digests
    from pipeline.evidence.signing import SigningKey

MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.sig.json"
README_NAME = "README.txt"
ITEMS_FOLDER = "items"
_PARTIAL_PREFIX = ".partial-"
# The first instant that a ZIP entry can carry. The true times stand in the manifest; a fixed one
# here gives the same bytes for the same bundle.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """One file for an evidence set, before it is digested."""

    name: str  # as EvidenceItem.name
    kind: ItemKind
    role: str  # what it shows in the template: first, close_up, plate ...
    media_type: str
    content: bytes | Path  # a path is copied; it may lie on another disk
    captured_at: datetime  # UTC
    method: Method
    frame_seconds: float | None = None  # on the stream's own monotonic clock
    derived_from: str | None = None  # name of another file of the set; none: an original
    operation: Operation | None = None  # of a derivative
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    proves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFacts:
    """What a manifest says besides its files."""

    camera: CameraIdentity
    clock: ClockState
    episode: EpisodeFacts
    model: ModelIdentity
    rule: RuleIdentity
    explanation: Explanation
    template: TemplateResult
    privacy: PrivacyMasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A published bundle."""

    folder: Path
    manifest: Manifest
    manifest_sha256: str  # goes into Candidate.manifest_sha256

    @property
    def evidence(self) -> tuple[EvidenceItem, ...]:
        """The items as the wire contract lists them, for Candidate.evidence."""
        known = set(EvidenceItem.model_fields)
        return tuple(EvidenceItem(**item.model_dump(include=known)) for item in self.manifest.items)

    def path_of(self, item_name: str) -> Path:
        """Where the file of an item lies."""
        return self.folder / ITEMS_FOLDER / item_name


class EvidenceBuilder:
    """Makes the bundles of one box, one after the other.

    Keeps no state of its own: what lasts is in the chain and in the folder `root`.
    """

    def __init__(
        self, *, root: Path, key: SigningKey, chain: ManifestChain, box_id: str, software: str
    ) -> None:
        self._root = root
        self._key = key
        self._chain = chain
        self._box_id = box_id
        self._software = software
        self._one_at_a_time = Lock()

    def build(
        self, *, facts: EvidenceFacts, files: Sequence[EvidenceFile], created_at: datetime
    ) -> Bundle:
        """Digest the files, write the manifest, take the next number, sign, publish.

        Deterministic: the same facts, files and chain head give the same bytes.

        Raises:
            ManifestError: The facts or files do not make a manifest (the message names the field),
                or another process moved the chain on: build again.
            BundleError: The bundle cannot be written, or an earlier one is not finished.
        """
        with self._one_at_a_time:
            before = self._chain.head()
            self._require_finished(before)
            partial = (
                self._root / f"{_partial_name(before.sequence + 1)}{facts.episode.candidate_id}"
            )
            try:
                manifest, content = self._assemble(partial, facts, files, before, created_at)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
            # Whatever fails from here on leaves the folder for recover(): the number may be taken.
            self._chain.commit(before, hashlib.sha256(content).hexdigest())
            with _writing(partial):
                return self._publish(partial, manifest, content)

    def recover(self) -> tuple[Bundle, ...]:
        """Finish or clear what a killed process left behind; call it once at start.

        Returns:
            The bundles (at most one) whose number was taken and which are now published.

        Raises:
            BundleError: The folder cannot be read or written.
        """
        published: list[Bundle] = []
        with self._one_at_a_time, _writing(self._root):
            head = self._chain.head()
            for partial in sorted(self._root.glob(f"{_PARTIAL_PREFIX}*")):
                manifest_path = partial / MANIFEST_NAME
                content = manifest_path.read_bytes() if manifest_path.is_file() else b""
                if hashlib.sha256(content).hexdigest() == head.manifest_sha256:
                    manifest = read_record(parse_canonical(content), Manifest)
                    published.append(self._publish(partial, manifest, content))
                else:
                    shutil.rmtree(partial)
        return tuple(published)

    def _require_finished(self, head: ChainHead) -> None:
        unfinished = next(self._root.glob(f"{_partial_name(head.sequence)}*"), None)
        if unfinished is not None:
            raise BundleError(
                f"{unfinished}: the bundle with number {head.sequence} is not published yet;"
                " call recover() before the next one"
            )

    def _assemble(
        self,
        partial: Path,
        facts: EvidenceFacts,
        files: Sequence[EvidenceFile],
        before: ChainHead,
        created_at: datetime,
    ) -> tuple[Manifest, bytes]:
        """Everything but the number and the signature, on disk and synced."""
        with _writing(partial):
            _make_empty(partial)
            items = self._write_items(partial, files)
            manifest = self._manifest(facts, items, before, created_at, partial)
            content = manifest.canonical_bytes()
            write_file(partial / MANIFEST_NAME, content)
            sync_folder(partial / ITEMS_FOLDER)
            sync_folder(partial)
        return manifest, content

    def _write_items(
        self, partial: Path, files: Sequence[EvidenceFile]
    ) -> tuple[ManifestItem, ...]:
        items: list[ManifestItem] = []
        for file in files:
            empty = self._item(file, None)  # refuses a bad name before anything is written to it
            target = partial / ITEMS_FOLDER / empty.name
            if target.exists():
                raise ManifestError(f"items: the name {file.name} stands twice in the set")
            items.append(self._item(file, write_file(target, file.content)))
        return tuple(items)

    def _item(self, file: EvidenceFile, digests: Digests | None) -> ManifestItem:
        return read_record(
            {
                "name": file.name,
                "kind": file.kind,
                "role": file.role,
                "media_type": file.media_type,
                "size_bytes": digests.size_bytes if digests else 0,
                "sha256": digests.sha256 if digests else "0" * 64,
                "sm3": digests.sm3 if digests else None,
                "captured_at": file.captured_at,
                "frame_seconds": file.frame_seconds,
                "is_original": file.derived_from is None,
                "derived_from": file.derived_from,
                "method": file.method,
                "software": self._software,
                "operation": file.operation,
                "parameters": dict(file.parameters),
                "proves": file.proves,
            },
            ManifestItem,
        )

    def _manifest(
        self,
        facts: EvidenceFacts,
        items: tuple[ManifestItem, ...],
        before: ChainHead,
        created_at: datetime,
        partial: Path,
    ) -> Manifest:
        notice = notice_text(box_id=self._box_id, link=before, key_id=self._key.key_id)
        readme = write_file(partial / README_NAME, notice)
        number = before.sequence + 1
        return read_record(
            {
                "format": 1,
                "manifest_id": uuid5(facts.episode.candidate_id, f"{self._box_id}/{number}"),
                "box_id": self._box_id,
                "sequence": number,
                "previous_sha256": before.manifest_sha256,
                "created_at": created_at,
                "key_id": self._key.key_id,
                "software": self._software,
                "digest_algorithms": digest_algorithms(),
                "camera": facts.camera,
                "clock": facts.clock,
                "episode": facts.episode,
                "model": facts.model,
                "rule": facts.rule,
                "explanation": facts.explanation,
                "template": facts.template,
                "privacy": facts.privacy,
                "items": items,
                "readme": AttachedText(size_bytes=readme.size_bytes, sha256=readme.sha256),
            },
            Manifest,
        )

    def _publish(self, partial: Path, manifest: Manifest, content: bytes) -> Bundle:
        record = self._key.sign(content)
        write_file(partial / SIGNATURE_NAME, record.canonical_bytes())
        sync_folder(partial)
        folder = self._root / f"{manifest.sequence:08d}-{manifest.episode.candidate_id}"
        partial.rename(folder)
        sync_folder(self._root)
        return Bundle(folder=folder, manifest=manifest, manifest_sha256=record.manifest_sha256)


def zip_bundle(folder: Path, target: Path) -> Path:
    """Pack a bundle's folder into one ZIP file, uncompressed and byte for byte reproducible.

    Pictures and clips are compressed already. The target is replaced in one step.

    Raises:
        BundleError: The folder cannot be read or the target cannot be written.
    """
    partial = target.with_name(f".{target.name}.partial")
    with _writing(target):
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _ZIP_TIME)
                entry.external_attr = 0o644 << 16  # a regular file, readable by all
                with path.open("rb") as source, archive.open(entry, "w") as sink:
                    shutil.copyfileobj(source, sink)
        partial.replace(target)
        sync_folder(target.parent)
    return target


def _partial_name(number: int) -> str:
    return f"{_PARTIAL_PREFIX}{number:08d}-"


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Foreign errors become ours here."""
    try:
        yield
    except OSError as error:
        raise BundleError(
            f"{error.filename or path}: cannot be read or written: {error.strerror}"
        ) from error
    except zipfile.LargeZipFile as error:
        raise BundleError(f"{path}: too large for a ZIP file; hand over the folder") from error


def _make_empty(partial: Path) -> None:
    """An empty folder with room for items; what an earlier failure left there goes."""
    if partial.exists():
        shutil.rmtree(partial)
    (partial / ITEMS_FOLDER).mkdir(parents=True)
