"""The box's side of the link as a whole: token, connections, the sender and the reporter."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog

from edge.errors import NotEnrolled, UplinkError
from edge.uplink.centre import Centre
from edge.uplink.clock import CentreClock
from edge.uplink.identity import enrolment, load_token, read_code, save_token
from edge.uplink.pace import Pace
from edge.uplink.reporter import Reporter
from edge.uplink.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pydantic import SecretStr

    from edge.outbox.outbox import Outbox
    from edge.pictures import CameraPicture
    from edge.uplink.sender import UplinkFigures
    from edge.uplink.settings import CentreSettings
    from pipeline.evidence.signing import SigningKey
    from pipeline.exchange import BoxStatus, CamerasReply, Introductions

TOKEN_FILE = "centre-token.json"  # noqa: S105 - the name of the file
# At the end: how long may still be sent, and how long a thread that waits for the network has.
LAST_SECONDS = 3.0

log = structlog.get_logger()


def enrol(
    settings: CentreSettings,
    code: SecretStr,
    *,
    data: Path,
    box_id: str,
    key: SigningKey,
    software: str,
) -> None:
    """Become known to the centre and keep the token.

    Raises:
        UplinkError: The centre does not answer, or does not take the code.
        SettingsError: The settings of the connection cannot be used.
    """
    centre = Centre(settings)
    try:
        enrolled = centre.enrol(enrolment(code, box_id=box_id, key=key, software=software))
    finally:
        centre.close()
    if enrolled.box_id != box_id:
        raise NotEnrolled(
            f"the code belongs to box {enrolled.box_id!r}, this one is {box_id!r}; set the right id"
        )
    save_token(data / TOKEN_FILE, enrolled)
    log.info("enrolled", box=box_id)


class Link:
    """Everything that speaks with the centre.

    Args:
        settings: Where the centre is.
        data: The box's folder, where the token lies.
        box_id: The box's id.
        key: The box's key, to enrol with.
        software: For the enrolment.
        outbox: What to send.
        status: Makes the box's status as it is now.
        changes: Counts up when something worth a status at once has happened.
        picture: A redacted picture of a camera, by its id.
        cameras: The ids of the box's cameras.
        introductions: The box's cameras as its own file has them.
        learn: Takes in the centre's camera settings.
        seed: Of the waits' jitter.
    """

    def __init__(
        self,
        settings: CentreSettings,
        *,
        data: Path,
        box_id: str,
        key: SigningKey,
        software: str,
        outbox: Outbox,
        status: Callable[[], BoxStatus],
        changes: Callable[[], int],
        picture: Callable[[str], CameraPicture | None],
        cameras: Callable[[], Iterable[str]],
        introductions: Callable[[], Introductions],
        learn: Callable[[CamerasReply], None],
        seed: int = 0,
    ) -> None:
        self.clock = CentreClock()
        self._settings = settings
        self._data = data
        self._box_id = box_id
        self._key = key
        self._software = software
        self._stopping = threading.Event()
        self._pace = Pace(settings.max_kilobytes_per_second, pause=self._stopping.wait)
        self._enrolling = threading.Lock()
        self._is_started = False
        self._sender = Sender(outbox, self.connect, settings, stopping=self._stopping, seed=seed)
        self._reporter = Reporter(
            outbox,
            self.connect,
            settings,
            status=status,
            changes=changes,
            picture=picture,
            cameras=cameras,
            introductions=introductions,
            learn=learn,
            clock=self.clock,
            stopping=self._stopping,
            seed=seed + 1,
        )

    @property
    def figures(self) -> UplinkFigures:
        """How sending goes."""
        return self._sender.figures

    @property
    def trouble(self) -> str:
        """What is wrong with the link, in words; empty: nothing."""
        return self._reporter.trouble or self._sender.figures.trouble

    def start(self) -> None:
        """Begin to send and to report."""
        self._is_started = True
        self._sender.start()
        self._reporter.start()

    def stop(self) -> None:
        """End in order: send what goes quickly, say the last word, hang up."""
        if not self._is_started:
            return
        self._flush()
        self._stopping.set()
        has_ended = self._sender.join(LAST_SECONDS)
        self._reporter.join(LAST_SECONDS)
        if not has_ended or self.trouble:
            return  # the network is no help now; what was being sent waits in the outbox
        quickly = {"quiet_timeout_seconds": LAST_SECONDS, "connect_timeout_seconds": LAST_SECONDS}
        try:
            centre = self.connect(self._settings.model_copy(update=quickly))
        except UplinkError:
            return
        try:
            self._reporter.say_goodbye(centre)
        except UplinkError as error:
            log.info("centre_not_told", reason=str(error))
        finally:
            centre.close()

    def connect(self, settings: CentreSettings | None = None) -> Centre:
        """A connection with the box's token; a box that has none enrols first.

        Args:
            settings: In place of the usual ones.

        Raises:
            UplinkError: It has no token and cannot get one now.
        """
        with self._enrolling:
            token = load_token(self._data / TOKEN_FILE, box_id=self._box_id)
            if token is None:
                token = self._enrol()
        return Centre(settings or self._settings, token=token, pace=self._pace)

    def _flush(self) -> None:
        until = time.monotonic() + LAST_SECONDS
        while not self._sender.is_idle and time.monotonic() < until and not self.trouble:
            time.sleep(0.05)

    def _enrol(self) -> SecretStr:
        path = self._settings.enrolment_code_file
        if path is None:
            raise NotEnrolled("this box has not enrolled; run: python -m edge enrol")
        enrol(
            self._settings,
            read_code(path),
            data=self._data,
            box_id=self._box_id,
            key=self._key,
            software=self._software,
        )
        token = load_token(self._data / TOKEN_FILE, box_id=self._box_id)
        if token is None:
            raise NotEnrolled("the token was removed while it was written")
        return token
