"""docs/integrators.md, tried: each command runs against a centre, each block does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from standardwebhooks import WebhookVerificationError

from api.cases.codes import Outcome, Reported, ReturnReason
from api.feed.content import EventType
from api.feed.secrets import new_secret
from api.feed.sending import Call, signed_request
from api.settings import ApiSettings, DatabaseSettings, FeedSettings, StoreSettings
from api.users.tables import Scope

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "integrators.md").read_text(encoding="utf-8")


def blocks(language):
    """The code blocks of the guide in a language, in their order."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, flags=re.DOTALL)


@pytest.fixture
def settings(database_url, tmp_path):
    """As conftest's, but reached at whatever address the test's server has."""
    return ApiSettings(
        database=DatabaseSettings(url=database_url),
        store=StoreSettings(folder=tmp_path / "store"),
    )


def test_every_command_of_the_guide_works(hand_over, machine_token, live, tmp_path):
    """The commands run one after the other in one shell, as a reader would run them."""
    for _ in range(2):
        hand_over()
    token = machine_token(Scope.FEED_READ, Scope.CASES_WRITE)
    steps = [f"echo '--- {number}'\n{block}" for number, block in enumerate(blocks("bash"))]
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "CENTRE": live,
        "TOKEN": token,
        "NO_PROXY": "127.0.0.1",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(steps)],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-500:]
    parts = re.split(r"--- \d+\n", done.stdout)[1:]
    said = "\n".join(parts)
    assert "streetcase.case.confirmed.v1" in parts[1]
    assert "event: streetcase.case.confirmed.v1" in parts[3]
    assert "RESULT: everything holds" in said
    assert '"result":"closed"' in said
    assert '"result":"returned"' in said
    assert parts[-1].strip() == "cursor_unknown"


def test_the_receiver_of_the_guide_tells_true_from_false():
    """The Python block verifies what the centre signs and refuses anything else."""
    (block,) = blocks("python")
    namespace = {}
    exec(block, namespace)  # noqa: S102 - our own document
    secret = new_secret()
    call = Call(
        delivery_id=uuid4(),
        subscriber_id=uuid4(),
        url="http://cases.example/",
        secret=secret,
        event_id="e-1",
        content={"id": "e-1", "data": {"note": "前门东路口"}},
        at=datetime.now(tz=UTC),
    )
    body, headers = signed_request(call)
    assert namespace["receive"](secret, headers, body)["data"]["note"] == "前门东路口"
    with pytest.raises(WebhookVerificationError):
        namespace["receive"](new_secret(), headers, body)


@pytest.mark.parametrize(
    "value", [*Reported, *Outcome, *ReturnReason, *(t for t in EventType if t != EventType.TEST)]
)
def test_the_guide_names_every_code(value):
    """No status, outcome, reason or event type is left for the reader to guess."""
    assert re.search(rf"\b{re.escape(value)}\b", GUIDE)


def test_the_guide_says_the_waits_of_the_settings():
    """The retry times in words are those of the default settings."""
    waits = FeedSettings().retry_seconds
    said = re.search(r"tried again after (.*?), then listed", GUIDE, flags=re.DOTALL)[1]
    units = {"s": 1, "min": 60, "h": 3600}
    found = [int(n) * units[unit] for n, unit in re.findall(r"(\d+) (min|s|h)\b", said)]
    assert found == list(waits)
