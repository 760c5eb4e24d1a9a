"""Trying out an S3 server: what it can do, what it refuses, and whether its clock is right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from minio.commonconfig import ENABLED
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from api.errors import ApiError, Locked
from api.evidence.store import Area, Finding, StoreCheck
from api.evidence.store_s3 import S3Store

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

CLIENT_ERRORS, SERVER_ERRORS = 400, 500
# S3 refuses requests that are 15 minutes off; links lose their life well before.
CLOCK_WARNING, CLOCK_FAILURE = timedelta(seconds=5), timedelta(minutes=5)
# A probe cannot be deleted for so long; the next check removes it.
PROBE_LOCK = timedelta(seconds=5)
LOCK_PROBE = b"streetcase lock check"  # always the same, so that one at most is left behind

Result = tuple[Finding, str]


def check_s3(store: S3Store) -> list[StoreCheck]:
    """Every check in the order in which one builds on another; a failed first one ends it."""
    probe = _Probe(store)
    checks: list[tuple[str, Callable[[], Result]]] = [
        ("reachable", probe.reachable),
        ("write_and_read", probe.write_and_read),
        ("presigned_put", probe.presigned_put),
        ("presigned_get", probe.presigned_get),
        ("wrong_signature", probe.wrong_signature),
        ("expired_link", probe.expired_link),
        ("anonymous_read", probe.anonymous_read),
        ("versioning", probe.versioning),
        ("object_lock", probe.object_lock),
        ("clock", probe.clock),
    ]
    found: list[StoreCheck] = []
    for name, check in checks:
        if found and found[0].finding is Finding.FAILURE:
            finding, text = Finding.SKIPPED, "the server does not answer"
        else:
            finding, text = _tried(check)
        found.append(StoreCheck(name=name, finding=finding, text=text))
    probe.clean_up()
    return found


def _tried(check: Callable[[], Result]) -> Result:
    try:
        return check()
    except (ApiError, MinioException, HTTPError, OSError) as error:
        cause = error.__cause__ or error
        return Finding.FAILURE, f"{type(cause).__name__}: {cause}"[:500]


class _Probe:
    """A small file of its own with which things are tried."""

    def __init__(self, store: S3Store) -> None:
        self._store = store
        self._content = f"streetcase storage check {uuid4().hex}".encode()
        self._sha256 = hashlib.sha256(self._content).hexdigest()
        self._name = f"staging/check/{uuid4().hex}"

    def reachable(self) -> Result:
        self._store.prepare()
        settings = self._store.settings
        return Finding.OK, f"buckets {settings.bucket} and {settings.case_bucket} are there"

    def write_and_read(self) -> Result:
        self._store.put(self._content, "text/plain")
        if b"".join(self._store.read(self._sha256)) != self._content:
            return Finding.FAILURE, "other bytes came back than were written"
        if b"".join(self._store.read(self._sha256, start=3, length=4)) != self._content[3:7]:
            return Finding.FAILURE, "a range of bytes gave other bytes"
        return Finding.OK, "a file was written and read back, whole and in part"

    def presigned_put(self) -> Result:
        status = self._request("PUT", self._put_link(), body=self._content).status
        if status >= CLIENT_ERRORS:
            return Finding.FAILURE, f"an upload by link was answered with {status}"
        return Finding.OK, "an upload by link works"

    def presigned_get(self) -> Result:
        answer = self._request("GET", self._get_link())
        if answer.data != self._content:
            return Finding.FAILURE, f"a download by link was answered with {answer.status}"
        return Finding.OK, "a download by link works"

    def wrong_signature(self) -> Result:
        link = self._get_link()
        forged = link[:-1] + ("1" if link[-1] == "0" else "0")  # the signature ends the link
        return self._refusal(self._request("GET", forged), "a link with a changed signature")

    def expired_link(self) -> Result:
        long_ago = datetime.now(tz=UTC) - timedelta(hours=1)
        link = self._store.public.get_presigned_url(
            "GET",
            self._store.settings.bucket,
            self._name,
            expires=timedelta(minutes=1),
            request_date=long_ago,
        )
        return self._refusal(self._request("GET", link), "a link that has ended")

    def anonymous_read(self) -> Result:
        link = self._get_link().partition("?")[0]
        return self._refusal(self._request("GET", link), "reading without a link")

    def versioning(self) -> Result:
        client, settings = self._store.client, self._store.settings
        is_kept = client.get_bucket_versioning(settings.bucket).status == ENABLED
        if is_kept:
            return Finding.WARNING, (
                f"{settings.bucket} keeps versions: deleted uploads stay and take room; turn"
                " versioning off there or give old versions a lifecycle rule"
            )
        has_versions = client.get_bucket_versioning(settings.case_bucket).status == ENABLED
        if not has_versions:
            return Finding.WARNING, f"{settings.case_bucket} keeps no versions"
        return Finding.OK, f"{settings.case_bucket} keeps versions, {settings.bucket} does not"

    def object_lock(self) -> Result:
        if not self._store.can_lock():
            return Finding.WARNING, (
                f"{self._store.settings.case_bucket} has no Object Lock: evidence of cases could"
                " be deleted. A bucket gets it only when it is made; make a new one with it"
            )
        sha256 = self._store.put(LOCK_PROBE, "text/plain")
        with suppress(Locked):  # of a check some seconds ago
            self._store.delete(sha256, Area.CASES)
        self._store.freeze([sha256], until=datetime.now(tz=UTC) + PROBE_LOCK)
        self._store.delete(sha256)
        try:
            self._store.delete(sha256, Area.CASES)
        except Locked:
            mode = self._store.settings.retention_mode
            return Finding.OK, f"a file under {mode} could not be deleted"
        return Finding.FAILURE, "NOT ENFORCED: a locked file was deleted"

    def clock(self) -> Result:
        answer = self._request("GET", self._get_link())
        said = answer.headers.get("Date")
        if said is None:
            return Finding.WARNING, "the server does not say what time it has"
        difference = parsedate_to_datetime(said) - datetime.now(tz=UTC)
        text = f"its clock is {difference.total_seconds():+.1f} s from the centre's"
        if abs(difference) > CLOCK_FAILURE:
            return Finding.FAILURE, f"{text}; links will not work"
        return (Finding.WARNING if abs(difference) > CLOCK_WARNING else Finding.OK), text

    def clean_up(self) -> None:
        """Leave nothing behind but what is still locked for some seconds."""
        for action in (
            lambda: self._store.client.remove_object(self._store.settings.bucket, self._name),
            lambda: self._store.delete(self._sha256),
        ):
            try:
                action()
            except (ApiError, S3Error, HTTPError, OSError):
                continue  # what could not be removed was said by the checks

    def _put_link(self) -> str:
        return str(
            self._store.public.presigned_put_object(
                self._store.settings.bucket, self._name, expires=timedelta(minutes=1)
            )
        )

    def _get_link(self) -> str:
        return str(
            self._store.public.presigned_get_object(
                self._store.settings.bucket, self._name, expires=timedelta(minutes=1)
            )
        )

    def _request(self, method: str, link: str, body: bytes | None = None) -> BaseHTTPResponse:
        return self._store.http.request(method, link, body=body)

    def _refusal(self, answer: BaseHTTPResponse, what: str) -> Result:
        if CLIENT_ERRORS <= answer.status < SERVER_ERRORS and self._content not in answer.data:
            return Finding.OK, f"{what} is refused"
        return Finding.FAILURE, f"NOT ENFORCED: {what} was answered with {answer.status}"
