"""Writing an arrived update: the candidate's record, the update as it came, its files, the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.audit.service import append
from api.boxes import chain
from api.boxes.tables import BoxRecord
from api.cameras.service import ensure_camera
from api.candidates import ingest_repository as repository
from api.candidates.assessment import Assessment, Place, assess, is_wanted, place_of
from api.candidates.rows import facts_of, item_row, note_stored, update_row
from api.candidates.submissions import VerifiedSubmission
from api.candidates.tables import CandidateRecord, CandidateState
from api.cases.supplements import announce_supplement
from api.database import next_number
from api.errors import Conflict, NotFound, Unprocessable
from api.principal import Principal
from api.review.working_days import WorkingCalendar
from api.settings import ReviewSettings
from pipeline.candidate import Candidate
from pipeline.exchange import Submission

# While nobody has decided, the system may merge and re-assess.
UNDECIDED = frozenset({CandidateState.PENDING_REVIEW, CandidateState.NEED_MORE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One verified submission with what it takes to write it down."""

    submission: Submission
    verified: VerifiedSubmission
    box: BoxRecord
    caller: Principal
    settings: ReviewSettings
    feed_source: str  # CloudEvents `source`
    calendar: WorkingCalendar
    now: datetime

    @property
    def candidate(self) -> Candidate:
        """What came."""
        return self.verified.candidate


def require_wanted(session: Session, candidate: Candidate, caller: Principal) -> None:
    """Refuse what will never be recorded, before its files are taken in.

    Raises:
        Conflict: The candidate is another box's, or the camera is in another area.
        Unprocessable: The area wants no candidates of this violation (LAW-08).
    """
    box_id = repository.box_of(session, candidate.candidate_id)
    if box_id is not None and box_id != caller.id:
        raise _of_another_box()
    try:
        place = place_of(session, candidate)
    except NotFound:
        path = caller.organisation_path  # a camera that nobody registered will be of this node
    else:
        path = place.organisation_path
        if not caller.sees(path):
            raise Conflict("camera_of_another_area", "This camera is not in the box's area.")
    if not is_wanted(session, candidate, path):
        raise Unprocessable(
            "violation_not_enabled", f"{candidate.violation} is switched off in this area."
        )


def record_arrival(session: Session, arrival: Arrival) -> tuple[str, ...]:
    """Write an update that has not come before, in the caller's transaction.

    Returns:
        Files that retention had deleted before, by SHA-256: the caller looks whether they are
        there, now that nobody deletes them any more.

    Raises:
        Conflict: The candidate is another box's, or the box has too many cameras.
        Unavailable: Retention is deleting a file of the same bytes at this moment.
    """
    candidate = arrival.candidate
    record = repository.locked(session, candidate.candidate_id)
    if record is not None and record.box_id != arrival.caller.id:
        raise _of_another_box()
    # Counters in one order everywhere, the log's last: nobody waits in a circle.
    number = next_number(session, "candidates") if record is None else record.number
    place = _place_of_known_camera(session, arrival)
    is_supplement = record is not None and record.state == CandidateState.EXPORTED
    if record is None:
        record = _new_record(session, arrival, place, number)
        action = "candidate.received"
    elif is_supplement:
        _note_supplement(record, arrival)
        action = "candidate.supplemented"
    else:
        _refresh(session, record, arrival, place)
        action = "candidate.updated"
    merged = _merge(record, candidate)
    session.flush()
    _add_update(session, arrival, place, is_supplement=is_supplement)
    # New evidence has a period of its own, whatever was deleted before.
    record.evidence_deleted_at = None
    brought_again = _add_files(session, arrival)
    _add_to_chain(session, arrival)
    # Before the log: every transaction takes the feed's counter first and the log's last.
    announce_supplement(
        session, record.id, candidate.update, source=arrival.feed_source, now=arrival.now
    )
    _log(session, arrival, record, action)
    if merged:
        _log(session, arrival, record, "candidate.merged", into=str(candidate.absorbed_by))
    return brought_again


def _place_of_known_camera(session: Session, arrival: Arrival) -> Place:
    """The camera's place; a camera that nobody registered is, for nothing may be lost by that.

    A camera that was given to another box since is no reason to refuse what waited in the outbox
    of the former one; one of another area is.
    """
    caller = arrival.caller
    try:
        ensure_camera(
            session,
            camera_id=arrival.candidate.camera_id,
            box_id=caller.id,
            organisation_path=caller.organisation_path,
            now=arrival.now,
        )
    except Conflict as error:
        if error.code != "camera_of_another_box":
            raise
    return place_of(session, arrival.candidate)


def _of_another_box() -> Conflict:
    return Conflict("candidate_of_another_box", "This candidate is another box's.")


def _new_record(session: Session, arrival: Arrival, place: Place, number: int) -> CandidateRecord:
    record = CandidateRecord(
        id=arrival.candidate.candidate_id,
        number=number,
        box_id=arrival.caller.id,
        state=CandidateState.PENDING_REVIEW.value,
        version=1,
        received_at=arrival.now,
        hold=False,
        **facts_of(arrival.candidate),
    )
    _write_assessment(record, _assess(session, arrival, place, arrival.now))
    record.organisation_path = place.organisation_path
    record.updated_at = arrival.now
    session.add(record)
    return record


def _refresh(session: Session, record: CandidateRecord, arrival: Arrival, place: Place) -> None:
    """A later update becomes what people see; an earlier one that comes late is only kept."""
    if arrival.candidate.update < record.update:
        return
    for name, value in facts_of(arrival.candidate).items():
        setattr(record, name, value)
    record.updated_at = arrival.now
    if record.state not in UNDECIDED:
        return
    due_at = record.due_at
    expires_at, policy = record.expires_at, record.policy
    _write_assessment(record, _assess(session, arrival, place, record.received_at))
    # What becomes urgent is due from now on; an update never gives anybody more time.
    minutes = record.due_at - record.received_at
    record.due_at = min(due_at, arrival.now + minutes)
    record.expires_at, record.policy = expires_at, policy
    if record.state == CandidateState.NEED_MORE:
        # What was asked for may be among it; people look again.
        record.state = CandidateState.PENDING_REVIEW.value
        record.version += 1


def _note_supplement(record: CandidateRecord, arrival: Arrival) -> None:
    """After the freeze the judged set stays; only how the act went on is taken over (LAW-25)."""
    candidate = arrival.candidate
    if candidate.last_seen_at >= record.last_seen_at:
        record.last_seen_at = candidate.last_seen_at
        record.ended_at = candidate.ended_at
        record.episode_state = candidate.state.value
    record.updated_at = arrival.now


def _merge(record: CandidateRecord, candidate: Candidate) -> bool:
    """Close what turned out to be a part of another candidate, unless somebody has decided."""
    if candidate.absorbed_by is None or record.state not in UNDECIDED:
        return False
    record.state = CandidateState.MERGED.value
    record.merged_into = candidate.absorbed_by
    record.claimed_by = record.claimed_until = None
    record.version += 1
    return True


def _assess(session: Session, arrival: Arrival, place: Place, received_at: datetime) -> Assessment:
    return assess(
        session,
        arrival.candidate,
        arrival.verified.manifest,
        place,
        settings=arrival.settings,
        calendar=arrival.calendar,
        clock_difference_seconds=arrival.box.clock_difference_seconds,
        received_at=received_at,
    )


def _write_assessment(record: CandidateRecord, assessment: Assessment) -> None:
    record.priority = assessment.priority
    record.priority_reasons = assessment.priority_reasons
    record.due_at = assessment.due_at
    record.expires_at = assessment.expires_at
    record.policy = assessment.policy
    record.evidence_use = assessment.evidence_use.value
    record.evidence_use_reasons = assessment.evidence_use_reasons
    record.quality_flags = assessment.quality_flags


def _add_update(session: Session, arrival: Arrival, place: Place, *, is_supplement: bool) -> None:
    update = update_row(arrival.submission)
    update.camera_version_id = place.version.id if place.version else None
    update.is_supplement = is_supplement
    update.received_at = arrival.now
    session.add(update)
    session.flush()


def _add_files(session: Session, arrival: Arrival) -> tuple[str, ...]:
    brought_again = [
        expected.sha256
        for expected in arrival.verified.files  # sorted: two boxes never wait in a circle
        if note_stored(session, expected, arrival.now)
    ]
    candidate = arrival.candidate
    session.add_all(item_row(candidate, item) for item in candidate.evidence)
    session.flush()
    return tuple(brought_again)


def _add_to_chain(session: Session, arrival: Arrival) -> None:
    link, candidate = arrival.verified.link, arrival.candidate
    chain.record(
        session,
        link,
        candidate_id=candidate.candidate_id,
        update=candidate.update,
        now=arrival.now,
    )


def _log(
    session: Session,
    arrival: Arrival,
    record: CandidateRecord,
    action: str,
    **details: JsonValue,
) -> None:
    append(
        session,
        actor=arrival.caller,
        action=action,
        subject_kind="candidate",
        subject_id=str(record.id),
        organisation_path=record.organisation_path,
        now=arrival.now,
        details={
            "update": arrival.candidate.update,
            "sequence": arrival.verified.link.sequence,
            "manifest_sha256": arrival.verified.link.sha256,
            **details,
        },
    )
