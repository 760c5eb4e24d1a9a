"""What the routes of gates, legality and evidence bases take and give."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.cameras.gates import GateDetails, GateKind
from api.cameras.legality import Basis, CameraLegality, EvidenceUseReason
from api.cameras.tables import CameraGate
from api.candidates.tables import EvidenceUse
from api.instants import PlausibleInstant
from api.texts import Label, Name
from api.users.schemas import Body, OrganisationId
from pipeline.violations import Violation


class NewGate(Body):
    """A condition that a camera meets for a time."""

    gate: GateKind
    met_from: PlausibleInstant
    met_until: PlausibleInstant | None = None
    document: Label = ""
    details: GateDetails = GateDetails()


class GateEnd(Body):
    """An earlier end of a gate."""

    met_until: PlausibleInstant


class GateView(BaseModel):
    """One condition of a camera with its time."""

    id: UUID
    gate: GateKind
    met_from: datetime
    met_until: datetime | None
    document: str
    details: GateDetails
    recorded_by: str
    recorded_at: Annotated[datetime, Field(description="Frames before that do not profit.")]

    @classmethod
    def of(cls, gate: CameraGate) -> Self:
        """As a route shows it."""
        return cls(
            id=gate.id,
            gate=GateKind(gate.gate),
            met_from=gate.met_from,
            met_until=gate.met_until,
            document=gate.document,
            details=GateDetails.model_validate(gate.details),
            recorded_by=gate.recorded_by,
            recorded_at=gate.recorded_at,
        )


class LegalityView(BaseModel):
    """Which conditions a camera met at an instant, and what its records lack for it."""

    camera_id: str
    met: dict[GateKind, bool]
    reasons: list[EvidenceUseReason]

    @classmethod
    def of(cls, legality: CameraLegality) -> Self:
        """As a route shows it."""
        return cls(camera_id=legality.camera_id, met=legality.met, reasons=legality.reasons)


class UseView(BaseModel):
    """What a camera's record of one violation could be used for, were it complete otherwise."""

    model_config = ConfigDict(from_attributes=True)

    violation: Violation
    is_enabled: Annotated[bool, Field(description="False: it is not to be found here (LAW-08).")]
    evidence_use: EvidenceUse
    reasons: list[EvidenceUseReason]


class CameraGates(BaseModel):
    """Every gate that was ever recorded for a camera, and how they stand at an instant."""

    at: datetime
    legality: LegalityView
    uses: Annotated[list[UseView], Field(description="One for each violation.")]
    items: list[GateView]


class LegalityPage(BaseModel):
    """How the cameras of an area stand at an instant, by id."""

    at: datetime
    items: list[LegalityView]
    next: str | None


class NewEvidenceBasis(Body):
    """A law or regulation that lets camera records prove a violation in a node and below."""

    jurisdiction: OrganisationId
    violation: Violation
    document: Annotated[Name, Field(max_length=300)]
    effective_from: date
    effective_to: date | None = None
    is_enabled: Annotated[
        bool, Field(description="False: this violation is not to be found here at all (LAW-08).")
    ] = True


class EvidenceBasisPatch(Body):
    """An end of a basis, or a switch."""

    effective_to: date | None = None
    is_enabled: bool | None = None


class EvidenceBasisView(BaseModel):
    """A basis and where it holds."""

    id: UUID
    jurisdiction: str
    jurisdiction_name: str
    organisation_path: str
    violation: Violation
    document: str
    effective_from: date
    effective_to: date | None
    is_enabled: bool

    @classmethod
    def of(cls, found: Basis) -> Self:
        """As a route shows it."""
        basis, organisation = found
        return cls(
            id=basis.id,
            jurisdiction=basis.jurisdiction,
            jurisdiction_name=organisation.name,
            organisation_path=organisation.path,
            violation=Violation(basis.violation),
            document=basis.document,
            effective_from=basis.effective_from,
            effective_to=basis.effective_to,
            is_enabled=basis.is_enabled,
        )


class EvidenceBasisList(BaseModel):
    """Every basis of the caller's area."""

    items: list[EvidenceBasisView]
