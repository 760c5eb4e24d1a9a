"""A box of the demonstration centre: enrols and submits signed evidence of the simulated street."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from pipeline.candidate import Candidate, EpisodeState, TemplateResult
from pipeline.evidence.bundle import EvidenceBuilder, EvidenceFacts
from pipeline.evidence.manifest import (
    CameraIdentity,
    ClockState,
    EpisodeFacts,
    ModelIdentity,
    PrivacyMasks,
    RuleIdentity,
)
from pipeline.exchange import Submission
from pipeline.violations import violation_of
from tests.api.simulated_box import SimulatedBox

SOFTWARE = "streetcase 0.1.0"
MODEL = ModelIdentity(name="street", version="0.1.0", sha256="5" * 64)


class DemoBox(SimulatedBox):
    """A simulated box whose evidence is pictures and clips that people can look at."""

    def __init__(self, client, now, box_id):
        super().__init__(client, now, box_id)
        self.folder = Path(tempfile.mkdtemp(prefix="streetcase-demo-"))
        self.builder = EvidenceBuilder(
            root=self.folder, key=self.key, chain=self.chain, box_id=box_id, software=SOFTWARE
        )

    def report(self, scene, camera, *, lasted, variant=0, clock_offset_seconds=0.04, **facts):
        """Build, sign, upload and submit one act that lasted until now; gives its candidate."""
        started_at = facts.pop("started_at", self.now() - lasted)
        bundle = self.builder.build(
            facts=self._facts(
                scene, camera, started_at, lasted=lasted, offset=clock_offset_seconds, facts=facts
            ),
            files=scene.files(started_at, variant),
            created_at=self.now(),
        )
        manifest, episode = bundle.manifest, bundle.manifest.episode
        said = {name: getattr(episode, name) for name in EpisodeFacts.model_fields}
        known = {name: value for name, value in said.items() if name in Candidate.model_fields}
        candidate = Candidate(
            **known,
            box_id=self.box_id,
            camera_id=camera["id"],
            explanation=manifest.explanation,
            template=manifest.template,
            evidence=bundle.evidence,
            manifest_sha256=bundle.manifest_sha256,
            clock_offset_seconds=clock_offset_seconds,
            software=SOFTWARE,
            model=f"{MODEL.name} {MODEL.version}",
            model_sha256=MODEL.sha256,
        )
        texts = [
            (bundle.folder / name).read_text(encoding="utf-8")
            for name in ("manifest.json", "manifest.sig.json", "README.txt")
        ]
        contents = {i.sha256: bundle.path_of(i.name).read_bytes() for i in manifest.items}
        submission = Submission(
            candidate=candidate, manifest=texts[0], signature=texts[1], notice=texts[2]
        )
        for answer in self.upload(submission, contents):
            assert answer.status_code in {200, 204}, answer.text
        answer = self.submit(submission)
        assert answer.status_code == 200, answer.text
        shutil.rmtree(bundle.folder)
        return candidate

    def close(self):
        """Remove what it kept on disk."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _facts(self, scene, camera, started_at, *, lasted, offset, facts):
        roles = tuple(shot.role for shot in scene.shots)
        end = started_at + lasted
        return EvidenceFacts(
            camera=CameraIdentity(id=camera["id"], name=camera["name"], place=camera["place"]),
            clock=ClockState(offset_seconds=offset, synchronised=True, source="chrony"),
            episode=EpisodeFacts(
                candidate_id=facts.get("candidate_id") or uuid4(),
                update=facts.get("update", 0),
                violation=violation_of(scene.subtype),
                subtype=scene.subtype,
                state=EpisodeState.OPEN,
                started_at=started_at,
                fired_at=started_at + min(lasted, timedelta(minutes=3)),
                last_seen_at=end,
                zone_id=scene.zone_id,
                box=scene.fraction_box,
                recurrence_of=facts.get("recurrence_of"),
            ),
            model=MODEL,
            rule=RuleIdentity.of(scene.rule, {"dwell_seconds": 180}),
            explanation=scene.explanation(facts.get("score", 0.93)),
            template=TemplateResult(
                template=scene.template,
                complete=not scene.missing,
                present=roles,
                missing=scene.missing,
            ),
            privacy=PrivacyMasks(burnt_in=False),
        )
