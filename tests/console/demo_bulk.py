"""A hundred thousand candidates at once, for measuring: rows that share the pictures there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select

from api.candidates.tables import CandidateRecord, CandidateUpdate
from api.evidence.tables import EvidenceRecord

ROWS_AT_ONCE = 2000
SPAN = timedelta(hours=20)  # over which the arrivals are spread


def add_many(database, count, span=SPAN, tell=lambda _added: None):
    """Add waiting candidates; each is a copy of one that is there, under its own id and times.

    Args:
        database: Of the centre.
        count: How many.
        span: Over how long they arrived, until now.
        tell: Called with the number that is there, now and then.
    """
    with database.writing() as session:
        models = session.scalars(select(CandidateRecord).order_by(CandidateRecord.number)).all()
        models = [_row(model) for model in models]
        updates = {
            row.candidate_id: _row(row)
            for row in session.scalars(select(CandidateUpdate).where(CandidateUpdate.update == 0))
        }
        items = {}
        for row in session.scalars(select(EvidenceRecord).where(EvidenceRecord.update == 0)):
            items.setdefault(row.candidate_id, []).append(_row(row))
        number = session.scalar(select(func.max(CandidateRecord.number)))
    begin = datetime.now(UTC) - span
    for start in range(0, count, ROWS_AT_ONCE):
        candidates, texts, evidence = [], [], []
        for index in range(start, min(start + ROWS_AT_ONCE, count)):
            model = models[index % len(models)]
            made = _copy(model, number + 1 + index, begin + span * index / count)
            candidates.append(made)
            texts.append(_update(updates[model["id"]], made))
            evidence += [{**item, "candidate_id": made["id"]} for item in items[model["id"]]]
        with database.writing() as session:
            session.execute(insert(CandidateRecord), candidates)
            session.execute(insert(CandidateUpdate), texts)
            session.execute(insert(EvidenceRecord), evidence)
        tell(start + len(candidates))


def _row(record):
    return {column.key: getattr(record, column.key) for column in record.__mapper__.column_attrs}


def _copy(model, number, received_at):
    shift = received_at - model["received_at"]
    times = ("started_at", "fired_at", "last_seen_at", "received_at", "due_at", "updated_at")
    return {
        **model,
        **{name: model[name] + shift for name in times},
        "id": uuid4(),
        "number": number,
        "state": "pending_review",
        "version": 1,
        "expires_at": datetime.now(UTC) + timedelta(days=5),
        "integrity_frozen": None,
        "claimed_by": None,
        "claimed_until": None,
        "undo_until": None,
        "update": 0,
    }


def _update(model, candidate):
    content = json.loads(json.dumps(model["content"]))
    content["candidate_id"] = str(UUID(str(candidate["id"])))
    return {
        **model,
        "candidate_id": candidate["id"],
        "content": content,
        # Unique, and of no manifest: nobody verifies what is there to be counted.
        "manifest_sha256": candidate["id"].hex * 2,
        "received_at": candidate["received_at"],
    }
