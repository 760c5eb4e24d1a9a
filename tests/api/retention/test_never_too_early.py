"""Property: nothing on hold, in an open case, undecided or inside its period is ever deleted.

Hypothesis makes up records, their ages, holds, cases, locks and shared files. What may go is worked
out here anew, from the words of docs/storage.md and not from the code under test.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.candidates.tables import CandidateRecord, CandidateState, CandidateUpdate
from api.cases.tables import Case, CaseState
from api.database import Database, next_number, open_engine
from api.evidence.links import LinkSigner
from api.evidence.store import Area
from api.evidence.store_folder import FolderStore
from api.evidence.tables import EvidenceRecord, StoredObject
from api.retention.deleting import Retention
from api.retention.tables import Deletion
from api.settings import DatabaseSettings, RetentionSettings
from api.users.tables import Organisation
from tests.api.factories import World

BORN = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
PERIODS = RetentionSettings(rejected_days=40, expired_days=35, case_days=90)
days = st.integers(0, 130)


@dataclass(frozen=True, kw_only=True)
class Told:
    """One record, as a city may have it."""

    state: CandidateState
    ended_after: int  # days from its arrival to its end
    hold: bool
    undoable: bool
    case: CaseState | None
    case_ended_after: int
    late_update_after: int | None  # days until one more update came; none: none
    locked: bool
    shares_with_first: bool
    part_of_first: bool


records = st.lists(
    st.builds(
        Told,
        state=st.sampled_from(CandidateState),
        ended_after=days,
        hold=st.sampled_from([False, False, False, True]),
        undoable=st.sampled_from([False, False, False, True]),
        case=st.sampled_from([None, None, *CaseState]),
        case_ended_after=days,
        late_update_after=st.none() | days,
        locked=st.sampled_from([False, False, False, True]),
        shares_with_first=st.booleans(),
        part_of_first=st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


def build(told, world, database, first):
    """One record in the database and the store; its row's id."""
    ended_at = BORN + timedelta(days=told.ended_after)
    record = world.candidate(
        state=told.state,
        hold=told.hold,
        undo_until=datetime(2100, 1, 1, tzinfo=UTC) if told.undoable else None,
        merged_into=first if told.part_of_first else None,
    )
    if told.late_update_after is not None:
        world.update(record)
    with database.writing() as session:
        row = session.get_one(CandidateRecord, record.id)
        row.received_at, row.expires_at = BORN, ended_at
        if told.late_update_after is not None:
            session.get_one(CandidateUpdate, (record.id, 1)).received_at = BORN + timedelta(
                days=told.late_update_after
            )
        items = session.scalars(
            select(EvidenceRecord).where(EvidenceRecord.candidate_id == record.id)
        ).all()
        if told.locked:
            for item in items:
                stored = session.get_one(StoredObject, item.sha256)
                stored.locked_until = datetime(2100, 1, 1, tzinfo=UTC)
        if told.shares_with_first and first is not None:
            items[0].sha256 = session.get_one(EvidenceRecord, (first, 0, "first.jpg")).sha256
        if told.case is not None:
            session.add(a_case(session, told, record))
    return record.id


def a_case(session, told, record):
    """The case of a record."""
    return Case(
        id=uuid4(),
        number=next_number(session, "cases"),
        candidate_id=record.id,
        organisation_path=record.organisation_path,
        camera_id=record.camera_id,
        violation=record.violation,
        subtype=record.subtype,
        started_at=record.started_at,
        created_at=BORN,
        updated_at=BORN + timedelta(days=told.case_ended_after),
        state=told.case,
        frozen_update=0,
        manifest_sha256="0" * 64,
        evidence_use="lead_only",
        evidence_use_reasons=[],
        legal_bases=[],
        inquiry_code_sha256=uuid4().hex,
    )


def keeps(told, update, now):
    """Whether a record protects the files of one of its updates; a merged one: as far as known."""
    received = timedelta(days=told.late_update_after or 0) if update else timedelta()

    def is_over(period, began_after):
        return now >= BORN + max(received, timedelta(days=began_after)) + timedelta(days=period)

    if told.hold or told.undoable:
        return True
    if told.case is not None:
        has_ended = told.case in {CaseState.CLOSED, CaseState.WITHDRAWN}
        return not (has_ended and is_over(PERIODS.case_days, told.case_ended_after))
    if told.state is CandidateState.EXPIRED:
        return not is_over(PERIODS.expired_days, told.ended_after)
    if told.state in {CandidateState.REJECTED, CandidateState.MERGED}:
        return not is_over(PERIODS.rejected_days, 0)
    return True


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=records, age=days, later=days)
def test_nothing_goes_too_early(sqlite_template, told, age, later):
    """After any two runs, all that somebody still needs is there, and the rest is certified."""
    folder = Path(tempfile.mkdtemp(prefix="retention-"))
    shutil.copy(sqlite_template, folder / "centre.db")
    database = Database(open_engine(DatabaseSettings(url=f"sqlite:///{folder}/centre.db")))
    try:
        check(database, folder, told, [age, age + later])
    finally:
        database.engine.dispose()
        shutil.rmtree(folder)


def check(database, folder, told, ages):
    """Build the records, run retention at two ages, and look at every file each time."""
    at = [BORN]
    store = FolderStore(
        folder / "store",
        signer=LinkSigner(b"k" * 32),
        link_seconds=60,
        now=lambda: at[0],
        is_any_recorded=lambda: False,
    )
    with database.writing() as session:
        for id_, parent, path in (("110000", None, "110000/"), ("110105", "110000", None)):
            session.add(
                Organisation(
                    id=id_,
                    parent_id=parent,
                    name="x",
                    path=path or "110000/110105/",
                    created_at=BORN,
                )
            )
            session.flush()
    world = World(database=database, store=store, now=lambda: at[0], folder=folder)
    ids = []
    for one in told:
        ids.append(build(one, world, database, ids[0] if ids else None))
    by_id = dict(zip(ids, told, strict=True))
    retention = Retention(database=database, store=store, settings=PERIODS, now=lambda: at[0])
    for age in ages:
        at[0] = BORN + timedelta(days=age)
        retention.run()
        look(database, store, by_id, at[0])


def look(database, store, by_id, now):
    """Every file that a record keeps is there; every file that is gone is in a certificate."""
    with database.reading() as session:
        items = session.scalars(select(EvidenceRecord)).all()
        certified = {
            file["sha256"]
            for deletion in session.scalars(select(Deletion))
            for file in deletion.certificate["files"]
        }
        locked = {
            stored.sha256
            for stored in session.scalars(select(StoredObject))
            if stored.locked_until is not None
        }
        done = {
            record.id
            for record in session.scalars(select(CandidateRecord))
            if record.evidence_deleted_at is not None
        }
    listed = {}
    for item in items:
        listed.setdefault(item.sha256, []).append(item)
    for sha256, uses in listed.items():
        is_gone = store.size_of(sha256, Area.CANDIDATES) is None
        kept_by = [use for use in uses if keeps(by_id[use.candidate_id], use.update, now)]
        assert not (is_gone and (kept_by or sha256 in locked))
        assert is_gone == (sha256 in certified)
        if not kept_by and sha256 not in locked and len(uses) == 1:
            told = by_id[uses[0].candidate_id]
            # A part waits for its whole; everything else is gone as soon as nobody needs it.
            waits = told.state is CandidateState.MERGED and told.case is None
            assert is_gone or waits
        event("gone" if is_gone else "there")
    assert not any(
        keeps(told, 0, now) for candidate_id, told in by_id.items() if candidate_id in done
    )
