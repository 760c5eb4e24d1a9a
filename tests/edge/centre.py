"""A small centre for tests of the box: speaks `pipeline.exchange`, and fails on demand."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipeline.evidence.canonical import canonical_json, parse_canonical
from pipeline.evidence.signing import SignatureRecord
from pipeline.exchange import (
    API_PREFIX,
    PICTURE_TIME_HEADER,
    BoxStatus,
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
    UploadTarget,
)

if TYPE_CHECKING:
    from typing import Self

BOX = f"{API_PREFIX}/boxes/me"
CODE, TOKEN = "one-time-code", "the-token"


@dataclass
class Faults:
    """What goes wrong. Numbers count down; a number is how many more times."""

    is_down: bool = False  # every connection is cut without an answer
    slow_seconds: float = 0.0  # before every answer
    cut_puts: int = 0  # the connection breaks in the middle of a file
    lost_answers: int = 0  # done, but the answer never arrives
    garbage: int = 0  # an answer that is no answer
    wrong_receipts: int = 0  # for another candidate
    refused_puts: int = 0  # as an expired signature: 403
    # (part of the path, status, headers), used up in order
    statuses: list[tuple[str, int, dict[str, str]]] = field(default_factory=list)
    refuse_candidates: dict[str, int] = field(default_factory=dict)  # id -> status, for ever


class Centre:
    """What has arrived, and the faults. Use it as a context manager: inside, boxes may call."""

    def __init__(self, port: int = 0) -> None:
        self.faults = Faults()
        self.blobs: dict[str, bytes] = {}
        self.received: dict[tuple[str, int], Submission] = {}  # each committed once
        self.order: list[tuple[str, int, int]] = []  # candidate, update, sequence
        self.duplicates = 0
        self.conflicts = 0
        self.gaps: dict[int, object] = {}
        self.statuses: list[BoxStatus] = []
        self.pictures: dict[str, tuple[bytes, str]] = {}
        self.calls: Counter[str] = Counter()
        self.snapshots: tuple[str, ...] = ()
        self.cameras = CamerasReply()
        self.introductions: list[Introductions] = []
        self.introduction_status = 200
        self.refuses_cameras: dict[str, str] = {}
        self.clock_ahead = timedelta(0)
        self.accepts_token = True
        self.enrolments: list[Enrolment] = []
        self.lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"centre": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, condition, seconds: float = 10.0) -> None:
        """Wait until something holds; fail if it does not in time."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, f"not in {seconds} s: {self.calls}, {self.order}"
            time.sleep(0.01)

    def accept(self, said: Submission) -> Receipt | int:
        """Check a submission as the real one does; a number is the status of a refusal."""
        candidate = said.candidate
        content = said.manifest.encode()
        record = SignatureRecord.model_validate_json(said.signature)
        manifest = parse_canonical(content)
        assert candidate.manifest_sha256 == hashlib.sha256(content).hexdigest()
        assert record.holds_for(content)
        assert manifest["readme"]["sha256"] == hashlib.sha256(said.notice.encode()).hexdigest()
        if missing := [i["name"] for i in manifest["items"] if i["sha256"] not in self.blobs]:
            raise AssertionError(f"files were not brought: {missing}")
        refusal = self.faults.refuse_candidates.get(str(candidate.candidate_id))
        if refusal is not None:
            return refusal
        key = (str(candidate.candidate_id), candidate.update)
        with self.lock:
            before = self.received.get(key)
            if before is not None and before.manifest != said.manifest:
                self.conflicts += 1
                return 409
            self.duplicates += before is not None
            if before is None:
                self.received[key] = said
                self.order.append((*key, manifest["sequence"]))
        return Receipt(
            candidate_id=key[0],
            update=key[1],
            sequence=manifest["sequence"],
            duplicate=before is not None,
        )


class _Handler(BaseHTTPRequestHandler):
    centre: Centre
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        """A box that hangs up in between is nothing unusual."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def do_GET(self) -> None:
        """Answer a question."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Take a message."""
        self._answer(self._body())

    def do_PUT(self) -> None:
        """Take a file or a picture."""
        faults = self.centre.faults
        if faults.cut_puts > 0 and "/blobs/" in self.path:
            faults.cut_puts -= 1
            self.rfile.read(int(self.headers["Content-Length"]) // 2)
            self._cut()
            return
        self._answer(self._body())

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, body: bytes) -> None:
        centre, faults = self.centre, self.centre.faults
        centre.calls[f"{self.command} {self.path.replace(API_PREFIX, '')}"] += 1
        if faults.is_down:
            self._cut()
            return
        if faults.slow_seconds:
            time.sleep(faults.slow_seconds)
        for number, (part, status, headers) in enumerate(faults.statuses):
            if part in self.path:
                del faults.statuses[number]
                self._send(status, b'{"title": "a fault"}', headers)
                return
        is_open = self.path.endswith("/enrol") or "/blobs/" in self.path
        is_known = self.headers["Authorization"] == f"Bearer {TOKEN}" and centre.accepts_token
        if not is_open and not is_known:
            self._send(401, b'{"title": "unknown box"}')
            return
        if "/blobs/" in self.path:
            assert self.headers["Authorization"] is None  # the token is for the centre alone
        status, answer, headers = self._do(body)
        if faults.lost_answers > 0 and self.path.endswith("/candidates"):
            faults.lost_answers -= 1
            self._cut()
            return
        if faults.garbage > 0 and self.path.endswith(("/candidates", "/uploads")):
            faults.garbage -= 1
            status, answer = 200, b"<html>Welcome to the hotel's network</html>"
        self._send(status, answer, headers)

    def _do(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:  # noqa: C901, PLR0911, PLR0912 - a table of calls
        centre, path = self.centre, self.path
        if path == f"{API_PREFIX}/boxes/enrol":
            return self._enrol(Enrolment.model_validate_json(body))
        if path == f"{BOX}/uploads":
            return 200, self._plan(UploadRequest.model_validate_json(body)), {}
        if "/blobs/" in path:
            return self._store(path.rpartition("/")[2], body)
        if path == f"{BOX}/candidates":
            receipt = centre.accept(Submission.model_validate_json(body))
            if isinstance(receipt, int):
                return receipt, b'{"title": "refused"}', {}
            if centre.faults.wrong_receipts > 0:
                centre.faults.wrong_receipts -= 1
                receipt = receipt.model_copy(update={"sequence": 9999})
            return 201, receipt.model_dump_json().encode(), {}
        if path == f"{BOX}/gaps":
            for gap in GapReport.model_validate_json(body).gaps:
                centre.gaps[gap.number] = gap
            return 200, GapReceipt(through=max(centre.gaps)).model_dump_json().encode(), {}
        if path == f"{BOX}/status":
            centre.statuses.append(BoxStatus.model_validate_json(body))
            now = datetime.now(UTC) + centre.clock_ahead
            wanted, centre.snapshots = centre.snapshots, ()
            reply = StatusReply(received_at=now, snapshots=wanted)
            return 200, reply.model_dump_json().encode(), {}
        if path == f"{BOX}/cameras" and self.command == "PUT":
            centre.introductions.append(Introductions.model_validate_json(body))
            reply = IntroductionsReply(refused=centre.refuses_cameras)
            return centre.introduction_status, reply.model_dump_json().encode(), {}
        if path == f"{BOX}/cameras":
            content = centre.cameras.model_dump_json().encode()
            tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            if self.headers["If-None-Match"] == tag:
                return 304, b"", {"ETag": tag}
            return 200, content, {"ETag": tag}
        if path.startswith(f"{BOX}/pictures/"):
            centre.pictures[path.rpartition("/")[2]] = (body, self.headers[PICTURE_TIME_HEADER])
            return 204, b"", {}
        return 404, b"{}", {}

    def _enrol(self, said: Enrolment) -> tuple[int, bytes, dict[str, str]]:
        code = said.code.get_secret_value()
        signed = canonical_json(
            {"box_id": said.box_id, "code": code, "public_key": said.public_key}
        )
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(said.public_key))
        try:
            key.verify(bytes.fromhex(said.proof), signed)
        except InvalidSignature:
            return 422, b'{"title": "the proof does not hold"}', {}
        if code != CODE:
            return 403, b'{"title": "no such code"}', {}
        self.centre.enrolments.append(said)
        return 201, Enrolled(box_id=said.box_id, token=TOKEN).model_dump_json().encode(), {}

    def _plan(self, request: UploadRequest) -> bytes:
        return (
            UploadPlan(
                targets=tuple(
                    UploadTarget(
                        sha256=wanted.sha256,
                        url=None
                        if wanted.sha256 in self.centre.blobs
                        else f"/blobs/{wanted.sha256}",  # as the local store: beside the API
                        headers={"X-Signed": "yes"},
                        expires_at=datetime.now(UTC) + timedelta(minutes=5),
                    )
                    for wanted in request.objects
                )
            )
            .model_dump_json()
            .encode()
        )

    def _store(self, sha256: str, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        if self.centre.faults.refused_puts > 0:
            self.centre.faults.refused_puts -= 1
            return 403, b"<Error>Request has expired</Error>", {}
        assert self.headers["X-Signed"] == "yes"
        if hashlib.sha256(body).hexdigest() != sha256:
            return 400, b"<Error>BadDigest</Error>", {}
        self.centre.blobs[sha256] = body
        return 200, b"", {}

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()


def summary(centre: Centre) -> str:
    """What has arrived, for a failing test's message."""
    return json.dumps({"order": centre.order, "calls": dict(centre.calls)})
