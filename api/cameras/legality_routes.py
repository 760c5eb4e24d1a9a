"""Routes of a camera's gates, of the legality of all, and of evidence bases."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.cameras import gates, legality, service
from api.cameras.legality_schemas import (
    CameraGates,
    EvidenceBasisList,
    EvidenceBasisPatch,
    EvidenceBasisView,
    GateEnd,
    GateView,
    LegalityPage,
    LegalityView,
    NewEvidenceBasis,
    NewGate,
    UseView,
)
from api.clock import Now
from api.database import ReadSession, WriteSession
from api.instants import PlausibleInstant
from api.paging import DEFAULT_PAGE, Cursor, Limit
from api.principal import Principal
from api.problems import problems
from api.texts import ThingIdInPath
from api.users.access import allow, allow_reader
from api.users.tables import Role

router = APIRouter(tags=["legality"])

Reader = Annotated[Principal, Depends(allow_reader())]
# Legal facts are for those who answer for them.
Keeper = Annotated[Principal, Depends(allow(Role.ADMIN, Role.LEGAL_REVIEWER))]
At = Annotated[PlausibleInstant | None, Query(description="As of this instant; none: now.")]


@router.get(
    "/cameras/{camera_id}/gates",
    operation_id="list_camera_gates",
    responses=problems(401, 404, 422),
)
def list_camera_gates(
    camera_id: ThingIdInPath, caller: Reader, session: ReadSession, now: Now, at: At = None
) -> CameraGates:
    """Every legality condition that was recorded for a camera, and how they stand."""
    _, organisation = service.camera_seen_by(session, caller, camera_id)
    found = gates.gates_of(session, [camera_id])[camera_id]
    instant = at or now
    uses = legality.uses_of(
        session, camera_id=camera_id, organisation_path=organisation.path, at=instant
    )
    return CameraGates(
        at=instant,
        legality=LegalityView.of(legality.legality_of(camera_id, found, instant)),
        uses=[UseView.model_validate(use) for use in uses],
        items=[GateView.of(gate) for gate in found],
    )


@router.post(
    "/cameras/{camera_id}/gates",
    status_code=201,
    operation_id="record_camera_gate",
    responses=problems(401, 403, 404, 422),
)
def record_camera_gate(
    camera_id: ThingIdInPath, body: NewGate, caller: Keeper, session: WriteSession, now: Now
) -> GateView:
    """Write down that a camera meets a condition; it counts for frames taken from now on."""
    gate = gates.record_gate(
        session,
        actor=caller,
        camera_id=camera_id,
        kind=body.gate,
        met_from=body.met_from,
        met_until=body.met_until,
        document=body.document,
        details=body.details,
        now=now,
    )
    return GateView.of(gate)


@router.patch(
    "/cameras/{camera_id}/gates/{gate_id}",
    operation_id="end_camera_gate",
    responses=problems(401, 403, 404, 409, 422),
)
def end_camera_gate(
    *,
    camera_id: ThingIdInPath,
    gate_id: UUID,
    body: GateEnd,
    caller: Keeper,
    session: WriteSession,
    now: Now,
) -> GateView:
    """Shorten the time of a gate, also for the past; a longer time is a new gate."""
    gate = gates.end_gate(
        session,
        actor=caller,
        camera_id=camera_id,
        gate_id=gate_id,
        met_until=body.met_until,
        now=now,
    )
    return GateView.of(gate)


@router.get(
    "/camera-legality", operation_id="list_camera_legality", responses=problems(400, 401, 422)
)
def list_camera_legality(
    *,
    caller: Reader,
    session: ReadSession,
    now: Now,
    at: At = None,
    limit: Limit = DEFAULT_PAGE,
    cursor: Cursor = None,
) -> LegalityPage:
    """Which conditions the cameras of the caller's area meet, and which lack a filing."""
    found, following = service.cameras_seen_by(session, caller, cursor=cursor, limit=limit)
    ids = [facts.record.id for facts in found]
    known = gates.gates_of(session, ids)
    instant = at or now
    items = [LegalityView.of(legality.legality_of(id_, known[id_], instant)) for id_ in ids]
    return LegalityPage(at=instant, items=items, next=following)


@router.get("/evidence-bases", operation_id="list_evidence_bases", responses=problems(401))
def list_evidence_bases(caller: Reader, session: ReadSession) -> EvidenceBasisList:
    """The laws and regulations that let camera records prove a violation."""
    found = legality.bases_seen_by(session, caller)
    return EvidenceBasisList(items=[EvidenceBasisView.of(basis) for basis in found])


@router.post(
    "/evidence-bases",
    status_code=201,
    operation_id="create_evidence_basis",
    responses=problems(401, 403, 404, 422),
)
def create_evidence_basis(
    body: NewEvidenceBasis, caller: Keeper, session: WriteSession, now: Now
) -> EvidenceBasisView:
    """Add a basis for a node of the caller's area and all below it."""
    made = legality.create_basis(
        session,
        actor=caller,
        jurisdiction=body.jurisdiction,
        violation=body.violation,
        document=body.document,
        effective_from=body.effective_from,
        effective_to=body.effective_to,
        is_enabled=body.is_enabled,
        now=now,
    )
    return EvidenceBasisView.of(made)


@router.patch(
    "/evidence-bases/{basis_id}",
    operation_id="change_evidence_basis",
    responses=problems(401, 403, 404, 422),
)
def change_evidence_basis(
    basis_id: UUID, body: EvidenceBasisPatch, caller: Keeper, session: WriteSession, now: Now
) -> EvidenceBasisView:
    """End a basis on a day, or switch it on or off."""
    changed = legality.change_basis(
        session,
        actor=caller,
        id_=basis_id,
        effective_to=body.effective_to,
        is_enabled=body.is_enabled,
        now=now,
    )
    return EvidenceBasisView.of(changed)
