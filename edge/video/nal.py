"""NAL units of H.264 and HEVC: the pieces that a coded picture consists of."""

from __future__ import annotations

from collections.abc import Iterator

CODECS = ("h264", "hevc")
START_CODE = b"\x00\x00\x01"  # ITU-T H.264 and H.265, annex B
# H.264 table 7-1; H.265 table 7-1.
_PARAMETER_SETS = {"h264": (7, 8), "hevc": (32, 33, 34)}
_LAST_SLICE_TYPE = {"h264": 5, "hevc": 31}


def nal_type(nal: bytes, codec: str) -> int:
    """The type of a NAL unit, from its first byte.

    >>> nal_type(bytes([0x67]), "h264"), nal_type(bytes([0x40, 1]), "hevc")
    (7, 32)
    """
    return nal[0] & 0x1F if codec == "h264" else (nal[0] >> 1) & 0x3F


def split_annex_b(data: bytes) -> Iterator[bytes]:
    r"""The NAL units between start codes, lazily: parameter sets come first and are short.

    >>> list(split_annex_b(b"\x00\x00\x00\x01\x67\x42\x00\x00\x01\x68\x00"))
    [b'gB', b'h']
    """
    begin = data.find(START_CODE)
    while begin >= 0:
        begin += len(START_CODE)
        end = data.find(START_CODE, begin)
        # Zero bytes before a start code belong to it, and no NAL unit ends with one.
        nal = data[begin : end if end >= 0 else len(data)].rstrip(b"\x00")
        if nal:
            yield nal
        begin = end


def split_length_prefixed(data: bytes, length_size: int) -> Iterator[bytes]:
    r"""The NAL units of a packet in which each one follows its length, as in MP4.

    >>> list(split_length_prefixed(bytes([0, 2, 7, 8, 0, 1, 9]), 2))
    [b'\x07\x08', b'\t']
    """
    position = 0
    while position + length_size <= len(data):
        size = int.from_bytes(data[position : position + length_size], "big")
        position += length_size
        yield data[position : position + size]
        position += size


def parameter_sets(data: bytes, codec: str) -> tuple[bytes, ...]:
    """The parameter sets at the head of a packet in Annex B form; empty if there are none."""
    if codec not in CODECS:
        return ()
    found = []
    for nal in split_annex_b(data):
        kind = nal_type(nal, codec)
        if kind in _PARAMETER_SETS[codec]:
            found.append(nal)
        elif kind <= _LAST_SLICE_TYPE[codec]:
            break  # the picture itself begins: no need to search it
    return tuple(found)
