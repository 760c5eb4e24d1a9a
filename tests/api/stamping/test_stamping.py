"""Manifests are stamped after they came; no authority holds anything up, or is believed blindly."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from api.app import create_app
from api.candidates.tables import CandidateUpdate
from api.settings import TimestampSettings
from api.stamping.service import LEASE, Stamping, stamping_timer, want_stamp
from api.stamping.tables import ManifestStamp
from api.users.tables import Role, Scope
from pipeline.errors import SettingsError
from pipeline.evidence.timestamp import STAMP_NAME
from pipeline.evidence.verification import verify_bundle
from tests.time_authority import SUBJECT, is_missing, running_authority

pytest.importorskip("rfc3161_client")
pytestmark = pytest.mark.skipif(is_missing(), reason="openssl is not installed")
both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
API = "/api/v1"


@pytest.fixture
def authority(tmp_path):
    """An authority that answers."""
    with running_authority(tmp_path / "authority") as running:
        yield running


@pytest.fixture
def settings(settings, authority):
    """The centre's settings, with the authority."""
    configured = TimestampSettings(url=authority.url, ca_file=authority.ca_file)
    return settings.model_copy(update={"timestamp": configured})


@pytest.fixture
def stamping(database, settings, now, app):
    """The timer's work, done when a test wants it."""
    return Stamping(
        database=database, settings=settings.timestamp, metrics=app.state.metrics, now=now
    )


def stamps(database):
    """Every stamp that is or will be."""
    with database.reading() as session:
        return list(session.scalars(select(ManifestStamp)))


def shown(log_in, submission):
    """What the candidate's page says of the stamp."""
    path = f"{API}/candidates/{submission.candidate.candidate_id}"
    return log_in(Role.OPERATOR).get(path).json()["timestamp"]


@both
def test_a_manifest_is_stamped_after_it_came(*, box, stamping, authority, database, log_in):
    """Ingest asks nobody; the timer does, once, and the page says when and by whom."""
    submission = box.send()
    assert authority.asked == 0
    assert shown(log_in, submission)["stamped_at"] is None
    stamping.run()
    told = shown(log_in, submission)
    at = datetime.fromisoformat(told["stamped_at"])
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)
    assert (told["authority"], told["problem"]) == (f"CN={SUBJECT}", "")
    stamping.run()
    assert authority.asked == 1


@both
def test_an_authority_that_is_away_is_asked_again(
    *, box, stamping, authority, database, log_in, now
):
    """Longer and longer pauses, the reason on the page, and nothing else waits."""
    submission = box.send()
    authority.answer = (503, b"")
    stamping.run()
    assert shown(log_in, submission)["problem"] == "the authority answered 503"
    stamping.run()
    assert authority.asked == 1
    for pause in (30, 60, 120):
        now.advance(seconds=pause)
        stamping.run()
    assert authority.asked == 4
    authority.answer = None
    now.advance(seconds=240)
    stamping.run()
    told = shown(log_in, submission)
    assert told["stamped_at"] is not None
    assert (told["tries"], told["problem"]) == (5, "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, b"<html>welcome</html>"), "does not hold"),
        ((200, b"x" * 70_000), "more than 65536 bytes"),
        ((302, b""), "answered 302"),
        ((200, b""), "does not hold"),
    ],
)
def test_garbage_is_no_stamp(*, box, stamping, authority, database, answer, words):
    """Whatever is answered: nothing is kept that cannot be verified."""
    box.send()
    authority.answer = answer
    stamping.run()
    [stamp] = stamps(database)
    assert (stamp.content, stamp.stamped_at) == (None, None)
    assert words in stamp.last_problem


def test_an_old_answer_is_no_stamp(*, box, stamping, authority, database, now):
    """The answer to another question, as a replay, is refused."""
    box.send()
    stamping.run()
    [first] = stamps(database)
    box.send()
    authority.answer = (200, first.content)
    stamping.run()
    assert sorted(stamp.stamped_at is None for stamp in stamps(database)) == [False, True]


def test_one_that_fails_holds_up_no_other(*, box, stamping, authority, database, now):
    """After a failure the run ends; the next one goes on with what has waited longest."""
    for _ in range(3):
        box.send()
    authority.answer = (500, b"")
    stamping.run()
    authority.answer = None
    stamping.run()
    assert sum(stamp.stamped_at is not None for stamp in stamps(database)) == 2
    now.advance(seconds=31)
    stamping.run()
    assert all(stamp.stamped_at for stamp in stamps(database))


def test_who_takes_a_manifest_keeps_others_away(*, box, stamping, database, now):
    """Two processes never ask for the same at once; one that died is followed after a while."""
    box.send()
    assert stamping._take() is not None
    assert stamping._take() is None
    now.advance(seconds=LEASE.total_seconds())
    assert stamping._take() is not None


def test_an_authority_that_is_not_there_is_said_so(*, box, settings, database, app, now, log_in):
    """A refused connection is a reason like others."""
    nowhere = settings.timestamp.model_copy(update={"url": "http://127.0.0.1:1/"})
    submission = box.send()
    Stamping(database=database, settings=nowhere, metrics=app.state.metrics, now=now).run()
    assert shown(log_in, submission)["problem"] == "the authority does not answer: ConnectError"
    assert 'streetcase_timestamps_total{outcome="failed"} 1.0' in app.state.metrics.text().decode()


@pytest.fixture
def case(*, hand_over, database, now):
    """A case whose manifest waits to be stamped."""
    record = hand_over()
    with database.writing() as session:
        want_stamp(session, session.get_one(CandidateUpdate, (record.id, 0)), now())
    return record


def test_the_stamp_goes_with_the_bundle(*, case, stamping, authority, make_machine, tmp_path):
    """The ZIP holds it, it verifies offline, the centre verifies it, and a changed one is named."""
    stamping.run()
    machine = make_machine(Scope.FEED_READ)
    [item] = machine.get(f"{API}/cases").json()["items"]
    assert machine.get(f"{API}/cases/{item['id']}").json()["timestamp"]["stamped_at"]
    content = machine.get(f"{API}/cases/{item['id']}/bundle").content
    assert STAMP_NAME in zipfile.ZipFile(io.BytesIO(content)).namelist()
    path = tmp_path / "case.zip"
    path.write_bytes(content)
    report = verify_bundle(path, timestamp_roots=authority.roots)
    assert report.ok
    said = {check.code: check for check in report.checks}["timestamp"]
    assert f"says CN={SUBJECT}" in said.text
    verified = machine.post(f"{API}/cases/{item['id']}/verifications").json()
    assert verified["ok"]
    assert "timestamp" in {check["code"] for check in verified["checks"]}


def test_a_changed_stamp_is_named(*, case, stamping, database, make_machine):
    """Somebody who writes into the database is found out."""
    stamping.run()
    with database.writing() as session:
        stamp = session.scalars(select(ManifestStamp)).one()
        stamp.content = stamp.content[:-1] + bytes([stamp.content[-1] ^ 1])
    machine = make_machine(Scope.FEED_READ)
    [item] = machine.get(f"{API}/cases").json()["items"]
    verified = machine.post(f"{API}/cases/{item['id']}/verifications").json()
    assert verified["first_failure"]["file"] == STAMP_NAME


def test_without_an_authority_there_is_no_timer(settings, secrets, app, tmp_path):
    """Nothing runs, and nothing is wanted; a file of roots that does not hold is said at once."""
    assert [timer.name for timer in stamping_timer(app.state)] == ["stamp_manifests"]
    plain = create_app(settings.model_copy(update={"timestamp": None}), secrets)
    assert stamping_timer(plain.state) == ()
    plain.state.database.engine.dispose()
    missing = settings.timestamp.model_copy(update={"ca_file": tmp_path / "none.pem"})
    with pytest.raises(SettingsError, match=r"none\.pem"):
        create_app(settings.model_copy(update={"timestamp": missing}), secrets)
