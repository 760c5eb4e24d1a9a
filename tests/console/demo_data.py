"""A centre full of things to look at.

    python -m tests.console.demo_data --folder var/demo --serve

Everything comes in the way it does in earnest: boxes enrol and submit signed evidence, people
claim and decide, cases are handed over. Only the clock is ours: it walks through the last days.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import warnings
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from pydantic import SecretStr

from api.app import create_app
from api.boxes.enrolment import create_code
from api.candidates.tables import CandidateRecord, EvidenceUse
from api.logs import configure_logs
from api.principal import Principal, PrincipalKind, system
from api.review import claims, decisions
from api.review.policies import create_policy
from api.review.schemas import DecisionRequest, PolicyRequest
from api.review.settlement import Settlement
from api.settings import ApiSettings, DatabaseSettings, Secrets, ServerSettings, StoreSettings
from api.users import repository as users
from api.users.first import create_demo_users
from api.users.service import create_user
from api.users.tables import Role
from pipeline.exchange import PICTURE_TIME_HEADER
from tests.console.demo_box import DemoBox
from tests.console.demo_places import CAMERAS, GATES, camera_settings
from tests.console.demo_present import report_boxes, report_cases, report_gaps
from tests.console.demo_scenes import BANNER, DUST, SPILL, VENDING, jpeg, picture

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

API = "/api/v1"
SECRET = "a secret of the demonstration, of no worth elsewhere"  # noqa: S105
CITY = "990000"
DISTRICT = "990100"
SECOND_OPERATOR = ("demo-operator-2", "演示值班员乙")
CHECKLIST = {"authentic": True, "clear": True, "complete": True, "accurate": True}


class Clock:
    """The present instant; stands still until it is told otherwise."""

    def __init__(self, instant):
        self.instant = instant

    def __call__(self):
        return self.instant


def settings_of(folder, port=0):
    """The settings of the demonstration centre."""
    return ApiSettings(
        server=ServerSettings(port=port, secure_cookies=False),
        database=DatabaseSettings(url=f"sqlite:///{folder / 'centre.db'}"),
        store=StoreSettings(folder=folder / "store"),
        adcode=CITY,
    )


def secrets():
    """Its secrets."""
    return Secrets(session=SecretStr(SECRET))


class Demo:
    """Fills a new centre. What it tells people to log in with is in `people`."""

    def __init__(self, folder):
        self.clock = Clock(datetime.now(UTC) - timedelta(days=4))
        self.settings = settings_of(folder)
        self.app = create_app(self.settings, secrets(), now=self.clock, with_timers=False)
        self.client = TestClient(self.app, base_url="http://testserver")
        self.people = {}
        self.cameras = {}

    def fill(self, candidates=60):
        """Everything; takes some seconds."""
        with self.client:
            self.database = self.app.state.database
            self._add_people()
            self._add_boxes_and_cameras()
            self._add_subscribers()
            self._live_through(candidates)
            self._report()
            for box in self.boxes.values():
                box.close()
        return self

    def _report(self):
        """What is going on now: boxes that report, a case system that works on its cases."""
        self._log_in("demo-admin")
        wanted = {"name": "办案平台", "organisation_id": CITY, "scopes": ["cases:write"]}
        token = self._post("/machine-tokens", wanted)["token"]
        self._log_in("demo-operator")
        report_cases(self._post, self._get, token, self.clock())
        report_boxes(self.database, self.clock())
        report_gaps(self.boxes["box-market"], self.clock())

    def person(self, login):
        """A person as the services know them."""
        with self.database.reading() as session:
            user, organisation = users.user_by_login(session, login)
            return Principal(
                kind=PrincipalKind.USER,
                id=str(user.id),
                name=user.name,
                organisation_path=organisation.path,
                roles=frozenset(Role(role) for role in user.roles),
                legal_qualified=user.legal_qualified,
            )

    def _add_people(self):
        made = create_demo_users(self.database, now=self.clock())
        self.people = {one.login: one.password for one in made}
        login, name = SECOND_OPERATOR
        password = made[1].password[::-1]
        with self.database.writing() as session:
            create_user(
                session,
                actor=system("demo"),
                login=login,
                name=name,
                organisation_id=CITY,
                roles=(Role.OPERATOR,),
                password=password,
                now=self.clock(),
                must_change_password=False,
            )
        self.people[login] = password

    def _post(self, path, body, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else self.csrf
        answer = self.client.post(f"{API}{path}", json=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def _get(self, path):
        answer = self.client.get(f"{API}{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _log_in(self, login):
        answer = self.client.post(
            f"{API}/session", json={"login": login, "password": self.people[login]}
        )
        assert answer.status_code == 201, answer.text
        self.csrf = {"X-CSRF-Token": answer.json()["csrf"]}

    def _add_boxes_and_cameras(self):
        self._log_in("demo-admin")
        self.boxes = {}
        for box_id in ("box-market", "box-ring"):
            with self.database.writing() as session:
                code = create_code(
                    session,
                    actor=system("demo"),
                    box_id=box_id,
                    organisation_id=DISTRICT,
                    now=self.clock(),
                )
            self.boxes[box_id] = DemoBox(self.client, self.clock, box_id)
            assert self.boxes[box_id].enrol(code.code).status_code == 200
        for number, (id_, name, place, scenes, longitude, latitude, second) in enumerate(CAMERAS):
            settings = camera_settings(scenes[0], id_, name, place, with_school=number == 1)
            box_id = "box-market" if number <= 1 else "box-ring"
            registration = {
                "organisation_id": DISTRICT,
                "box_id": box_id,
                "longitude": longitude,
                "latitude": latitude,
                "owner_organisation": "演示区城市管理局",
            }
            self._post("/cameras", {"registration": registration, "settings": settings})
            self.cameras[id_] = {"id": id_, "name": name, "place": place, "box": box_id}
            self._add_gates(id_, GATES if number == 0 else GATES[: 4 - number])
            answer = self.client.put(
                f"{API}/boxes/me/pictures/{id_}",
                content=jpeg(picture(scenes[0].video, second)),
                headers={
                    **self.boxes[box_id].headers,
                    "Content-Type": "image/jpeg",
                    PICTURE_TIME_HEADER: self.clock().isoformat(),
                },
            )
            assert answer.status_code == 204, answer.text

    def _add_gates(self, camera_id, gates):
        begin = self.clock() - timedelta(days=1)
        for kind, document, details in gates:
            self._post(
                f"/cameras/{camera_id}/gates",
                {
                    "gate": kind,
                    "met_from": begin.isoformat(),
                    "met_until": (begin + timedelta(days=365)).isoformat(),
                    "document": document,
                    "details": details,
                },
            )

    def _add_subscribers(self):
        with self.database.reading() as session:
            path = users.organisation(session, CITY).path
        for name, url in (
            ("城市管理执法办案平台", "http://127.0.0.1:9/cases"),
            ("数字城管协同平台", "http://127.0.0.1:9/coordination"),
        ):
            self._post("/subscribers", {"name": name, "url": url, "organisation_path": path})
        with self.database.writing() as session:
            create_policy(
                session,
                self.person("demo-admin"),
                PolicyRequest(
                    violation="MUCK_TRUCK_SPILL",
                    organisation_path=path,
                    stages=("operator", "second"),
                ),
                now=self.clock(),
            )

    def _live_through(self, candidates):
        """Days of arrivals; most of the earlier ones are decided, the last hour's wait."""
        begin, end = self.clock(), datetime.now(UTC)
        settled = candidates - candidates // 2
        for number in range(candidates):
            if number < settled:
                self.clock.instant = begin + (end - begin) * 0.95 * number / settled
            else:
                left = (candidates - number) / (candidates - settled)
                # More and more of them: a few are overdue, most have just come.
                self.clock.instant = end - timedelta(minutes=26 * left**3 + 1)
            candidate = self._arrive(number)
            if number < settled:
                self._decide(number, candidate)
        self.clock.instant = end
        self._settle()
        with self.database.writing() as session:
            for row in session.query(CandidateRecord).filter_by(camera_id="market-01"):
                row.evidence_use = EvidenceUse.PENALTY_EVIDENCE
                row.evidence_use_reasons = []

    def _arrive(self, number):
        scene, camera_id = (
            (VENDING, "market-01"),
            (VENDING, "market-02"),
            (DUST, "site-gate-01"),
            (BANNER, "market-01"),
            (SPILL, "ring-south-02"),
            (VENDING, "market-02"),
        )[number % 6]
        camera = self.cameras[camera_id]
        return self.boxes[camera["box"]].report(
            scene,
            camera,
            lasted=scene.lasted,
            variant=number // 6 % 4,
            clock_offset_seconds=1.7 if number % 11 == 10 else 0.04,
            score=0.71 + 0.26 * (number * 7 % 10) / 10,
        )

    def _decide(self, number, candidate):
        verdict = ("confirm", "confirm", "reject", "confirm", "confirm", "need_more")[number % 6]
        verdict = "reject" if number % 5 == 4 else verdict
        said = {
            "confirm": {"checklist": CHECKLIST},
            "reject": {"reason": ("weather", "duplicate", "permitted_time")[number % 3]},
            "need_more": {"missing": ["plate", "close_up"], "note": "请补充清晰近景。"},
        }[verdict]
        self.clock.instant += timedelta(minutes=4)
        self.judge("demo-operator", candidate.candidate_id, candidate.update, verdict, **said)
        self._settle()
        if number % 12 == 4 and verdict == "confirm":  # the others wait for their second review
            self.clock.instant += timedelta(minutes=9)
            self.judge("demo-second", candidate.candidate_id, candidate.update, "confirm", **said)
            self._settle()

    def judge(self, login, candidate_id, update, verdict, **said):
        """Claim and decide as a person of the demonstration."""
        person = self.person(login)
        judge = partial(decisions.decide, settings=self.settings.review, now=self.clock())
        with self.database.writing() as session:
            record = claims.claim(
                session, person, candidate_id, settings=self.settings.review, now=self.clock()
            )
            request = DecisionRequest(
                decision_id=uuid4(), version=record.version, update=update, verdict=verdict, **said
            )
            judge(session, person, candidate_id, request)

    def _settle(self):
        self.clock.instant += timedelta(seconds=11)
        Settlement(
            database=self.database,
            store=self.app.state.store,
            settings=self.settings,
            secrets=secrets(),
            now=self.clock,
        ).run()


def first_waiting(database):
    """The ids of what waits, in the queue's order."""
    with database.reading() as session:
        rows = session.query(CandidateRecord).filter_by(state="pending_review")
        order = (CandidateRecord.priority, CandidateRecord.due_at, CandidateRecord.id)
        return [UUID(str(row.id)) for row in rows.order_by(*order)]


def main(arguments=None):
    """Fill a folder and, if asked, serve it until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("var/demo"))
    parser.add_argument("--candidates", type=int, default=60)
    parser.add_argument("--bulk", type=int, default=0, help="so many more, made fast")
    parser.add_argument("--again", action="store_true", help="throw away what is there")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--port", type=int, default=8090)
    options = parser.parse_args(arguments)
    configure_logs(sys.stderr)
    told = options.folder / "people.json"
    if options.again:
        shutil.rmtree(options.folder, ignore_errors=True)
    if not told.exists():
        options.folder.mkdir(parents=True, exist_ok=True)
        demo = Demo(options.folder.resolve()).fill(options.candidates)
        if options.bulk:
            from tests.console.demo_bulk import add_many  # noqa: PLC0415 - seldom needed

            add_many(demo.database, options.bulk)
        told.write_text(json.dumps(demo.people, indent=2), encoding="utf-8")
    print(told.read_text(encoding="utf-8"))
    if options.serve:
        from api.server import serve  # noqa: PLC0415 - not where only data are wanted

        serve(settings_of(options.folder.resolve(), options.port), secrets())
    print(json.dumps({"ok": True, "folder": str(options.folder)}))


if __name__ == "__main__":
    main()
