"""The whole way once: simulated streets, box, centre, people, case system, proof.

    python -m tests.acceptance.smoke --out var/smoke

SQLite and a local store on free ports. Candidates of all four kinds arrive; one is confirmed, one
rejected, over HTTP; the case is read from the feed and by a webhook receiver; its bundle verifies
offline, and a flipped byte of it is named. The last line is one JSON object with `ok`.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
import threading
import time
import zipfile
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING

import demo
import httpx
from desk import CaseSystem, Person
from standardwebhooks.webhooks import Webhook
from topology import LOOPBACK, Topology, TopologyError

from pipeline.evidence.verification import verify_bundle
from pipeline.violations import Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LIMIT_SECONDS = 180.0  # the issue's, on a machine with nothing else to do
ROOT_PATH = "990000/"  # of the demo's organisations


class Receiver:
    """A case system's webhook: checks each signature and keeps what came."""

    def __init__(self) -> None:
        self.events: Queue[dict] = Queue()
        self.refused = 0
        self.secret = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    event = Webhook(outer.secret).verify(content, dict(self.headers))
                except Exception:  # noqa: BLE001 - whatever is wrong with it, it is refused
                    outer.refused += 1
                    self.send_response(401)
                else:
                    outer.events.put(event)
                    self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}/violations"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def main() -> int:
    """Run it; 0 only if all of it held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("var/smoke"))
    parser.add_argument("--speed", type=float, default=demo.SPEED)
    parser.add_argument("--limit", type=float, default=LIMIT_SECONDS, help="seconds")
    options = parser.parse_args()
    out = options.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    began = time.monotonic()

    def whole_way() -> dict:
        with Topology(out) as running:
            return follow(running, speed=options.speed, ends=began + options.limit)

    return report(whole_way, began)


def report(whole_way: Callable[[], dict], began: float) -> int:
    """Go all the way and print what came of it, as one JSON object on the last line."""
    try:
        figures = whole_way()
    except (TopologyError, TimeoutError, httpx.HTTPError) as error:
        print(error, file=sys.stderr)
        figures = {"ok": False, "error": str(error).splitlines()[0]}
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps(figures | {"seconds": seconds}, ensure_ascii=False))
    return 0 if figures["ok"] else 1


def follow(running: Topology, *, speed: float, ends: float) -> dict:
    """From the streets to the proof."""
    url, logins = demo.start_centre(running, port=0)
    print(f"centre at {url}", flush=True)
    receiver = Receiver()
    token = subscribe(url, logins, receiver)
    demo.start_box(running, url, None, speed=speed)
    try:
        with Person(url, "demo-operator", logins["demo-operator"]) as operator:
            figures = judge(operator, ends)
            consumer = CaseSystem(url, token)
            proof = consume(consumer, receiver, figures.pop("confirmed"), running.folder, ends)
            consumer.close()
    finally:
        receiver.close()
    return judged(figures, proof)


def judged(figures: dict, *more: dict) -> dict:
    """All figures in one, with `ok` if everything holds that was looked at."""
    holds = {name: held for one in (figures, *more) for name, held in one["holds"].items()}
    together = {key: value for one in (figures, *more) for key, value in one.items()}
    return together | {"holds": holds, "ok": all(holds.values())}


def subscribe(url: str, logins: Mapping[str, str], receiver: Receiver) -> str:
    """Have cases sent to a receiver; gives the token of a case system that reads them too."""
    with Person(url, "demo-admin", logins["demo-admin"]) as admin:
        subscriber = admin.post(
            "/subscribers",
            {"name": "smoke", "url": receiver.url, "organisation_path": ROOT_PATH},
        )
        receiver.secret = subscriber["secret"]
        made = admin.post(
            "/machine-tokens",
            {
                "name": "smoke",
                "organisation_id": ROOT_PATH.rstrip("/"),
                "scopes": ["feed:read", "cases:write"],
            },
        )
        return str(made["token"])


def judge(operator: Person, ends: float) -> dict:
    """Wait for all four kinds, confirm one candidate, reject another."""
    wanted = {violation.value for violation in Violation}
    found: dict[str, dict] = {}
    while wanted - {item["violation"] for item in found.values()}:
        for item in operator.queue():
            if item["id"] not in found:
                print(f"  {item['violation']} from {item['camera_id']}", flush=True)
            found[item["id"]] = item
        wait(ends, f"no candidate of {sorted(wanted - {i['violation'] for i in found.values()})}")
    kinds = Counter(item["violation"] for item in found.values())
    first, second = _of(found, Violation.STREET_VENDING), _of(found, Violation.ILLEGAL_AD)
    operator.confirm(first)
    operator.reject(second, "licensed")
    while operator.get(f"/candidates/{first}")["case"] is None:
        wait(ends, "the confirmed candidate became no case")
    after = operator.get(f"/candidates/{second}")
    return {
        "candidates": dict(sorted(kinds.items())),
        "cameras": sorted({item["camera_id"] for item in found.values()}),
        "confirmed": first,
        "holds": {"rejected": after["state"] == "rejected" and after["case"] is None},
    }


def consume(
    consumer: CaseSystem, receiver: Receiver, candidate_id: str, folder: Path, ends: float
) -> dict:
    """Read the case in both ways, verify its bundle, flip a byte."""
    events = consumer.feed()["items"]
    while not events:
        wait(ends, "the feed is empty")
        events = consumer.feed()["items"]
    event = events[0]
    try:
        delivered = receiver.events.get(timeout=max(ends - time.monotonic(), 0.1))
    except Empty:
        raise TimeoutError("no webhook came") from None
    case_id = event["data"]["case_id"]
    bundle = folder / "bundle.zip"
    bundle.write_bytes(consumer.bundle(case_id))
    broken, flipped = folder / "flipped.zip", flip_clip(bundle.read_bytes())
    broken.write_bytes(flipped[1])
    report, broken_report = verify_bundle(bundle), verify_bundle(broken)
    named = [check.file for check in broken_report.checks if check.file]
    return {
        "event": event["type"],
        "holds": {
            "one_case": len(events) == 1,
            "of_the_confirmed": event["data"]["candidate_id"] == candidate_id,
            "webhook_is_the_feed": delivered["id"] == event["id"],
            "webhooks_signed": receiver.refused == 0,
            "bundle_verifies": report.ok,
            "flip_is_found": not broken_report.ok,
            "flip_is_named": any(flipped[0] in name for name in named),
        },
    }


def flip_clip(bundle: bytes) -> tuple[str, bytes]:
    """The same ZIP with one bit of its clip changed; the clip's name first."""
    made = io.BytesIO()
    name = ""
    with zipfile.ZipFile(io.BytesIO(bundle)) as source, zipfile.ZipFile(made, "w") as target:
        for entry in source.infolist():
            content = bytearray(source.read(entry))
            if entry.filename.endswith("clip.mp4"):
                name = Path(entry.filename).name
                content[len(content) // 2] ^= 1
            target.writestr(entry, bytes(content))
    return name, made.getvalue()


def _of(found: dict[str, dict], violation: Violation) -> str:
    return next(i["id"] for i in found.values() if i["violation"] == violation.value)


def wait(ends: float, problem: str) -> None:
    """Half a second, unless the time is over.

    Raises:
        TimeoutError: It is over; says what did not come.
    """
    if time.monotonic() > ends:
        raise TimeoutError(problem)
    time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
