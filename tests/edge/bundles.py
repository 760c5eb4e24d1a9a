"""Real signed bundles of a few bytes, for tests of what happens to them afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from pipeline.candidate import EpisodeState, Explanation, ItemKind, TemplateResult
from pipeline.evidence.bundle import EvidenceBuilder, EvidenceFacts, EvidenceFile
from pipeline.evidence.chain import FileChain
from pipeline.evidence.manifest import (
    CameraIdentity,
    ClockState,
    EpisodeFacts,
    Method,
    ModelIdentity,
    PrivacyMasks,
    RuleIdentity,
)
from pipeline.evidence.signing import SigningKey
from pipeline.violations import Subtype, violation_of

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.evidence.bundle import Bundle

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
WHY = Explanation(rule="vending", fired=True, score=0.9, threshold=0.5)


class BundleMaker:
    """A box's evidence folder with its key and chain; makes bundles as a recorder would."""

    def __init__(self, data: Path, *, box_id: str = "box-1") -> None:
        self.evidence = data / "evidence"
        self.evidence.mkdir(parents=True, exist_ok=True)
        self.key = SigningKey.load_or_create(data / "signing-key.pem")
        self.builder = EvidenceBuilder(
            root=self.evidence,
            key=self.key,
            chain=FileChain(data / "chain.json"),
            box_id=box_id,
            software="streetcase test",
        )
        self.builder.recover()

    def facts(
        self,
        candidate: int = 1,
        update: int = 0,
        *,
        subtype: Subtype = Subtype.VENDING_NO_PERMIT_PLACE,
        camera_id: str = "gate",
        ended: bool = False,
    ) -> EvidenceFacts:
        """What a manifest says of one act."""
        seen = NOW + timedelta(seconds=update)
        return EvidenceFacts(
            camera=CameraIdentity(id=camera_id),
            clock=ClockState(offset_seconds=0.0, synchronised=True, source="test"),
            episode=EpisodeFacts(
                candidate_id=UUID(int=candidate), update=update, violation=violation_of(subtype),
                subtype=subtype, state=EpisodeState.ENDED if ended else EpisodeState.OPEN,
                started_at=NOW, fired_at=NOW, last_seen_at=seen, ended_at=seen if ended else None,
                zone_id="z", box=(0.1, 0.1, 0.2, 0.2),
            ),
            model=ModelIdentity(name="street", version="1", sha256="0" * 64),
            rule=RuleIdentity.of("vending", {"dwell_seconds": 180}),
            explanation=WHY,
            template=TemplateResult(template="vending", complete=True),
            privacy=PrivacyMasks(ids=(), burnt_in=False),
        )  # fmt: skip

    def files(self, candidate: int = 1, update: int = 0, size: int = 500) -> list[EvidenceFile]:
        """A small picture, a larger clip, and one picture that every update shares."""
        mark = f"{candidate}/{update}/".encode()
        return [
            self._file("first.jpg", "image/jpeg", ItemKind.STILL, f"first of {candidate}".encode()),
            self._file("latest.jpg", "image/jpeg", ItemKind.STILL, mark + bytes(size // 5)),
            self._file("clip.mp4", "video/mp4", ItemKind.CLIP, mark + b"clip" + bytes(size)),
        ]

    def make(self, candidate: int = 1, update: int = 0, *, size: int = 500, **facts) -> Bundle:
        """One published bundle."""
        return self.builder.build(
            facts=self.facts(candidate, update, **facts),
            files=self.files(candidate, update, size),
            created_at=NOW + timedelta(seconds=update),
        )

    @staticmethod
    def _file(name, media_type, kind, content):
        return EvidenceFile(
            name=name, kind=kind, role=name.partition(".")[0], media_type=media_type,
            content=content, captured_at=NOW, method=Method.DECODED_FRAME
            if kind is ItemKind.STILL else Method.STREAM_COPY, proves=("act",),
        )  # fmt: skip
