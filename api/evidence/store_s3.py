"""An evidence store on an S3 server: MinIO, Ceph RGW, or any that does what `check` tries.

bucket        staging/<digest of the box's id>/<sha256>   brought by links, not verified
              checking/<random>                           out of every link's reach
              objects/<ab>/<sha256>                       verified
              damaged/<sha256>-<random>                   no longer had the bytes of its name
case_bucket   objects/<ab>/<sha256>                       locked copies of confirmed evidence
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import certifi
import structlog
import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.error import S3Error
from minio.retention import Retention

from api.clock import utc_now
from api.errors import Locked, NotFound, Unavailable, Unprocessable
from api.evidence.digesting import mismatch, mismatch_of, require_expected
from api.evidence.s3_answers import answering, is_before, locked_until
from api.evidence.store import Area, Expected, StoreCheck, UploadLink
from api.evidence.tickets import disposition_of
from pipeline.evidence.digests import CHUNK_BYTES

if TYPE_CHECKING:
    from minio.datatypes import Object
    from pydantic import SecretStr

    from api.settings import S3Settings

CONNECT_SECONDS, READ_SECONDS = 3.0, 20.0  # a request of ours takes milliseconds
TRIES = 2  # beyond the first, and only where a repetition does no harm
POOL = 16  # connections kept open; more than threads that use them at once is waste
REFUSED = frozenset({"AccessDenied", "ObjectLocked", "InvalidRequest"})
log = structlog.get_logger()


class S3Store:
    """Evidence on an S3 server.

    Args:
        settings: Where it is.
        secret: Its secret key.
        link_seconds: Life of a link.
        now: The present instant, as the server's clock should tell it too: links are signed with
            it, so a test's standing clock must not come here.
    """

    kind = "s3"

    def __init__(
        self,
        settings: S3Settings,
        secret: SecretStr,
        *,
        link_seconds: int,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settings = settings
        self.now = now
        self.life = timedelta(seconds=link_seconds)
        self.http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            maxsize=POOL,
            cert_reqs="CERT_REQUIRED",
            ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
            retries=urllib3.Retry(
                total=TRIES, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]
            ),
        )
        self.client = self._connect(settings.endpoint, secret, is_secure=settings.secure)
        is_public_secure = settings.public_secure
        self.public = self._connect(
            settings.public_endpoint or settings.endpoint,
            secret,
            is_secure=settings.secure if is_public_secure is None else is_public_secure,
        )
        self._prepared = False
        self._preparing = threading.Lock()

    def upload_link(self, owner: str, expected: Expected, *, base_url: str) -> UploadLink:
        """See `EvidenceStore.upload_link`."""
        del base_url  # boxes speak to the S3 server itself
        self.prepare()
        expires_at = self.now() + self.life
        url = self.public.presigned_put_object(
            self.settings.bucket, _staging(owner, expected.sha256), expires=self.life
        )
        return UploadLink(
            url=url, expires_at=expires_at, headers={"Content-Type": expected.media_type}
        )

    def download_link(
        self,
        sha256: str,
        area: Area = Area.CANDIDATES,
        *,
        media_type: str,
        file_name: str,
        base_url: str,
    ) -> str:
        """See `EvidenceStore.download_link`."""
        del base_url
        return str(
            self.public.presigned_get_object(
                self.bucket_of(area),
                _place(sha256),
                expires=self.life,
                response_headers={
                    "response-content-type": media_type,
                    "response-content-disposition": disposition_of(media_type, file_name),
                },
            )
        )

    def finish(self, owner: str, expected: Expected) -> None:
        """See `EvidenceStore.finish`."""
        self.prepare()
        staged = _staging(owner, expected.sha256)
        if not self._is_there(expected):
            try:
                self._take_in(staged, expected)
            except NotFound:
                # The same call at the same time has taken it in, or it was never brought.
                if not self._is_there(expected):
                    raise
        self._remove(staged)

    def _is_there(self, expected: Expected) -> bool:
        """Whether a file is in its place with its bytes; a damaged one is set aside."""
        if self.size_of(expected.sha256) is None:
            return False
        differs = mismatch_of(self.read(expected.sha256), expected)
        if differs == "sha256":
            self._set_aside(expected.sha256)
            return False
        if differs is not None:
            raise mismatch(expected, differs)
        return True

    def _take_in(self, staged: str, expected: Expected) -> None:
        self._require_size(staged, expected)
        checking = f"checking/{uuid4().hex}"
        try:
            # The copy is what gets its name: no link leads to it, so it cannot change any more.
            self._copy(staged, checking, media_type=expected.media_type)
            require_expected(self._stream(self.settings.bucket, checking), expected)
            self._copy(checking, _place(expected.sha256))
        except Unprocessable:
            self._remove(staged)
            raise
        finally:
            self._remove(checking)

    def put(self, content: bytes, media_type: str) -> str:
        """See `EvidenceStore.put`."""
        self.prepare()
        sha256 = hashlib.sha256(content).hexdigest()
        with answering():
            self.client.put_object(
                self.settings.bucket,
                _place(sha256),
                io.BytesIO(content),
                len(content),
                content_type=media_type,
            )
        return sha256

    def size_of(self, sha256: str, area: Area = Area.CANDIDATES) -> int | None:
        """See `EvidenceStore.size_of`."""
        self.prepare()
        try:
            return self._stat(self.bucket_of(area), _place(sha256)).size
        except NotFound:
            return None

    def read(
        self,
        sha256: str,
        area: Area = Area.CANDIDATES,
        *,
        start: int = 0,
        length: int | None = None,
    ) -> Iterator[bytes]:
        """See `EvidenceStore.read`."""
        return self._stream(self.bucket_of(area), _place(sha256), start=start, length=length)

    def freeze(self, sha256s: Sequence[str], *, until: datetime) -> datetime | None:
        """See `EvidenceStore.freeze`."""
        self.prepare()
        with answering():
            can_lock = self.can_lock()
        # Whole seconds, rounded up: servers keep no more.
        wanted = until.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        locks = [self._freeze(sha256, wanted if can_lock else None) for sha256 in sha256s]
        return min((lock for lock in locks if lock is not None), default=None) if can_lock else None

    def delete(self, sha256: str, area: Area = Area.CANDIDATES) -> None:
        """See `EvidenceStore.delete`."""
        self.prepare()
        bucket, place = self.bucket_of(area), _place(sha256)
        with answering():
            versions = [
                found
                for found in self.client.list_objects(
                    bucket, prefix=place, recursive=True, include_version=True
                )
                if found.object_name == place
            ]
        for version in versions:
            try:
                with answering():
                    self.client.remove_object(bucket, place, version_id=version.version_id)
            except Unavailable as error:
                if isinstance(error.__cause__, S3Error) and error.__cause__.code in REFUSED:
                    raise Locked(
                        "evidence_locked", "This file is locked and cannot be deleted yet."
                    ) from error
                raise

    def sweep(self, before: datetime) -> int:
        """See `EvidenceStore.sweep`."""
        self.prepare()
        swept = 0
        for prefix in ("staging/", "checking/"):
            with answering():
                found = list(
                    self.client.list_objects(self.settings.bucket, prefix=prefix, recursive=True)
                )
            for old in found:
                if old.last_modified is not None and old.last_modified < before:
                    self._remove(str(old.object_name))
                    swept += 1
        return swept

    def check(self, *, base_url: str) -> list[StoreCheck]:
        """See `EvidenceStore.check`."""
        from api.evidence.s3_checks import check_s3  # noqa: PLC0415 - it imports this module

        del base_url
        return check_s3(self)

    def prepare(self) -> None:
        """Make the buckets where they are missing; once, when the server first answers."""
        if self._prepared:
            return
        with self._preparing, answering():
            if not self.client.bucket_exists(self.settings.bucket):
                self._make_bucket(self.settings.bucket, has_lock=False)
            if not self.client.bucket_exists(self.settings.case_bucket):
                self._make_bucket(self.settings.case_bucket, has_lock=True)
            self._prepared = True

    def can_lock(self) -> bool:
        """Whether the case bucket has Object Lock; it can only be given when a bucket is made.

        Raises:
            S3Error: The server refuses to say.
        """
        try:
            self.client.get_object_lock_config(self.settings.case_bucket)
        except S3Error as error:
            if error.code in {"ObjectLockConfigurationNotFoundError", "NotImplemented"}:
                return False
            raise
        return True

    def bucket_of(self, area: Area) -> str:
        """The bucket of an area."""
        return self.settings.case_bucket if area is Area.CASES else self.settings.bucket

    def _connect(self, endpoint: str, secret: SecretStr, *, is_secure: bool) -> Minio:
        return Minio(
            endpoint,
            access_key=self.settings.access_key,
            secret_key=secret.get_secret_value(),
            secure=is_secure,
            region=self.settings.region,  # said, so that signing a link asks nobody
            http_client=self.http,
        )

    def _make_bucket(self, bucket: str, *, has_lock: bool) -> None:
        try:
            self.client.make_bucket(bucket, object_lock=has_lock)
        except S3Error as error:
            if error.code in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                return  # another process was first
            if not has_lock:
                raise
            log.warning("bucket_without_lock", bucket=bucket, code=error.code)
            self._make_bucket(bucket, has_lock=False)

    def _freeze(self, sha256: str, until: datetime | None) -> datetime | None:
        """Copy, lock and digest one file; returns until when it is locked."""
        bucket, place = self.settings.case_bucket, _place(sha256)
        try:
            found = self._stat(bucket, place)
        except NotFound:
            with answering():
                self.client.copy_object(bucket, place, CopySource(self.settings.bucket, place))
            found = self._stat(bucket, place)
        version = found.version_id
        if until is not None and is_before(locked_until(found), until):
            # After the copy and not with it: Ceph copies, and drops the retention unsaid.
            mode = self.settings.retention_mode
            with answering():
                self.client.set_object_retention(
                    bucket, place, Retention(mode, until), version_id=version
                )
            found = self._stat(bucket, place, version)
            if is_before(locked_until(found), until):
                raise Unavailable(
                    "lock_not_kept", "The evidence store took a lock and does not keep it."
                )
        digest = hashlib.sha256()
        for piece in self._stream(bucket, place, version=version):
            digest.update(piece)
        if digest.hexdigest() != sha256:
            log.error("stored_object_damaged", sha256=sha256, bucket=bucket)
            raise Unprocessable(
                "evidence_damaged",
                "A file no longer has the bytes that were verified. Its candidate cannot become a"
                " case; tell an administrator.",
                sha256=sha256,
            )
        return locked_until(found)

    def _require_size(self, staged: str, expected: Expected) -> None:
        """Before anything is copied or digested: what is far too large is not even read."""
        try:
            size = self._stat(self.settings.bucket, staged).size
        except NotFound:
            raise NotFound(
                "object_not_found", "This file has not been uploaded. Upload it first."
            ) from None
        if size != expected.size_bytes:
            self._remove(staged)
            raise mismatch(expected, "size")

    def _stat(self, bucket: str, name: str, version: str | None = None) -> Object:
        with answering():
            return self.client.stat_object(bucket, name, version_id=version)

    def _stream(
        self,
        bucket: str,
        name: str,
        *,
        start: int = 0,
        length: int | None = None,
        version: str | None = None,
    ) -> Iterator[bytes]:
        if length == 0:
            return iter(())  # to S3 a length of 0 means the whole
        with answering():
            response = self.client.get_object(
                bucket, name, offset=start, length=length or 0, version_id=version
            )

        def pieces() -> Iterator[bytes]:
            try:
                with answering():
                    yield from response.stream(CHUNK_BYTES)
            finally:
                response.close()
                response.release_conn()

        return pieces()

    def _copy(self, source: str, target: str, *, media_type: str | None = None) -> None:
        bucket = self.settings.bucket
        with answering():
            if media_type is None:
                self.client.copy_object(bucket, target, CopySource(bucket, source))
            else:
                self.client.copy_object(
                    bucket,
                    target,
                    CopySource(bucket, source),
                    metadata={"Content-Type": media_type},
                    metadata_directive="REPLACE",
                )

    def _set_aside(self, sha256: str) -> None:
        log.error("stored_object_damaged", sha256=sha256, bucket=self.settings.bucket)
        self._copy(_place(sha256), f"damaged/{sha256}-{uuid4().hex}")
        self._remove(_place(sha256))

    def _remove(self, name: str) -> None:
        with answering():
            self.client.remove_object(self.settings.bucket, name)


def _place(sha256: str) -> str:
    if len(sha256) != hashlib.sha256().digest_size * 2 or not sha256.isalnum():
        raise NotFound("object_not_found", "This is not the digest of a file.")
    return f"objects/{sha256[:2]}/{sha256}"


def _staging(owner: str, sha256: str) -> str:
    # A box's id may be "..": its digest never is.
    return f"staging/{hashlib.sha256(owner.encode()).hexdigest()[:32]}/{sha256}"
