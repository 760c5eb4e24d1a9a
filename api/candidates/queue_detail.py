"""One candidate with everything that the review screen shows, in a fixed number of queries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.cameras.gates import GateKind, gate_met_at, gates_of
from api.candidates import queue_repository as repository
from api.candidates.queue_access import read_candidate
from api.candidates.queue_list import ItemFacts, links_for, queue_item
from api.candidates.queue_schemas import (
    CameraView,
    CandidateDetail,
    CaseBrief,
    EarlierView,
    GateView,
    HistoryView,
    ItemView,
    PermitView,
    PrecheckView,
    UpdateView,
)
from api.candidates.street_picture import street_picture
from api.candidates.tables import CandidateRecord, CandidateUpdate
from api.cases.tables import Case
from api.evidence.store import Area, EvidenceStore
from api.evidence.tables import EvidenceRecord, StoredObject
from api.principal import Principal
from api.retention.remains import Remains, remains_of
from api.retention.schemas import DeletedView
from api.review.decisions import judged_update
from api.review.repository import decisions_of
from api.review.schemas import DecisionView
from api.review.stages import obstacle_of, stage_of
from api.review.tables import Decision, Verdict
from api.stamping.service import stamp_of
from pipeline.camera import Camera
from pipeline.candidate import Candidate
from pipeline.evidence.verification import CLOCK_LIMIT
from pipeline.zones import ZoneKind

EARLIER_DAYS = 30  # console.md: "4th time at this spot in 30 days"
MAX_EARLIER = 20
MAX_HISTORY = 100
MAX_UPDATES = 100  # the newest; an advertisement's episode runs for months


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """Rows of one candidate."""

    record: CandidateRecord
    update: CandidateUpdate  # the one to be judged
    act: Candidate
    decisions: Sequence[Decision]
    case: Case | None


def candidate_detail(
    session: Session,
    caller: Principal,
    candidate_id: UUID,
    *,
    store: EvidenceStore,
    base_url: str,
    now: datetime,
) -> CandidateDetail:
    """A candidate as the caller may see it.

    Raises:
        NotFound: It is not in the caller's area.
    """
    facts = _facts(session, read_candidate(session, caller, candidate_id))
    return CandidateDetail.model_validate(
        {
            **_line(session, facts, caller, now),
            **_said_by_box(facts),
            **_standing(facts, caller),
            **_evidence(session, facts, store=store, base_url=base_url),
            **_camera_as_of(session, facts),
            **_past(session, facts),
        }
    )


def _line(session: Session, facts: _Facts, caller: Principal, now: datetime) -> dict[str, Any]:
    """What the queue's line says too."""
    record = facts.record
    holder = [record.claimed_by] if record.claimed_by else []
    names = ItemFacts(
        user_names=repository.names_of(session, holder),
        camera_names=repository.camera_names(session, [record.camera_id]),
        thumbnails={},
        caller=caller,
        now=now,
    )
    return queue_item(record, names).model_dump()


def _said_by_box(facts: _Facts) -> dict[str, Any]:
    """What the box reported of the act, in the update that is to be judged."""
    act = facts.act
    return {
        "judged_update": facts.update.update,
        "fired_at": act.fired_at,
        "box": act.box,
        "explanation": act.explanation,
        "template": act.template,
        "clock_offset_seconds": act.clock_offset_seconds,
        "software": act.software,
        "model": act.model,
        "model_sha256": act.model_sha256,
        "manifest_sha256": facts.update.manifest_sha256,
    }


def _standing(facts: _Facts, caller: Principal) -> dict[str, Any]:
    """Where it stands in review, and what keeps the caller from confirming it."""
    record = facts.record
    return {
        "policy": record.policy,
        "stage": stage_of(record.state),
        "obstacles": _obstacles(facts, caller),
        "undo_until": record.undo_until,
        "expires_at": record.expires_at,
        "evidence_use_reasons": record.evidence_use_reasons,
        "quality_flags": record.quality_flags,
        "integrity_problem": record.integrity_frozen,
        "hold": record.hold,
        "decisions": [
            DecisionView.model_validate(decision, from_attributes=True)
            for decision in facts.decisions
        ],
        "case": CaseBrief.model_validate(facts.case, from_attributes=True) if facts.case else None,
    }


def _past(session: Session, facts: _Facts) -> dict[str, Any]:
    """What came before at this spot, and what has happened to the candidate itself."""
    record = facts.record
    since = record.started_at - timedelta(days=EARLIER_DAYS)
    earlier, count = repository.earlier_at_spot(session, record, since=since, limit=MAX_EARLIER)
    return {
        "earlier": [EarlierView.model_validate(row, from_attributes=True) for row in earlier],
        "earlier_count": count,
        "updates": [
            UpdateView.model_validate(row, from_attributes=True)
            for row in repository.update_lines(session, record.id, MAX_UPDATES)
        ],
        "history": [
            HistoryView.model_validate(entry, from_attributes=True)
            for entry in repository.history(session, record.id, MAX_HISTORY)
        ],
    }


def _facts(session: Session, record: CandidateRecord) -> _Facts:
    decisions = decisions_of(session, record.id)
    case = repository.case_of(session, record.id)
    stage = stage_of(record.state)
    number: int | None = None
    if case is not None:
        number = case.frozen_update
    elif stage is not None:
        number = judged_update(session, record, stage)
    elif decisions:
        number = decisions[-1].update
    update = session.get_one(
        CandidateUpdate, (record.id, record.update if number is None else number)
    )
    return _Facts(
        record=record,
        update=update,
        act=Candidate.model_validate(update.content),
        decisions=decisions,
        case=case,
    )


def _obstacles(facts: _Facts, caller: Principal) -> list[str]:
    """Why the caller cannot confirm it, as the codes with which a decision would be refused."""
    record = facts.record
    stage = stage_of(record.state)
    if stage is None:
        return ["not_open"]
    found: list[str] = []
    obstacle = obstacle_of(caller, stage)
    if obstacle is not None:
        found.append(obstacle.code)
    own = [d for d in facts.decisions if str(d.user_id) == caller.id and d.undone_at is None]
    if any(decision.verdict == Verdict.RECUSE for decision in own):
        found.append("recused")
    elif any(decision.stage != stage for decision in own):
        found.append("same_person")
    if record.integrity_frozen is not None:
        found.append("integrity_frozen")
    return found


def _evidence(
    session: Session, facts: _Facts, *, store: EvidenceStore, base_url: str
) -> dict[str, Any]:
    """The items of the update that is to be judged, with links to those that may be shown."""
    items = repository.items_with_objects(session, facts.record.id, facts.update.update)
    said = {item["name"]: item for item in json.loads(facts.update.manifest)["items"]}
    area = Area.CASES if facts.case is not None else Area.CANDIDATES
    remains = remains_of(session, facts.record.id, [item for item, _ in items])
    shown = [
        item
        for item, stored in items
        if item.is_redacted and stored is not None and item.name not in remains.deleted
    ]
    links = links_for(store, shown, area=area, base_url=base_url)
    pictures = [item for item in shown if item.media_type in repository.PICTURES]
    chosen = street_picture(facts.record.subtype, pictures)
    return {
        "thumbnail": None if chosen is None else links[chosen.name],
        "evidence": [
            _item_view(
                item,
                stored,
                said.get(item.name, {}),
                url=links.get(item.name),
                deleted=remains.deleted.get(item.name),
            )
            for item, stored in items
        ],
        "prechecks": _prechecks(facts, items, remains),
        "deletions": remains.deletions,
        "timestamp": stamp_of(session, facts.update.manifest_sha256),
    }


def _item_view(
    item: EvidenceRecord,
    stored: StoredObject | None,
    said: dict[str, Any],
    *,
    url: str | None,
    deleted: DeletedView | None,
) -> ItemView:
    return ItemView(
        name=item.name,
        kind=item.kind,
        role=item.role,
        media_type=item.media_type,
        size_bytes=item.size_bytes,
        sha256=item.sha256,
        sm3=item.sm3,
        captured_at=item.captured_at,
        is_original=item.is_original,
        is_redacted=item.is_redacted,
        derived_from=item.derived_from,
        method=said.get("method", ""),
        operation=said.get("operation"),
        proves=said.get("proves", []),
        pictures=said.get("parameters", {}).get("pictures"),
        verified_at=stored.verified_at if stored is not None and deleted is None else None,
        url=url,
        deleted=deleted,
    )


def _camera_as_of(session: Session, facts: _Facts) -> dict[str, Any]:
    """Camera, gates and permits as they were when the act began."""
    record = facts.record
    camera = repository.camera(session, record.camera_id)
    version = repository.camera_version(session, facts.update.camera_version_id)
    settings: dict[str, Any] = version.settings if version is not None else {}
    gates = gates_of(session, [record.camera_id])[record.camera_id]
    met = {kind: gate_met_at(gates, kind, record.started_at) for kind in GateKind}
    return {
        "camera": CameraView(
            id=record.camera_id,
            version=version.number if version else None,
            valid_from=version.valid_from if version else None,
            longitude=camera.longitude if camera else None,
            latitude=camera.latitude if camera else None,
            coord_sys=camera.coord_sys if camera else "WGS84",
            settings=settings,
        ),
        "gates": [
            GateView(
                gate=kind.value,
                met=gate is not None,
                met_until=gate.met_until if gate else None,
                document=gate.document if gate else "",
            )
            for kind, gate in met.items()
        ],
        "permits": _permits(Camera.model_validate(settings), record) if settings else [],
    }


def _permits(camera: Camera, record: CandidateRecord) -> list[PermitView]:
    return [
        PermitView(
            zone_id=zone.id,
            name=zone.name,
            document=zone.document,
            open_at_start=zone.permits(record.started_at, camera.timezone),
            open_at_last_seen=zone.permits(record.last_seen_at, camera.timezone),
        )
        for zone in camera.zones_of(ZoneKind.PERMITTED)
    ]


def _prechecks(
    facts: _Facts, items: Sequence[tuple[EvidenceRecord, StoredObject | None]], remains: Remains
) -> list[PrecheckView]:
    """What can be checked without a person; it informs, and decides nothing."""
    template, offset = facts.act.template, facts.act.clock_offset_seconds
    limit = CLOCK_LIMIT.total_seconds()
    gone: list[JsonValue] = [
        item.name for item, stored in items if stored is None or item.name in remains.deleted
    ]
    holding = len(items) - len(gone)
    problem = facts.record.integrity_frozen
    return [
        PrecheckView(
            code="template",
            holds=template.complete if template else None,
            values={
                "present": [*template.present] if template else [],
                "missing": [*template.missing] if template else [],
            },
        ),
        PrecheckView(
            code="clock",
            holds=None if offset is None else abs(offset) <= limit,
            values={"offset_seconds": offset, "limit_seconds": limit},
        ),
        PrecheckView(
            code="integrity",
            holds=problem is None and not gone,
            values={
                "holding": holding,
                "items": len(items),
                "gone": gone,
                "problem": problem,
            },
        ),
    ]
