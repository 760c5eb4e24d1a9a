"""Finding a case: for a caller in its area, or of a candidate."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.candidates import queue_repository
from api.candidates.tables import CandidateRecord
from api.cases import repository
from api.cases.tables import Case
from api.errors import NotFound
from api.principal import Principal


def read_case(session: Session, caller: Principal, case_id: UUID) -> Case:
    """A case to look at.

    Raises:
        NotFound: There is none in the caller's area.
    """
    case = session.get(Case, case_id)
    if case is None or not caller.sees(case.organisation_path):
        raise NotFound("case_unknown", f"There is no case {case_id} in your area.")
    return case


def lock_case(session: Session, caller: Principal, case_id: UUID) -> tuple[Case, CandidateRecord]:
    """A case and its candidate to change. The candidate is locked first, as everywhere.

    Raises:
        NotFound: There is none in the caller's area.
    """
    seen = read_case(session, caller, case_id)
    record = queue_repository.locked(session, seen.candidate_id)
    case = repository.of_candidate(session, seen.candidate_id)
    if record is None or case is None:  # pragma: no cover - neither is ever deleted
        raise NotFound("case_unknown", f"There is no case {case_id} in your area.")
    return case, record


def lock_case_of(session: Session, candidate_id: UUID) -> Case | None:
    """The case of a candidate whose row the caller holds."""
    return repository.of_candidate(session, candidate_id)


def frozen_update_of(session: Session, candidate_id: UUID) -> int | None:
    """The update whose evidence set a case froze; none: there is no case."""
    return session.scalar(select(Case.frozen_update).where(Case.candidate_id == candidate_id))
