"""NAL units and the forms they are framed in."""

from hypothesis import given
from hypothesis import strategies as st

from edge.video.nal import parameter_sets, split_annex_b, split_length_prefixed
from edge.video.packets import StreamFormat

NAL_BODIES = st.lists(
    st.binary(min_size=1, max_size=40).map(lambda body: b"\x65" + body.replace(b"\x00", b"\x01")),
    max_size=10,
)


@given(NAL_BODIES, st.booleans())
def test_start_codes_of_either_length_separate_units(units, is_long):
    """Three bytes or four; what is between comes out as it went in."""
    code = b"\x00\x00\x00\x01" if is_long else b"\x00\x00\x01"
    assert list(split_annex_b(b"".join(code + unit for unit in units))) == units


@given(NAL_BODIES, st.sampled_from([1, 2, 4]))
def test_lengths_of_any_size_separate_units(units, length_size):
    """As MP4 frames them."""
    data = b"".join(len(unit).to_bytes(length_size, "big") + unit for unit in units)
    assert list(split_length_prefixed(data, length_size)) == units


def test_a_length_that_looks_like_a_start_code_is_none():
    """A unit of 256 to 511 bytes begins with 0, 0, 1; the stream's header decides."""
    lookalike = (300).to_bytes(4, "big") + b"\x67" + bytes(299)
    assert lookalike.startswith(b"\x00\x00\x01")
    assert not StreamFormat(codec="h264", extradata=b"\x01\x42").is_annex_b
    assert StreamFormat(codec="h264", extradata=b"\x00\x00\x00\x01\x67").is_annex_b
    assert not StreamFormat(codec="mjpeg", extradata=b"").is_annex_b


def test_parameter_sets_end_where_the_picture_begins():
    """What follows the first slice is not searched."""
    code = b"\x00\x00\x01"
    data = code + b"\x67S" + code + b"\x68P" + code + b"\x06i" + code + b"\x65pic" + code + b"\x67X"
    assert parameter_sets(data, "h264") == (b"\x67S", b"\x68P")
    assert parameter_sets(data, "mjpeg") == ()
