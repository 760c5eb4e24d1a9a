"""Reading a published bundle back: what the outbox needs of it, and the candidate it speaks of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.candidate import Candidate, EvidenceItem
from pipeline.errors import BundleError, ManifestError
from pipeline.evidence.bundle import ITEMS_FOLDER, MANIFEST_NAME, README_NAME, SIGNATURE_NAME
from pipeline.evidence.canonical import parse_canonical
from pipeline.evidence.manifest import Manifest, read_record

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedBundle:
    """A bundle's folder, read."""

    folder: Path
    manifest: Manifest
    manifest_sha256: str
    manifest_text: str
    signature_text: str
    notice_text: str

    def path_of(self, name: str) -> Path:
        """Where an item's file lies."""
        return self.folder / ITEMS_FOLDER / name


def read_bundle(folder: Path) -> PublishedBundle:
    """Read a published bundle's texts and see that its files are there with their sizes.

    Hashes are checked when a file is sent, which reads it anyway.

    Raises:
        BundleError: It cannot be read, or is not whole.
    """
    try:
        content = (folder / MANIFEST_NAME).read_bytes()
        bundle = PublishedBundle(
            folder=folder,
            manifest=read_record(parse_canonical(content), Manifest),
            manifest_sha256=hashlib.sha256(content).hexdigest(),
            manifest_text=content.decode(),
            signature_text=(folder / SIGNATURE_NAME).read_text(encoding="utf-8"),
            notice_text=(folder / README_NAME).read_text(encoding="utf-8"),
        )
        for item in bundle.manifest.items:
            found = bundle.path_of(item.name).stat().st_size
            if found != item.size_bytes:
                raise BundleError(
                    f"{folder.name}: {item.name} has {found} bytes, its manifest says"
                    f" {item.size_bytes}",
                    file=item.name,
                )
    except OSError as error:
        raise BundleError(f"{error.filename}: cannot be read: {error.strerror}") from error
    except (ManifestError, UnicodeDecodeError) as error:
        raise BundleError(f"{folder.name}: is not a bundle: {error}") from error
    return bundle


def candidate_of(manifest: Manifest, manifest_sha256: str) -> Candidate:
    """The candidate that a bundle presents.

    All but `absorbed_by` stands in the manifest, so that a bundle whose process was killed before
    it could say more still becomes a candidate.
    """
    facts, model = manifest.episode, manifest.model
    known = set(EvidenceItem.model_fields)
    return Candidate(
        candidate_id=facts.candidate_id,
        update=facts.update,
        box_id=manifest.box_id,
        camera_id=manifest.camera.id,
        violation=facts.violation,
        subtype=facts.subtype,
        state=facts.state,
        started_at=facts.started_at,
        fired_at=facts.fired_at,
        last_seen_at=facts.last_seen_at,
        ended_at=facts.ended_at,
        box=facts.box,
        zone_id=facts.zone_id,
        recurrence_of=facts.recurrence_of,
        explanation=manifest.explanation,
        template=manifest.template,
        evidence=tuple(EvidenceItem(**item.model_dump(include=known)) for item in manifest.items),
        manifest_sha256=manifest_sha256,
        clock_offset_seconds=manifest.clock.offset_seconds,
        software=manifest.software,
        model=f"{model.name} {model.version}",
        model_sha256=model.sha256,
    )
