"""The log and the access register over HTTP: who sees what, CSV, and what a row must say."""

from __future__ import annotations

import csv
import io
from uuid import uuid4

import pytest
from sqlalchemy import delete, update

from api.audit.export import as_text_cell
from api.audit.register import Purpose, check_register, register_access
from api.audit.service import append
from api.audit.tables import AccessEntry, AuditEntry
from api.errors import Forbidden
from api.principal import Principal, PrincipalKind, system
from api.users.tables import Role

CITY, DISTRICT, OTHER = "110000", "110105", "110106"
PATHS = {
    CITY: "110000/",
    DISTRICT: "110000/110105/",
    OTHER: "110000/110106/",
    "": "",
}
both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


def note(database, now, organisation, *, action="thing.done", subject="1", actor=None):
    with database.writing() as session:
        return append(
            session,
            actor=actor or system("test"),
            action=action,
            subject_kind="thing",
            subject_id=subject,
            organisation_path=PATHS[organisation],
            now=now(),
            details={"text": "=cmd()"},
        )


def person(user):
    return Principal(
        kind=PrincipalKind.USER,
        id=str(user.id),
        name=user.name,
        organisation_path=PATHS[DISTRICT],
    )


@pytest.fixture
def access(database, make_user, now):
    """Opens an original: `access(reason="...")`."""
    li = make_user("li", Role.OPERATOR)

    def open_one(**fields):
        fields = {
            "actor": person(li),
            "candidate_id": uuid4(),
            "organisation_path": PATHS[DISTRICT],
            "item_name": "clip.mp4",
            "sha256": "ab" * 32,
            "purpose": Purpose.REVIEW,
            "reason": "看清车牌",
            "now": now(),
        } | fields
        with database.writing() as session:
            return register_access(session, **fields)

    return open_one


@both
def test_the_log_is_seen_within_ones_area(log_in, database, now):
    """A district sees its own entries; the city all of them, and those of no place."""
    for organisation in (CITY, DISTRICT, OTHER, ""):
        note(database, now, organisation)
    district = log_in(Role.AUDITOR).get("/api/v1/audit").json()["items"]
    assert [entry["organisation_path"] for entry in district] == [PATHS[DISTRICT]]
    city = log_in(Role.AUDITOR, organisation=CITY).get("/api/v1/audit").json()["items"]
    assert [entry["number"] for entry in city] == [4, 3, 2, 1]


@both
def test_the_log_is_filtered_and_paged(log_in, database, now):
    """By subject, actor, action and time; the newest first, each once."""
    auditor = log_in(Role.SUPERVISOR)
    for number in range(5):
        note(database, now, DISTRICT, subject=str(number % 2))
        now.advance(minutes=1)
    note(database, now, DISTRICT, action="other.done", actor=system("somebody"))

    def numbers(**params):
        return [e["number"] for e in auditor.get("/api/v1/audit", params=params).json()["items"]]

    assert numbers(action="thing.done", subject_kind="thing", subject_id="1") == [4, 2]
    assert numbers(actor_id="somebody") == [6]
    since = now.instant.isoformat()
    assert numbers(since=since) == [6]
    assert numbers(until=since) == [5, 4, 3, 2, 1]
    first = auditor.get("/api/v1/audit", params={"limit": 4}).json()
    rest = auditor.get("/api/v1/audit", params={"limit": 4, "cursor": first["next"]}).json()
    assert [e["number"] for e in first["items"] + rest["items"]] == [6, 5, 4, 3, 2, 1]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"cursor": "rubbish"}, 400),
        ({"limit": 0}, 422),
        ({"limit": 201}, 422),
        ({"since": "yesterday"}, 422),
        ({"since": "2026-01-01T00:00:00"}, 422),  # without its zone
        ({"action": "a' or 1=1"}, 422),
    ],
)
def test_bad_questions(log_in, params, status):
    """What cannot be asked is refused."""
    assert log_in(Role.AUDITOR).get("/api/v1/audit", params=params).status_code == status


@both
def test_the_check_over_http(log_in, database, now):
    """An auditor learns that all holds, keeps the head, and later learns what was changed."""
    auditor = log_in(Role.AUDITOR)
    for _ in range(5):
        note(database, now, DISTRICT)
    found = auditor.get("/api/v1/audit/check").json()
    assert (found["intact"], found["entries"], found["broken_at"]) == (True, 5, None)
    head = auditor.get("/api/v1/audit/head").json()
    assert found["head"] == head
    with database.writing() as session:
        session.execute(update(AuditEntry).where(AuditEntry.number == 3).values(action="x.y"))
    found = auditor.get("/api/v1/audit/check").json()
    assert (found["intact"], found["broken_at"]) == (False, 3)
    kept = {"kept_number": head["number"], "kept_sha256": "0" * 64}
    half = auditor.get("/api/v1/audit/check", params={"kept_number": 1})
    assert (half.status_code, half.json()["code"]) == (400, "half_a_head")
    assert auditor.get("/api/v1/audit/check", params=kept).json()["broken_at"] == 3


@both
def test_an_access_is_registered_whole(access, log_in, database):
    """Who, when, which file, what for and why; in the register and in the log alike."""
    entry = access()
    item = log_in(Role.AUDITOR).get("/api/v1/access-register").json()["items"][0]
    assert item["user_name"] == "Li"
    assert (item["purpose"], item["reason"]) == ("review", "看清车牌")
    assert (item["item_name"], item["sha256"]) == ("clip.mp4", "ab" * 32)
    assert item["audit_number"] == entry.audit_number
    with database.reading() as session:
        assert check_register(session) == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"purpose": None},
        {"reason": ""},
        {"reason": "  \n "},
        {"reason": "ok"},
        {"reason": "x" * 2001},
        {"actor": system("timer")},
    ],
)
def test_no_access_without_purpose_and_reason(access, database, fields):
    """LAW-71: nothing is opened, and nothing written, without both, and by people only."""
    with pytest.raises(Forbidden):
        access(**fields)
    with database.reading() as session:
        assert session.query(AccessEntry).count() == 0


@both
def test_a_changed_register_is_told(access, database):
    """The log says the same, so a row in which anything was changed shows."""
    entry = access()
    for column in ("reason", "user_name", "purpose", "item_name", "sha256"):
        with database.writing() as session:
            session.execute(update(AccessEntry).values({column: "court"}))
        with database.reading() as session:
            assert "was changed" in check_register(session)
        with database.writing() as session:
            session.execute(update(AccessEntry).values({column: getattr(entry, column)}))
    with database.reading() as session:
        assert check_register(session) == ""


@both
def test_removed_and_added_rows_are_told(access, database, log_in):
    """A row that is gone is missed; one that nobody logged is a stranger."""
    access()
    other = access()
    with database.writing() as session:
        session.execute(delete(AccessEntry).where(AccessEntry.id == other.id))
    with database.reading() as session:
        assert check_register(session).startswith("the register lacks")
    answer = log_in(Role.AUDITOR).get("/api/v1/audit/check").json()
    assert (answer["intact"], answer["broken_at"]) == (False, None)
    with database.writing() as session:
        session.execute(update(AuditEntry).values(action="hidden"))
    with database.reading() as session:
        assert "does not know" in check_register(session)


@both
def test_the_register_is_seen_within_ones_area_and_filtered(access, log_in):
    """A district sees its own accesses, by person, candidate, purpose and time."""
    mine, _ = access(), access(organisation_path=PATHS[OTHER], purpose=Purpose.COURT)
    auditor = log_in(Role.AUDITOR)

    def ids(caller=auditor, **params):
        found = caller.get("/api/v1/access-register", params=params).json()["items"]
        return [item["id"] for item in found]

    assert ids() == [str(mine.id)]
    assert ids(candidate_id=str(mine.candidate_id)) == [str(mine.id)]
    assert ids(purpose="court") == []
    assert ids(user_id=str(uuid4())) == []
    assert len(ids(log_in(Role.AUDITOR, organisation=CITY))) == 2


@both
@pytest.mark.parametrize("what", ["audit", "access-register"])
def test_csv_is_safe_whole_and_logged(access, log_in, monkeypatch, what):
    """Every row of the area in order, no cell a formula, and the export itself is logged."""
    monkeypatch.setattr("api.audit.export.BATCH", 2)
    for number in range(5):
        access(reason=f'=HYPERLINK("http://x";{number}) 看清, "车牌"')
    access(organisation_path=PATHS[OTHER])
    auditor = log_in(Role.AUDITOR)
    answer = auditor.get(f"/api/v1/{what}/export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row.values()]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    if what == "access-register":
        assert [row["reason"][-9:] for row in rows] == [' 看清, "车牌"'] * 5
    else:
        assert [row["number"] for row in rows] == ["1", "2", "3", "4", "5", "7"]
    logged = auditor.get("/api/v1/audit", params={"limit": 1}).json()["items"][0]
    assert logged["action"] == ("audit" if what == "audit" else "access_register") + ".exported"
    assert logged["actor_id"] == str(auditor.user.id)


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_formulas_become_text(value):
    """Every beginning that a spreadsheet runs is made text."""
    assert as_text_cell(value) == "'" + value
