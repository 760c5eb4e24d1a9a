"""RTP packets of coded pictures, and the description that tells a client how to read them."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING

from edge.video.nal import nal_type

if TYPE_CHECKING:
    from edge.rtsp.clip import Clip

CLOCK_HZ = 90_000  # RFC 6184 section 8.2.1, RFC 7798 section 7.1
PAYLOAD_TYPE = 96  # the first dynamic type, RFC 3551
# Fits an Ethernet frame with every header around it, as real cameras send.
MAX_PAYLOAD_BYTES = 1_400
H264_FU_A = 28  # NAL type of a fragment, RFC 6184 section 5.8
HEVC_FU = 49  # NAL type of a fragment, RFC 7798 section 4.4.3
FU_START = 0x80
FU_END = 0x40
RTP_VERSION = 0x80  # version 2, no padding, no extension, no contributors
MARKER = 0x80  # the last packet of a picture
RTCP_RECEIVER_REPORT = 201  # RFC 3550; a compound packet begins with a report
RTCP_BYE = 203
SEQUENCE_MASK = 0xFFFF
TIMESTAMP_MASK = 0xFFFFFFFF


class RtpSender:
    """Packs the pictures of one camera; every client gets the same packets.

    Args:
        codec: h264 or hevc.
        ssrc: The stream's identifier, 32 bits.
        sequence: Of the first packet, 16 bits.
    """

    def __init__(self, codec: str, *, ssrc: int, sequence: int) -> None:
        self._codec = codec
        self._ssrc = ssrc
        self.next_sequence = sequence & SEQUENCE_MASK

    def picture(self, nal_units: tuple[bytes, ...], timestamp: int) -> list[bytes]:
        """The RTP packets of one picture."""
        payloads = [payload for nal in nal_units for payload in fragments(nal, self._codec)]
        return [
            self._header(timestamp, is_last=number == len(payloads)) + payload
            for number, payload in enumerate(payloads, start=1)
        ]

    def goodbye(self) -> bytes:
        """The RTCP packet that says that the stream is over."""
        report = struct.pack(">BBHI", RTP_VERSION, RTCP_RECEIVER_REPORT, 1, self._ssrc)
        return report + struct.pack(">BBHI", RTP_VERSION | 1, RTCP_BYE, 1, self._ssrc)

    def _header(self, timestamp: int, *, is_last: bool) -> bytes:
        sequence = self.next_sequence
        self.next_sequence = (sequence + 1) & SEQUENCE_MASK
        kind = PAYLOAD_TYPE | (MARKER if is_last else 0)
        return struct.pack(
            ">BBHII", RTP_VERSION, kind, sequence, timestamp & TIMESTAMP_MASK, self._ssrc
        )


def fragments(nal: bytes, codec: str) -> list[bytes]:
    """The RTP payloads of one NAL unit: itself if it fits, else its fragments."""
    if len(nal) <= MAX_PAYLOAD_BYTES:
        return [nal]
    kind = nal_type(nal, codec)
    if codec == "h264":
        indicator, body = bytes([nal[0] & 0x60 | H264_FU_A]), nal[1:]
    else:
        indicator, body = bytes([nal[0] & 0x81 | HEVC_FU << 1, nal[1]]), nal[2:]
    room = MAX_PAYLOAD_BYTES - len(indicator) - 1
    return [
        indicator
        + bytes([kind | (FU_START if at == 0 else 0) | (FU_END if at + room >= len(body) else 0)])
        + body[at : at + room]
        for at in range(0, len(body), room)
    ]


def describe(clip: Clip) -> str:
    """The session description (SDP, RFC 4566) of a clip."""
    if clip.codec == "h264":
        encoding = "H264"
        sets = ",".join(base64.b64encode(nal).decode() for nal in clip.parameter_sets)
        profile = clip.parameter_sets[0][1:4].hex()
        parameters = f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sets}"
    else:
        encoding = "H265"
        names = {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}
        parameters = ";".join(
            f"{names[nal_type(nal, clip.codec)]}={base64.b64encode(nal).decode()}"
            for nal in clip.parameter_sets
            if nal_type(nal, clip.codec) in names  # x265 puts a message to readers beside them
        )
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=simulated camera",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} {encoding}/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} {parameters}",
        "a=control:track0",
    ]
    return "\r\n".join([*lines, ""])
