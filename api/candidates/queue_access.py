"""Finding one candidate for a caller: in its area, or not there at all."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from api.candidates import queue_repository
from api.candidates.tables import CandidateRecord
from api.errors import NotFound
from api.principal import Principal


def read_candidate(session: Session, caller: Principal, candidate_id: UUID) -> CandidateRecord:
    """A candidate to look at.

    Raises:
        NotFound: There is none in the caller's area.
    """
    return _seen(caller, candidate_id, session.get(CandidateRecord, candidate_id))


def lock_candidate(session: Session, caller: Principal, candidate_id: UUID) -> CandidateRecord:
    """A candidate to change; others wait for it until the transaction ends.

    Raises:
        NotFound: There is none in the caller's area.
    """
    return _seen(caller, candidate_id, queue_repository.locked(session, candidate_id))


def _seen(caller: Principal, candidate_id: UUID, record: CandidateRecord | None) -> CandidateRecord:
    if record is None or not caller.sees(record.organisation_path):
        raise NotFound("candidate_unknown", f"There is no candidate {candidate_id} in your area.")
    return record
