"""What a case's events say, put together from the rows that the people judged."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy.orm import Session

from api.cameras.gates import GateKind, gate_met_at, gates_of
from api.candidates.tables import CandidateRecord, CandidateUpdate, EvidenceUse
from api.cases import repository
from api.cases.evidence_sets import read_manifest
from api.cases.tables import Case
from api.evidence.tables import EvidenceRecord
from api.feed.content import (
    Act,
    CameraSaid,
    CaseConfirmed,
    EvidenceSaid,
    ItemSaid,
    Location,
    StageSaid,
    SubjectSaid,
)
from api.review.tables import Decision, Stage
from api.settings import ApiSettings
from pipeline.camera import Camera
from pipeline.candidate import Candidate
from pipeline.evidence.digests import SM3, has_sm3
from pipeline.evidence.manifest import Manifest
from pipeline.exchange import API_PREFIX
from pipeline.violations import Subtype, Violation

# The gates of the camera table that an event names; domain guide, LAW-01 to LAW-04.
GATES = (
    GateKind.LEGAL_REVIEW,
    GateKind.TECHNICAL_REVIEW,
    GateKind.MAINTENANCE,
    GateKind.SIGN,
    GateKind.PUBLICATION,
)
STREET_CODE_DIGITS = 9
PLATE_HEAD, PLATE_TAIL = 2, 2  # characters of a plate that stay readable: 京A***12
UNKNOWN: Literal["unknown"] = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the people judged: the candidate, the update, its evidence, their decisions."""

    record: CandidateRecord
    update: CandidateUpdate
    items: Sequence[EvidenceRecord]
    decisions: Sequence[Decision]  # one of each stage, in the order of the policy

    @property
    def fact(self) -> dict[str, object]:
        """What people stated, a later stage over an earlier one."""
        merged: dict[str, object] = {}
        for decision in self.decisions:
            merged |= decision.fact
        return merged


def confirmed_content(
    session: Session, case: Case, judged: Judged, settings: ApiSettings
) -> CaseConfirmed:
    """The content of the event that hands a case over. `case.last_sequence` is its number."""
    record, fact = judged.record, judged.fact
    act = Candidate.model_validate(judged.update.content)
    manifest = read_manifest(judged.update.manifest)
    path = [part for part in record.organisation_path.split("/") if part]
    street = path[-1] if path and len(path[-1]) == STREET_CODE_DIGITS else None
    last = judged.decisions[-1]
    return CaseConfirmed(
        case_id=case.id,
        case_number=case.number,
        candidate_id=record.id,
        seq=case.last_sequence,
        occurred_at=last.decided_at,
        adcode=settings.adcode,
        street_code=street,
        organisation_path=path,
        violation=Violation(case.violation),
        subtype=Subtype(case.subtype),
        act=Act(started_at=act.started_at, last_seen_at=act.last_seen_at, ended_at=act.ended_at),
        location=_location(session, judged, manifest),
        camera=_camera(session, judged, manifest),
        evidence_use=EvidenceUse(case.evidence_use),
        evidence_use_reasons=list(case.evidence_use_reasons),
        evidence=EvidenceSaid(
            manifest_sha256=judged.update.manifest_sha256,
            manifest_sm3=_sm3(judged.update.manifest),
            update=judged.update.update,
            bundle=f"{API_PREFIX}/cases/{case.id}/bundle",
            items=said_items(judged.items, manifest),
        ),
        review=_stages(session, judged.decisions),
        subject=_subject(fact),
        legal_bases=list(case.legal_bases),
        suggested_handling=cast("str | None", fact.get("suggested_handling")),
        note=last.note,
        recurrence_of=record.recurrence_of,
        dedupe_key=f"{record.camera_id}:{case.violation}:{record.id}",
    )


def said_items(items: Sequence[EvidenceRecord], manifest: Manifest) -> list[ItemSaid]:
    """The files of a set, with the operation that the manifest names."""
    operations = {item.name: item.operation for item in manifest.items}
    return [
        ItemSaid(
            name=item.name,
            role=item.role,
            kind="original" if item.is_original else "derivative",
            media_type=item.media_type,
            size_bytes=item.size_bytes,
            sha256=item.sha256,
            sm3=item.sm3,
            captured_at=item.captured_at,
            derived_from=item.derived_from,
            operation=operations.get(item.name),
            redacted=item.is_redacted,
        )
        for item in items
    ]


def mask_plate(plate: str) -> str:
    """A plate with its middle hidden.

    >>> mask_plate("京A88812"), mask_plate("12")
    ('京A***12', '**')
    """
    hidden = len(plate) - PLATE_HEAD - PLATE_TAIL
    if hidden <= 0:
        return "*" * len(plate)
    return plate[:PLATE_HEAD] + "*" * hidden + plate[-PLATE_TAIL:]


def _location(session: Session, judged: Judged, manifest: Manifest) -> Location:
    camera = repository.camera_of(session, judged.record.camera_id)
    return Location(
        longitude=camera.longitude if camera else None,
        latitude=camera.latitude if camera else None,
        coord_sys=camera.coord_sys if camera else "WGS84",
        place=manifest.camera.place,
        zone_id=judged.record.zone_id,
    )


def _camera(session: Session, judged: Judged, manifest: Manifest) -> CameraSaid:
    record = judged.record
    gates = gates_of(session, [record.camera_id])[record.camera_id]
    version = repository.camera_version(session, judged.update.camera_version_id)
    settings = Camera.model_validate(version.settings) if version else None
    return CameraSaid(
        id=record.camera_id,
        name=settings.name if settings else manifest.camera.name,
        gb28181_id=settings.gb28181_id if settings else manifest.camera.gb28181_id,
        gates={
            kind.value: gate_met_at(gates, kind, record.started_at) is not None for kind in GATES
        },
    )


def _stages(session: Session, decisions: Sequence[Decision]) -> list[StageSaid]:
    numbers = repository.certificates_of(session, [decision.user_id for decision in decisions])
    return [
        StageSaid(
            stage=Stage(decision.stage),
            user_id=decision.user_id,
            certificate_number=numbers.get(decision.user_id, ""),
            at=decision.decided_at,
            checklist=decision.checklist or {},
        )
        for decision in decisions
    ]


def _subject(fact: dict[str, object]) -> SubjectSaid:
    plate = fact.get("plate")
    first = fact.get("first_offence")
    return SubjectSaid(
        kind=str(fact.get("subject_kind") or UNKNOWN),
        plate_masked=mask_plate(str(plate)) if plate else None,
        first_offence=cast("Literal['yes', 'no', 'unknown']", first or UNKNOWN),
    )


def _sm3(text: str) -> str | None:
    return hashlib.new(SM3, text.encode()).hexdigest() if has_sm3() else None
