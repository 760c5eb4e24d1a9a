"""The chain of a box's manifests as the centre has it: what came, what is missing, what forks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from api.boxes import repository
from api.boxes.tables import BoxKey, BoxManifest
from api.errors import Conflict
from pipeline.evidence.verification import ChainLink

MAX_MISSING_TOLD = 100  # as Receipt.missing_sequences says
# Numbers looked at in one go; a longer queue of late ones is told piece by piece.
MAX_LOOKED_AT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Holes:
    """Numbers that have not come, and up to where nothing is missing."""

    missing: tuple[int, ...]  # the first MAX_MISSING_TOLD
    complete_through: int


def require_continuity(session: Session, link: ChainLink) -> None:
    """Refuse a manifest that cannot be of the same chain as those that have come.

    Raises:
        Conflict: Its number is taken by another one, or it and a neighbour do not name each other.
            Two manifests with one number mean a copied key or a restored disk: somebody must look.
    """

    def came(sequence: int) -> BoxManifest | None:
        return repository.manifest(
            session, box_id=link.box_id, key_id=link.key_id, sequence=sequence
        )

    same, before, after = came(link.sequence), came(link.sequence - 1), came(link.sequence + 1)
    if same is not None and same.sha256 != link.sha256:
        raise _forked(link, f"number {link.sequence} is another manifest's", same)
    if before is not None and before.sha256 != link.previous_sha256:
        raise _forked(link, f"it does not follow number {before.sequence} that has come", before)
    if after is not None and after.previous_sha256 != link.sha256:
        raise _forked(link, f"number {after.sequence} that has come does not follow it", after)


def keys_of_box(session: Session, box_id: str) -> dict[str, BoxKey]:
    """Every key that a box has had, by its id."""
    return {key.key_id: key for key in repository.keys_of(session, [box_id])}


def record(
    session: Session, link: ChainLink, *, candidate_id: UUID, update: int, now: datetime
) -> None:
    """Note that a number has come, and with it perhaps the last one that was missing before."""
    session.add(
        BoxManifest(
            box_id=link.box_id,
            key_id=link.key_id,
            sequence=link.sequence,
            sha256=link.sha256,
            previous_sha256=link.previous_sha256,
            candidate_id=candidate_id,
            update=update,
            received_at=now,
        )
    )
    session.flush()
    key = repository.key(session, link.key_id)
    if key is not None:
        note_progress(session, key)


def holes(session: Session, key: BoxKey, *, below: int) -> Holes:
    """Which numbers below one have neither come nor been given up by the box.

    Begins where nothing was missing the last time, so that it stays quick however long the chain.
    """
    numbers = repository.settled_numbers(
        session,
        box_id=key.box_id,
        key_id=key.key_id,
        above=key.complete_through,
        below=below,
        limit=MAX_LOOKED_AT,
    )
    complete_through = key.complete_through
    missing: list[int] = []
    expected = complete_through + 1
    ends = [*numbers, below] if len(numbers) < MAX_LOOKED_AT else numbers
    for number in ends:
        if number == expected and not missing and number < below:
            complete_through = number
        for absent in range(expected, number):
            if len(missing) == MAX_MISSING_TOLD:
                return Holes(missing=tuple(missing), complete_through=complete_through)
            missing.append(absent)
        expected = number + 1
    return Holes(missing=tuple(missing), complete_through=complete_through)


def note_progress(session: Session, key: BoxKey) -> None:
    """Bring `complete_through` up to date."""
    newest = repository.newest_sequence(session, key.box_id, key.key_id)
    found = holes(session, key, below=newest + 1)
    if found.complete_through > key.complete_through:
        key.complete_through = found.complete_through
        session.flush()


def _forked(link: ChainLink, problem: str, other: BoxManifest) -> Conflict:
    return Conflict(
        "chain_forked",
        f"The manifest is not of the chain that this box has sent: {problem}. An administrator was"
        " told. Enrol the box with a new key if its disk was restored.",
        sequence=link.sequence,
        manifest_sha256=link.sha256,
        known_sha256=other.sha256,
    )
