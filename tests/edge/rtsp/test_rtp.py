"""RTP packets: what is taken apart can be put together."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.rtsp.rtp import MAX_PAYLOAD_BYTES, RtpSender, fragments


def put_together(payloads, codec):
    """What a client makes of the payloads of one unit (RFC 6184 5.8, RFC 7798 4.4.3)."""
    if len(payloads) == 1:
        return payloads[0]
    size = 1 if codec == "h264" else 2
    headers = [p[size] for p in payloads]
    assert [bool(h & 0x80) for h in headers] == [True] + [False] * (len(payloads) - 1)
    assert [bool(h & 0x40) for h in headers] == [False] * (len(payloads) - 1) + [True]
    kind, first = headers[0] & 0x3F, payloads[0]
    if codec == "h264":
        head = bytes([first[0] & 0x60 | kind & 0x1F])
    else:
        head = bytes([first[0] & 0x81 | kind << 1, first[1]])
    return head + b"".join(p[size + 1 :] for p in payloads)


@given(
    st.integers(3, 20_000),
    st.sampled_from([("h264", b"\x65"), ("h264", b"\x41"), ("hevc", b"\x26\x01")]),
)
def test_a_unit_of_any_size_arrives_whole(size, kind):
    """In payloads that fit a network frame."""
    codec, head = kind
    unit = head + bytes(n * 7 % 256 for n in range(size - len(head)))
    payloads = fragments(unit, codec)
    assert max(map(len, payloads)) <= MAX_PAYLOAD_BYTES
    assert put_together(payloads, codec) == unit


def test_packets_are_numbered_and_the_last_of_a_picture_is_marked():
    """Numbers wrap at 16 bits, time stamps at 32."""
    sender = RtpSender("h264", ssrc=7, sequence=65_535)
    packets = sender.picture((b"\x67abc", b"\x65" + bytes(3000)), 2**32 + 5)
    heads = [struct.unpack(">BBHII", packet[:12]) for packet in packets]
    assert [head[2] for head in heads] == [65_535, 0, 1, 2]
    assert [head[1] >> 7 for head in heads] == [0, 0, 0, 1]
    assert {(head[0], head[1] & 127, head[3], head[4]) for head in heads} == {(128, 96, 5, 7)}


@pytest.mark.parametrize("ssrc", [1, 2**32 - 1])
def test_goodbye_is_a_report_and_a_bye(ssrc):
    """A compound RTCP packet of whole 32-bit words."""
    packet = RtpSender("h264", ssrc=ssrc, sequence=0).goodbye()
    assert struct.unpack(">BBHIBBHI", packet) == (128, 201, 1, ssrc, 129, 203, 1, ssrc)
