"""What a person does to a box by hand: enrol it, look into its outbox."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pydantic import SecretStr

from edge.box import software_version
from edge.errors import NotEnrolled
from edge.lock import only_one
from edge.outbox.outbox import Outbox
from edge.uplink.identity import read_code
from edge.uplink.link import TOKEN_FILE, enrol
from pipeline.errors import SettingsError
from pipeline.evidence.signing import SigningKey

if TYPE_CHECKING:
    from pathlib import Path

    from edge.settings import BoxSettings

STANDARD_INPUT = "-"
MAX_CODE_CHARACTERS = 1000


def enrol_box(settings: BoxSettings, code_file: Path) -> dict[str, object]:
    """Make a box known to its centre.

    The code comes from a file or the standard input, never from the command line, which every user
    of the machine can read.

    Raises:
        StreetcaseError: The code is not taken, or the centre does not answer.
    """
    if settings.centre is None:
        raise SettingsError("[centre] is missing in the settings; add its url")
    if str(code_file) == STANDARD_INPUT:
        text = sys.stdin.readline(MAX_CODE_CHARACTERS).strip()
        if not text:
            raise NotEnrolled("no code came from the standard input; give --code-file")
        code = SecretStr(text)
    else:
        code = read_code(code_file)
    settings.data.mkdir(parents=True, exist_ok=True)
    key = SigningKey.load_or_create(settings.data / "signing-key.pem")
    enrol(
        settings.centre,
        code,
        data=settings.data,
        box_id=settings.id,
        key=key,
        software=software_version(),
    )
    return {
        "ok": True,
        "box": settings.id,
        "key_id": key.key_id,
        "token": str(settings.data / TOKEN_FILE),
    }


def show_outbox(settings: BoxSettings, *, retry_refused: bool) -> dict[str, object]:
    """How full the outbox is, and what the centre refused.

    Args:
        settings: Of the box.
        retry_refused: Put what was refused back among what waits.

    Raises:
        StreetcaseError: The box is running, or its outbox cannot be opened.
    """
    with only_one(settings.data):
        outbox = Outbox(settings.data / "outbox", settings.outbox)
        try:
            refusals = outbox.problems()
            retried = outbox.retry_refused() if retry_refused else 0
            figures = outbox.figures()
        finally:
            outbox.close()
    return {
        "ok": True,
        "waiting": figures.waiting,
        "acknowledged": figures.acknowledged,
        "refused": figures.refused,
        "retried": retried,
        "dropped": figures.dropped,
        "bytes": figures.used_bytes,
        "quota_bytes": figures.quota_bytes,
        "oldest_waiting_at": figures.oldest_waiting_at.isoformat()
        if figures.oldest_waiting_at
        else None,
        "refusals": [{"candidate": candidate, "said": said} for candidate, said in refusals],
    }
