"""A bundle of drawn pictures, built once and copied for each test that spoils it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from uuid import UUID

import pytest

from pipeline.candidate import ItemKind
from pipeline.evidence.bundle import Bundle, EvidenceBuilder, EvidenceFile
from pipeline.evidence.chain import MemoryChain
from pipeline.evidence.manifest import Method
from pipeline.evidence.signing import SigningKey
from tests.acceptance.verify_demo import STARTED_AT, build_bundle, draw_stills, facts_for


@pytest.fixture(scope="session")
def key():
    """The box's key."""
    return SigningKey.generate()


@pytest.fixture(scope="session")
def stills():
    """The pictures of a drawn episode."""
    return draw_stills()


@pytest.fixture(scope="session")
def clip():
    """A clip as the edge hands it over."""
    return EvidenceFile(
        name="clip.mp4",
        kind=ItemKind.CLIP,
        role="clip",
        media_type="video/mp4",
        content=b"packets",
        captured_at=STARTED_AT,
        method=Method.STREAM_COPY,
        proves=("course",),
    )


@pytest.fixture(scope="session")
def build_small(stills, clip):
    """Makes bundles of one small item: what is tried often should be quick."""

    def build(builder, number):
        return builder.build(
            facts=facts_for(stills, UUID(int=number)),
            files=(clip,),
            created_at=STARTED_AT + timedelta(seconds=250),
        )

    return build


@pytest.fixture(scope="session")
def pristine(tmp_path_factory, key, stills):
    """A bundle that nobody may change."""
    builder = EvidenceBuilder(
        root=tmp_path_factory.mktemp("bundles"),
        key=key,
        chain=MemoryChain(),
        box_id="box-1",
        software="streetcase test",
    )
    return build_bundle(builder, stills)


@pytest.fixture
def bundle(pristine, tmp_path):
    """A copy of the bundle that a test may spoil."""
    folder = tmp_path / "bundle"
    shutil.copytree(pristine.folder, folder)
    return Bundle(
        folder=folder,
        manifest=pristine.manifest,
        manifest_sha256=pristine.manifest_sha256,
    )
