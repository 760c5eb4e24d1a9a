"""What only an S3 server does: locks, links that it refuses itself, being away and back."""

from __future__ import annotations

import hashlib
import io
import os
import signal
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr

from api.errors import Locked, Unavailable, Unprocessable
from api.evidence import store_s3
from api.evidence.s3_answers import FRACTION, locked_until
from api.evidence.store import Area, Finding
from api.evidence.store_s3 import S3Store
from api.settings import S3Settings
from tests.api.conftest import BASE_URL
from tests.api.evidence.test_store import bring, expected_of


@pytest.fixture
def web():
    """A box's or browser's way to the server."""
    with httpx.Client(timeout=10) as plain:
        yield plain


@pytest.fixture
def frozen(s3_store):
    """A file under a lock of a day."""
    sha256 = s3_store.put(b"evidence", "image/jpeg")
    s3_store.freeze([sha256], until=datetime.now(tz=UTC) + timedelta(days=1))
    return sha256


def version_of(store, sha256):
    """Where the locked copy is: bucket, name and version."""
    bucket = store.settings.case_bucket
    name = f"objects/{sha256[:2]}/{sha256}"
    return bucket, name, store.client.stat_object(bucket, name).version_id


def test_a_locked_file_cannot_be_deleted(s3_store, frozen):
    """Under COMPLIANCE not even the store's own account removes a copy."""
    with pytest.raises(Locked):
        s3_store.delete(frozen, Area.CASES)
    assert b"".join(s3_store.read(frozen, Area.CASES)) == b"evidence"


def test_the_lock_is_the_servers_own(s3_store, frozen):
    """The date is read back from the server, whose nine digits after the point minio refuses."""
    bucket, name, version = version_of(s3_store, frozen)
    until = locked_until(s3_store.client.stat_object(bucket, name, version_id=version))
    assert timedelta(hours=23) < until - datetime.now(tz=UTC) < timedelta(hours=25)


def test_a_lock_is_prolonged_and_never_shortened(s3_store, frozen):
    """A later freeze with a later end prolongs; one with an earlier end changes nothing."""
    longer = datetime.now(tz=UTC) + timedelta(days=3)
    assert s3_store.freeze([frozen], until=longer) >= longer
    sooner = datetime.now(tz=UTC) + timedelta(minutes=1)
    assert s3_store.freeze([frozen], until=sooner) >= longer


def test_a_damaged_copy_is_no_case(s3_store, frozen):
    """If the bytes under a name are others, freezing says so instead of keeping them."""
    bucket, name, _ = version_of(s3_store, frozen)
    s3_store.client.put_object(bucket, name, io.BytesIO(b"EVIDENCE"), 8)
    with pytest.raises(Unprocessable) as refused:
        s3_store.freeze([frozen], until=datetime.now(tz=UTC) + timedelta(days=1))
    assert refused.value.code == "evidence_damaged"


def test_a_damaged_file_is_set_aside_and_brought_again(s3_store, web):
    """Bytes that rotted in the store make room for good ones, and are kept to be looked at."""
    _, expected = bring(s3_store, web, b"good")
    s3_store.finish("box-1", expected)
    place = f"objects/{expected.sha256[:2]}/{expected.sha256}"
    s3_store.client.put_object(s3_store.settings.bucket, place, io.BytesIO(b"rot!"), 4)
    bring(s3_store, web, b"good")
    s3_store.finish("box-1", expected)
    assert b"".join(s3_store.read(expected.sha256)) == b"good"
    damaged = s3_store.client.list_objects(s3_store.settings.bucket, prefix="damaged/")
    assert len(list(damaged)) == 1


def test_expired_and_anonymous_requests_are_refused(s3_store, web):
    """A link that has ended opens nothing, nor does the plain address."""
    sha256 = s3_store.put(b"secret", "image/jpeg")
    bucket, name = s3_store.settings.bucket, f"objects/{sha256[:2]}/{sha256}"
    ended = s3_store.public.get_presigned_url(
        "GET",
        bucket,
        name,
        expires=timedelta(seconds=60),
        request_date=datetime.now(tz=UTC) - timedelta(hours=1),
    )
    assert web.get(ended).status_code == 403
    assert web.get(ended.partition("?")[0]).status_code == 403


def test_links_lead_to_the_public_address(s3_settings, ceph):
    """Boxes and browsers are sent to the address that they can reach, with or without TLS."""
    settings = s3_settings.model_copy(
        update={"public_endpoint": "evidence.example:9443", "public_secure": True}
    )
    store = S3Store(settings, SecretStr(ceph.secret_key), link_seconds=60)
    link = store.upload_link("box-1", expected_of(b"x"), base_url=BASE_URL)
    assert link.url.startswith(f"https://evidence.example:9443/{settings.bucket}/staging/")
    assert ceph.secret_key not in link.url


@pytest.fixture
def quick(monkeypatch):
    """A store that is away is noticed soon."""
    monkeypatch.setattr(store_s3, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(store_s3, "READ_SECONDS", 0.3)
    monkeypatch.setattr(store_s3, "TRIES", 0)


def test_a_server_that_hangs_is_unavailable(quick, s3_settings, ceph):
    """While the server hangs every call ends as 503; when it goes on, so does the store."""
    store = S3Store(s3_settings, SecretStr(ceph.secret_key), link_seconds=60)
    sha256 = store.put(b"before", "image/jpeg")
    os.kill(ceph.pid, signal.SIGSTOP)
    try:
        for call in (
            lambda: store.size_of(sha256),
            lambda: store.read(sha256),
            lambda: store.put(b"x", "image/jpeg"),
            lambda: store.finish("box-1", expected_of(b"x")),
            lambda: store.freeze([sha256], until=datetime.now(tz=UTC) + timedelta(days=1)),
            lambda: store.delete(sha256),
        ):
            with pytest.raises(Unavailable):
                call()
    finally:
        os.kill(ceph.pid, signal.SIGCONT)
    assert b"".join(store.read(sha256)) == b"before"


def test_a_store_that_is_away_at_first_is_prepared_later(quick):
    """Without a server nothing is made ready, and the check says why."""
    settings = S3Settings(endpoint="127.0.0.1:9", access_key="nobody", secure=False)
    store = S3Store(settings, SecretStr("nothing"), link_seconds=60)
    with pytest.raises(Unavailable):
        store.size_of("ab" * 32)
    found = store.check(base_url=BASE_URL)
    assert found[0].finding is Finding.FAILURE
    assert {check.finding for check in found[1:]} == {Finding.SKIPPED}


def test_a_wrong_secret_is_said(s3_settings):
    """The check names what the server answers to a wrong secret key."""
    store = S3Store(s3_settings, SecretStr("wrong"), link_seconds=60)
    found = store.check(base_url=BASE_URL)
    assert found[0].finding is Finding.FAILURE
    assert "AccessDenied" in found[0].text or "SignatureDoesNotMatch" in found[0].text


def test_a_bucket_without_lock_is_said(s3_settings, ceph):
    """Where the case bucket was made without Object Lock, cases are copied and not locked."""
    store = S3Store(s3_settings, SecretStr(ceph.secret_key), link_seconds=60)
    store.client.make_bucket(s3_settings.case_bucket)
    sha256 = store.put(b"evidence", "image/jpeg")
    assert store.freeze([sha256], until=datetime.now(tz=UTC) + timedelta(days=1)) is None
    found = {check.name: check.finding for check in store.check(base_url=BASE_URL)}
    assert found["object_lock"] is Finding.WARNING
    assert found["versioning"] is Finding.WARNING


def test_dates_with_nine_digits_are_read():
    """Servers write fractions of a second in as many digits as they like."""
    assert FRACTION.sub(r"\1", "2026-11-23T05:26:48.715000000Z") == "2026-11-23T05:26:48.715000Z"
    assert FRACTION.sub(r"\1", "2026-11-23T05:26:48Z") == "2026-11-23T05:26:48Z"


def test_names_say_nothing_of_boxes(s3_store, web):
    """A box's id may hold anything; its staging place is a digest."""
    bring(s3_store, web, b"x", owner="../cases")
    [found] = s3_store.client.list_objects(s3_store.settings.bucket, recursive=True)
    owner = hashlib.sha256(b"../cases").hexdigest()[:32]
    assert found.object_name.startswith(f"staging/{owner}/")
