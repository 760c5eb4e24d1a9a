"""Submissions while things go wrong: nothing half done, nothing twice, nothing lost."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from api.app import create_app
from api.audit.service import check_chain
from api.boxes.tables import BoxKey, BoxManifest
from api.candidates.tables import CandidateRecord, CandidateUpdate
from api.evidence.tables import EvidenceRecord
from api.settings import S3Settings, StoreSettings
from tests.api.conftest import BASE_URL
from tests.api.simulated_box import SimulatedBox

both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


def count(database, table):
    """Rows of a table."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def a_client_of(app):
    """A client of its own for one thread; the application is not started and stopped by it."""
    return TestClient(app, base_url=BASE_URL, raise_server_exceptions=False)


@both
def test_a_failing_commit_stores_nothing(box, database):
    """The box hears 500 and tries again; then it is stored once."""
    submission, contents = box.make()
    box.upload(submission, contents)

    def refuse(_connection):
        raise RuntimeError("the disk is full")

    event.listen(database.engine, "commit", refuse)
    answer = box.submit(submission)
    event.remove(database.engine, "commit", refuse)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert count(database, CandidateRecord) == count(database, BoxManifest) == 0
    assert box.submit(submission).json()["duplicate"] is False


@both
def test_a_lost_receipt_is_no_loss(box, database):
    """What was committed before the answer got lost is a duplicate the next time."""
    submission, contents = box.make()
    box.upload(submission, contents)
    assert box.submit(submission).status_code == 200  # and the box never hears of it
    box.upload(submission, contents)
    assert box.submit(submission).json()["duplicate"] is True
    assert count(database, CandidateRecord) == 1


@both
@pytest.mark.parametrize("step", range(3))
def test_a_database_that_goes_away_at_any_step(box, database, step):
    """Whichever of the transactions cannot begin: 503, nothing kept, and a retry succeeds."""
    submission, contents = box.make()
    box.upload(submission, contents)
    begun = 0

    def sometimes(*_):
        nonlocal begun
        begun += 1
        if begun == step + 1:
            raise OperationalError("BEGIN", {}, Exception("gone"))

    event.listen(database.engine, "begin", sometimes)
    answer = box.submit(submission)
    event.remove(database.engine, "begin", sometimes)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert count(database, CandidateRecord) == 0
    assert box.submit(submission).json()["duplicate"] is False


@both
@pytest.mark.parametrize("seed", range(3))
def test_any_order_and_any_repetition_comes_to_the_same(box, database, seed):
    """Duplicated and reordered submissions are stored once each, and nothing is missing."""
    source = random.Random(seed)  # noqa: S311 - a test
    ids = [uuid4() for _ in range(4)]
    updates = dict.fromkeys(ids, -1)
    made = []
    for _ in range(12):
        candidate_id = source.choice(ids)
        updates[candidate_id] += 1
        made.append(box.make(candidate_id=candidate_id, update=updates[candidate_id]))
    sends = made + source.sample(made, 6)
    source.shuffle(sends)
    for submission, contents in sends:
        box.upload(submission, contents)
        assert box.submit(submission).status_code == 200
    assert count(database, CandidateUpdate) == count(database, BoxManifest) == 12
    assert count(database, EvidenceRecord) == 24
    with database.reading() as session:
        found = {record.id: record.update for record in session.scalars(select(CandidateRecord))}
        assert found == {id_: last for id_, last in updates.items() if last >= 0}
        assert session.scalar(select(BoxKey.complete_through)) == 12
        assert check_chain(session).broken_at is None


@both
def test_the_same_submission_at_once_is_stored_once(app, box, database):
    """Several tries under way at the same time give one candidate and no error."""
    submission, contents = box.make()
    box.upload(submission, contents)
    receipts, lock = [], threading.Lock()

    def send():
        twin = SimulatedBox(a_client_of(app), box.now, key=box.key)
        twin.token = box.token
        answer = twin.submit(submission)
        with lock:
            receipts.append((answer.status_code, answer.json().get("duplicate")))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(receipts) == [(200, False), (200, True), (200, True), (200, True)]
    assert count(database, CandidateRecord) == 1


@both
def test_many_boxes_at_once(app, enrolled, database):
    """Boxes that share files and submit at the same time wait for each other, and no longer."""
    boxes = [enrolled(f"box-{number}") for number in range(4)]
    failures = []

    def work(own):
        own.client = a_client_of(app)
        for turn in range(4):
            contents = {name: name.encode() for name in ("a.jpg", "b.jpg", "c.jpg")}
            contents[f"own-{turn}.jpg"] = f"{own.box_id} {turn}".encode()
            try:
                own.send(contents, camera_id=own.box_id)
            except AssertionError as error:
                failures.append(str(error))

    threads = [threading.Thread(target=work, args=(own,)) for own in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.reading() as session:
        numbers = session.scalars(select(CandidateRecord.number)).all()
        assert sorted(numbers) == list(range(1, 17))
        assert check_chain(session).broken_at is None


def test_the_whole_way_over_a_real_s3_server(*, ceph, settings, secrets, enrolled, now):
    """With an S3 store boxes upload to the server itself, and a wrong file is refused."""
    s3 = S3Settings(
        endpoint=ceph.endpoint,
        access_key=ceph.access_key,
        secure=False,
        bucket="whole-way-candidates",
        case_bucket="whole-way-cases",
    )
    app = create_app(
        settings.model_copy(update={"store": StoreSettings(s3=s3)}),
        secrets.model_copy(update={"store_secret": SecretStr(ceph.secret_key)}),
        now=now,
        with_timers=False,
    )
    known = enrolled()
    with httpx.Client(timeout=10) as plain, TestClient(app, base_url=BASE_URL) as client:
        box = SimulatedBox(_Split(client, plain, ceph.endpoint), now, key=known.key)
        box.token = known.token
        submission = box.send()
        assert box.submit(submission).json()["duplicate"] is True
        forged, contents = box.make({"first.jpg": b"honest"})
        box.upload(forged, dict.fromkeys(contents, b"forged"))
        assert box.submit(forged).json()["code"] == "evidence_mismatch"
        box.upload(forged, contents)
        assert box.submit(forged).status_code == 200
        digests = [item.sha256 for item in submission.candidate.evidence]
        until = datetime.now(tz=UTC) + timedelta(seconds=2)
        assert app.state.store.freeze(digests, until=until) >= until
    app.state.database.engine.dispose()


class _Split:
    """Speaks to the centre in this process, and to the S3 server over the network."""

    def __init__(self, centre, network, endpoint):
        self._centre, self._network, self._endpoint = centre, network, endpoint

    def post(self, *arguments, **options):
        """To the centre."""
        return self._centre.post(*arguments, **options)

    def put(self, url, **options):
        """To wherever the link leads."""
        assert self._endpoint in url
        return self._network.put(url, **options)
