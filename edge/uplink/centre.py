"""The centre as a box calls it: one method for each call, its answers checked, its errors ours."""

from __future__ import annotations

import hashlib
import math
import ssl
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from edge.errors import CentreRefused, CentreUnreachable, EvidenceDamaged, NotEnrolled
from edge.uplink.pace import Pace
from pipeline.errors import SettingsError
from pipeline.exchange import (
    API_PREFIX,
    CENTRE_TOO_OLD,
    PICTURE_TIME_HEADER,
    WIRE_REVISION,
    WIRE_REVISION_HEADER,
    CamerasReply,
    Enrolled,
    Enrolment,
    GapReceipt,
    GapReport,
    Introductions,
    IntroductionsReply,
    Receipt,
    StatusReply,
    Submission,
    UploadPlan,
    UploadRequest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pydantic import SecretStr

    from edge.outbox.ledger import Blob
    from edge.uplink.settings import CentreSettings
    from pipeline.exchange import BoxStatus, UploadTarget

BOX = f"{API_PREFIX}/boxes/me"
CHUNK_BYTES = 64 * 1024
MAX_PROBLEM_CHARACTERS = 4000  # of a refusal's words that are kept
# The longest that a Retry-After is obeyed: a mistake there must not silence a box for a day.
MAX_RETRY_AFTER_SECONDS = 3600.0
# What would be answered the same way another time: the message itself is not wanted. Everything
# else (a wrong address, a proxy in between, a server in trouble) is tried again.
REFUSALS = frozenset(
    {
        httpx.codes.CONFLICT,
        httpx.codes.REQUEST_ENTITY_TOO_LARGE,
        httpx.codes.UNPROCESSABLE_ENTITY,
    }
)
# What says nothing about the message.
NOT_NOW = frozenset(
    {
        httpx.codes.REQUEST_TIMEOUT,
        httpx.codes.TOO_EARLY,
        httpx.codes.TOO_MANY_REQUESTS,
        httpx.codes.BAD_GATEWAY,
        httpx.codes.SERVICE_UNAVAILABLE,
        httpx.codes.GATEWAY_TIMEOUT,
    }
)
UNKNOWN_HERE = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})

M = TypeVar("M", bound=BaseModel)


class Centre:
    """A connection to the centre; close it at the end. One thread at a time.

    Args:
        settings: Where it is.
        token: Of the box; none: only `enrol` works.
        pace: Limits evidence; shared by all connections of the box.

    Raises:
        SettingsError: The certificates or the proxy's address cannot be used.
    """

    def __init__(
        self, settings: CentreSettings, *, token: SecretStr | None = None, pace: Pace | None = None
    ) -> None:
        self._base = settings.url.rstrip("/")
        self._pace = pace or Pace(None)
        self._authorization = f"Bearer {token.get_secret_value()}" if token else ""
        quiet = settings.quiet_timeout_seconds
        try:
            trust = ssl.create_default_context(cafile=settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"centre.ca_file: {settings.ca_file} holds no readable certificates: {error}"
            ) from error
        try:
            self._http = httpx.Client(
                verify=trust,
                proxy=settings.proxy.get_secret_value() if settings.proxy else None,
                timeout=httpx.Timeout(quiet, connect=settings.connect_timeout_seconds),
                follow_redirects=False,  # the token goes where it was meant to go, nowhere else
            )
        except (ValueError, httpx.InvalidURL):
            # `from None`: the error quotes the address, login and all.
            raise SettingsError("centre.proxy: is no address; write http://host:port") from None

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def enrol(self, message: Enrolment) -> Enrolled:
        """Become known to the centre.

        Raises:
            UplinkError: As for every call, see the module `edge.errors`.
        """
        return self._post(f"{API_PREFIX}/boxes/enrol", message, Enrolled)

    def plan(self, request: UploadRequest) -> UploadPlan:
        """Where the files go; the answer has one target for each, in the same order."""
        plan = self._post(f"{BOX}/uploads", request, UploadPlan)
        asked = [wanted.sha256 for wanted in request.objects]
        if [target.sha256 for target in plan.targets] != asked:
            raise CentreUnreachable("the centre answered with a plan for other files")
        return plan

    def put(self, target: UploadTarget, blob: Blob, path: Path) -> None:
        """Bring one file to its place; nothing is sent where the centre has it already.

        Raises:
            EvidenceDamaged: The file is not what it was when it was taken in.
            CentreUnreachable: It did not arrive, for whatever reason.
        """
        if target.url is None:
            return
        url = urljoin(f"{self._base}/", target.url)
        headers = {
            "Content-Type": blob.media_type,
            **target.headers,
            "Content-Length": str(blob.size_bytes),  # stores take no chunked bodies
        }
        place = urlsplit(url)
        with _network_errors(f"the evidence store {place.hostname}"):
            response = self._http.put(url, content=self._chunks(path, blob), headers=headers)
        if not response.is_success:
            raise CentreUnreachable(
                f"the evidence store {place.hostname} answered {response.status_code} to a file",
                retry_after_seconds=_retry_after(response),
                chokes=response.status_code not in NOT_NOW,
            )

    def submit(self, message: Submission) -> Receipt:
        """Hand a candidate over, its files having been brought."""
        return self._post(f"{BOX}/candidates", message, Receipt)

    def report_gaps(self, message: GapReport) -> GapReceipt:
        """Say what had to be dropped."""
        return self._post(f"{BOX}/gaps", message, GapReceipt)

    def report_status(self, message: BoxStatus) -> StatusReply:
        """Say how the box is."""
        return self._post(f"{BOX}/status", message, StatusReply)

    def introduce(self, message: Introductions) -> IntroductionsReply:
        """Say what the box's own file says of its cameras."""
        response = self._call(
            "PUT",
            f"{BOX}/cameras",
            content=message.model_dump_json().encode(),
            headers={"Content-Type": "application/json"},
        )
        return _read(response, IntroductionsReply)

    def cameras(self, etag: str | None) -> tuple[CamerasReply, str | None] | None:
        """The centre's settings of this box's cameras, if they are not those of the tag."""
        headers = {"If-None-Match": etag} if etag else {}
        response = self._call("GET", f"{BOX}/cameras", headers=headers)
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return None
        return _read(response, CamerasReply), response.headers.get("ETag")

    def send_picture(self, camera_id: str, jpeg: bytes, captured_at: datetime) -> None:
        """Show what a camera sees."""
        headers = {
            "Content-Type": "image/jpeg",
            PICTURE_TIME_HEADER: captured_at.isoformat(),
        }
        self._call("PUT", f"{BOX}/pictures/{camera_id}", headers=headers, content=jpeg)

    def _post(self, path: str, message: BaseModel, kind: type[M]) -> M:
        response = self._call(
            "POST",
            path,
            content=message.model_dump_json().encode(),
            headers={"Content-Type": "application/json"},
        )
        return _read(response, kind)

    def _call(
        self, method: str, path: str, *, headers: dict[str, str], content: bytes | None = None
    ) -> httpx.Response:
        headers = {**headers, WIRE_REVISION_HEADER: str(WIRE_REVISION)}
        if self._authorization:
            headers["Authorization"] = self._authorization
        with _network_errors("the centre"):
            response = self._http.request(
                method, f"{self._base}{path}", headers=headers, content=content
            )
        if response.is_success or response.status_code == httpx.codes.NOT_MODIFIED:
            return response
        raise _refusal(response, path)

    def _chunks(self, path: Path, blob: Blob) -> Iterator[bytes]:
        """The file's bytes at the box's pace; a changed file breaks off before its end."""
        digest = hashlib.sha256()
        pending = b""
        try:
            with path.open("rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    if pending:
                        yield pending
                    self._pace.wait_for(len(chunk))
                    digest.update(chunk)
                    pending = chunk
        except OSError as error:
            raise EvidenceDamaged(f"{path.name}: cannot be read: {error.strerror}") from error
        if digest.hexdigest() != blob.sha256:
            raise EvidenceDamaged(f"{path.name}: its bytes have changed on the box's disk")
        yield pending


def _read(response: httpx.Response, kind: type[M]) -> M:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError:
        # `from None`: pydantic quotes the answer, which may be a token.
        raise CentreUnreachable(
            f"the centre answered something that is no {kind.__name__}; check its address"
        ) from None


def _refusal(response: httpx.Response, path: str) -> Exception:
    """What an answer that is no success means."""
    status = response.status_code
    problem = response.text[:MAX_PROBLEM_CHARACTERS]
    if status in UNKNOWN_HERE:
        return NotEnrolled(
            f"the centre does not accept this box ({status} to {path}): it was revoked or never"
            " enrolled; ask for a new code and run: python -m edge enrol"
        )
    if status == httpx.codes.CONFLICT and _code_of(response) == CENTRE_TOO_OLD:
        # Nothing is wrong with the message: it waits until somebody has updated the centre.
        return CentreUnreachable(
            f"the centre is older than this box and cannot read what it sends to {path}; update"
            " the centre",
            retry_after_seconds=_retry_after(response),
            chokes=True,
        )
    if status in REFUSALS:
        return CentreRefused(
            f"the centre refused ({status} to {path}): {problem[:300]}",
            status=status,
            problem=problem,
        )
    return CentreUnreachable(
        f"the centre answered {status} to {path}",
        retry_after_seconds=_retry_after(response),
        chokes=status not in NOT_NOW,
    )


def _code_of(response: httpx.Response) -> str:
    """The code of a problem document; nothing where the answer is none."""
    try:
        problem = response.json()
    except ValueError:
        return ""
    return str(problem.get("code", "")) if isinstance(problem, dict) else ""


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the server asked for, as a number or as a date (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            there = parsedate_to_datetime(response.headers.get("Date", ""))
            seconds = (parsedate_to_datetime(text) - there).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS) if math.isfinite(seconds) else None


@contextmanager
def _network_errors(whom: str) -> Iterator[None]:
    """Foreign errors become ours here; they may quote addresses with signatures in them."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise CentreUnreachable(f"{whom} does not answer ({type(error).__name__})") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise CentreUnreachable(f"{whom} cannot be reached ({type(error).__name__})") from None
