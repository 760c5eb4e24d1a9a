"""What a centre has on record, read from its database past the console and the API."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from api.candidates.tables import CandidateRecord
from api.evidence.tables import EvidenceRecord
from api.review.tables import Decision
from api.users.tables import User


def state_of(centre, candidate_id):
    """Where a candidate stands."""
    with centre.database.reading() as session:
        return session.get_one(CandidateRecord, UUID(candidate_id)).state


def decisions_on(centre, candidate_id):
    """The judgements on a candidate in their order: verdict, reason, whether it was undone."""
    with centre.database.reading() as session:
        found = session.scalars(
            select(Decision)
            .where(Decision.candidate_id == UUID(candidate_id))
            .order_by(Decision.decided_at)
        )
        return [(one.verdict, one.reason, one.undone_at is not None) for one in found]


def ids_in_state(centre, state):
    """The ids of the candidates in a state."""
    with centre.database.reading() as session:
        found = session.scalars(select(CandidateRecord.id).where(CandidateRecord.state == state))
        return [str(one) for one in found]


def change_candidate(centre, candidate_id, **values):
    """Something happened to a candidate behind everybody's back."""
    with centre.database.writing() as session:
        row = session.get_one(CandidateRecord, UUID(candidate_id))
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1


def give_roles(centre, login, *roles):
    """Somebody gets roles beside those that they have."""
    with centre.database.writing() as session:
        person = session.scalars(select(User).where(User.login == login)).one()
        person.roles = [*person.roles, *roles]


def damage_copies(centre, candidate_id, *, remove=False):
    """Flip a bit in each picture that people see of a candidate, or remove the files."""
    with centre.database.reading() as session:
        items = session.scalars(
            select(EvidenceRecord).where(
                EvidenceRecord.candidate_id == UUID(candidate_id), EvidenceRecord.is_redacted
            )
        )
        digests = [item.sha256 for item in items]
    for sha256 in digests:
        path = centre.object_path(sha256)
        path.chmod(0o644)
        if remove:
            path.unlink()
            continue
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))
