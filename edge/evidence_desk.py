"""Where the bundles of all cameras are made, one after the other, and handed on."""

from __future__ import annotations

import errno
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from edge.errors import OutboxError
from edge.video.timeline import utc_now
from pipeline.errors import BundleError, EvidenceError
from pipeline.evidence.bundle import EvidenceBuilder
from pipeline.evidence.chain import FileChain
from pipeline.evidence.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge.outbox.outbox import Outbox
    from pipeline.candidate import Candidate
    from pipeline.evidence.bundle import Bundle, EvidenceFacts, EvidenceFile
    from pipeline.evidence.manifest import EpisodeFacts

log = structlog.get_logger()


class EvidenceDesk:
    """The box's key, its chain of manifests and its evidence folder.

    Args:
        data: The box's folder.
        box_id: For manifests.
        software: For manifests.
        outbox: Where bundles go; none: they stay in the evidence folder.

    Raises:
        StreetcaseError: Key, chain or folder cannot be used.
    """

    def __init__(
        self, data: Path, *, box_id: str, software: str, outbox: Outbox | None = None
    ) -> None:
        self.evidence_folder = data / "evidence"
        self.evidence_folder.mkdir(parents=True, exist_ok=True)
        self.key = SigningKey.load_or_create(data / "signing-key.pem")
        (data / "signing-key.pub.pem").write_bytes(self.key.public_pem())
        self._builder = EvidenceBuilder(
            root=self.evidence_folder,
            key=self.key,
            chain=FileChain(data / "chain.json"),
            box_id=box_id,
            software=software,
        )
        self._outbox = outbox
        self._one_at_a_time = threading.Lock()
        self.failed = 0  # bundles that could not be made or handed on
        self._in_hand: set[str] = set()  # folders of bundles built and not yet published
        self._has_left_over = True  # of an earlier process that was killed
        self._recover()
        self.catch_up()

    def build(self, facts: EvidenceFacts, files: Sequence[EvidenceFile]) -> Bundle:
        """One bundle after the other, so that numbers and instants run the same way.

        The instant is the box's own, whatever time the camera's pictures are said to be from. On a
        full disk the outbox makes room and it is tried once more.

        Raises:
            EvidenceError: It cannot be made.
        """
        with self._one_at_a_time:
            if self._outbox is not None:
                facts = replace(facts, episode=self._numbered(self._outbox, facts))
            try:
                return self._make(facts, files)
            except EvidenceError as error:
                self.failed += 1
                # What was left half done is cleared; if it had its number, it is published now.
                for bundle in self._recover():
                    if bundle.manifest.episode == facts.episode:
                        self._in_hand.add(bundle.folder.name)
                        return bundle
                if self._outbox is None or not _is_full(error):
                    raise
                log.warning("evidence_disk_full", reason=str(error))
                self._outbox.make_room(sum(_size(file) for file in files))
                return self._make(facts, files)

    def publish(self, candidate: Candidate, bundle: Bundle) -> None:
        """Hand a bundle to the outbox.

        Where that fails the bundle stays in its folder, and `catch_up` tries again.
        """
        if self._outbox is None:
            return
        try:
            self._outbox.take_in(bundle.folder, candidate)
        except (OutboxError, BundleError) as error:
            log.warning("bundle_not_taken_in", bundle=bundle.folder.name, reason=str(error))
            self.failed += 1
            self._has_left_over = True
        finally:
            self._in_hand.discard(bundle.folder.name)

    def catch_up(self) -> None:
        """Hand over what could not be handed over before; call it every now and then."""
        if not self._has_left_over or self._outbox is None:
            return
        with self._one_at_a_time:
            self._has_left_over = False
            self._sweep(self._outbox)

    def _make(self, facts: EvidenceFacts, files: Sequence[EvidenceFile]) -> Bundle:
        bundle = self._builder.build(facts=facts, files=files, created_at=utc_now())
        if self._outbox is not None:
            self._in_hand.add(bundle.folder.name)
        return bundle

    def _sweep(self, outbox: Outbox) -> None:
        """Hand every bundle over that lies in the evidence folder; nobody else may have one."""
        try:
            taken = outbox.sweep(self.evidence_folder, leave_out=self._in_hand)
        except OutboxError as error:
            # A full disk is no reason to stop watching: the bundles stay where they are.
            log.warning("sweep_failed", reason=str(error))
            self._has_left_over = True
        else:
            if taken:
                log.info("bundles_taken_in", count=taken)

    def _recover(self) -> tuple[Bundle, ...]:
        try:
            recovered = self._builder.recover()
        except EvidenceError as error:
            log.warning("recovery_failed", reason=str(error))  # building says it again
            return ()
        for bundle in recovered:
            # Something came between its number and its signature; it lies in the folder now.
            log.info("bundle_recovered", folder=bundle.folder.name)
            self._has_left_over = True
        return recovered

    @staticmethod
    def _numbered(outbox: Outbox, facts: EvidenceFacts) -> EpisodeFacts:
        number = outbox.free_update(facts.episode.candidate_id, facts.episode.update)
        return facts.episode.model_copy(update={"update": number})


def _size(file: EvidenceFile) -> int:
    content = file.content
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _is_full(error: EvidenceError) -> bool:
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
