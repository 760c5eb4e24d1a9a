"""Whether a submission is what it says: signature, form, facts, notice. Reads no database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from api.boxes.tables import BoxKey
from api.errors import Unprocessable
from api.evidence.store import Expected
from pipeline.candidate import Candidate, EvidenceItem
from pipeline.errors import BundleError
from pipeline.evidence.bundle import MANIFEST_NAME, README_NAME, SIGNATURE_NAME
from pipeline.evidence.digests import digest
from pipeline.evidence.manifest import Manifest
from pipeline.evidence.verification import ChainLink, read_signed_manifest
from pipeline.exchange import MAX_OBJECT_BYTES, Submission

MEDIA_TYPE = re.compile(r"^[a-z0-9.+-]+/[a-z0-9.+-]+$")  # as UploadObject's
# Which part of the verifier's order of trust a code stands for.
_CODES = {"signature": "signature_invalid", "key": "signature_invalid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSubmission:
    """A candidate whose manifest was signed by its box and says the same as it does."""

    candidate: Candidate
    manifest: Manifest
    link: ChainLink
    files: tuple[Expected, ...]  # each content once, in the order of their digests


class SubmittedTexts:
    """The three texts of a submission as the bundle that the verifier reads."""

    def __init__(self, submission: Submission) -> None:
        self._texts = {
            MANIFEST_NAME: submission.manifest.encode(),
            SIGNATURE_NAME: submission.signature.encode(),
            README_NAME: submission.notice.encode(),
        }

    def sizes(self) -> dict[str, int]:
        """See `BundleSource.sizes`."""
        return {name: len(content) for name, content in self._texts.items()}

    def chunks(self, name: str) -> Iterator[bytes]:
        """See `BundleSource.chunks`."""
        yield self._texts[name]

    def close(self) -> None:
        """Nothing is held open."""


def verify_submission(
    submission: Submission, *, box_id: str, keys: Mapping[str, BoxKey]
) -> VerifiedSubmission:
    """Check everything that can be checked without the files and the database.

    Args:
        submission: As it came.
        box_id: Whose token it came with.
        keys: Every key that this box has had, by its id.

    Raises:
        Unprocessable: signature_invalid, manifest_invalid, box_differs, key_unknown, key_revoked,
            manifest_differs, notice_differs, media_type, too_large. None of them will pass another
            time; 401 and 403 would tell the box that it is not enrolled.
    """
    candidate = submission.candidate
    try:
        signed = read_signed_manifest(SubmittedTexts(submission), (), [])
    except BundleError as error:
        code = _CODES.get(error.step, "manifest_invalid")
        raise Unprocessable(
            code, f"{error.file or 'The manifest'}: {error}.", file=error.file, step=error.step
        ) from error
    manifest, link = signed.manifest, signed.link
    if not manifest.box_id == candidate.box_id == box_id:
        raise Unprocessable(
            "box_differs", "This candidate is not of the box that the token is for."
        )
    _require_key(link, keys)
    differing = _differences(candidate, manifest, link)
    if differing:
        raise Unprocessable(
            "manifest_differs",
            f"The candidate does not say what its signed manifest says: {', '.join(differing)}.",
            differs=[*differing],
        )
    notice = digest(submission.notice.encode())
    if (notice.sha256, notice.size_bytes) != (manifest.readme.sha256, manifest.readme.size_bytes):
        raise Unprocessable("notice_differs", "The notice is not the one that was signed.")
    return VerifiedSubmission(
        candidate=candidate, manifest=manifest, link=link, files=_files(candidate)
    )


def _require_key(link: ChainLink, keys: Mapping[str, BoxKey]) -> None:
    key = keys.get(link.key_id)
    if key is None:
        raise Unprocessable(
            "key_unknown",
            "The manifest was signed with a key that is not registered for this box.",
            key_id=link.key_id,
        )
    # What an earlier key signed while it was the box's own is good; its outbox may be long.
    if key.revoked_at is not None and link.created_at >= key.revoked_at:
        raise Unprocessable(
            "key_revoked",
            "The manifest was signed with a key after the key had been revoked.",
            key_id=link.key_id,
        )


def _differences(candidate: Candidate, manifest: Manifest, link: ChainLink) -> list[str]:
    episode = manifest.episode
    facts = [
        "candidate_id", "update", "violation", "subtype", "state", "started_at", "fired_at",
        "last_seen_at", "ended_at", "zone_id", "box", "recurrence_of",
    ]  # fmt: skip
    differing = [name for name in facts if getattr(candidate, name) != getattr(episode, name)]
    known = set(EvidenceItem.model_fields)
    items = tuple(EvidenceItem(**item.model_dump(include=known)) for item in manifest.items)
    pairs: dict[str, tuple[object, object]] = {
        "camera_id": (candidate.camera_id, manifest.camera.id),
        "evidence": (candidate.evidence, items),
        "explanation": (candidate.explanation, manifest.explanation),
        "template": (candidate.template, manifest.template),
        "model_sha256": (candidate.model_sha256, manifest.model.sha256),
        "clock_offset_seconds": (candidate.clock_offset_seconds, manifest.clock.offset_seconds),
        "manifest_sha256": (candidate.manifest_sha256, link.sha256),
    }
    return differing + [name for name, (said, signed) in pairs.items() if said != signed]


def _files(candidate: Candidate) -> tuple[Expected, ...]:
    found: dict[str, Expected] = {}
    for item in candidate.evidence:
        if item.size_bytes > MAX_OBJECT_BYTES:
            raise Unprocessable(
                "too_large",
                f"{item.name} has {item.size_bytes} bytes, more than {MAX_OBJECT_BYTES}.",
            )
        if not MEDIA_TYPE.match(item.media_type):
            raise Unprocessable("media_type", f"{item.name}: its media type is none.")
        expected = Expected(
            sha256=item.sha256,
            size_bytes=item.size_bytes,
            sm3=item.sm3,
            media_type=item.media_type,
        )
        known = found.setdefault(item.sha256, expected)
        if (known.size_bytes, known.sm3) != (expected.size_bytes, expected.sm3):
            raise Unprocessable(
                "manifest_invalid", f"{item.name}: two items of one SHA-256 differ in size or SM3."
            )
    return tuple(found[sha256] for sha256 in sorted(found))
