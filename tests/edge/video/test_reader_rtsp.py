"""Reading cameras over a real connection: what comes, and what is raised when it breaks."""

import socket
import struct
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import av
import numpy as np
import pytest

from edge.errors import (
    NoVideoStream,
    SourceNotFound,
    SourceUnreachable,
    StreamEnded,
    StreamStalled,
    UnsupportedCodec,
    VideoError,
    WrongPassword,
)
from edge.rtsp.camera import CameraClip
from edge.rtsp.password import Login, Scheme
from edge.rtsp_server import RtspServer
from edge.video.clip import cut_clip
from edge.video.decode import decode_span
from edge.video.reader import ReaderSettings, VideoReader
from edge.video.source import StreamUrl

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASSWORD = "p@ss/w:rd#1"  # noqa: S105 - of a camera that lives for a second


def camera(path, **options):
    """A camera that plays a clip once, fast, for its first client."""
    once = {"loop": False, "speed": 50.0, "starts_with_first_client": True}
    return CameraClip(path=path, **(once | options))


def reader_of(url, **options):
    """A reader of a camera that begins at noon."""
    settings = ReaderSettings(open_timeout_seconds=5, read_timeout_seconds=5)
    return VideoReader(url, settings, camera_id="gate", **{"starts_at": NOON} | options)


def read_until(reader, error):
    """The frames before the expected error."""
    frames = []
    with pytest.raises(error):
        frames.extend(reader)
    return frames


def units_of(data):
    """NAL units of a packet in Annex B form."""
    return [u for u in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if u]


@pytest.mark.parametrize(
    "options", [{}, {"b_frames": 3}, {"codec": "libx265"}], ids=["plain", "b_frames", "hevc"]
)
def test_a_camera_gives_its_keyframes_and_all_its_packets(make_video, level, options):
    """From the clip's first picture to its last, with media times; then the stream has ended."""
    path = make_video(pictures=100, **options)
    with RtspServer({"gate": camera(path, waits_for_slow_clients=True)}) as server:
        reader = reader_of(server.url("gate"))
        frames = read_until(reader, StreamEnded)
    assert [f.seconds for f in frames] == pytest.approx([0, 1, 2, 3], abs=1e-3)
    assert frames[3].captured_at == NOON + timedelta(seconds=frames[3].seconds)
    assert reader.counters.packets == 100
    assert reader.warnings == ()
    burst = list(decode_span(reader.ring, 1.99, 2.41, None))
    assert len(burst) == 11
    assert burst[10].image.mean() == pytest.approx(level(60), abs=6)


def test_a_clip_cut_from_a_camera_has_its_nal_units(make_video, tmp_path):
    """What a camera sent is what the evidence holds; only start codes become lengths."""
    path = make_video(pictures=60, b_frames=2)
    with RtspServer({"gate": camera(path, waits_for_slow_clients=True)}) as server:
        reader = reader_of(server.url("gate"))
        read_until(reader, StreamEnded)
    info = cut_clip(reader.ring, 1.2, 9, tmp_path / "clip.mp4")
    sent = [units_of(p.data) for p in reader.ring.span(1.2, 9)]
    with av.open(str(tmp_path / "clip.mp4")) as container:
        packets = [bytes(p) for p in container.demux(video=0) if p.size]
    for packet, units in zip(packets, sent, strict=True):
        assert packet == b"".join(len(u).to_bytes(4, "big") + u for u in units)
    assert info.pictures == 35
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert len(list(container.decode(video=0))) == 35


def test_a_camera_that_loops_goes_on_in_time(make_video):
    """Two and a half rounds of a clip of a second: time stamps never go back."""
    path = make_video(pictures=25)
    with RtspServer({"gate": camera(path, loop=True)}) as server:
        seconds = []
        for frame in reader_of(server.url("gate")):
            seconds.append(frame.seconds)
            if len(seconds) == 4:
                break
    assert seconds == pytest.approx([0, 1, 2, 3], abs=1e-3)


def test_media_time_runs_faster_at_speed(make_video):
    """Ten seconds of media in about one, and the frames carry media time."""
    path = make_video(pictures=250)
    with RtspServer({"gate": camera(path, speed=10)}) as server:
        begin = time.monotonic()
        frames = read_until(reader_of(server.url("gate")), StreamEnded)
        took = time.monotonic() - begin
    assert [f.seconds for f in frames] == pytest.approx(range(10), abs=1e-3)
    assert 0.9 < took < 5


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_password_opens_a_camera_and_a_wrong_one_does_not(make_video, scheme):
    """And no message, repr or traceback shows either."""
    login = Login(user="admin", password=PASSWORD, scheme=scheme)
    path = make_video(pictures=25)
    with RtspServer({"gate": camera(path)}, login=login) as server:
        wrong = StreamUrl(f"rtsp://admin:sesame99@127.0.0.1:{server.port}/gate")
        with pytest.raises(WrongPassword, match="refuses this name and password") as caught:
            next(iter(reader_of(wrong)))
        trace = "".join(traceback.format_exception(caught.value))
        assert "sesame99" not in trace
        assert "admin:" not in trace
        anonymous = StreamUrl(f"rtsp://127.0.0.1:{server.port}/gate")
        with pytest.raises(WrongPassword):
            next(iter(reader_of(anonymous)))
        url = server.url("gate")
        assert PASSWORD not in repr(url)
        assert len(read_until(reader_of(url), StreamEnded)) == 1


def test_a_path_that_the_camera_does_not_know_has_its_error(make_video):
    """The rest of the address is right."""
    with RtspServer({"gate": camera(make_video())}) as server:
        url = StreamUrl(f"rtsp://127.0.0.1:{server.port}/market")
        with pytest.raises(SourceNotFound, match="knows no such path"):
            next(iter(reader_of(url)))


def test_a_camera_that_is_not_there_has_its_error():
    """Nothing listens, or the name does not resolve."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SourceUnreachable, match="refuses the connection"):
        next(iter(reader_of(StreamUrl(f"rtsp://127.0.0.1:{port}/gate"))))
    with pytest.raises(SourceUnreachable, match="check the host name"):
        next(iter(reader_of(StreamUrl("rtsp://no.such.host.invalid/gate"))))


def test_a_camera_that_dies_ends_the_stream_and_a_reader_goes_on_with_the_next(make_video):
    """Power is cut in mid-stream; the same reader reads its successor, later in time."""
    path = make_video(pictures=100)
    clip = camera(path, speed=1.0, loop=True)
    with RtspServer({"gate": clip}) as server:
        reader = reader_of(server.url("gate"))
        frames = iter(reader)
        first = next(frames)
        threading.Timer(0.2, server.stop).start()
        with pytest.raises(StreamEnded, match="open it again"):
            list(frames)
    held = len(reader.ring)
    with RtspServer({"gate": clip}, port=server.port):
        second = next(iter(reader))
    assert second.seconds > first.seconds
    assert second.captured_at > first.captured_at
    assert reader.timeline.segment == 1
    assert len(reader.ring) > held
    assert reader.counters.connections == 2


def test_a_camera_that_falls_silent_is_reported_as_stalled(make_video):
    """Connected, but the next picture is 20 seconds away and half a second is allowed."""
    path = make_video(pictures=4, times=[0, 0.04, 0.08, 20])
    settings = ReaderSettings(read_timeout_seconds=0.5)
    with RtspServer({"gate": camera(path, speed=1.0)}) as server:
        reader = VideoReader(server.url("gate"), settings, camera_id="gate", starts_at=NOON)
        begin = time.monotonic()
        with pytest.raises(StreamStalled, match="sends nothing any more"):
            list(reader)
        assert time.monotonic() - begin < 2
    assert reader.counters.frames == 1


def test_a_live_camera_is_dated_by_the_boxs_clock(make_video):
    """Opening takes no second: the first frame's instant is that of its arrival."""
    with RtspServer({"gate": camera(make_video(), speed=1.0, loop=True)}) as server:
        before = datetime.now(UTC)
        frame = next(iter(reader_of(server.url("gate"), starts_at=None)))
        after = datetime.now(UTC)
    assert before <= frame.captured_at <= after
    assert (after - before).total_seconds() < 1.5


def test_a_new_resolution_on_the_way_is_carried_by_the_frames(make_video, tmp_path):
    """A camera is set to another resolution while it is being watched."""
    both = tmp_path / "both.ts"
    parts = [
        make_video("small.ts", container="mpegts", size=(160, 120), pictures=50),
        make_video("large.ts", container="mpegts", size=(320, 180), pictures=75),
    ]
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    with RtspServer({"gate": camera(both, waits_for_slow_clients=True)}) as server:
        reader = reader_of(server.url("gate"))
        frames = read_until(reader, StreamEnded)
    assert [(f.width, f.height) for f in frames] == [(160, 120)] * 2 + [(320, 180)] * 3
    assert frames[4].image.shape == (180, 320, 3)
    info = cut_clip(reader.ring, 0, 9, tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as container:
        pictures = list(container.decode(video=0))
    assert {(p.width, p.height) for p in pictures} == {(320, 180)}
    assert len(pictures) == info.pictures == 75


@contextmanager
def canned_camera(description):
    """A server that describes itself as told, and then sends RTP packets of nonsense."""
    transport = b"Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with suppress(OSError), connection, connection.makefile("rwb") as stream:
                while request := stream.readline():
                    while (line := stream.readline()) not in (b"\r\n", b""):
                        if line.lower().startswith(b"cseq"):
                            number = line
                    body = description if request.startswith(b"DESCRIBE") else b""
                    kind = b"Content-Type: application/sdp\r\nContent-Length: %d\r\n" % len(body)
                    head = b"RTSP/1.0 200 OK\r\n" + number + kind + transport + b"\r\n"
                    stream.write(head + body)
                    if request.startswith(b"PLAY"):
                        rtp = struct.pack(">BBHII", 0x80, 96, 0, 90_000, 1) + b"nonsense"
                        stream.write(b"$\x00" + len(rtp).to_bytes(2, "big") + rtp)
                    stream.flush()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield StreamUrl(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/gate")


def describe(media):
    """A session description with one medium."""
    return (
        b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
        + media
        + b"a=control:track0\r\n"
    )


def test_a_camera_with_sound_alone_has_its_error():
    """A microphone with an address."""
    sound = describe(b"m=audio 0 RTP/AVP 0\r\n")
    with canned_camera(sound) as url, pytest.raises(NoVideoStream):
        next(iter(reader_of(url)))


def test_a_camera_with_an_unknown_coding_has_its_error():
    """A coding that nobody knows."""
    dreams = describe(b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 DREAMS/90000\r\n")
    settings = ReaderSettings(open_timeout_seconds=1)  # FFmpeg looks for a known coding so long
    with canned_camera(dreams) as url, pytest.raises(UnsupportedCodec):
        next(iter(VideoReader(url, settings, camera_id="gate")))


def test_a_port_that_speaks_no_rtsp_has_its_error():
    """Some web server, for instance; whatever FFmpeg makes of it is one of our errors."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        url = StreamUrl(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/gate")
        with pytest.raises(VideoError):
            next(iter(reader_of(url)))


def test_frames_over_rtsp_are_those_of_the_file(make_video):
    """The way over the network changes no picture."""
    path = make_video(pictures=50)
    with RtspServer({"gate": camera(path, waits_for_slow_clients=True)}) as server:
        remote = read_until(reader_of(server.url("gate")), StreamEnded)
    local = list(reader_of(path))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(remote, local, strict=True))
