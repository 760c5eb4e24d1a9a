"""Property: whatever people, case systems and timers do, no case is without its named humans.

Hypothesis makes up the calls, over HTTP and in any order, also those that the rules refuse.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from pydantic import SecretStr
from sqlalchemy import select

from api.app import create_app
from api.audit.service import check_chain
from api.candidates.tables import CandidateRecord
from api.cases.tables import Case
from api.feed.tables import Event
from api.review.settlement import Settlement
from api.review.tables import Decision
from api.settings import ApiSettings, DatabaseSettings, Secrets, ServerSettings, StoreSettings
from api.users.tables import LoginSession, MachineToken, Organisation, Role, Scope, User
from api.users.tokens import MACHINE_PREFIX, SESSION_PREFIX, csrf_token, new_token, token_digest
from tests.api.factories import World

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

API = "/api/v1"
BASE_URL = "https://testserver"
CHECKS = ("authentic", "clear", "complete", "accurate")
CHECKLIST = dict.fromkeys(CHECKS, True)
# What the people may do; one holds two roles, one lacks the qualification.
PEOPLE = {
    "ann": ((Role.OPERATOR,), False),
    "bob": ((Role.OPERATOR, Role.SECOND_REVIEWER), False),
    "cai": ((Role.SECOND_REVIEWER, Role.LEGAL_REVIEWER), True),
    "dan": ((Role.LEGAL_REVIEWER,), False),
    "eve": ((Role.LEGAL_REVIEWER,), True),
    "adm": ((Role.ADMIN,), False),
}
POLICIES = (["operator"], ["operator", "second"], ["operator", "second", "legal"])
REPORTS = ("acknowledged", "returned", "correcting", "recheck", "closed", "penalty_recorded")
person = st.sampled_from(sorted(PEOPLE))
which = st.integers(0, 1)


class ReviewDesk(RuleBasedStateMachine):
    """Two candidates, six people, a case system, and time that passes."""

    template: Path  # a database with the schema
    reached: Counter[str]  # types of the events that all examples brought about

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="desk-"))
        shutil.copy(self.template, self.folder / "centre.db")
        self.at = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
        configured = ApiSettings(
            server=ServerSettings(public_url=BASE_URL),
            database=DatabaseSettings(url=f"sqlite:///{self.folder}/centre.db"),
            store=StoreSettings(folder=self.folder / "store"),
        )
        secrets = Secrets(session=SecretStr("s" * 40))
        self.app = create_app(configured, secrets, now=lambda: self.at, with_timers=False)
        self.database = self.app.state.database
        self.settlement = Settlement(
            database=self.database,
            store=self.app.state.store,
            settings=configured,
            secrets=secrets,
            now=lambda: self.at,
        )
        self.callers = self._people()
        self.versions = {}
        self.final = {}  # decisions whose window is over, as they were then
        self.made = []  # (candidate, decision id) of what was accepted

    @initialize(first=st.sampled_from(POLICIES), second=st.sampled_from(POLICIES))
    def begin(self, first, second):
        """Two candidates under two policies."""
        self.world = World(
            database=self.database,
            store=self.app.state.store,
            now=lambda: self.at,
            folder=self.folder,
        )
        self.records = [self.world.candidate(policy=policy) for policy in (first, second)]

    @rule(who=person, which=which)
    def claim(self, who, which):
        """Somebody takes a candidate."""
        self._call(who, "post", f"/candidates/{self.records[which].id}/claim")

    @rule(who=person)
    def claim_next(self, who):
        """Somebody takes whatever comes."""
        self._call(who, "post", "/queue/next", {})

    @rule(who=person, which=which)
    def release(self, who, which):
        """Somebody puts one back."""
        self._call(who, "delete", f"/candidates/{self.records[which].id}/claim")

    @rule(
        who=person,
        which=which,
        verdict=st.sampled_from(["confirm", "confirm", "confirm", "reject", "need_more"]),
        failed=st.sampled_from([None, None, None, *CHECKS]),
        claims=st.booleans(),
        stale=st.booleans(),
        newest=st.booleans(),
    )
    def decide(self, *, who, which, verdict, failed, claims, stale, newest):
        """Somebody decides, with or without a claim, on this or an older state."""
        record = self.records[which]
        if claims:
            self._call(who, "post", f"/candidates/{record.id}/claim")
        row = self._row(record)
        body = {
            "decision_id": str(uuid4()),
            "version": row.version - (stale and claims),
            "update": row.update if newest else 0,
            "verdict": verdict,
            "reason": "not_violation" if verdict == "reject" else None,
            "missing": ["clip"] if verdict == "need_more" else [],
            "checklist": CHECKLIST | ({failed: False} if failed else {}),
        }
        path = f"/candidates/{record.id}/decisions"
        answer = self._call(who, "post", path, body)
        if answer.status_code == 200:
            assert not (verdict == "confirm" and failed)
            self.made.append((record.id, body["decision_id"]))
            assert self._call(who, "post", path, body).json() == answer.json()

    @rule(which=which, waits=st.booleans(), second=st.sampled_from(["bob", "cai"]))
    def go_on(self, *, which, waits, second):
        """Somebody who may confirms the set that is to be judged; so that cases do come about."""
        record = self.records[which]
        for who in ("ann", second, "eve"):
            if self._call(who, "post", f"/candidates/{record.id}/claim").status_code == 200:
                seen = self._call(who, "get", f"/candidates/{record.id}").json()
                body = {
                    "decision_id": str(uuid4()),
                    "version": seen["version"],
                    "update": seen["judged_update"],
                    "verdict": "confirm",
                    "checklist": CHECKLIST,
                }
                path = f"/candidates/{record.id}/decisions"
                if self._call(who, "post", path, body).status_code == 200:
                    self.made.append((record.id, body["decision_id"]))
                break
        if waits:
            self.time_passes(11)

    @rule(who=person, back=st.integers(1, 3))
    def undo(self, who, back):
        """Somebody tries to take back one of the last decisions."""
        if len(self.made) >= back:
            candidate, decision = self.made[-back]
            self._call(who, "post", f"/candidates/{candidate}/decisions/{decision}/undo")

    @rule(who=person, which=which)
    def recuse(self, who, which):
        """Somebody says that they may not judge."""
        body = {"decision_id": str(uuid4()), "note": "a relative"}
        self._call(who, "post", f"/candidates/{self.records[which].id}/recusals", body)

    @rule(which=which)
    def more_material(self, which):
        """The box sends another update, as ingest would write it."""
        self.world.update(self.records[which])

    @rule(seconds=st.sampled_from([1, 5, 11, 11, 301, 1000]))
    def time_passes(self, seconds):
        """The clock moves, and the timer runs."""
        self.at += timedelta(seconds=seconds)
        self.settlement.run()

    @rule(status=st.sampled_from(REPORTS), which=which)
    def report(self, status, which):
        """A case system reports, in order or not."""
        with self.database.reading() as session:
            case = session.scalar(
                select(Case.id).where(Case.candidate_id == self.records[which].id)
            )
        if case is not None:
            body = {
                "callback_id": str(uuid4()),
                "status": status,
                "reported_at": self.at.isoformat(),
                "reason": "unclear",
                "outcome": "corrected",
            }
            self._call("machine", "post", f"/cases/{case}/callbacks", body)

    @rule(who=person, which=which)
    def withdraw(self, who, which):
        """Somebody takes a case back."""
        with self.database.reading() as session:
            case = session.scalar(
                select(Case.id).where(Case.candidate_id == self.records[which].id)
            )
        if case is not None:
            self._call(who, "post", f"/cases/{case}/withdrawal", {"reason": "unclear"})

    @invariant()
    def every_hand_over_has_its_people(self):
        """Each event that hands a case over names a person for each stage, each another one."""
        with self.database.reading() as session:
            decisions = {str(d.id): d for d in session.scalars(select(Decision))}
            policies = {str(r.id): r.policy for r in session.scalars(select(CandidateRecord))}
            for event in session.scalars(select(Event).where(Event.type.contains("confirmed"))):
                said = event.content["data"]
                stages = [stage["stage"] for stage in said["review"]]
                assert stages == policies[said["candidate_id"]]
                assert len({stage["user_id"] for stage in said["review"]}) == len(stages)
                for stage in said["review"]:
                    assert stage["checklist"] == CHECKLIST
                    assert any(
                        str(d.user_id) == stage["user_id"]
                        and d.stage == stage["stage"]
                        and d.verdict == "confirm"
                        and d.undone_at is None
                        and d.update == said["evidence"]["update"]
                        for d in decisions.values()
                    )
                    roles, qualified = PEOPLE[self._login(session, stage["user_id"])]
                    wanted = {
                        "operator": Role.OPERATOR,
                        "second": Role.SECOND_REVIEWER,
                        "legal": Role.LEGAL_REVIEWER,
                    }[stage["stage"]]
                    assert wanted in roles
                    assert qualified or stage["stage"] != "legal"

    @invariant()
    def a_case_is_one_and_told_of(self):
        """One case for each candidate, its set never changes, and its events are numbered."""
        with self.database.reading() as session:
            cases = session.scalars(select(Case)).all()
            assert len({case.candidate_id for case in cases}) == len(cases)
            for case in cases:
                told = session.scalars(
                    select(Event.sequence).where(Event.case_id == case.id).order_by(Event.cursor)
                ).all()
                assert list(told) == list(range(1, case.last_sequence + 1))
                kept = self.final.setdefault(("case", case.id), case.manifest_sha256)
                assert case.manifest_sha256 == kept

    @invariant()
    def what_is_decided_stays(self):
        """After its window no decision changes any more."""
        with self.database.reading() as session:
            for decision in session.scalars(select(Decision)):
                content = {c.name: getattr(decision, c.name) for c in Decision.__table__.columns}
                kept = self.final.get(decision.id)
                assert kept is None or kept == content
                if self.at >= decision.decided_at + timedelta(seconds=10):
                    self.final[decision.id] = content

    @invariant()
    def versions_only_grow(self):
        """A version that somebody loaded never comes back."""
        with self.database.reading() as session:
            for row in session.scalars(select(CandidateRecord)):
                assert row.version >= self.versions.get(row.id, 1)
                self.versions[row.id] = row.version

    @invariant()
    def the_log_is_whole(self):
        """Every entry follows the one before it."""
        with self.database.reading() as session:
            assert check_chain(session).broken_at is None

    def teardown(self):
        """Note how far it came, and leave nothing behind."""
        with self.database.reading() as session:
            self.reached.update(session.scalars(select(Event.type)))
        self.database.engine.dispose()
        shutil.rmtree(self.folder)

    def _call(self, who, method, path, body=None):
        arguments = {} if body is None else {"json": body}
        answer = getattr(self.callers[who], method)(API + path, **arguments)
        assert answer.status_code < 500, answer.text
        return answer

    def _row(self, record):
        with self.database.reading() as session:
            return session.get_one(CandidateRecord, record.id)

    def _login(self, session, user_id):
        return next(u.login for u in session.scalars(select(User)) if str(u.id) == user_id)

    def _people(self):
        with self.database.writing() as session:
            for organisation, parent in (("110000", None), ("110105", "110000")):
                path = "110000/" if parent is None else "110000/110105/"
                session.add(
                    Organisation(
                        id=organisation, parent_id=parent, name="o", path=path, created_at=self.at
                    )
                )
                session.flush()
            callers = {login: self._log_in(session, login) for login in PEOPLE}
            callers["machine"] = self._machine(session)
        return callers

    def _log_in(self, session, login):
        token, user_id = new_token(SESSION_PREFIX), uuid4()
        roles, qualified = PEOPLE[login]
        session.add(
            User(
                id=user_id,
                login=login,
                name=login,
                organisation_id="110105",
                roles=[role.value for role in roles],
                legal_qualified=qualified,
                password_hash="-",  # noqa: S106 - nobody logs in with it
                created_at=self.at,
            )
        )
        session.flush()
        session.add(
            LoginSession(
                token_sha256=token_digest(token),
                csrf_sha256=token_digest(csrf_token(token)),
                user_id=user_id,
                created_at=self.at,
                seen_at=self.at,
                expires_at=self.at + timedelta(days=1),
            )
        )
        return TestClient(
            self.app,
            base_url=BASE_URL,
            headers={"X-CSRF-Token": csrf_token(token)},
            cookies={"__Host-streetcase": token},
            raise_server_exceptions=False,
        )

    def _machine(self, session):
        token = new_token(MACHINE_PREFIX)
        creator = session.scalars(select(User.id).where(User.login == "adm")).one()
        session.add(
            MachineToken(
                id=uuid4(),
                name="case system",
                token_sha256=token_digest(token),
                scopes=[Scope.CASES_WRITE.value],
                organisation_id="110105",
                created_by=creator,
                created_at=self.at,
            )
        )
        return TestClient(
            self.app,
            base_url=BASE_URL,
            headers={"Authorization": f"Bearer {token}"},
            raise_server_exceptions=False,
        )


@pytest.mark.timeout(600)
def test_no_path_leads_to_a_case_without_named_humans(sqlite_template):
    """Whatever is called in whatever order: people at every stage, lasting decisions, whole log."""
    ReviewDesk.template, ReviewDesk.reached = sqlite_template, Counter()
    run_state_machine_as_test(
        ReviewDesk,
        settings=settings(
            max_examples=15,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,  # so that the count below says the same on every machine
            suppress_health_check=list(HealthCheck),
        ),
    )
    # Otherwise the invariants would hold of nothing.
    assert ReviewDesk.reached["streetcase.case.confirmed.v1"] >= 1, ReviewDesk.reached
