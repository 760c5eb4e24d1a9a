"""What the centre makes of a candidate before anybody judges it: how urgent, how good, for what.

Nothing in here decides. Priorities follow the domain guide, section 6: road hazards first, then
what lies near sensitive places, then dust and other vending, then ads in batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from api.cameras.legality import LAW_TIMEZONE, evidence_use_at, is_enabled_at
from api.cameras.service import facts_at
from api.cameras.tables import CameraVersion
from api.candidates import ingest_repository as repository
from api.candidates.tables import EvidenceUse
from api.principal import system
from api.review.policies import stages_for
from api.review.working_days import WorkingCalendar
from api.settings import ReviewSettings
from pipeline.camera import Camera
from pipeline.candidate import Candidate
from pipeline.evidence.manifest import Manifest
from pipeline.evidence.verification import CLOCK_LIMIT, impossible_times
from pipeline.geometry import Box
from pipeline.violations import Violation
from pipeline.zones import ZoneKind

URGENT, RAISED, NORMAL, BATCH = 0, 1, 2, 3
_BASE = {
    Violation.MUCK_TRUCK_SPILL: URGENT,  # traffic runs through it
    Violation.STREET_VENDING: NORMAL,
    Violation.CONSTRUCTION_DUST: NORMAL,
    Violation.ILLEGAL_AD: BATCH,  # one batch per street and day, not per frame
}
# Domain guide, section 12: recurrence window 24 h, and groups recurring three times or more (fact
# 12 of section 3). The days over which a group counts are ours.
REPEATS = 3
REPEAT_DAYS = timedelta(days=30)
LONG = timedelta(minutes=30)  # ours: ten times the dwell after which a stall counts as standing
# The centre's own measurement of a box's clock holds the time that the message was under way.
MEASURED_CLOCK_LIMIT = timedelta(seconds=30)


class PriorityReason(StrEnum):
    """Why a candidate stands where it does in the queue."""

    ROAD_HAZARD = "road_hazard"
    SENSITIVE_PLACE = "sensitive_place"  # inside a zone that says so
    RECURRENCE = "recurrence"  # the box links it to an earlier one at the same spot
    REPEAT_SPOT = "repeat_spot"
    LONG_DURATION = "long_duration"
    BATCH = "batch"


class QualityFlag(StrEnum):
    """What the automatic pre-check found (LAW-20)."""

    CLOCK_UNKNOWN = "clock_unknown"  # the box does not know how far its clock is off
    CLOCK_INACCURATE = "clock_inaccurate"  # off by more than the limit (LAW-27)
    TIMES_IMPOSSIBLE = "times_impossible"  # its instants cannot be in this order
    TEMPLATE_INCOMPLETE = "template_incomplete"
    CAMERA_UNREGISTERED = "camera_unregistered"  # nobody has entered its view or its gates here
    CAMERA_OF_ANOTHER_BOX = "camera_of_another_box"  # it has been given to another box since
    PURPOSE_NOT_PERMITTED = "purpose_not_permitted"  # the camera is for other violations (LAW-70)


# Flags that also speak against penalty evidence, by the code among evidence_use_reasons.
_AGAINST_PENALTY = (
    QualityFlag.CLOCK_INACCURATE,
    QualityFlag.TIMES_IMPOSSIBLE,
    QualityFlag.CAMERA_UNREGISTERED,
    QualityFlag.CAMERA_OF_ANOTHER_BOX,
    QualityFlag.PURPOSE_NOT_PERMITTED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a candidate is, as of the time of the act."""

    organisation_path: str
    box_id: str | None  # whose camera it is now
    version: CameraVersion | None
    permitted_purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a candidate's record says besides what came from the box."""

    priority: int  # smaller is sooner
    priority_reasons: list[str]
    due_at: datetime
    expires_at: datetime
    policy: list[str]
    evidence_use: EvidenceUse
    evidence_use_reasons: list[str]
    quality_flags: list[str]


def is_wanted(session: Session, candidate: Candidate, organisation_path: str) -> bool:
    """Whether the area wants candidates of this violation at all (LAW-08)."""
    return is_enabled_at(
        session,
        organisation_path=organisation_path,
        violation=candidate.violation,
        day=candidate.started_at.astimezone(LAW_TIMEZONE).date(),
    )


def place_of(session: Session, candidate: Candidate) -> Place:
    """The camera's organisation, view and purposes at the time of the act."""
    facts = facts_at(session, system("ingest"), candidate.camera_id, candidate.started_at)
    return Place(
        organisation_path=facts.organisation.path,
        box_id=facts.record.box_id,
        version=facts.version,
        permitted_purposes=tuple(facts.record.permitted_purposes),
    )


def assess(
    session: Session,
    candidate: Candidate,
    manifest: Manifest,
    place: Place,
    *,
    settings: ReviewSettings,
    calendar: WorkingCalendar,
    clock_difference_seconds: float | None,
    received_at: datetime,
) -> Assessment:
    """Assess a candidate as it came.

    Args:
        session: Reads policies and earlier candidates.
        candidate: As it came.
        manifest: What the box signed of it.
        place: From `place_of`.
        settings: Minutes and working days.
        calendar: Which days are working days.
        clock_difference_seconds: The box's clock minus the centre's at the box's last status.
        received_at: When the first update of it came, by the centre's clock.
    """
    priority, reasons = _priority(session, candidate, place)
    flags = _flags(candidate, manifest, place, clock_difference_seconds, received_at)
    use, reasons_against = _evidence_use(session, candidate, place, flags)
    is_urgent = priority == URGENT or PriorityReason.SENSITIVE_PLACE in reasons
    minutes = settings.urgent_minutes if is_urgent else settings.normal_minutes
    return Assessment(
        priority=priority,
        priority_reasons=[reason.value for reason in reasons],
        due_at=received_at + timedelta(minutes=minutes),
        expires_at=calendar.deadline(received_at, settings.expire_working_days),
        policy=stages_for(
            session,
            violation=candidate.violation.value,
            organisation_path=place.organisation_path,
            at=received_at,
        ),
        evidence_use=use,
        evidence_use_reasons=reasons_against,
        quality_flags=[flag.value for flag in flags],
    )


def _evidence_use(
    session: Session, candidate: Candidate, place: Place, flags: Sequence[QualityFlag]
) -> tuple[EvidenceUse, list[str]]:
    """By the law and the camera's gates as of every frame, and by what the pre-check found."""
    use, reasons = evidence_use_at(
        session,
        camera_id=candidate.camera_id,
        organisation_path=place.organisation_path,
        violation=candidate.violation,
        at=[item.captured_at for item in candidate.evidence] or candidate.started_at,
        template_complete=candidate.template is not None and candidate.template.complete,
        identity_known=False,  # a picture of a plate is none that somebody has read (LAW-28)
    )
    against = [flag.value for flag in flags if flag in _AGAINST_PENALTY]
    if against:
        use = EvidenceUse.LEAD_ONLY
    return use, [reason.value for reason in reasons] + against


def _priority(
    session: Session, candidate: Candidate, place: Place
) -> tuple[int, list[PriorityReason]]:
    base = _BASE[candidate.violation]
    raising = []
    if _is_sensitive(candidate, place):
        raising.append(PriorityReason.SENSITIVE_PLACE)
    if candidate.recurrence_of is not None:
        raising.append(PriorityReason.RECURRENCE)
    if repository.earlier_at_spot(session, candidate, REPEAT_DAYS) >= REPEATS:
        raising.append(PriorityReason.REPEAT_SPOT)
    is_sign = candidate.violation is Violation.ILLEGAL_AD
    # An ad hangs for weeks; how long says nothing of how urgent it is.
    if not is_sign and candidate.last_seen_at - candidate.started_at >= LONG:
        raising.append(PriorityReason.LONG_DURATION)
    if base == URGENT:
        return URGENT, [PriorityReason.ROAD_HAZARD, *raising]
    if raising:
        # One step however many reasons: nothing overtakes a road hazard.
        return base - 1, raising
    return base, [PriorityReason.BATCH] if base == BATCH else []


def _is_sensitive(candidate: Candidate, place: Place) -> bool:
    """Whether the thing stands in a sensitive zone of the view that held then."""
    if place.version is None:
        return False
    camera = Camera.model_validate(place.version.settings)
    x1, y1, x2, y2 = candidate.box
    spot = Box(x1, y1, x2, y2)
    return any(
        zone.id == candidate.zone_id
        or zone.polygon.contains(spot.foot)
        or zone.polygon.contains(spot.center)
        for zone in camera.zones_of(ZoneKind.SENSITIVE)
    )


def _flags(
    candidate: Candidate,
    manifest: Manifest,
    place: Place,
    clock_difference_seconds: float | None,
    received_at: datetime,
) -> list[QualityFlag]:
    flags = []
    if manifest.clock.offset_seconds is None:
        flags.append(QualityFlag.CLOCK_UNKNOWN)
    if _is_clock_off(manifest, clock_difference_seconds, received_at):
        flags.append(QualityFlag.CLOCK_INACCURATE)
    if impossible_times(manifest):
        flags.append(QualityFlag.TIMES_IMPOSSIBLE)
    if candidate.template is None or not candidate.template.complete:
        flags.append(QualityFlag.TEMPLATE_INCOMPLETE)
    if place.version is None:
        flags.append(QualityFlag.CAMERA_UNREGISTERED)
    if place.box_id != candidate.box_id:
        flags.append(QualityFlag.CAMERA_OF_ANOTHER_BOX)
    if place.permitted_purposes and candidate.violation.value not in place.permitted_purposes:
        flags.append(QualityFlag.PURPOSE_NOT_PERMITTED)
    return flags


def _is_clock_off(
    manifest: Manifest, clock_difference_seconds: float | None, received_at: datetime
) -> bool:
    """By the box's own word, by its last status, or because it signed in the future.

    A manifest from the past proves nothing: it may have waited for the uplink.
    """
    said = timedelta(seconds=_bounded(manifest.clock.offset_seconds))
    measured = timedelta(seconds=_bounded(clock_difference_seconds))
    return (
        abs(said) > CLOCK_LIMIT
        or abs(measured) > MEASURED_CLOCK_LIMIT
        or manifest.created_at > received_at + MEASURED_CLOCK_LIMIT
    )


def _bounded(seconds: float | None) -> float:
    """Far off is far off; a duration of more than some centuries overflows."""
    limit = 1e9
    return max(-limit, min(limit, seconds or 0.0))
