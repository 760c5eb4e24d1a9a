"""The packet ring: what it keeps, what it drops, what it finds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import AlbumFull, SpanNotInRing
from edge.video.packets import CompressedPacket, StreamFormat
from edge.video.ring import PACKET_OVERHEAD_BYTES, PacketRing, packet_cost_bytes

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
FORMAT = StreamFormat(codec="h264", extradata=b"")


def packet(seconds, *, is_keyframe=False, size=10):
    """A packet of zeros."""
    return CompressedPacket(
        data=bytes(size),
        camera_id="gate",
        seconds=seconds,
        captured_at=NOON + timedelta(seconds=seconds),
        is_keyframe=is_keyframe,
        segment=0,
        format=FORMAT,
    )


def filled(count, *, gop=10, step=0.1, size=10, **limits):
    """A ring that has been given so many packets."""
    ring = PacketRing(**{"max_seconds": 1e6, "max_bytes": 10**9} | limits)
    for number in range(count):
        ring.append(packet(number * step, is_keyframe=number % gop == 0, size=size))
    return ring


@given(
    st.lists(
        st.tuples(st.floats(0.01, 3.0), st.booleans(), st.integers(0, 5000), st.integers(0, 40)),
        max_size=120,
    ),
    st.floats(0.5, 20),
    st.integers(500, 20_000),
)
def test_the_ring_holds_whole_groups_within_its_bounds(steps, max_seconds, max_bytes):
    """For any stream: never over the bytes, never more than a group over the seconds."""
    ring = PacketRing(max_seconds=max_seconds, max_bytes=max_bytes)
    now, given_packets = 0.0, []
    for step, is_keyframe, size, hang_up in steps:
        now += step
        if hang_up == 0:
            ring.begin_connection()
        given_packets.append(packet(now, is_keyframe=is_keyframe, size=size))
        ring.append(given_packets[-1])
        assert ring.size_bytes <= max_bytes
    held = ring.span(0, now) if len(ring) else ()
    assert ring.size_bytes == sum(packet_cost_bytes(p) for p in held)
    if held:
        assert held[0].is_keyframe
        second_keyframe = next((p.seconds for p in held[1:] if p.is_keyframe), None)
        assert second_keyframe is None or second_keyframe > held[-1].seconds - max_seconds
        assert set(held) <= set(given_packets)
        assert [p.seconds for p in held] == sorted(p.seconds for p in held)


@given(st.floats(-1, 12), st.floats(0, 12))
def test_a_span_begins_with_a_keyframe_and_covers_what_was_asked(begin, length):
    """Every packet shown in the span is in it, and so is the keyframe that decodes the first."""
    ring = filled(100)
    end = begin + length
    wanted = [n * 0.1 for n in range(100) if begin <= n * 0.1 <= end]
    if not wanted:
        with pytest.raises(SpanNotInRing):
            ring.span(begin, end)
        return
    found = [p.seconds for p in ring.span(begin, end)]
    assert found[0] <= max(begin, 0.0) + 1e-9
    assert found[0] % 1.0 < 1e-9
    assert max(begin, 0) - found[0] < 1.0 + 1e-9
    assert [s for s in found if s >= begin] == wanted


def test_leading_pictures_of_the_next_group_belong_to_the_span():
    """Open groups: pictures decoded after a keyframe and shown before it."""
    ring = filled(10)
    ring.append(packet(1.2, is_keyframe=True))
    ring.append(packet(1.0))
    ring.append(packet(1.1))
    assert [p.seconds for p in ring.span(0.95, 1.05)][-2:] == [1.2, 1.0]


def test_a_group_too_big_for_the_bytes_is_dropped_and_the_ring_waits():
    """A camera that never sends another keyframe cannot fill the memory."""
    ring = PacketRing(max_seconds=10, max_bytes=10_000)
    ring.append(packet(0, is_keyframe=True))
    for number in range(1, 1000):
        ring.append(packet(number * 0.04, size=100))
    assert ring.size_bytes == 0
    assert ring.newest_group() == ()
    assert ring.dropped_packets > 900
    ring.append(packet(50, is_keyframe=True))
    assert [p.seconds for p in ring.newest_group()] == [50]


def test_a_new_connection_waits_for_a_keyframe():
    """Pictures that refer to what was lost with the old connection are no use."""
    ring = filled(15)
    ring.begin_connection()
    ring.append(packet(5.0))
    assert ring.newest_group() == ()
    assert len(ring) == 15
    ring.append(packet(6.0, is_keyframe=True))
    assert [p.seconds for p in ring.newest_group()] == [6.0]


def test_a_hundred_thousand_packets_stay_within_the_bounds():
    """An hour of a camera leaves 40 seconds of it, and pinned keyframes leave with their pins."""
    ring = PacketRing(max_seconds=40, max_bytes=32 * 2**20, max_pins=8)
    for number in range(100_000):
        ring.append(packet(number * 0.04, is_keyframe=number % 50 == 0, size=20))
        if number % 50 == 0:
            ring.unpin(ring.pin(number * 0.04))
    assert 1000 <= len(ring) <= 1000 + 50
    assert ring.size_bytes == len(ring) * (20 + PACKET_OVERHEAD_BYTES)
    assert ring.pinned() == ()
    assert ring.pinned_bytes == 0


def test_the_keyframe_at_an_instant_is_the_newest_before_it():
    """And asking for what has left the ring says what the ring holds."""
    ring = filled(100, max_seconds=3)
    assert ring.keyframe_at(8.55).seconds == pytest.approx(8.0)
    assert ring.keyframe_at(1e9).seconds == pytest.approx(9.0)
    with pytest.raises(SpanNotInRing, match=r"it holds 6\.00 to 9\.90 s"):
        ring.keyframe_at(2.0)
    with pytest.raises(SpanNotInRing, match="it is empty"):
        PacketRing(max_seconds=1, max_bytes=1).keyframe_at(0)


def test_a_pinned_keyframe_outlives_the_ring():
    """The first still of a long episode can be decoded when its seconds are long gone."""
    ring = filled(20, max_seconds=3)
    first = ring.pin(0.5)
    again = ring.pin(0.7)
    for number in range(20, 200):
        ring.append(packet(number * 0.1, is_keyframe=number % 10 == 0))
    assert first is again
    assert ring.pinned() == (first,)
    ring.unpin(first)
    assert ring.pinned() == (first,)
    ring.unpin(again)
    assert ring.pinned() == ()
    ring.unpin(first)
    assert ring.pinned_bytes == 0


@pytest.mark.parametrize("limits", [{"max_pins": 2}, {"max_pinned_bytes": 500}])
def test_a_full_album_refuses_and_keeps_what_it_has(limits):
    """Nothing pinned is ever dropped in silence."""
    ring = filled(50, **limits)
    kept = [ring.pin(0), ring.pin(1)]
    with pytest.raises(AlbumFull, match="unpin"):
        ring.pin(2)
    assert list(ring.pinned()) == kept
    assert ring.pin(0) is kept[0]
