"""Builds boxes, cameras and candidates with real signed evidence, as ingest would have left them.

world = World(database=database, store=store, now=now, folder=tmp_path)
candidate = world.candidate(policy=["operator", "second"])
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from api.boxes.tables import BoxKey, BoxManifest, BoxRecord
from api.cameras.tables import CameraGate, CameraRecord, CameraVersion
from api.candidates.tables import CandidateRecord, CandidateState, CandidateUpdate
from api.database import next_number
from api.evidence.tables import EvidenceRecord, StoredObject
from pipeline.candidate import (
    Candidate,
    EpisodeState,
    Explanation,
    ItemKind,
    Reason,
    TemplateResult,
    Witness,
)
from pipeline.evidence.bundle import EvidenceBuilder, EvidenceFacts, EvidenceFile
from pipeline.evidence.chain import MemoryChain
from pipeline.evidence.manifest import (
    CameraIdentity,
    ClockState,
    EpisodeFacts,
    Method,
    ModelIdentity,
    Operation,
    PrivacyMasks,
    RuleIdentity,
)
from pipeline.evidence.signing import SigningKey
from pipeline.violations import Subtype, Violation

ORGANISATION_PATH = "110000/110105/"  # of conftest's DISTRICT
SOFTWARE = "streetcase test"
MODEL = ModelIdentity(name="street-nano", version="test", sha256="a" * 64)
RULE = RuleIdentity.of("street_vending", {"dwell_seconds": 180})
EXPLANATION = Explanation(
    rule="street_vending",
    fired=True,
    score=0.93,
    threshold=0.5,
    reasons=(
        Reason(
            code="dwelt",
            witness=Witness.TIME,
            supports=True,
            weight=1.7,
            values={"seconds": 372},
            text="stayed for 372 s",
            text_zh="停留 372 秒",
        ),
    ),
)
SUBTYPES = {
    Violation.STREET_VENDING: Subtype.VENDING_NO_PERMIT_PLACE,
    Violation.ILLEGAL_AD: Subtype.AD_POSTER,
    Violation.CONSTRUCTION_DUST: Subtype.DUST_PLUME,
    Violation.MUCK_TRUCK_SPILL: Subtype.SPILL_ROAD,
}
GATES = ("legal_review", "technical_review", "maintenance", "sign", "publication")


class World:
    """One box with a camera, and candidates from them; their names end with `suffix`."""

    def __init__(
        self,
        *,
        database,
        store,
        now,
        folder,
        organisation="110105",
        path=ORGANISATION_PATH,
        suffix="",
    ):
        self.database, self.store, self.now = database, store, now
        self.organisation, self.path = organisation, path
        suffix = suffix or uuid4().hex[:6]
        self.box_id, self.camera_id = f"box-{suffix}", f"cam-{suffix}"
        self.key = SigningKey.generate()
        self.builder = EvidenceBuilder(
            root=folder / f"bundles-{suffix}",
            key=self.key,
            chain=MemoryChain(),
            box_id=self.box_id,
            software=SOFTWARE,
        )
        (folder / f"bundles-{suffix}").mkdir(parents=True)
        self.camera_version_id = uuid4()
        with database.writing() as session:
            self._add_box_and_camera(session)

    def _add_box_and_camera(self, session):
        at = self.now() - timedelta(days=30)
        session.add(BoxRecord(id=self.box_id, organisation_id=self.organisation, enrolled_at=at))
        session.flush()
        session.add(
            BoxKey(
                key_id=self.key.key_id,
                box_id=self.box_id,
                public_key=self.key.public_bytes.hex(),
                registered_at=at,
            )
        )
        session.add(
            CameraRecord(
                id=self.camera_id,
                organisation_id=self.organisation,
                box_id=self.box_id,
                longitude=116.46,
                latitude=39.92,
                permitted_purposes=[violation.value for violation in Violation],
                created_at=at,
            )
        )
        session.flush()
        square = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
        session.add(
            CameraVersion(
                id=self.camera_version_id,
                camera_id=self.camera_id,
                number=1,
                valid_from=at,
                settings={
                    "id": self.camera_id,
                    "name": "East Gate 03",
                    "place": "East Gate Road",
                    "timezone": "Asia/Shanghai",
                    "zones": [{"id": "pavement", "kind": "no_vending", "polygon": square}],
                },
                changed_by="test",
            )
        )
        for gate in GATES[:3]:
            session.add(
                CameraGate(
                    id=uuid4(),
                    camera_id=self.camera_id,
                    gate=gate,
                    met_from=at,
                    recorded_by="test",
                    recorded_at=at,
                )
            )

    def candidate(
        self,
        *,
        violation=Violation.STREET_VENDING,
        policy=("operator",),
        priority=2,
        age_minutes=10,
        **fields,
    ):
        """A candidate that waits for review, with its evidence in the store."""
        candidate_id = fields.pop("id", None) or uuid4()
        started_at = self.now() - timedelta(minutes=age_minutes)
        with self.database.writing() as session:
            record = CandidateRecord(
                id=candidate_id,
                number=next_number(session, "candidates"),
                box_id=self.box_id,
                camera_id=self.camera_id,
                organisation_path=self.path,
                violation=violation.value,
                subtype=SUBTYPES[violation].value,
                zone_id="pavement",
                episode_state="open",
                started_at=started_at,
                fired_at=started_at + timedelta(minutes=3),
                last_seen_at=started_at + timedelta(minutes=5),
                update=0,
                template_complete=True,
                score=0.93,
                priority=priority,
                priority_reasons=["normal"],
                due_at=self.now() + timedelta(minutes=30 - age_minutes),
                expires_at=self.now() + timedelta(days=7),
                received_at=self.now() - timedelta(minutes=age_minutes - 4),
                updated_at=self.now(),
                policy=list(policy),
                **{
                    "state": CandidateState.PENDING_REVIEW,
                    "evidence_use_reasons": ["no_evidence_basis"],
                    **fields,
                },
            )
            session.add(record)
            session.flush()
            self._add_update(session, record)
        return record

    def update(self, record, *, is_supplement=False):
        """One more submission of a candidate."""
        with self.database.writing() as session:
            row = session.get_one(CandidateRecord, record.id)
            row.update += 1
            self._add_update(session, row, is_supplement=is_supplement)
            return row.update

    def _add_update(self, session, record, *, is_supplement=False):
        bundle = self.builder.build(
            facts=self._facts(record), files=self._files(record), created_at=self.now()
        )
        manifest = bundle.manifest
        content = self._wire(record, bundle).model_dump(mode="json")
        texts = {
            name: (bundle.folder / name).read_text(encoding="utf-8")
            for name in ("manifest.json", "manifest.sig.json", "README.txt")
        }
        session.add(
            CandidateUpdate(
                candidate_id=record.id,
                update=record.update,
                content=content,
                manifest=texts["manifest.json"],
                signature=texts["manifest.sig.json"],
                notice=texts["README.txt"],
                manifest_sha256=bundle.manifest_sha256,
                camera_version_id=self.camera_version_id,
                is_supplement=is_supplement,
                received_at=self.now(),
            )
        )
        session.add(
            BoxManifest(
                box_id=self.box_id,
                key_id=self.key.key_id,
                sequence=manifest.sequence,
                sha256=bundle.manifest_sha256,
                previous_sha256=manifest.previous_sha256,
                candidate_id=record.id,
                update=record.update,
                received_at=self.now(),
            )
        )
        session.flush()
        for item in manifest.items:
            self._add_item(session, record, bundle, item)

    def _add_item(self, session, record, bundle, item):
        stored = self.store.put(bundle.path_of(item.name).read_bytes(), item.media_type)
        assert stored == item.sha256
        if session.get(StoredObject, item.sha256) is None:
            session.add(
                StoredObject(
                    sha256=item.sha256,
                    size_bytes=item.size_bytes,
                    media_type=item.media_type,
                    stored_at=self.now(),
                    verified_at=self.now(),
                )
            )
        session.add(
            EvidenceRecord(
                candidate_id=record.id,
                update=record.update,
                name=item.name,
                kind=item.kind.value,
                role=item.role,
                media_type=item.media_type,
                size_bytes=item.size_bytes,
                sha256=item.sha256,
                sm3=item.sm3,
                captured_at=item.captured_at,
                is_original=item.is_original,
                is_redacted=item.kind is ItemKind.REDACTED,
                derived_from=item.derived_from,
            )
        )
        session.flush()

    def _facts(self, record):
        return EvidenceFacts(
            camera=CameraIdentity(id=self.camera_id, name="East Gate 03", place="East Gate Road"),
            clock=ClockState(offset_seconds=0.1, synchronised=True, source="test"),
            episode=EpisodeFacts(
                candidate_id=record.id,
                update=record.update,
                violation=record.violation,
                subtype=record.subtype,
                state=EpisodeState.OPEN,
                started_at=record.started_at,
                fired_at=record.fired_at,
                last_seen_at=record.last_seen_at,
                zone_id=record.zone_id,
                box=(0.2, 0.2, 0.4, 0.4),
            ),
            model=MODEL,
            rule=RULE,
            explanation=EXPLANATION,
            template=TemplateResult(template="street_vending", complete=True, present=("first",)),
            privacy=PrivacyMasks(burnt_in=False),
        )

    def _files(self, record):
        token = f"{record.id}/{record.update}".encode()
        common = {
            "media_type": "image/jpeg",
            "captured_at": record.started_at,
            "method": Method.DECODED_FRAME,
        }
        return (
            EvidenceFile(
                name="first.jpg",
                kind=ItemKind.STILL,
                role="first",
                content=b"\xff\xd8 first " + token,
                **common,
            ),
            EvidenceFile(
                name="first-redacted.jpg",
                kind=ItemKind.REDACTED,
                role="first",
                content=b"\xff\xd8 first, blurred " + token,
                derived_from="first.jpg",
                operation=Operation.REDACT,
                **{**common, "method": Method.DERIVED},
            ),
        )

    def _wire(self, record, bundle):
        return Candidate(
            candidate_id=record.id,
            update=record.update,
            box_id=self.box_id,
            camera_id=self.camera_id,
            violation=record.violation,
            subtype=record.subtype,
            state=EpisodeState.OPEN,
            started_at=record.started_at,
            fired_at=record.fired_at,
            last_seen_at=record.last_seen_at,
            box=(0.2, 0.2, 0.4, 0.4),
            zone_id=record.zone_id,
            explanation=EXPLANATION,
            template=bundle.manifest.template,
            evidence=bundle.evidence,
            manifest_sha256=bundle.manifest_sha256,
            clock_offset_seconds=0.1,
            software=SOFTWARE,
            model=MODEL.name,
            model_sha256=MODEL.sha256,
        )
