"""Telling case systems of material that came after a case's evidence was frozen."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from api.candidates.tables import CandidateUpdate
from api.cases import repository
from api.cases.content import said_items
from api.cases.evidence_sets import read_manifest
from api.cases.tables import CaseState
from api.feed.content import CaseSupplemented, EventType
from api.feed.events import publish
from pipeline.exchange import API_PREFIX

# Nobody acts on these any more; the material is kept all the same.
ENDED = frozenset({CaseState.WITHDRAWN, CaseState.CLOSED})


def announce_supplement(
    session: Session, candidate_id: UUID, update: int, *, source: str, now: datetime
) -> None:
    """Publish that an update came for a candidate with a case; the caller holds its row.

    Without a case, for an ended one, or for an update older than the frozen set, nothing is said.
    """
    case = repository.of_candidate(session, candidate_id)
    if case is None or case.state in ENDED or update <= case.frozen_update:
        return
    found = session.get_one(CandidateUpdate, (candidate_id, update))
    items = repository.items_of(session, candidate_id, update)
    case.last_sequence += 1
    session.flush()
    publish(
        session,
        EventType.SUPPLEMENTED,
        CaseSupplemented(
            case_id=case.id,
            case_number=case.number,
            candidate_id=candidate_id,
            seq=case.last_sequence,
            update=update,
            manifest_sha256=found.manifest_sha256,
            bundle=f"{API_PREFIX}/cases/{case.id}/supplements/{update}/bundle",
            items=said_items(items, read_manifest(found.manifest)),
        ),
        source=source,
        case_id=case.id,
        sequence=case.last_sequence,
        organisation_path=case.organisation_path,
        now=now,
    )
