"""Times of the review screen's calls with many candidates, over the whole application in process.

    python -m tests.api.review.measure --candidates 100000 [--url postgresql+psycopg://...]

Prints one JSON object; times are milliseconds from request to the whole answer, without a network;
`cpu_p50` is what the process itself needed, whatever else the machine was doing.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import shutil
import sys
import tempfile
import time
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import structlog
from pydantic import SecretStr
from sqlalchemy import insert

from api.app import create_app
from api.audit.service import append
from api.candidates.tables import CandidateRecord
from api.clock import utc_now
from api.database import Counter
from api.principal import system
from api.review.tables import Decision
from api.schema import METADATA
from api.settings import ApiSettings, DatabaseSettings, Secrets, ServerSettings, StoreSettings
from api.users.tables import LoginSession, Organisation, Role, User
from api.users.tokens import SESSION_PREFIX, csrf_token, new_token, token_digest
from pipeline.violations import Violation
from tests.api.factories import SUBTYPES, World

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

API = "/api/v1"
CAMERAS = 40
REAL = 60  # candidates with evidence, at the head of the queue: those that are opened
CHECKLIST = {"authentic": True, "clear": True, "complete": True, "accurate": True}
STATES = (("pending_review", 50), ("rejected", 30), ("exported", 15), ("second_review", 5))


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--url", default="")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    folder = Path(tempfile.mkdtemp(prefix="measure-"))
    try:
        figures = measure(folder, options.candidates, options.url)
    finally:
        shutil.rmtree(folder)
    sys.stdout.write(json.dumps(figures) + "\n")


def measure(folder, candidates, url):
    """Figures by call, as p50, p95 and largest."""
    settings = ApiSettings(
        server=ServerSettings(public_url="https://testserver"),
        database=DatabaseSettings(url=url or f"sqlite:///{folder}/centre.db"),
        store=StoreSettings(folder=folder / "store"),
    )
    secrets = Secrets(session=SecretStr("x" * 40))
    app = create_app(settings, secrets, with_timers=False)
    METADATA.create_all(app.state.database.engine)
    desk = build(app, folder, candidates)
    opened = itertools.cycle(desk.real)
    calls = {
        "list_50": lambda: desk.get(f"{API}/queue", params={"limit": 50}),
        "list_50_of_a_rare_violation": lambda: desk.get(
            f"{API}/queue", params={"limit": 50, "violation": "CONSTRUCTION_DUST"}
        ),
        "list_50_of_a_camera": lambda: desk.get(
            f"{API}/queue", params={"limit": 50, "camera_id": "cam-7"}
        ),
        "list_50_of_a_street": lambda: desk.get(
            f"{API}/queue", params={"limit": 50, "area": "110000/110105/110105007/"}
        ),
        "counts": lambda: desk.get(f"{API}/queue/counts"),
        "detail": lambda: desk.get(f"{API}/candidates/{next(opened)}"),
    }
    figures = {name: timed(call, 40) for name, call in calls.items()}
    figures |= decide_all(desk)
    for name in ("precision", "workload", "hours", "pace"):
        figures[name] = timed(lambda name=name: desk.get(f"{API}/analytics/{name}"), 5)
    return {"candidates": candidates, "database": app.state.database.engine.dialect.name, **figures}


def decide_all(desk):
    """Claim the next one, open it, confirm it: what one key press asks for."""
    times = {"claim_next": [], "decide": [], "press_to_next": []}
    busy = []
    for _ in range(30):
        began = time.perf_counter()
        claimed = desk.post(f"{API}/queue/next", json={}).json()
        times["claim_next"].append(time.perf_counter() - began)
        body = {
            "decision_id": str(uuid4()),
            "version": claimed["version"],
            "update": 0,
            "verdict": "confirm",
            "checklist": CHECKLIST,
        }
        pressed, began_busy = time.perf_counter(), time.process_time()
        answer = desk.post(f"{API}/candidates/{claimed['candidate_id']}/decisions", json=body)
        assert answer.status_code == 200, answer.text
        times["decide"].append(time.perf_counter() - pressed)
        assert desk.get(f"{API}/candidates/{desk.real[0]}").status_code == 200
        times["press_to_next"].append(time.perf_counter() - pressed)
        busy.append(time.process_time() - began_busy)
    figures = {name: shares(found) for name, found in times.items()}
    figures["press_to_next"]["cpu_p50"] = shares(busy)["p50"]
    return figures


def timed(call, times):
    """Milliseconds of a call."""
    found, busy = [], []
    for _ in range(times):
        began, began_busy = time.perf_counter(), time.process_time()
        answer = call()
        found.append(time.perf_counter() - began)
        busy.append(time.process_time() - began_busy)
        assert answer.status_code == 200, answer.text
    return shares(found) | {"cpu_p50": shares(busy)["p50"]}


def shares(seconds):
    """p50, p95 and the largest, in milliseconds."""
    ordered = sorted(seconds)
    at = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {
        name: round(1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)], 1)
        for name, share in at.items()
    }


class Desk(TestClient):
    """An operator's client that knows which candidates have evidence."""

    real: list[UUID]


def build(app, folder, candidates):
    """A city of streets and cameras with a long queue; an operator of the whole city."""
    now = datetime.now(tz=UTC)
    database = app.state.database
    with database.writing() as session:
        session.add(
            Organisation(id="110000", parent_id=None, name="c", path="110000/", created_at=now)
        )
        session.flush()
        session.add(
            Organisation(
                id="110105", parent_id="110000", name="d", path="110000/110105/", created_at=now
            )
        )
    desk = operator(app, now)
    world = World(database=database, store=app.state.store, now=utc_now, folder=folder)
    with database.writing() as session:
        from api.cameras.tables import CameraRecord  # noqa: PLC0415 - used here only

        for number in range(CAMERAS):
            session.add(
                CameraRecord(
                    id=f"cam-{number}",
                    organisation_id="110105",
                    permitted_purposes=[],
                    created_at=now,
                )
            )
    real = [world.candidate(priority=0, age_minutes=n + 1).id for n in range(REAL)]
    desk.real = real
    rows, decisions = bulk(world, desk.user_id, now, candidates - REAL)
    with database.writing() as session:
        session.execute(insert(CandidateRecord), rows)
        session.execute(insert(Decision), decisions)
        session.get_one(Counter, "candidates").value = candidates
        for number in range(200):
            append(
                session,
                actor=system("measure"),
                action="candidate.received",
                subject_kind="candidate",
                subject_id=str(real[number % REAL]),
                organisation_path="110000/110105/",
                now=now,
            )
    return desk


def operator(app, now):
    """Somebody who is logged in."""
    token, user_id = new_token(SESSION_PREFIX), uuid4()
    with app.state.database.writing() as session:
        session.add(
            User(
                id=user_id,
                login="measure",
                name="Measure",
                organisation_id="110000",
                roles=[Role.OPERATOR.value, Role.SUPERVISOR.value],
                password_hash="-",  # noqa: S106 - nobody logs in with it
                created_at=now,
            )
        )
        session.flush()
        session.add(
            LoginSession(
                token_sha256=token_digest(token),
                csrf_sha256=token_digest(csrf_token(token)),
                user_id=user_id,
                created_at=now,
                seen_at=now,
                expires_at=now + timedelta(hours=12),
            )
        )
    desk = Desk(
        app,
        base_url="https://testserver",
        headers={"X-CSRF-Token": csrf_token(token)},
        cookies={"__Host-streetcase": token},
    )
    desk.user_id = user_id
    return desk


def bulk(world, user_id, now, count):
    """Rows of candidates without evidence, and of the decisions on those that are decided."""
    chance = random.Random(7)  # noqa: S311 - the same figures each time
    violations = [
        *[Violation.STREET_VENDING] * 60,
        *[Violation.ILLEGAL_AD] * 30,
        *[Violation.MUCK_TRUCK_SPILL] * 9,
        Violation.CONSTRUCTION_DUST,
    ]
    states = [state for state, weight in STATES for _ in range(weight)]
    rows, decisions = [], []
    for number in range(count):
        violation, state = chance.choice(violations), chance.choice(states)
        started = now - timedelta(minutes=chance.randrange(60, 60 * 24 * 30))
        candidate_id = UUID(int=chance.getrandbits(128))
        camera = chance.randrange(CAMERAS)
        rows.append(
            {
                "id": candidate_id,
                "number": REAL + number + 1,
                "box_id": world.box_id,
                "camera_id": f"cam-{camera}",
                "organisation_path": f"110000/110105/1101050{camera:02d}/",
                "violation": violation.value,
                "subtype": SUBTYPES[violation].value,
                "zone_id": "pavement",
                "episode_state": "ended",
                "started_at": started,
                "fired_at": started,
                "last_seen_at": started + timedelta(minutes=9),
                "ended_at": started + timedelta(minutes=9),
                "update": 0,
                "template_complete": True,
                "score": 0.9,
                "state": state,
                "priority": 1 + chance.randrange(3),
                "priority_reasons": ["repeat_spot"],
                "due_at": started + timedelta(minutes=30),
                "expires_at": now + timedelta(days=7),
                "received_at": started + timedelta(minutes=4),
                "updated_at": started + timedelta(minutes=9),
                "evidence_use_reasons": ["no_evidence_basis"],
                "policy": ["operator"],
                "quality_flags": [],
            }
        )
        if state != "pending_review":
            decisions.append(
                {
                    "id": UUID(int=chance.getrandbits(128)),
                    "candidate_id": candidate_id,
                    "version": 2,
                    "update": 0,
                    "stage": "operator",
                    "verdict": "reject" if state == "rejected" else "confirm",
                    "user_id": user_id,
                    "user_name": "Measure",
                    "organisation_path": f"110000/110105/1101050{camera:02d}/",
                    "due_at": started + timedelta(minutes=30),
                    "decided_at": started + timedelta(minutes=4 + chance.randrange(60)),
                    "seconds_to_decide": 12.0,
                }
            )
    return rows, decisions


if __name__ == "__main__":
    main()
