"""Clips and keyframe files: the camera's own bits, whole or not at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ClipError, SpanNotInRing
from edge.video.clip import ClipMethod, cut_clip, decode_ticks, keyframe_file
from edge.video.masked_clip import reencode_masked
from edge.video.reader import ReaderSettings, VideoReader
from edge.video.ring import PacketRing

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def read(path, **settings):
    """A reader that has read the whole file."""
    reader = VideoReader(path, ReaderSettings(**settings), camera_id="gate", starts_at=NOON)
    list(reader)
    return reader


def packets_of(path):
    """Bytes, seconds and keyframe flag of each packet in a file."""
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(container.streams.video[0]) if p.size]
        return [(bytes(p), float(p.pts * p.time_base), p.is_keyframe) for p in packets]


def pictures_of(path):
    """Time and mean grey of each picture in a file."""
    with av.open(str(path)) as container:
        return [
            (picture.time, picture.to_ndarray(format="gray").mean())
            for picture in container.decode(video=0)
        ]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {}),
        ("a.mp4", {"b_frames": 3}),
        ("a.mkv", {"b_frames": 2}),
        ("a.mp4", {"codec": "libx265"}),
        ("a.mp4", {"times": [n * 0.04 + (n > 30) * 0.5 for n in range(100)]}),
    ],
)
def test_a_clip_is_the_sources_own_packets(make_video, tmp_path, name, options):
    """Bit for bit, with their times, from the keyframe before the span to its end."""
    source = make_video(name, pictures=100, **options)
    clip = tmp_path / "clip.mp4"
    info = cut_clip(read(source).ring, 1.3, 2.1, clip)
    copied, original = packets_of(clip), packets_of(source)
    at = [data for data, _, _ in original].index(copied[0][0])
    wanted = original[at : at + len(copied)]
    assert original[at][2]
    assert [data for data, _, _ in copied] == [data for data, _, _ in wanted]
    begin = wanted[0][1]
    assert [s for _, s, _ in copied] == pytest.approx([s - begin for _, s, _ in wanted], abs=2e-3)
    assert [key for _, _, key in copied] == [key for _, _, key in wanted]
    assert info.method is ClipMethod.STREAM_COPY
    assert info.is_complete
    assert info.begin_seconds <= 1.3
    assert 2.0 < info.end_seconds <= 2.5
    assert info.begins_at == NOON + timedelta(seconds=info.begin_seconds)
    assert info.size_bytes == clip.stat().st_size
    assert info.pictures == len(copied) == len(pictures_of(clip))


def test_a_clip_of_a_transport_stream_has_the_same_nal_units(make_video, tmp_path):
    """MP4 wants lengths where cameras send start codes; what is between stays."""
    source = make_video("a.ts", container="mpegts", pictures=75)
    clip = tmp_path / "clip.mp4"
    cut_clip(read(source).ring, 0, 9, clip)

    def units(data):
        return [u for u in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if u]

    for (ours, _, _), (theirs, _, _) in zip(packets_of(clip), packets_of(source), strict=True):
        found, position = [], 0
        while position < len(ours):
            size = int.from_bytes(ours[position : position + 4], "big")
            found.append(ours[position + 4 : position + 4 + size])
            position += 4 + size
        assert found == units(theirs)


def test_a_browser_can_begin_before_it_has_all(make_video, tmp_path):
    """The index stands before the pictures."""
    clip = tmp_path / "clip.mp4"
    cut_clip(read(make_video()).ring, 0, 1, clip)
    data = clip.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_a_clip_whose_beginning_has_left_the_ring_says_so(make_video, tmp_path):
    """What is left is written; nothing at all is an error."""
    ring = read(make_video(pictures=100), ring_seconds=1.0).ring
    info = cut_clip(ring, 0.5, 3.5, tmp_path / "a.mp4")
    assert not info.is_complete
    assert info.begin_seconds == pytest.approx(2.0)
    with pytest.raises(SpanNotInRing):
        cut_clip(ring, 0.0, 0.5, tmp_path / "b.mp4")
    assert [path.name for path in tmp_path.glob("*")].count("b.mp4") == 0


def test_a_clip_keeps_to_one_resolution(make_video, tmp_path):
    """One header cannot describe two; the longer part is written."""
    both = tmp_path / "both.ts"
    parts = [
        make_video("small.ts", container="mpegts", size=(160, 120), pictures=25),
        make_video("large.ts", container="mpegts", size=(320, 180), pictures=50),
    ]
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    info = cut_clip(read(both).ring, 0, 9, tmp_path / "clip.mp4")
    assert not info.is_complete
    with av.open(str(tmp_path / "clip.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (320, 180)
    assert len(pictures_of(tmp_path / "clip.mp4")) == info.pictures == 50


def test_a_clip_that_cannot_be_written_leaves_nothing(make_video, tmp_path):
    """Neither half a clip nor a temporary file."""
    ring = read(make_video()).ring
    with pytest.raises(ClipError, match="check that the folder can be written"):
        cut_clip(ring, 0, 1, tmp_path / "nowhere" / "clip.mp4")
    unknown = PacketRing(max_seconds=9, max_bytes=10**9)
    for packet in ring.span(0, 1):
        unknown.append(replace(packet, format=replace(packet.format, template=None)))
    with pytest.raises(ClipError, match="an MP4 cannot hold"):
        cut_clip(unknown, 0, 1, tmp_path / "clip.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["street.mp4"]


def test_a_clip_replaces_an_older_one_in_one_step(make_video, tmp_path):
    """Whoever reads the name gets the old clip or the new one."""
    ring = read(make_video()).ring
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"old")
    cut_clip(ring, 0, 1, clip)
    assert len(packets_of(clip)) == 26


def test_a_keyframe_file_holds_one_packet_of_the_camera(make_video, tmp_path):
    """The original that a still was made from, playable on its own."""
    source = make_video(pictures=60)
    ring = read(source).ring
    info = keyframe_file(ring.pin(1.5), tmp_path / "key.mp4")
    assert packets_of(tmp_path / "key.mp4")[0][0] == packets_of(source)[25][0]
    assert len(pictures_of(tmp_path / "key.mp4")) == 1
    assert (info.pictures, info.begin_seconds) == (1, pytest.approx(1.0))


def test_broken_stamps_still_make_clips(make_video, tmp_path):
    """Cameras send the same stamp twice, and jitter; the clip plays nevertheless."""
    packets = read(make_video(pictures=30)).ring.span(0, 9)
    ring = PacketRing(max_seconds=99, max_bytes=10**9)
    for number, packet in enumerate(packets):
        back = 0.04 * (number in {5, 6}) + 0.07 * (number == 20)
        ring.append(replace(packet, seconds=packet.seconds - back))
    cut_clip(ring, 0, 9, tmp_path / "copy.mp4")
    reencode_masked(ring, 0, 9, tmp_path / "masked.mp4", lambda frame: frame.image)
    for name in ("copy.mp4", "masked.mp4"):
        assert len(pictures_of(tmp_path / name)) == 30


def test_a_masked_clip_shows_nothing_under_the_mask(make_video, tmp_path):
    """The camera's packets are gone, the times stay, and the clip says how it was made."""
    ring = read(make_video(pictures=60, size=(320, 240), colour=(60, 60, 220))).ring

    def mask(frame):
        assert frame.image.shape == (240, 320, 3)
        image = frame.image.copy()
        image[:, :160] = 0
        return image

    clip = tmp_path / "clip.mp4"
    info = reencode_masked(ring, 0.5, 1.5, clip, mask)
    assert info.method is ClipMethod.REENCODED_MASKED
    assert (info.begin_seconds, info.end_seconds) == pytest.approx((0.52, 1.48))
    with av.open(str(clip)) as container:
        pictures = list(container.decode(video=0))
    assert len(pictures) == info.pictures == 25
    assert [p.time for p in pictures] == pytest.approx([n / 25 for n in range(25)])
    for picture in pictures:
        image = picture.to_ndarray(format="bgr24").astype(int)
        assert image[:, :150].max() < 12
        assert np.abs(image[:, 170:].mean(axis=(0, 1)) - (60, 60, 220)).max() < 8
    originals = {packet.data for packet in ring.span(0, 9)}
    assert not originals & {data for data, _, _ in packets_of(clip)}


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60, unique=True))
def test_decode_times_increase_and_never_follow_show_times(shown):
    """What every MP4 player relies on, for any order of pictures."""
    decoded = decode_ticks(shown)
    assert all(a < b for a, b in pairwise(decoded))
    assert all(dts <= pts for dts, pts in zip(decoded, shown, strict=True))


def test_decode_times_of_equal_stamps_still_increase():
    """Broken cameras send the same stamp twice."""
    assert decode_ticks([5, 5, 5]) == [5, 6, 7]
