"""Where pictures come from, and that addresses keep their credentials to themselves."""

import traceback
from pathlib import Path

import pytest

from edge.errors import StreamUrlError
from edge.video.source import StreamUrl, parse_source

SECRET = "hunter2"  # noqa: S105 - of nothing


@pytest.mark.parametrize(
    "address",
    [
        f"rtsp://admin:{SECRET}@10.0.0.7:554/ch1",
        f"rtsp://{SECRET}@10.0.0.7/ch1",
        f"rtsp://a@b:{SECRET}@host/ch1",
        f"rtsps://host/user=admin&password={SECRET}&channel=1&stream=0.sdp",
        f"rtsp://host/ch1?token={SECRET}",
        f"rtsp://host/live?PWD={SECRET}&x=1",
        f"rtsp://host:554/cam;key={SECRET}",
    ],
)
def test_no_text_of_an_address_shows_its_credentials(address):
    """Neither str, repr nor a format shows the password; only reveal does."""
    url = StreamUrl(address)
    assert SECRET not in f"{url} {url!r} {[url]} {url!s:>10}"
    assert url.reveal() == address


@pytest.mark.parametrize(
    "text",
    [
        f"rtsp://admin:{SECRET}@:554/x",
        f"rtsp://admin:{SECRET}@host:port/x",
        f"http://admin:{SECRET}@host/x",
        f"rtsp://admin:{SECRET}@host/with blank",
        f"rtsp://admin:{SECRET}@[::1/x",
        f"rtsp://admin:12/{SECRET}@host/x",
        SECRET,
        "",
    ],
)
def test_a_wrong_address_is_refused_without_repeating_its_password(text):
    """The message says what to write and does not quote the credentials."""
    with pytest.raises(StreamUrlError, match="write rtsp://") as caught:
        StreamUrl(text)
    trace = "".join(traceback.format_exception(caught.value, limit=0))
    assert SECRET not in trace


def test_a_text_with_a_scheme_is_a_stream_and_any_other_a_file():
    """The command line needs one argument for both."""
    assert parse_source("rtsp://host/a") == StreamUrl("rtsp://host/a")
    assert parse_source("a:b.mp4") == Path("a:b.mp4")
    with pytest.raises(StreamUrlError):
        parse_source("ftp://host/a.mp4")
