"""An evidence store in a folder of this machine; its links lead to the API itself.

staging/<digest of the box's id>/<sha256>   brought, not verified
checking/<random>                           out of every link's reach, being digested
objects/<ab>/<sha256>                       verified
cases/<ab>/<sha256>                         copies of confirmed evidence; read-only, not locked
damaged/<sha256>-<random>                   what no longer had the bytes of its name
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import structlog

from api.errors import Forbidden, NotFound, Unavailable, Unprocessable
from api.evidence.digesting import mismatch, mismatch_of, require_expected
from api.evidence.links import LinkSigner
from api.evidence.receiving import Incoming, disk_answering
from api.evidence.store import (
    Area,
    Expected,
    Finding,
    StoreCheck,
    UploadLink,
)
from api.evidence.tickets import DownloadTicket, UploadTicket
from pipeline.evidence.digests import CHUNK_BYTES
from pipeline.evidence.durable import sync_folder, write_file
from pipeline.exchange import API_PREFIX

UPLOADS_PATH = "/store/uploads"  # below API_PREFIX
OBJECTS_PATH = "/store/objects"
_FOLDER_OF = {Area.CANDIDATES: "objects", Area.CASES: "cases"}

log = structlog.get_logger()


class FolderStore:
    """Evidence in a folder.

    Args:
        root: The folder; made where it is missing and nothing was ever kept in it.
        signer: Signs the links.
        link_seconds: Life of a link.
        now: The present instant.
        is_any_recorded: Whether the store should hold files already. An empty folder is then not a
            new store but one whose disk is not mounted: what was written there would be hidden as
            soon as the disk is back.
    """

    kind = "folder"

    def __init__(
        self,
        root: Path,
        *,
        signer: LinkSigner,
        link_seconds: int,
        now: Callable[[], datetime],
        is_any_recorded: Callable[[], bool],
    ) -> None:
        self._root = root
        self._is_any_recorded = is_any_recorded
        self._signer = signer
        self._life = timedelta(seconds=link_seconds)
        self._now = now

    def upload_link(self, owner: str, expected: Expected, *, base_url: str) -> UploadLink:
        """See `EvidenceStore.upload_link`."""
        ticket = UploadTicket(owner=owner, sha256=expected.sha256, size_bytes=expected.size_bytes)
        expires_at = self._now() + self._life
        token = self._signer.sign(ticket.model_dump(mode="json"), expires_at)
        return UploadLink(
            url=f"{base_url}{API_PREFIX}{UPLOADS_PATH}/{token}",
            expires_at=expires_at,
            headers={"Content-Type": expected.media_type},
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
        ticket = DownloadTicket(
            sha256=sha256, area=area, media_type=media_type, file_name=file_name
        )
        token = self._signer.sign(ticket.model_dump(mode="json"), self._now() + self._life)
        return f"{base_url}{API_PREFIX}{OBJECTS_PATH}/{token}"

    def read_upload_ticket(self, token: str) -> UploadTicket:
        """What an upload's token allows.

        Raises:
            Forbidden: It is not ours, has ended, or is one for downloads.
        """
        content = self._signer.read(token, self._now())
        if content.get("may") != "upload":
            raise Forbidden("link_invalid", "This link is not one for uploads.")
        return UploadTicket.model_validate(content)

    def read_download_ticket(self, token: str) -> DownloadTicket:
        """What a download's token allows.

        Raises:
            Forbidden: It is not ours, has ended, or is one for uploads.
        """
        content = self._signer.read(token, self._now())
        if content.get("may") != "download":
            raise Forbidden("link_invalid", "This link is not one for downloads.")
        return DownloadTicket.model_validate(content)

    @contextmanager
    def receive(self, ticket: UploadTicket) -> Iterator[Incoming]:
        """Take what a box sends: whole, with its stated length, or not at all."""
        place = self._staging(ticket.owner) / ticket.sha256
        partial = place.with_name(f".{uuid4().hex}.partial")
        with self._answering():
            place.parent.mkdir(parents=True, exist_ok=True)
            file = partial.open("xb")
        try:
            incoming = Incoming(file, limit=ticket.size_bytes)
            yield incoming
            incoming.require_whole()
            with self._answering():
                file.flush()
                os.fsync(file.fileno())
                file.close()
                partial.replace(place)
                sync_folder(place.parent)
        finally:
            file.close()
            partial.unlink(missing_ok=True)

    def finish(self, owner: str, expected: Expected) -> None:
        """See `EvidenceStore.finish`."""
        staged = self._staging(owner) / expected.sha256
        with self._answering():
            if not self._is_there(expected):
                try:
                    self._take_in(staged, expected)
                except NotFound:
                    # The same call at the same time has taken it in, or it was never brought.
                    if not self._is_there(expected):
                        raise
            staged.unlink(missing_ok=True)

    def _is_there(self, expected: Expected) -> bool:
        """Whether a file is in its place with its bytes; a damaged one is set aside."""
        place = self._place(expected.sha256, Area.CANDIDATES)
        if not place.exists():
            return False
        differs = mismatch_of(_pieces(place), expected)
        if differs == "sha256":
            self._set_aside(place)
            return False
        if differs is not None:
            raise mismatch(expected, differs)
        return True

    def _take_in(self, staged: Path, expected: Expected) -> None:
        checking = self._root / "checking" / uuid4().hex
        checking.parent.mkdir(parents=True, exist_ok=True)
        try:
            # A second name: uploads replace the first one and never write into its file.
            os.link(staged, checking)
        except FileNotFoundError:
            raise NotFound(
                "object_not_found", "This file has not been uploaded. Upload it first."
            ) from None
        try:
            require_expected(_pieces(checking), expected)
            self._publish(checking, self._place(expected.sha256, Area.CANDIDATES))
        except Unprocessable:
            staged.unlink(missing_ok=True)
            raise
        finally:
            checking.unlink(missing_ok=True)

    def put(self, content: bytes, media_type: str) -> str:
        """See `EvidenceStore.put`."""
        del media_type  # a folder keeps bytes only; the database knows the rest
        sha256 = hashlib.sha256(content).hexdigest()
        checking = self._root / "checking" / uuid4().hex
        with self._answering():
            checking.parent.mkdir(parents=True, exist_ok=True)
            write_file(checking, content)
            self._publish(checking, self._place(sha256, Area.CANDIDATES))
        return sha256

    def size_of(self, sha256: str, area: Area = Area.CANDIDATES) -> int | None:
        """See `EvidenceStore.size_of`."""
        with self._answering():
            try:
                return self._place(sha256, area).stat().st_size
            except (FileNotFoundError, NotFound):
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
        place = self._place(sha256, area)
        with self._answering():
            try:
                # Only to see that it can be: who never asks for a piece would leave it open.
                place.open("rb").close()
            except FileNotFoundError:
                raise NotFound("object_not_found", "This file is not in the store.") from None
        return _part(place, start, length)

    def freeze(self, sha256s: Sequence[str], *, until: datetime) -> datetime | None:
        """See `EvidenceStore.freeze`. A folder cannot lock; its copies are only read-only."""
        del until
        for sha256 in sha256s:
            with self._answering():
                self._freeze(sha256)
        return None

    def delete(self, sha256: str, area: Area = Area.CANDIDATES) -> None:
        """See `EvidenceStore.delete`."""
        with self._answering():
            self._place(sha256, area).unlink(missing_ok=True)

    def sweep(self, before: datetime) -> int:
        """See `EvidenceStore.sweep`."""
        swept = 0
        with self._answering():
            for folder in ("staging", "checking"):
                for path in (self._root / folder).rglob("*"):
                    try:
                        changed_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
                        if path.is_file() and changed_at < before:
                            path.unlink()
                            swept += 1
                    except FileNotFoundError:
                        continue  # another process swept it, or it was taken in
        return swept

    def check(self, *, base_url: str) -> list[StoreCheck]:
        """See `EvidenceStore.check`."""
        del base_url
        content = f"check {uuid4().hex}".encode()
        try:
            sha256 = self.put(content, "text/plain")
            same = b"".join(self.read(sha256)) == content
            self.delete(sha256)
            free_gib = shutil.disk_usage(self._root).free / 2**30
        except Unavailable as error:
            text = f"{self._root}: {error.__cause__ or error.detail}"
            return [StoreCheck(name="reachable", finding=Finding.FAILURE, text=text)]
        return [
            StoreCheck(name="reachable", finding=Finding.OK, text=f"folder {self._root}"),
            StoreCheck(
                name="write_and_read",
                finding=Finding.OK if same else Finding.FAILURE,
                text="a file was written, read back and deleted"
                if same
                else "other bytes came back than were written",
            ),
            StoreCheck(name="free", finding=Finding.OK, text=f"{free_gib:.1f} GiB are free"),
            StoreCheck(
                name="object_lock",
                finding=Finding.WARNING,
                text="a folder cannot lock files against its own administrator; use an S3 server"
                " with Object Lock where evidence must not be deleted",
            ),
        ]

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Do something in the folder, once it is sure to be the store's own."""
        objects = self._root / _FOLDER_OF[Area.CANDIDATES]
        with disk_answering():
            if not objects.is_dir():
                self._require_new()
                objects.mkdir(parents=True, exist_ok=True)
            yield

    def _require_new(self) -> None:
        if self._is_any_recorded():
            log.error("store_not_mounted", folder=str(self._root))
            raise Unavailable(
                "store_unavailable",
                "The evidence store's folder is empty although evidence was kept in it. Mount its"
                " disk, or restore it from a backup.",
                retry_after_seconds=30,
            )

    def _freeze(self, sha256: str) -> None:
        source, target = self._place(sha256, Area.CANDIDATES), self._place(sha256, Area.CASES)
        if not target.exists():
            checking = self._root / "checking" / uuid4().hex
            checking.parent.mkdir(parents=True, exist_ok=True)
            try:
                write_file(checking, source)
            except FileNotFoundError:
                checking.unlink(missing_ok=True)
                raise NotFound("object_not_found", "This file is not in the store.") from None
            checking.chmod(0o440)
            self._publish(checking, target)
        digest = hashlib.sha256()
        for piece in _pieces(target):
            digest.update(piece)
        if digest.hexdigest() != sha256:
            self._set_aside(target)
            raise Unprocessable(
                "evidence_damaged",
                "A file no longer has the bytes that were verified. Its candidate cannot become a"
                " case; tell an administrator.",
                sha256=sha256,
            )

    def _publish(self, checked: Path, place: Path) -> None:
        """Give verified bytes their name; durable once it returns."""
        place.parent.mkdir(parents=True, exist_ok=True)
        checked.replace(place)
        sync_folder(place.parent)
        sync_folder(place.parent.parent)

    def _set_aside(self, place: Path) -> None:
        log.error("stored_object_damaged", sha256=place.name, folder=place.parent.parent.name)
        damaged = self._root / "damaged" / f"{place.name}-{uuid4().hex}"
        damaged.parent.mkdir(parents=True, exist_ok=True)
        place.replace(damaged)

    def _place(self, sha256: str, area: Area) -> Path:
        if len(sha256) != hashlib.sha256().digest_size * 2 or not sha256.isalnum():
            raise NotFound("object_not_found", "This is not the digest of a file.")
        return self._root / _FOLDER_OF[area] / sha256[:2] / sha256

    def _staging(self, owner: str) -> Path:
        # A box's id may be "..": its digest never is.
        return self._root / "staging" / hashlib.sha256(owner.encode()).hexdigest()[:32]


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            yield piece


def _part(path: Path, start: int, length: int | None) -> Iterator[bytes]:
    left = length
    with path.open("rb") as file:
        file.seek(start)
        while left is None or left > 0:
            piece = file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
            if not piece:
                return
            if left is not None:
                left -= len(piece)
            yield piece
