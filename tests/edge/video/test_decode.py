"""Decoding on demand: the seconds around a trigger, and pinned keyframes."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import CorruptVideo, SpanNotInRing, UnsupportedCodec
from edge.video.decode import PictureDecoder, Size, decode_keyframe, decode_span, fit
from edge.video.packets import StreamFormat
from edge.video.reader import ReaderSettings, VideoReader
from edge.video.ring import PacketRing

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def read(path, **settings):
    """A reader that has read the whole file."""
    reader = VideoReader(path, ReaderSettings(**settings), camera_id="gate", starts_at=NOON)
    list(reader)
    return reader


def numbers(frames, level):
    """Which picture each frame is, told by its brightness."""
    greys = [level(n) for n in range(70)]
    return [int(np.argmin([abs(f.image.mean() - g) for g in greys])) for f in frames]


@pytest.mark.parametrize("b_frames", [0, 3])
def test_wanted_seconds_come_at_full_rate_in_show_order(make_video, level, b_frames):
    """Every picture of [0.8, 1.2], although decoding starts at the keyframe before."""
    ring = read(make_video(pictures=60, b_frames=b_frames)).ring
    frames = list(decode_span(ring, 0.8, 1.2, None))
    assert [f.seconds for f in frames] == pytest.approx([n / 25 for n in range(20, 31)])
    found = numbers(frames, level)
    assert np.abs(np.subtract(found, range(20, 31))).max() <= 1
    assert [f.is_keyframe for f in frames].index(True) == 5
    assert all((f.captured_at - NOON).total_seconds() == pytest.approx(f.seconds) for f in frames)


@pytest.mark.parametrize(("rate", "count"), [(1, 2), (5, 10), (10, 20), (25, 50), (100, 50)])
def test_wanted_rates_are_kept(make_video, rate, count):
    """So many frames a second, evenly, and never more than there are."""
    ring = read(make_video(pictures=60)).ring
    frames = list(decode_span(ring, 0.0, 1.999, rate))
    assert len(frames) == count
    gaps = np.diff([f.seconds for f in frames])
    assert gaps.max() <= max(1 / rate, 0.04) + 0.041


def test_bursts_are_scaled_only_if_asked(make_video):
    """Evidence needs full resolution; analysis does not."""
    ring = read(make_video(size=(320, 240))).ring
    full = next(decode_span(ring, 0, 1, 5))
    small = next(decode_span(ring, 0, 1, 5, Size(100, 100)))
    assert full.image.shape == (240, 320, 3)
    assert small.image.shape == (75, 100, 3)
    assert (small.width, small.height) == (320, 240)


def test_seconds_that_are_not_there_have_their_error(make_video):
    """Before decoding anything."""
    ring = read(make_video()).ring
    with pytest.raises(SpanNotInRing, match=r"the ring holds nothing of 50\.00 to 60\.00 s"):
        next(decode_span(ring, 50, 60, 1))


def test_damage_in_a_span_is_left_out_and_total_damage_an_error(make_video):
    """Burst decoding gives what it can."""
    packets = read(make_video(pictures=50)).ring.span(0, 9)

    def damaged(packet):
        return replace(packet, data=packet.data[:5] + b"\xff" * (len(packet.data) - 5))

    some, nothing = (PacketRing(max_seconds=99, max_bytes=10**9) for _ in range(2))
    for number, packet in enumerate(packets):
        some.append(damaged(packet) if 25 <= number < 30 else packet)
        nothing.append(damaged(packet))
    assert 20 <= len(list(decode_span(some, 0, 2, None))) < 50
    with pytest.raises(CorruptVideo, match="none of the 50 packets"):
        next(decode_span(nothing, 0, 2, None))
    with pytest.raises(CorruptVideo, match=r"the keyframe at 0\.00 s is damaged"):
        decode_keyframe(nothing.pin(0))


def test_a_pinned_keyframe_is_decoded_when_the_ring_has_moved_on(make_video, level):
    """The first still of an episode, minutes later."""
    path = make_video(pictures=100)
    reader = VideoReader(path, ReaderSettings(ring_seconds=1.0), camera_id="gate", starts_at=NOON)
    frames = iter(reader)
    next(frames)
    pinned = reader.ring.pin(0.0)
    list(frames)
    with pytest.raises(SpanNotInRing):
        reader.ring.keyframe_at(0.5)
    frame = decode_keyframe(pinned)
    assert frame.seconds == 0
    assert frame.image.mean() == pytest.approx(level(0), abs=5)
    assert decode_keyframe(pinned, Size(80, 80)).image.shape == (60, 80, 3)


@pytest.mark.parametrize("size", [(320, 240), (1280, 720)])
@pytest.mark.parametrize("colour", [(40, 60, 200), (30, 180, 60), (210, 80, 40)])
def test_colours_survive(make_video, size, colour):
    """Where a stream does not say, SD is BT.601 and HD BT.709; mixed up, colours move by 25."""
    ring = read(make_video(size=size, colour=colour, pictures=1)).ring
    frame = next(decode_span(ring, 0, 1, None))
    off = np.abs(frame.image.reshape(-1, 3).mean(axis=0) - colour)
    assert off.max() < 7


def test_a_coding_without_decoder_has_its_error():
    """The name is not FFmpeg's, or this build lacks it."""
    with pytest.raises(UnsupportedCodec, match="no decoder for dreams"):
        PictureDecoder(StreamFormat(codec="dreams", extradata=b""))
    with pytest.raises(UnsupportedCodec, match="aac is not a coding of pictures"):
        PictureDecoder(StreamFormat(codec="aac", extradata=b""))


@given(*[st.integers(1, 8000)] * 4)
def test_fitting_keeps_the_aspect_and_stays_inside(width, height, box_width, box_height):
    """To the nearest pixel; nothing is enlarged."""
    size = fit(Size(width, height), Size(box_width, box_height))
    assert 1 <= size.width <= min(width, box_width)
    assert 1 <= size.height <= min(height, box_height)
    scale = min(box_width / width, box_height / height, 1)
    assert abs(size.width - width * scale) <= 1
    assert abs(size.height - height * scale) <= 1
