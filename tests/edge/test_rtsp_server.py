"""The simulated camera: its clients, its ends, its command line."""

import asyncio
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from edge.errors import SimulatedCameraError, SourceUnreachable, StreamEnded
from edge.rtsp.camera import CameraClip, SimulatedCamera
from edge.rtsp.clip import load_clip
from edge.rtsp.password import Login
from edge.rtsp.rtp import CLOCK_HZ
from edge.rtsp_server import RtspServer
from edge.video.reader import ReaderSettings, VideoReader
from edge.video.source import StreamUrl

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
REPOSITORY = Path(__file__).parents[2]


def watch(url):
    """Everything that a camera shows, and the reader that saw it."""
    reader = VideoReader(url, ReaderSettings(), camera_id="gate", starts_at=NOON)
    frames = []
    with suppress(StreamEnded):
        frames.extend(reader)
    return frames, reader


def test_many_cameras_of_one_clip_are_watched_at_once(make_video):
    """32 cameras, 32 clients: each sees its whole clip."""
    path = make_video(pictures=50)
    clip = CameraClip(path=path, loop=False, speed=2, starts_with_first_client=True)
    seen = {}
    with RtspServer({f"c{n}": clip for n in range(32)}) as server:

        def see(name):
            seen[name] = watch(server.url(name))

        threads = [threading.Thread(target=see, args=(f"c{n}",)) for n in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.wait_until_finished(5)
    assert [len(frames) for frames, _ in seen.values()] == [2] * 32
    assert {reader.counters.packets for _, reader in seen.values()} == {50}


def test_a_lingering_camera_goes_on_with_its_last_seconds(make_video):
    """After 4 s in a hurry, its last 2 s again and again at the clock's pace, in one stream."""
    clip = CameraClip(
        path=make_video(pictures=100),
        loop=False,
        linger_seconds=2.0,
        speed=50,
        starts_with_first_client=True,
    )
    with RtspServer({"gate": clip}) as server:
        reader = VideoReader(server.url("gate"), camera_id="gate", starts_at=NOON)
        frames = list(islice(reader, 7))
        reader.stop()
        assert not server.wait_until_finished(0)
    # A keyframe a second: 0 to 3 of the clip, then its seconds 2 and 3 once more, and again.
    assert [frame.seconds for frame in frames] == pytest.approx([0, 1, 2, 3, 4, 5, 6], abs=0.2)
    assert reader.counters.connections == 1
    instants = [frame.captured_at for frame in frames]
    assert instants == sorted(instants)


class LateClient:
    """Notes what it is sent, and once does not read for a while."""

    has_left = False

    def __init__(self, late_seconds):
        self.late_seconds = late_seconds
        self.stamps, self.times = [], []  # seconds of the stream, and of the clock

    async def has_caught_up(self):
        """As a client that the camera waits for."""
        late, self.late_seconds = self.late_seconds, 0.0
        await asyncio.sleep(late)

    def send_picture(self, packets, *, is_keyframe):
        """Note the RTP time stamp (RFC 3550, section 5.1)."""
        self.stamps.append(int.from_bytes(packets[0][4:8]) / CLOCK_HZ - 1.0)
        self.times.append(time.monotonic())


def test_a_late_camera_leaves_seconds_out_instead_of_hurrying(make_video):
    """Its client was too slow for the clip; after a pause it shows the present, in its own pace."""
    path = make_video(pictures=100)
    settings = CameraClip(
        path=path, loop=False, linger_seconds=2.0, speed=50, waits_for_slow_clients=True
    )
    camera = SimulatedCamera(settings, load_clip(path), ssrc=1)
    client = LateClient(1.2)
    camera.add(client)

    async def play():
        with suppress(TimeoutError):
            await asyncio.wait_for(camera.play(), 2.2)

    asyncio.run(play())
    lingering = client.stamps[100:]
    assert lingering[0] - client.stamps[99] == pytest.approx(1.2, abs=0.3)
    assert len(lingering) >= 10
    took = client.times[109] - client.times[100]
    assert took == pytest.approx(lingering[9] - lingering[0], abs=0.2)


@pytest.mark.parametrize("wrong", [{"linger_seconds": -1.0}, {"linger_seconds": 2.0, "loop": True}])
def test_a_camera_cannot_linger_and_begin_anew(make_video, wrong):
    """One or the other."""
    with pytest.raises(SimulatedCameraError, match="lingers"):
        CameraClip(path=make_video(pictures=5), **{"loop": False, **wrong})


def test_a_slow_client_does_not_disturb_another(make_video):
    """One client never reads; the other sees the clip in its own time."""
    path = make_video(pictures=100)
    clip = CameraClip(path=path, loop=False, speed=8, starts_with_first_client=True)
    with RtspServer({"gate": clip}) as server, socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", server.port))
        url = str(server.url("gate"))
        for number, line in enumerate(("SETUP", "PLAY"), start=1):
            head = f"{line} {url}/track0 RTSP/1.0\r\nCSeq: {number}\r\n"
            stuck.sendall(head.encode() + b"Transport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n")
        begin = time.monotonic()
        frames, _ = watch(server.url("gate"))
        assert time.monotonic() - begin < 3
    assert len(frames) >= 3


def test_a_lossless_camera_waits_for_its_client(make_video):
    """At a hopeless speed every packet arrives nevertheless."""
    path = make_video(pictures=250, size=(320, 240))
    clip = CameraClip(
        path=path,
        loop=False,
        speed=100_000,
        starts_with_first_client=True,
        waits_for_slow_clients=True,
    )
    with RtspServer({"gate": clip}) as server:
        reader = VideoReader(server.url("gate"), camera_id="gate", starts_at=NOON)
        with suppress(StreamEnded):
            for _frame in reader:
                time.sleep(0.02)
    assert reader.counters.packets == 250


def test_a_camera_whose_clip_has_ended_serves_no_more(make_video):
    """As one that was switched off."""
    clip = CameraClip(path=make_video(pictures=5), loop=False, speed=50)
    with RtspServer({"gate": clip}) as server:
        assert server.wait_until_finished(5)
        with pytest.raises(SourceUnreachable, match="refuses to serve"):
            next(iter(VideoReader(server.url("gate"), camera_id="gate")))


def test_twins_can_begin_at_different_places(make_video, level):
    """An offset starts a camera later in its clip, from the keyframe that follows."""
    path = make_video(pictures=100)
    clip = CameraClip(
        path=path, loop=False, speed=50, starts_with_first_client=True, start_offset_seconds=1.5
    )
    with RtspServer({"gate": clip}) as server:
        frames, _ = watch(server.url("gate"))
    assert [f.seconds for f in frames] == pytest.approx([0, 1], abs=1e-3)
    assert frames[0].image.mean() == pytest.approx(level(50), abs=5)


def ask(port, *requests):
    """The status lines that raw requests get."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        answers = []
        for number, request in enumerate(requests, start=1):
            head, _, rest = request.partition("\n")
            text = f"{head} RTSP/1.0\r\nCSeq: {number}\r\n{rest}\r\n\r\n"
            connection.sendall(text.replace("\r\n\r\n\r\n", "\r\n\r\n").encode())
            answers.append(connection.recv(4096).decode().partition("\r\n")[0])
        return answers


def test_requests_get_the_answers_of_the_protocol(make_video):
    """What is not served is refused by the right code."""
    with RtspServer({"gate": CameraClip(path=make_video())}) as server:
        url = f"rtsp://127.0.0.1:{server.port}/gate"
        assert ask(
            server.port,
            f"OPTIONS {url}",
            f"DESCRIBE {url}x",
            f"SETUP {url}/track0\nTransport: RTP/AVP;unicast;client_port=5000-5001\r\n",
            f"RECORD {url}",
            f"GET_PARAMETER {url}",
            f"TEARDOWN {url}",
        ) == [
            "RTSP/1.0 200 OK",
            "RTSP/1.0 404 Not Found",
            "RTSP/1.0 461 Unsupported Transport",
            "RTSP/1.0 501 Not Implemented",
            "RTSP/1.0 200 OK",
            "RTSP/1.0 200 OK",
        ]


def test_a_keep_alive_after_the_end_costs_no_picture(make_video):
    """A client that lags gets every byte although it speaks after the camera has said goodbye.

    Players send a keep-alive every 30 s; answered with a reset it threw away what was not read.
    """
    path = make_video(pictures=500)
    clip = CameraClip(path=path, loop=False, speed=10_000, starts_with_first_client=True)
    with RtspServer({"gate": clip}) as server:
        url = f"rtsp://127.0.0.1:{server.port}/gate"
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            setup = (
                f"SETUP {url}/track0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1"
            )
            connection.sendall(f"{setup}\r\n\r\n".encode())
            connection.recv(4096)
            connection.sendall(f"PLAY {url} RTSP/1.0\r\nCSeq: 2\r\n\r\n".encode())
            assert server.wait_until_finished(10)
            for number in (3, 4):
                keep_alive = f"GET_PARAMETER {url} RTSP/1.0\r\nCSeq: {number}\r\n\r\n"
                connection.sendall(keep_alive.encode())
                time.sleep(0.2)
            received = 0
            while chunk := connection.recv(65_536):
                received += len(chunk)
    assert received > path.stat().st_size * 0.9


def test_noise_on_the_port_harms_nobody(make_video):
    """A port scan, an endless request and a sudden goodbye leave the server serving."""
    clip = CameraClip(path=make_video(), loop=False, speed=50, starts_with_first_client=True)
    with RtspServer({"gate": clip}) as server:
        for noise in (
            b"",
            b"\x00" * 100,
            b"GET / HTTP/1.1\r\n\r\n",
            b"x" * 50_000,
            b"$\x00\xff\xff",
        ):
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                connection.sendall(noise)
        frames, _ = watch(server.url("gate"))
    assert len(frames) == 2


def test_clips_that_cannot_be_played_are_refused(make_video, tmp_path):
    """Before anyone connects, with what to do."""
    with pytest.raises(SimulatedCameraError, match="no such file"):
        RtspServer({"gate": CameraClip(path=tmp_path / "none.mp4")})
    with pytest.raises(SimulatedCameraError, match=r"only H\.264 and HEVC"):
        RtspServer({"gate": CameraClip(path=make_video("a.avi", codec="mjpeg"))})
    with pytest.raises(SimulatedCameraError, match="cannot name a camera"):
        RtspServer({"ga/te": CameraClip(path=make_video())})
    with pytest.raises(SimulatedCameraError, match="speed must be above 0"):
        CameraClip(path=tmp_path, speed=0)
    with RtspServer({"gate": CameraClip(path=make_video())}) as server:
        second = RtspServer({"gate": CameraClip(path=make_video())}, port=server.port)
        with pytest.raises(SimulatedCameraError, match="choose another port"), second:
            pass


def test_the_address_of_a_camera_hides_its_login(make_video):
    """And is right for whoever reveals it."""
    login = Login(user="a", password="b:/c")  # noqa: S106 - a test's
    with RtspServer({"gate": CameraClip(path=make_video())}, login=login) as server:
        assert str(server.url("gate")) == f"rtsp://***@127.0.0.1:{server.port}/gate"
        assert "a:b%3A%2Fc@" in server.url("gate").reveal()


@pytest.mark.parametrize(("codec", "sets"), [("libx264", 2), ("libx265", 3)])
def test_a_clip_knows_its_parameter_sets_and_length(make_video, codec, sets):
    """Those of the header are sent before each keyframe."""
    clip = load_clip(make_video(pictures=50, codec=codec))
    assert len([s for s in clip.parameter_sets if len(s) > 3]) >= sets
    assert clip.duration_seconds == pytest.approx(2.0)
    keyframes = [unit for unit in clip.access_units if unit.is_keyframe]
    assert all(unit.nal_units[0] == clip.parameter_sets[0] for unit in keyframes)


def test_the_command_line_plays_a_clip_once(make_video):
    """As a scenario uses it: wait for the client, play to the end, end."""
    command = [sys.executable, "-m", "edge.rtsp_server", "--port", "0", "--once", "--wait"]
    options = ["--speed", "20", "--lossless", "--user", "u", "--password", "p"]
    clip = ["--clip", f"gate={make_video(pictures=50)}"]
    with subprocess.Popen(
        command + options + clip, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as process:
        lines = [process.stdout.readline().strip() for _ in range(2)]
        port = re.fullmatch(r"rtsp://\*\*\*@127\.0\.0\.1:(\d+)/gate", lines[0])[1]
        frames, _ = watch(StreamUrl(f"rtsp://u:p@127.0.0.1:{port}/gate"))
        assert process.wait(10) == 0
    assert lines[1] == "ready"
    assert len(frames) == 2


def test_the_command_line_refuses_what_cannot_be_played(tmp_path):
    """With a message, not a traceback."""
    command = [sys.executable, "-m", "edge.rtsp_server", "--clip", f"gate={tmp_path / 'none.mp4'}"]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "no such file" in result.stderr
    assert "Traceback" not in result.stderr
