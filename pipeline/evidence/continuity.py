"""Verifying that a folder of bundles is a box's whole chain: no gap, no number twice."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from pipeline.errors import BundleError
from pipeline.evidence.report import Check, Report, Verdict
from pipeline.evidence.sources import open_bundle, shown
from pipeline.evidence.verification import ChainLink, link_problem, read_signed_manifest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path


def verify_chain(folder: Path, *, trusted_key_ids: Collection[str] = ()) -> Report:
    """Verify signatures and links of all bundles (folders and ZIP files) directly in a folder.

    The files that the manifests list are not read: `verify_bundle` does that for each bundle.
    A gap is a failure; whether its bundle was deleted by rule or removed is for people to say.
    """
    checks: list[Check] = []
    chains: dict[str, list[tuple[str, ChainLink]]] = {}
    for path in _bundles_in(folder, checks):
        try:
            with closing(open_bundle(path)) as source:
                link = read_signed_manifest(source, trusted_key_ids, []).link
        except BundleError as error:
            part = f"{error.file}: " if error.file else ""
            checks.append(_check(Verdict.FAILS, f"{part}{error}", path.name))
            continue
        chains.setdefault(link.box_id, []).append((path.name, link))
    for box_id in sorted(chains):
        links = sorted(chains[box_id], key=lambda named: named[1].sequence)
        checks += _walk(box_id, links)
    if not chains and not checks:
        checks.append(_check(Verdict.FAILS, f"there is no bundle in {shown(str(folder))}"))
    if chains and not trusted_key_ids:
        checks.append(_check(Verdict.WARNING, "the keys are not pinned: give them as --key-id"))
    return Report(checks=tuple(checks))


def _bundles_in(folder: Path, checks: list[Check]) -> list[Path]:
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        checks.append(
            _check(Verdict.FAILS, f"{shown(str(folder))} cannot be listed: {error.strerror}")
        )
        return []
    return [
        path
        for path in paths
        if not path.name.startswith(".") and (path.is_dir() or path.suffix.lower() == ".zip")
    ]


def _walk(box_id: str, links: Iterable[tuple[str, ChainLink]]) -> Iterator[Check]:
    """The links of one box in the order of their numbers."""
    before: ChainLink | None = None
    sound = True
    count = 0
    for name, link in links:
        number = link.sequence
        if before is None:
            if number > 1:
                yield _check(
                    Verdict.WARNING, f"box {box_id}: begins with number {number}, not with 1", name
                )
        elif before.sha256 == link.sha256:
            continue  # the same bundle again, as folder and as ZIP file
        elif (problem := _break(before, link)) is not None:
            sound = False
            yield _check(Verdict.FAILS, f"box {box_id}: {problem}", name)
        elif before.key_id != link.key_id:
            yield _check(
                Verdict.WARNING,
                f"box {box_id}: signed with another key than number {number - 1}",
                name,
            )
        before = link
        count += 1
    if sound:
        yield _check(Verdict.HOLDS, f"box {box_id}: {count} manifests, each follows the one before")


def _break(before: ChainLink, after: ChainLink) -> str | None:
    last, number = before.sequence, after.sequence
    if number == last:
        return f"two different manifests carry number {number}"
    if number == last + 2:
        return f"number {last + 1} is missing"
    if number > last + 1:
        return f"numbers {last + 1} to {number - 1} are missing"
    return link_problem(before, after)


def _check(verdict: Verdict, text: str, file: str = "") -> Check:
    return Check(code="chain", verdict=verdict, text=text, file=file)
