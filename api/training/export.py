"""Writing an export of reviewed frames: approved, de-identified, in the log, and resumable.

    OUT/export.json             what was asked for and approved; written first
    OUT/pictures/<ab>/<sha256>  redacted pictures, each whole or not there
    OUT/reviews.jsonl           the lines; written last, in one step

Without reviews.jsonl an export is not finished: the same command goes on with it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pydantic import JsonValue

from api.audit.service import append
from api.database import Database
from api.errors import Conflict, NotFound, Unprocessable
from api.evidence.store import EvidenceStore
from api.principal import system
from api.review.codes import RejectReason
from api.review.tables import Verdict
from api.training import repository
from api.training.lines import NEVER_EXPORTED, Judged, Picture, line_of, pictures_of
from api.training.repository import Reviewed
from pipeline.evidence.durable import replace_file, sync_folder
from pipeline.violations import Subtype, Violation, violation_of

EXPORT, LINES, PICTURES = "export.json", "reviews.jsonl", "pictures"
PARTIAL = f".{LINES}.partial"
PURPOSE = "training_approved"  # domain guide, section 10: purpose_code
PAGE = 200  # candidates read at once
MAX_LINES = 1_000_000  # as the reader's limit
MIN_APPROVAL, MAX_APPROVAL = 4, 160  # characters; with the log's number at most the reader's 200
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be exported, and who allowed it."""

    approval: str  # who allowed it and when, in words
    since: datetime | None = None  # decided at or after this instant; none: whenever
    organisation: str | None = None  # id of a node: it and all below; none: the whole tree
    # Also pictures on which the subject's own faces and plates are visible; marked as unmasked.
    with_subject_clear: bool = False

    def as_json(self) -> dict[str, JsonValue]:
        """As export.json and the log say it."""
        return {
            "purpose": PURPOSE,
            "approval": self.approval,
            "since": self.since.isoformat() if self.since else None,
            "organisation": self.organisation,
            "with_subject_clear": self.with_subject_clear,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """Writes exports.

    `timezone` is that of cameras whose settings nobody knows.
    """

    database: Database
    store: EvidenceStore
    timezone: ZoneInfo
    now: Callable[[], datetime]

    def export(self, out: Path, wanted: Wanted) -> dict[str, JsonValue]:
        """Write an export, or go on with the same one.

        Returns:
            Counts: lines, pictures, what was left out and why.

        Raises:
            Unprocessable: The approval says nothing, there is too much for one export, or the
                folder cannot be written.
            NotFound: There is no such organisation.
            Conflict: The folder holds something else, or an export that is finished.
            Unavailable: The store or the database does not answer; call it again.
        """
        if not MIN_APPROVAL <= len(wanted.approval.strip()) <= MAX_APPROVAL:
            raise Unprocessable(
                "approval_missing",
                "Reviewed frames leave for training with an approval only. Say who allowed it and"
                f" when, in {MIN_APPROVAL} to {MAX_APPROVAL} characters.",
            )
        area = self._area(wanted)
        with _disk_answering(out):
            number = self._begin(out, wanted)
            counts: Counter[str] = Counter()
            digest = self._write_lines(out, wanted, area, number, counts)
            # The log before the name: what may be taken along stands in it.
            self._conclude(number, counts, digest)
            (out / PARTIAL).replace(out / LINES)
            sync_folder(out)
        return {"log_number": number, "reviews_sha256": digest, **dict(sorted(counts.items()))}

    def _area(self, wanted: Wanted) -> str:
        if wanted.organisation is None:
            return ""
        with self.database.reading() as session:
            path = repository.path_of(session, wanted.organisation)
        if path is None:
            raise NotFound("organisation_unknown", f"There is no node {wanted.organisation}.")
        return path

    def _begin(self, out: Path, wanted: Wanted) -> int:
        """The number of the log's entry that says that this export was begun."""
        known = _read_begun(out)
        if known is not None:
            if {key: known.get(key) for key in wanted.as_json()} != wanted.as_json():
                raise Conflict(
                    "another_export", f"{out} holds an export of something else. Name another one."
                )
            if (out / LINES).exists():
                raise Conflict("export_finished", f"{out} holds a finished export.")
            return int(known["log_number"])
        if out.exists() and any(out.iterdir()):
            raise Conflict("not_empty", f"{out} is not empty. Name an empty or a new folder.")
        # The log first: no picture leaves without an entry about it.
        number = self._log("training.export_begun", wanted.as_json())
        (out / PICTURES).mkdir(parents=True, exist_ok=True)
        begun = {**wanted.as_json(), "log_number": number}
        replace_file(out / EXPORT, json.dumps(begun, ensure_ascii=False, indent=1).encode())
        return number

    def _write_lines(
        self, out: Path, wanted: Wanted, area: str, number: int, counts: Counter[str]
    ) -> str:
        """All lines, under a name that nobody reads; returns their digest. `counts` is filled."""
        digest = hashlib.sha256()
        approval = f"{wanted.approval.strip()} (log {number})"
        with (out / PARTIAL).open("wb") as file:
            for one in self._reviewed(area, wanted):
                for line in self._lines_of(one, wanted, out, approval, counts):
                    content = json.dumps(line, ensure_ascii=False).encode() + b"\n"
                    file.write(content)
                    digest.update(content)
                    counts["lines"] += 1
                    if counts["lines"] > MAX_LINES:
                        raise Unprocessable(
                            "too_much", f"More than {MAX_LINES} lines. Narrow it with --since."
                        )
            file.flush()
            os.fsync(file.fileno())
        return digest.hexdigest()

    def _reviewed(self, area: str, wanted: Wanted) -> Iterator[Reviewed]:
        after: int | None = 0
        while after is not None:
            with self.database.reading() as session:
                page, after = repository.reviewed(
                    session,
                    area=area,
                    since=wanted.since,
                    now=self.now(),
                    after=after,
                    limit=PAGE,
                )
            yield from page

    def _lines_of(
        self, one: Reviewed, wanted: Wanted, out: Path, approval: str, counts: Counter[str]
    ) -> Iterator[dict[str, JsonValue]]:
        judged = _judged(one, self.timezone)
        if judged.reason in NEVER_EXPORTED:
            counts["left_out_for_reason"] += 1
            return
        with self.database.reading() as session:
            deleted = set(repository.deleted_items(session, one.update))
        for picture in pictures_of(json.loads(one.update.manifest)):
            if not picture.is_masked and not wanted.with_subject_clear:
                counts["left_out_subject_clear"] += 1
            elif picture.name in deleted:
                counts["left_out_deleted"] += 1
            elif (path := self._fetch(picture, out, counts)) is not None:
                counts[judged.verdict] += 1
                yield line_of(picture, judged, path=path, approval=approval)

    def _fetch(self, picture: Picture, out: Path, counts: Counter[str]) -> str | None:
        """Bring one picture; its path inside the export, or none where its bytes do not hold."""
        suffix = SUFFIXES.get(picture.media_type)
        if suffix is None:
            counts["left_out_no_picture"] += 1
            return None
        path = Path(PICTURES) / picture.sha256[:2] / f"{picture.sha256}{suffix}"
        if (out / path).exists():
            return path.as_posix()
        try:
            content = b"".join(self.store.read(picture.sha256))
        except NotFound:
            content = b""
        if hashlib.sha256(content).hexdigest() != picture.sha256:
            log.error("picture_not_exported", sha256=picture.sha256, item=picture.name)
            counts["left_out_damaged"] += 1
            return None
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        replace_file(out / path, content)
        counts["pictures"] += 1
        return path.as_posix()

    def _conclude(self, number: int, counts: Counter[str], digest: str) -> None:
        details: dict[str, JsonValue] = {
            "begun_as": number,
            "reviews_sha256": digest,
            **dict(sorted(counts.items())),
        }
        self._log("training.exported", details)

    def _log(self, action: str, details: dict[str, JsonValue]) -> int:
        with self.database.writing() as session:
            entry = append(
                session,
                actor=system("command"),
                action=action,
                subject_kind="training",
                subject_id=PURPOSE,
                organisation_path="",
                now=self.now(),
                details=details,
            )
        return entry.number


def _judged(one: Reviewed, timezone: ZoneInfo) -> Judged:
    """What people said; a subtype that a person corrected counts."""
    record, decision = one.record, one.decision
    said = decision.fact.get("subtype")
    subtype = Subtype(said or record.subtype)
    named = one.camera.settings.get("timezone") if one.camera is not None else None
    return Judged(
        camera_id=record.camera_id,
        timezone=ZoneInfo(str(named)) if named else timezone,
        violation=violation_of(subtype) if said else Violation(record.violation),
        subtype=subtype,
        verdict="confirmed" if decision.verdict == Verdict.CONFIRM else "rejected",
        reason=RejectReason(decision.reason) if decision.reason else None,
    )


def _read_begun(out: Path) -> dict[str, Any] | None:
    try:
        content = json.loads((out / EXPORT).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("log_number"), int):
        raise Conflict("not_an_export", f"{out / EXPORT} is not one of ours. Name another folder.")
    return content


@contextmanager
def _disk_answering(out: Path) -> Iterator[None]:
    """Map a folder that cannot be written to words."""
    try:
        yield
    except OSError as error:
        raise Unprocessable(
            "out_not_writable",
            f"{error.filename or out} cannot be written: {error.strerror}. Call it again once it"
            " can; what is there is kept.",
        ) from error
