"""Opening unredacted originals for a stated purpose, and looking at damaged evidence again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.audit.register import register_access
from api.candidates import queue_repository as repository
from api.candidates.queue_access import lock_candidate, read_candidate
from api.candidates.queue_schemas import IntegrityReport, OpenedOriginal, OpenOriginalRequest
from api.cases.evidence_sets import load_set, verify_set
from api.database import Database
from api.errors import Conflict, NotFound
from api.evidence.store import Area, EvidenceStore
from api.principal import Principal
from api.retention.remains import remains_of
from api.review.claims import log_candidate
from api.settings import ApiSettings
from api.stamping.authority import roots_of
from pipeline.evidence.report import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Which evidence of a candidate is looked at."""

    candidate_id: UUID
    update: int
    area: Area
    organisation_path: str
    box_id: str


def open_original(
    session: Session,
    user: Principal,
    candidate_id: UUID,
    name: str,
    request: OpenOriginalRequest,
    *,
    store: EvidenceStore,
    base_url: str,
    link_seconds: int,
    now: datetime,
) -> OpenedOriginal:
    """A link to an item as it was captured; who, why and what for stands in the register.

    Raises:
        NotFound: There is no such candidate in the area, or no such item.
        Forbidden: The reason says nothing.
        Gone: Retention has deleted its bytes.
    """
    seen = _seen(session, user, candidate_id, request.update)
    item = repository.item(session, candidate_id, seen.update, name)
    if item is None:
        raise NotFound("item_unknown", f"Update {seen.update} has no item {name}.")
    remains_of(session, candidate_id, [item]).require_all([item])
    entry = register_access(
        session,
        actor=user,
        candidate_id=candidate_id,
        organisation_path=seen.organisation_path,
        item_name=name,
        sha256=item.sha256,
        purpose=request.purpose,
        reason=request.reason,
        now=now,
    )
    url = store.download_link(
        item.sha256, seen.area, media_type=item.media_type, file_name=name, base_url=base_url
    )
    return OpenedOriginal(
        url=url, expires_at=now + timedelta(seconds=link_seconds), access_id=entry.id
    )


def check_integrity(
    database: Database,
    user: Principal,
    candidate_id: UUID,
    *,
    store: EvidenceStore,
    settings: ApiSettings,
    now: datetime,
) -> IntegrityReport:
    """Hash all bytes of a candidate's evidence again; freeze it, or lift the freeze.

    Bytes are read between two transactions, so that no row is locked meanwhile.

    Raises:
        NotFound: There is no such candidate in the area.
        Conflict: The candidate changed meanwhile.
        Gone: Retention has deleted its bytes, or a part of them.
    """
    with database.reading() as session:
        seen = _seen(session, user, candidate_id, None)
        version = read_candidate(session, user, candidate_id).version
        found = load_set(session, candidate_id, seen.update, seen.box_id)
        remains_of(session, candidate_id, found.items).require_all(found.items)
    roots = roots_of(settings.timestamp)
    report = verify_set(found, store, seen.area, timestamp_roots=roots)
    with database.writing() as session:
        record = lock_candidate(session, user, candidate_id)
        if record.version != version:
            raise Conflict(
                "stale",
                "The candidate changed while its evidence was read. Check again.",
                version=record.version,
            )
        failure = report.first_failure
        problem = None if failure is None else f"{failure.file}: {failure.text}"
        if problem != record.integrity_frozen:
            record.integrity_frozen = problem
            record.version += 1
            session.flush()
            action = "candidate.integrity_frozen" if problem else "candidate.integrity_restored"
            log_candidate(session, user, action, record, now, damage=problem)
        elif problem is None:
            log_candidate(session, user, "candidate.integrity_checked", record, now)
        version = record.version
    return IntegrityReport(ok=report.ok, checks=_plain(report.checks), version=version)


def _plain(checks: Sequence[Check]) -> list[dict[str, JsonValue]]:
    return [{key: str(value) for key, value in asdict(check).items()} for check in checks]


def _seen(session: Session, user: Principal, candidate_id: UUID, update: int | None) -> _Seen:
    record = read_candidate(session, user, candidate_id)
    case = repository.case_of(session, candidate_id)
    newest = record.update if case is None else case.frozen_update
    wanted = newest if update is None else update
    is_frozen = case is not None and case.frozen_update == wanted
    return _Seen(
        candidate_id=candidate_id,
        update=wanted,
        area=Area.CASES if is_frozen else Area.CANDIDATES,
        organisation_path=record.organisation_path,
        box_id=record.box_id,
    )
