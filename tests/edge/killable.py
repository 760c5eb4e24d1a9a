"""A box without cameras, for tests that kill it: makes bundles and sends them until all are sent.

    python -m tests.edge.killable DATA URL BUNDLES

Prints "ready" when it has begun. What it makes depends on how far its chain is, so a process that
was killed is followed by one that goes on.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from pydantic import SecretStr

from edge.evidence_desk import EvidenceDesk
from edge.logs import log_text
from edge.outbox.intake import candidate_of
from edge.outbox.outbox import Outbox, OutboxSettings
from edge.uplink.centre import Centre
from edge.uplink.sender import Sender
from edge.uplink.settings import CentreSettings
from pipeline.evidence.chain import FileChain
from tests.edge.bundles import BundleMaker
from tests.edge.centre import TOKEN

CANDIDATES = 3


def main() -> int:
    """Work until everything is made and sent."""
    log_text()  # the standard output is for "ready"
    data, url, wanted = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    outbox = Outbox(data / "outbox", OutboxSettings(min_free_bytes=0, keep_acknowledged_hours=0))
    desk = EvidenceDesk(data, box_id="box-1", software="streetcase test", outbox=outbox)
    settings = CentreSettings(url=url, first_retry_seconds=0.05, longest_retry_seconds=0.2)
    sender = Sender(
        outbox,
        lambda: Centre(settings, token=SecretStr(TOKEN)),
        settings,
        stopping=threading.Event(),
    )
    maker = BundleMaker(data / "recipes")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sender.start()
    while (number := FileChain(data / "chain.json").head().sequence) < wanted:
        candidate = number % CANDIDATES + 1
        # The episode was taken up from a state without any update: the outbox knows better.
        bundle = desk.build(maker.facts(candidate, 0), maker.files(candidate, number, 20_000))
        desk.publish(candidate_of(bundle.manifest, bundle.manifest_sha256), bundle)
        desk.catch_up()
    while (figures := outbox.figures()).waiting:
        time.sleep(0.01)
    return 1 if figures.dropped else 0


if __name__ == "__main__":
    sys.exit(main())
