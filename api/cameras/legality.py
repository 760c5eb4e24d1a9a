"""What a camera's record may be used for, judged as of the time of capture (LAW-01 to LAW-08)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from api.audit.service import append
from api.cameras import repository
from api.cameras.gates import GateKind, gate_met_at, gates_of
from api.cameras.registration import Mount
from api.cameras.tables import CameraGate, EvidenceBasis
from api.candidates.tables import EvidenceUse
from api.errors import NotFound, Unprocessable
from api.principal import Principal
from api.users.service import organisation_seen_by
from api.users.tables import Organisation
from pipeline.geometry import Polygon
from pipeline.schedules import load_timezone
from pipeline.violations import Violation

# In which a law's days are counted where no version of the camera says otherwise.
LAW_TIMEZONE = ZoneInfo("Asia/Shanghai")

Position = tuple[float, float]  # longitude, latitude, in degrees
Basis = tuple[EvidenceBasis, Organisation]


class EvidenceUseReason(StrEnum):
    """Why a record is a lead and no penalty evidence; domain guide, section 10."""

    NO_EVIDENCE_BASIS = "no_evidence_basis"
    LEGAL_REVIEW_MISSING = "legal_review_missing"
    TECHNICAL_REVIEW_MISSING = "technical_review_missing"
    MAINTENANCE_OVERDUE = "maintenance_overdue"
    SIGN_MISSING = "sign_missing"
    NOT_PUBLISHED = "not_published"
    OUTSIDE_PUBLISHED_AREA = "outside_published_area"
    TEMPLATE_INCOMPLETE = "template_incomplete"
    IDENTITY_UNKNOWN = "identity_unknown"
    REVIEW_OVERDUE = "review_overdue"


_REASON_WITHOUT = {
    GateKind.LEGAL_REVIEW: EvidenceUseReason.LEGAL_REVIEW_MISSING,
    GateKind.TECHNICAL_REVIEW: EvidenceUseReason.TECHNICAL_REVIEW_MISSING,
    GateKind.MAINTENANCE: EvidenceUseReason.MAINTENANCE_OVERDUE,
    GateKind.SIGN: EvidenceUseReason.SIGN_MISSING,
    GateKind.PUBLICATION: EvidenceUseReason.NOT_PUBLISHED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraLegality:
    """Which conditions a camera met at an instant."""

    camera_id: str
    met: dict[GateKind, bool]
    reasons: list[EvidenceUseReason]  # of the gates alone


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolationUse:
    """What a camera's record of one violation could be used for, were it complete otherwise."""

    violation: Violation
    is_enabled: bool  # whether the area wants candidates of it at all (LAW-08)
    evidence_use: EvidenceUse
    reasons: list[EvidenceUseReason]


def evidence_use_at(
    session: Session,
    *,
    camera_id: str,
    organisation_path: str,
    violation: Violation,
    at: datetime | Iterable[datetime],
    template_complete: bool,
    identity_known: bool,
    review_overdue: bool = False,
    position: Position | None = None,
) -> tuple[EvidenceUse, list[EvidenceUseReason]]:
    """What a record may be used for, and every reason why it is not more.

    Args:
        session: Where to read.
        camera_id: Which camera took it; an unknown one meets no condition.
        organisation_path: Of the camera when the candidate came in: the jurisdictions.
        violation: Which violation it shows.
        at: When it was captured; of several frames each has to hold. What was approved or recorded
            after that does not count.
        template_complete: Whether the evidence template is met (LAW-21).
        identity_known: Whether a truck's plate is legible (LAW-28); of trucks only.
        review_overdue: Whether it was judged only after it had expired (LAW-41).
        position: Where a mobile unit was; without it nobody can say that it was where it may be.

    Raises:
        ValueError: `at` names no instant.
    """
    instants = sorted({at} if isinstance(at, datetime) else set(at))
    if not instants:
        raise ValueError("a record was captured at some time")
    found = repository.camera(session, camera_id)
    is_mobile = found is not None and found[0].mount == Mount.MOBILE
    gates = gates_of(session, [camera_id])[camera_id]
    reasons: set[EvidenceUseReason] = set()
    timezone = _timezone_of(session, camera_id, instants[0])
    for day in {instant.astimezone(timezone).date() for instant in instants}:
        if not _has_basis(session, organisation_path, violation, day):
            reasons.add(EvidenceUseReason.NO_EVIDENCE_BASIS)
    for instant in instants:
        reasons |= set(_reasons_of_gates(gates, instant))
        publication = gate_met_at(gates, GateKind.PUBLICATION, instant)
        if is_mobile and publication is not None and not _covers(publication, position):
            reasons.add(EvidenceUseReason.OUTSIDE_PUBLISHED_AREA)
    if not template_complete:
        reasons.add(EvidenceUseReason.TEMPLATE_INCOMPLETE)
    if violation is Violation.MUCK_TRUCK_SPILL and not identity_known:
        reasons.add(EvidenceUseReason.IDENTITY_UNKNOWN)
    if review_overdue:
        reasons.add(EvidenceUseReason.REVIEW_OVERDUE)
    use = EvidenceUse.LEAD_ONLY if reasons else EvidenceUse.PENALTY_EVIDENCE
    return use, [reason for reason in EvidenceUseReason if reason in reasons]


def is_enabled_at(
    session: Session, *, organisation_path: str, violation: Violation, day: date
) -> bool:
    """Whether a jurisdiction wants candidates of a violation at all (LAW-08).

    It does unless the nearest basis in effect is switched off there.
    """
    nearest = _nearest(session, organisation_path, violation, day)
    return nearest is None or nearest.is_enabled


def uses_of(
    session: Session, *, camera_id: str, organisation_path: str, at: datetime
) -> list[ViolationUse]:
    """What a whole and legible record of each violation could be used for, and why not for more.

    A mobile unit is judged as if it were nowhere: where it will be, nobody knows yet.
    """
    version = repository.version_at(session, camera_id, at)
    timezone = load_timezone(version.settings["timezone"]) if version else LAW_TIMEZONE
    day = at.astimezone(timezone).date()
    uses = []
    for violation in Violation:
        use, reasons = evidence_use_at(
            session,
            camera_id=camera_id,
            organisation_path=organisation_path,
            violation=violation,
            at=at,
            template_complete=True,
            identity_known=True,
        )
        enabled = is_enabled_at(
            session, organisation_path=organisation_path, violation=violation, day=day
        )
        uses.append(
            ViolationUse(violation=violation, is_enabled=enabled, evidence_use=use, reasons=reasons)
        )
    return uses


def legality_of(camera_id: str, gates: Sequence[CameraGate], at: datetime) -> CameraLegality:
    """Which conditions a camera met at an instant, from its gates."""
    return CameraLegality(
        camera_id=camera_id,
        met={kind: gate_met_at(gates, kind, at) is not None for kind in GateKind},
        reasons=_reasons_of_gates(gates, at),
    )


def create_basis(
    session: Session,
    *,
    actor: Principal,
    jurisdiction: str,
    violation: Violation,
    document: str,
    effective_from: date,
    effective_to: date | None,
    is_enabled: bool,
    now: datetime,
) -> Basis:
    """Add a basis for a node and all below it.

    Raises:
        NotFound: The node is not there, or not in the actor's area.
        Unprocessable: The last day lies before the first.
    """
    if effective_to is not None and effective_to < effective_from:
        raise Unprocessable("basis_days", "effective_to lies before effective_from.")
    organisation = organisation_seen_by(session, actor, jurisdiction)
    basis = EvidenceBasis(
        id=uuid4(),
        jurisdiction=jurisdiction,
        violation=violation.value,
        document=document,
        effective_from=effective_from,
        effective_to=effective_to,
        is_enabled=is_enabled,
    )
    session.add(basis)
    session.flush()
    _log(session, actor, "evidence_basis.created", (basis, organisation), now)
    return basis, organisation


def change_basis(
    session: Session,
    *,
    actor: Principal,
    id_: UUID,
    effective_to: date | None,
    is_enabled: bool | None,
    now: datetime,
) -> Basis:
    """End a basis on a day, or switch it on or off.

    Raises:
        NotFound: It is not there, or not in the actor's area.
        Unprocessable: The last day lies before the first.
    """
    found = repository.basis(session, id_)
    if found is None or not actor.sees(found[1].path):
        raise NotFound("evidence_basis_unknown", f"There is no evidence basis {id_}.")
    basis, _ = found
    if effective_to is not None:
        if effective_to < basis.effective_from:
            raise Unprocessable("basis_days", "effective_to lies before effective_from.")
        basis.effective_to = effective_to
    if is_enabled is not None:
        basis.is_enabled = is_enabled
    session.flush()
    _log(session, actor, "evidence_basis.changed", found, now)
    return found


def bases_seen_by(session: Session, actor: Principal) -> Sequence[Basis]:
    """Every basis of the actor's area."""
    return repository.bases_below(session, actor.organisation_path)


def _reasons_of_gates(gates: Iterable[CameraGate], at: datetime) -> list[EvidenceUseReason]:
    known = list(gates)
    return [
        reason for kind, reason in _REASON_WITHOUT.items() if gate_met_at(known, kind, at) is None
    ]


def _timezone_of(session: Session, camera_id: str, at: datetime) -> ZoneInfo:
    """In which a camera's days begin."""
    version = repository.version_at(session, camera_id, at)
    return load_timezone(version.settings["timezone"]) if version else LAW_TIMEZONE


def _has_basis(session: Session, path: str, violation: Violation, day: date) -> bool:
    nearest = _nearest(session, path, violation, day)
    return nearest is not None and nearest.is_enabled


def _nearest(session: Session, path: str, violation: Violation, day: date) -> EvidenceBasis | None:
    """The basis of the lowest node of a path that has one; of two there the one that is on."""
    chain = [node for node in path.split("/") if node]
    found = repository.bases(session, chain, violation=violation.value, on=day)
    return max(
        found, key=lambda basis: (chain.index(basis.jurisdiction), basis.is_enabled), default=None
    )


def _covers(publication: CameraGate, position: Position | None) -> bool:
    area = publication.details.get("area")
    if not area or position is None:
        return False
    return Polygon.from_points(area).contains(position)


def _log(session: Session, actor: Principal, action: str, found: Basis, now: datetime) -> None:
    basis, organisation = found
    append(
        session,
        actor=actor,
        action=action,
        subject_kind="evidence_basis",
        subject_id=str(basis.id),
        organisation_path=organisation.path,
        now=now,
        details={
            "jurisdiction": basis.jurisdiction,
            "violation": basis.violation,
            "document": basis.document,
            "effective_from": basis.effective_from.isoformat(),
            "effective_to": basis.effective_to.isoformat() if basis.effective_to else None,
            "is_enabled": basis.is_enabled,
        },
    )
