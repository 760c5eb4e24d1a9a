"""A box without cameras: it enrols, uploads and submits what a test wants, properly signed."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import uuid4

from pipeline.candidate import Candidate, EvidenceItem, Explanation, Reason, TemplateResult
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.chain import MemoryChain
from pipeline.evidence.digests import digest, digest_algorithms
from pipeline.evidence.manifest import AttachedText, Manifest, RuleIdentity
from pipeline.evidence.notice import notice_text
from pipeline.evidence.signing import SigningKey
from pipeline.exchange import Submission
from pipeline.violations import Subtype, violation_of

MODEL_SHA256 = hashlib.sha256(b"model").hexdigest()


class SimulatedBox:
    """A box that speaks to a centre through a test's client.

    Args:
        client: Of the centre.
        now: The box's clock.
        box_id: Who it is.
    """

    def __init__(self, client, now, box_id="box-1", key=None):
        self.client = client
        self.now = now
        self.box_id = box_id
        self.key = key or SigningKey.generate()
        self.chain = MemoryChain()
        self.token = None

    @property
    def headers(self):
        """What shows the centre who it is."""
        return {"Authorization": f"Bearer {self.token}"}

    def enrolment(self, code):
        """The message by which it enrols, as JSON."""
        said = {"box_id": self.box_id, "code": code, "public_key": self.key.public_bytes.hex()}
        proof = self.key.sign(canonical_json(said)).signature
        return {**said, "proof": proof, "software": "simulated"}

    def enrol(self, code):
        """Enrol; keeps the token."""
        answer = self.client.post("/api/v1/boxes/enrol", json=self.enrolment(code))
        if answer.status_code == 200:
            self.token = answer.json()["token"]
        return answer

    def post(self, path, json):
        """A call of its own, as `box.post("status", {...})`."""
        return self.client.post(f"/api/v1/boxes/me/{path}", json=json, headers=self.headers)

    def make(self, files=None, **facts):
        """A submission with its files: `(submission, {sha256: bytes})`. Takes a number for it."""
        contents = files or {"first.jpg": uuid4().bytes, "latest.jpg": uuid4().bytes}
        made = draft(self, contents, **facts)
        return made, {hashlib.sha256(content).hexdigest(): content for content in contents.values()}

    def upload(self, submission, contents):
        """Ask for links and bring the files that the centre does not have."""
        wanted = {
            item.sha256: {
                "sha256": item.sha256,
                "size_bytes": item.size_bytes,
                "media_type": item.media_type,
            }
            for item in submission.candidate.evidence
        }
        plan = self.post("uploads", {"objects": list(wanted.values())})
        assert plan.status_code == 200, plan.text
        return [
            self.client.put(
                target["url"], content=contents[target["sha256"]], headers=target["headers"]
            )
            for target in plan.json()["targets"]
            if target["url"] is not None
        ]

    def submit(self, submission):
        """Hand over what has been uploaded."""
        return self.post("candidates", submission_json(submission))

    def send(self, files=None, **facts):
        """Make, upload and submit; gives the submission, and checks that it was taken."""
        submission, contents = self.make(files, **facts)
        for answer in self.upload(submission, contents):
            assert answer.status_code in {200, 204}, answer.text
        answer = self.submit(submission)
        assert answer.status_code == 200, answer.text
        return submission


def submission_json(submission):
    """A submission as it goes over the wire."""
    return submission.model_dump(mode="json")


def draft(
    box,
    contents,
    *,
    candidate_id=None,
    update=0,
    subtype=Subtype.VENDING_NO_PERMIT_PLACE,
    camera_id="cam-1",
    zone_id="pavement",
    state="open",
    started_at=None,
    lasted=timedelta(minutes=5),
    created_at=None,
    box_corners=(0.4, 0.4, 0.6, 0.8),
    recurrence_of=None,
    absorbed_by=None,
    complete=True,
    clock_offset_seconds=0.0,
    score=0.9,
):
    """A signed submission; `contents` are the originals, by name."""
    created = created_at or box.now()
    begin = started_at or created - lasted
    end = begin + lasted
    episode = {
        "candidate_id": candidate_id or uuid4(),
        "update": update,
        "violation": violation_of(subtype),
        "subtype": subtype,
        "state": state,
        "started_at": begin,
        "fired_at": end,
        "last_seen_at": end,
        "ended_at": end if state == "ended" else None,
        "zone_id": zone_id,
        "box": box_corners,
        "recurrence_of": recurrence_of,
    }
    items = [_item(name, content, end) for name, content in contents.items()]
    explanation = Explanation(
        rule="street_vending",
        fired=True,
        score=score,
        threshold=0.5,
        reasons=(
            Reason(
                code="stays",
                witness="time",
                supports=True,
                weight=2.0,
                values={"minutes": 5},
                text="It has stood there for 5 minutes",
                text_zh="已停留5分钟",
            ),
        ),
    )
    template = TemplateResult(
        template="vending",
        complete=complete,
        present=("first", "latest"),
        missing=() if complete else ("close_up",),
    )
    head = box.chain.head()
    notice = notice_text(box_id=box.box_id, link=head, key_id=box.key.key_id)
    manifest = Manifest(
        format=1,
        manifest_id=uuid4(),
        box_id=box.box_id,
        sequence=head.sequence + 1,
        previous_sha256=head.manifest_sha256,
        key_id=box.key.key_id,
        created_at=created,
        software="simulated",
        digest_algorithms=digest_algorithms(),
        camera={"id": camera_id, "name": "Gate", "place": "East street"},
        clock={"offset_seconds": clock_offset_seconds, "synchronised": True, "source": "test"},
        episode=episode,
        model={"name": "street", "version": "1", "sha256": MODEL_SHA256},
        rule=RuleIdentity.of("street_vending", {"dwell_seconds": 180}),
        explanation=explanation,
        template=template,
        privacy={"ids": (), "burnt_in": False},
        items=items,
        readme=AttachedText(size_bytes=len(notice), sha256=hashlib.sha256(notice).hexdigest()),
    )
    content = manifest.canonical_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    box.chain.commit(head, sha256)
    known = set(EvidenceItem.model_fields)
    candidate = Candidate(
        box_id=box.box_id,
        camera_id=camera_id,
        **episode,
        absorbed_by=absorbed_by,
        explanation=explanation,
        template=template,
        evidence=[EvidenceItem(**item.model_dump(include=known)) for item in manifest.items],
        manifest_sha256=sha256,
        clock_offset_seconds=clock_offset_seconds,
        software="simulated",
        model="street 1",
        model_sha256=MODEL_SHA256,
    )
    return Submission(
        candidate=candidate,
        manifest=content.decode(),
        signature=box.key.sign(content).canonical_bytes().decode(),
        notice=notice.decode(),
    )


def _item(name, content, captured_at):
    found = digest(content)
    is_redacted = name.startswith("redacted")
    made_from = {
        "is_original": False,
        "derived_from": name.removeprefix("redacted-"),
        "operation": "redact",
        "method": "derived",
    }
    return {
        "name": name,
        "kind": "redacted" if is_redacted else "still",
        "role": name.partition(".")[0].removeprefix("redacted-"),
        "media_type": "image/jpeg",
        "size_bytes": found.size_bytes,
        "sha256": found.sha256,
        "sm3": found.sm3,
        "captured_at": captured_at,
        "software": "simulated",
        "proves": ("act",),
        **(made_from if is_redacted else {"is_original": True, "method": "decoded_frame"}),
    }
