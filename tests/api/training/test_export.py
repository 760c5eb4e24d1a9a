"""Reviewed frames leave approved, de-identified and logged, and the training scripts read them."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from api.audit.tables import AuditEntry
from api.candidates.tables import CandidateRecord
from api.cases.tables import Case
from api.errors import Conflict, NotFound, Unavailable, Unprocessable
from api.training.export import EXPORT, LINES, Exporter, Wanted
from models.review_format import open_export
from models.reviews import convert, reviewed_sets
from pipeline.candidate import ItemKind
from pipeline.evidence.bundle import EvidenceFile
from pipeline.evidence.manifest import Method, Operation
from pipeline.violations import Violation
from tests.api.factories import World

APPROVAL = "Director Wang, 2026-11-20, document 17"
WIDTH, HEIGHT = 320, 240
SUBJECT = [64, 48, 128, 96]


class Street(World):
    """A world whose stills are pictures, redacted as a box does it."""

    left_clear = 0  # what the next redacted picture leaves visible; none: an older box's

    def _files(self, record):
        seed = int(record.id) % 2**32
        image = np.random.default_rng(seed).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
        content = cv2.imencode(".jpg", image)[1].tobytes()
        redacted = cv2.imencode(".jpg", 255 - image)[1].tobytes()
        common = {"media_type": "image/jpeg", "captured_at": record.started_at}
        size = {"width": WIDTH, "height": HEIGHT}
        said = {"regions": [], "spared": SUBJECT}
        if self.left_clear is not None:
            said["left_clear"] = self.left_clear
        copy = {
            "kind": ItemKind.REDACTED,
            "method": Method.DERIVED,
            "operation": Operation.REDACT,
            "parameters": said,
        }
        return (
            EvidenceFile(
                name="first.jpg",
                kind=ItemKind.STILL,
                role="first",
                content=content,
                method=Method.DECODED_FRAME,
                parameters=size,
                **common,
            ),
            EvidenceFile(
                name="first.redacted.jpg",
                role="first",
                content=redacted,
                derived_from="first.jpg",
                **copy,
                **common,
            ),
            EvidenceFile(
                name="close_up.jpg",
                kind=ItemKind.CROP,
                role="close_up",
                content=content + b"c",
                derived_from="first.jpg",
                method=Method.DERIVED,
                operation=Operation.CROP,
                parameters={},
                **common,
            ),
            EvidenceFile(
                name="close_up.redacted.jpg",
                role="close_up",
                content=redacted + b"c",
                derived_from="close_up.jpg",
                **copy,
                **common,
            ),
        )


@pytest.fixture
def street(database, store, now, tmp_path, organisations):
    """One camera of a district."""
    return Street(database=database, store=store, now=now, folder=tmp_path)


@pytest.fixture
def exporter(database, store, now):
    """What writes exports."""
    return Exporter(database=database, store=store, timezone=ZoneInfo("Asia/Shanghai"), now=now)


@pytest.fixture
def judge(street, operator, settle):
    """Makes a finally judged candidate: `judge("confirm")`."""

    def make(verdict, world=street, **fields):
        violation = fields.pop("violation", Violation.STREET_VENDING)
        record = world.candidate(violation=violation)
        answer = getattr(operator, verdict)(record, **fields)
        assert answer.status_code == 200, answer.text
        settle()
        return record

    return make


def lines_of(out):
    """What an export says."""
    return [json.loads(line) for line in (out / LINES).read_text().splitlines()]


def logged(database, action):
    """The log's entries of an action."""
    with database.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_there_and_back(*, judge, exporter, database, store, now, operator, settle, tmp_path):
    """From the review desk to sets that training reads: labels, hard negatives, both splits.

    A camera's name decides its split, so the names are fixed: of these, some fall to each.
    """
    for number in range(8):
        suffix = f"east-{number}"
        world = Street(database=database, store=store, now=now, folder=tmp_path, suffix=suffix)
        judge("confirm", world)
        judge(
            "reject", world, violation=Violation.CONSTRUCTION_DUST, reason="mitigation_water_mist"
        )
        judge("reject", world, reason="permitted_zone")
        if number == 0:
            judge("reject", world, reason="minor_present")
    out = tmp_path / "out"
    counts = exporter.export(out, Wanted(approval=APPROVAL))
    assert (counts["confirmed"], counts["rejected"], counts["pictures"]) == (8, 16, 24)
    assert counts["left_out_for_reason"] == 1
    with open_export(out) as export:
        assert len(export.reviews) == 24
        confirmed = next(r for r in export.reviews if r.verdict == "confirmed")
        assert confirmed.boxes[0].class_name == "stall"
        assert confirmed.boxes[0].box == (0.2, 0.2, 0.4, 0.4)
        assert confirmed.masked
        assert confirmed.captured_at.utcoffset().total_seconds() == 8 * 3600
        assert confirmed.approval.startswith(APPROVAL)
        assert export.picture(confirmed)[:2] == b"\xff\xd8"
    made = convert(out, tmp_path / "sets", split_by="camera")
    assert made["boxes"] == 8
    assert made["hard"] == 8
    assert {bool(pictures) for _, pictures, _ in reviewed_sets(tmp_path / "sets")} == {True}


def test_only_what_is_final_leaves(*, judge, street, operator, exporter, database, now, tmp_path):
    """Not what waits, can be undone, was withdrawn, is in doubt, deleted, or too old."""
    street.candidate()
    old = judge("reject")
    now.advance(minutes=30)
    since = now()
    wanted = [judge("reject"), judge("confirm")]
    withdrawn, frozen, deleted = judge("confirm"), judge("reject"), judge("reject")
    with database.writing() as session:
        case = session.scalars(select(Case).where(Case.candidate_id == withdrawn.id)).one()
        case.state = "withdrawn"
        session.get_one(CandidateRecord, frozen.id).integrity_frozen = "first.jpg: changed"
        session.get_one(CandidateRecord, deleted.id).evidence_deleted_at = now()
    undoable = street.candidate()
    assert operator.reject(undoable).status_code == 200
    exporter.export(tmp_path / "new", Wanted(approval=APPROVAL, since=since))
    assert len(lines_of(tmp_path / "new")) == len(wanted)
    exporter.export(tmp_path / "all", Wanted(approval=APPROVAL))
    assert len(lines_of(tmp_path / "all")) == len([old, *wanted])


def test_faces_on_the_subject_stay_at_home(*, judge, street, exporter, tmp_path):
    """Pictures of the subject's own faces or plates leave only when asked for, and say so."""
    street.left_clear = 1
    judge("confirm")
    street.left_clear = None
    judge("confirm")
    counts = exporter.export(tmp_path / "safe", Wanted(approval=APPROVAL))
    assert counts["left_out_subject_clear"] == 2
    assert lines_of(tmp_path / "safe") == []
    clear = Wanted(approval=APPROVAL, with_subject_clear=True)
    exporter.export(tmp_path / "clear", clear)
    assert [line["masked"] for line in lines_of(tmp_path / "clear")] == [False, False]


def test_a_corrected_subtype_counts(*, judge, exporter, tmp_path):
    """What a person says it is, is what it is; where the class is open there is no box."""
    judge("confirm", violation=Violation.ILLEGAL_AD, fact={"subtype": "ad.graffiti"})
    judge("confirm", violation=Violation.ILLEGAL_AD, fact={"subtype": "ad.board"})
    exporter.export(tmp_path / "out", Wanted(approval=APPROVAL))
    boxes = [line["boxes"] for line in lines_of(tmp_path / "out")]
    assert [len(one) for one in boxes] == [1, 0]
    assert boxes[0][0]["class"] == "graffiti"


def test_areas(*, judge, exporter, tmp_path):
    """A node and what lies below it; an unknown node is refused before anything is written."""
    judge("confirm")
    for node, lines in (("110105", 1), ("110000", 1), ("110106", 0)):
        exporter.export(tmp_path / node, Wanted(approval=APPROVAL, organisation=node))
        assert len(lines_of(tmp_path / node)) == lines
    with pytest.raises(NotFound):
        exporter.export(tmp_path / "x", Wanted(approval=APPROVAL, organisation="999999"))
    assert not (tmp_path / "x").exists()


def test_every_export_is_in_the_log(*, judge, exporter, database, tmp_path):
    """What was approved and asked for before the first picture leaves, what left before it may."""
    judge("confirm")
    counts = exporter.export(tmp_path / "out", Wanted(approval=APPROVAL))
    [begun] = logged(database, "training.export_begun")
    [ended] = logged(database, "training.exported")
    assert begun.details["approval"] == APPROVAL
    assert begun.details["purpose"] == "training_approved"
    assert begun.number == ended.details["begun_as"] == counts["log_number"]
    assert ended.details["reviews_sha256"] == counts["reviews_sha256"]
    assert lines_of(tmp_path / "out")[0]["approval"] == f"{APPROVAL} (log {begun.number})"


@pytest.mark.parametrize("approval", ["", "  ok ", "x" * 161])
def test_without_an_approval_nothing_leaves(*, judge, exporter, database, tmp_path, approval):
    """LAW-78: explicit and approved, or not at all."""
    judge("confirm")
    with pytest.raises(Unprocessable, match="approval"):
        exporter.export(tmp_path / "out", Wanted(approval=approval))
    assert not (tmp_path / "out").exists()
    assert logged(database, "training.export_begun") == []


class FailingStore:
    """A store that is away after some pictures."""

    def __init__(self, store, pictures):
        self._store, self._left = store, pictures

    def __getattr__(self, name):
        return getattr(self._store, name)

    def read(self, sha256, *args, **options):
        if self._left == 0:
            raise Unavailable("store_unavailable", "away")
        self._left -= 1
        return self._store.read(sha256, *args, **options)


def test_an_export_goes_on_where_it_stopped(*, judge, exporter, database, store, now, tmp_path):
    """Nothing to read while it is not finished; then the rest, under the same number of the log."""
    for _ in range(3):
        judge("confirm")
    out, wanted = tmp_path / "out", Wanted(approval=APPROVAL)
    broken = Exporter(
        database=database,
        store=FailingStore(store, 2),
        timezone=exporter.timezone,
        now=now,
    )
    with pytest.raises(Unavailable):
        broken.export(out, wanted)
    assert not (out / LINES).exists()
    assert len(list(out.rglob("*.jpg"))) == 2
    with pytest.raises(Conflict, match="something else"):
        exporter.export(out, Wanted(approval="somebody else, today"))
    counts = exporter.export(out, wanted)
    assert (counts["lines"], counts["pictures"]) == (3, 1)
    assert len(logged(database, "training.export_begun")) == 1
    with pytest.raises(Conflict, match="finished"):
        exporter.export(out, wanted)


def test_changed_bytes_do_not_leave(*, judge, exporter, store, tmp_path, settings):
    """A picture that no longer has the bytes of its digest, or is gone, is left out and counted."""
    judge("confirm")
    judge("confirm")
    exporter.export(tmp_path / "good", Wanted(approval=APPROVAL))
    names = [path.stem for path in (tmp_path / "good").rglob("*.jpg")]
    store.delete(names[0])
    place = settings.store.folder / "objects" / names[1][:2] / names[1]
    place.write_bytes(b"something else")
    counts = exporter.export(tmp_path / "out", Wanted(approval=APPROVAL))
    assert counts["left_out_damaged"] == 2
    assert lines_of(tmp_path / "out") == []


@pytest.mark.parametrize("content", ["x", "{}", "[]"])
def test_a_folder_of_somebody_else_is_left_alone(*, exporter, tmp_path, content):
    """A folder with files of others, or with an export.json that is none, is refused."""
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(Conflict, match="not empty"):
        exporter.export(tmp_path, Wanted(approval=APPROVAL))
    (tmp_path / EXPORT).write_text(content)
    with pytest.raises(Conflict, match="not one of ours"):
        exporter.export(tmp_path, Wanted(approval=APPROVAL))
    (tmp_path / "file").write_text("")
    with pytest.raises(Unprocessable, match="cannot be written"):
        exporter.export(tmp_path / "file", Wanted(approval=APPROVAL))
