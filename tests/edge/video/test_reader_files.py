"""Reading files: good ones of every kind, and an error of its own for every bad one."""

import gc
import random
import threading
from datetime import UTC, datetime, timedelta

import av
import numpy as np
import pytest

from edge.errors import (
    CorruptVideo,
    EmptyVideo,
    NoVideoStream,
    SourceNotFound,
    UnsupportedCodec,
)
from edge.video.decode import PictureDecoder
from edge.video.reader import ReaderSettings, VideoReader
from pipeline.errors import FrameError

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def reader_of(path, settings=None, **options):
    """A reader of a file that begins at noon."""
    return VideoReader(path, settings, camera_id="gate", **{"starts_at": NOON} | options)


def brightness(frame):
    """The mean grey of a frame."""
    return round(float(frame.image.mean()))


def seconds_of(frames):
    """When each frame is shown."""
    return [frame.seconds for frame in frames]


def cut_to(path, share):
    """Cut a file off."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {}),
        ("a.mp4", {"b_frames": 3}),
        ("a.mkv", {}),
        ("a.ts", {"container": "mpegts"}),
        ("a.mp4", {"codec": "libx265"}),
        ("a.avi", {}),
    ],
)
def test_keyframes_come_out_at_their_times(make_video, level, name, options):
    """Whatever the container and coding: pictures 0, 25, 50, 75, each with its own brightness."""
    reader = reader_of(make_video(name, pictures=100, **options))
    frames = list(reader)
    assert seconds_of(frames) == pytest.approx([0, 1, 2, 3], abs=0.002)
    assert [f.captured_at - NOON for f in frames][2] == timedelta(seconds=frames[2].seconds)
    assert [brightness(f) for f in frames] == pytest.approx(
        [level(n) for n in (0, 25, 50, 75)], abs=5
    )
    assert all(f.is_keyframe and f.camera_id == "gate" for f in frames)
    assert reader.counters.packets == len(reader.ring) == 100
    assert reader.warnings == ()


def test_pictures_are_scaled_to_fit_and_keep_the_sources_size(make_video):
    """The network's input is 640 wide; boxes are in pixels of 1920 x 1080."""
    path = make_video(size=(1920, 1080), pictures=2)
    (frame,) = reader_of(path)
    assert frame.image.shape == (360, 640, 3)
    assert (frame.width, frame.height) == (1920, 1080)
    (small,) = reader_of(path, ReaderSettings(fit_width=100, fit_height=30))
    assert small.image.shape == (30, 53, 3)


def test_a_title_in_another_encoding_is_no_obstacle(make_video, tmp_path):
    """Recorders write GB 2312 where UTF-8 belongs."""
    path = tmp_path / "titled.mp4"
    with av.open(str(make_video())) as source, av.open(str(path), "w") as output:
        output.metadata["title"] = "XXXX"
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    path.write_bytes(path.read_bytes().replace(b"XXXX", "北京".encode("gb2312")))
    assert len(list(reader_of(path))) == 2


def test_the_same_file_gives_the_same_frames(make_video):
    """Nothing depends on a clock when the start is given."""
    path = make_video(pictures=60, b_frames=2)
    first, second = list(reader_of(path)), list(reader_of(path))
    assert seconds_of(first) == seconds_of(second)
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second, strict=True))


def test_rare_keyframes_are_sampled_instead(make_video, level):
    """One keyframe in 10 s: a frame per second nevertheless, none lost at the switch."""
    reader = reader_of(make_video(pictures=250, gop=250))
    frames = list(reader)
    assert seconds_of(frames) == pytest.approx(range(10))
    assert [brightness(f) for f in frames] == pytest.approx(
        [level(25 * n) for n in range(10)], abs=5
    )
    assert [f.is_keyframe for f in frames] == [True] + [False] * 9
    assert "no keyframe for 4 s" in reader.warnings[0].text


def test_triage_returns_to_keyframes_when_they_come_often_again(make_video):
    """A camera that adapts its keyframes to motion costs full decoding only while it must."""
    settings = ReaderSettings(max_keyframe_interval_seconds=0.5, sample_interval_seconds=0.4)
    reader = reader_of(make_video(pictures=60, gop=30), settings)
    seen = [(round(frame.seconds, 2), reader.triage.is_sampling) for frame in reader]
    assert seen[:4] == [(0, False), (0.4, True), (0.8, True), (1.2, True)]

    calm = reader_of(make_video("calm.mp4", pictures=100, gop=10), settings)
    assert not any(calm.triage.is_sampling for _frame in calm)
    reader.triage._short_groups = 3
    assert reader.triage.feed(reader.ring.keyframe_at(1.3)) == []
    assert not reader.triage.is_sampling


def test_a_camera_of_keyframes_only_is_thinned_out(make_video):
    """Motion JPEG would cost full decoding; pictures nearer than 0.4 s are passed over."""
    frames = list(reader_of(make_video("a.avi", codec="mjpeg", pictures=50)))
    assert seconds_of(frames) == pytest.approx([0, 0.4, 0.8, 1.2, 1.6])


def test_a_variable_frame_rate_keeps_its_times(make_video):
    """Times are those of the pictures, not counted from a rate."""
    times = [0, 0.02, 0.5, 2.5, 2.6, 7.0]
    frames = list(reader_of(make_video(pictures=6, times=times, gop=1)))
    assert seconds_of(frames) == pytest.approx([0, 0.5, 2.5, 7.0], abs=0.001)


def test_a_new_resolution_on_the_way_is_carried_by_the_frames(make_video, tmp_path):
    """The frames before and after have their own size, and each its own scaling."""
    small = make_video("small.ts", container="mpegts", size=(160, 120), pictures=25)
    large = make_video("large.ts", container="mpegts", size=(320, 180), pictures=25)
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    reader = reader_of(both)
    frames = list(reader)
    assert [(f.width, f.height, f.image.shape) for f in frames] == [
        (160, 120, (120, 160, 3)),
        (320, 180, (180, 320, 3)),
    ]
    assert len({p.format for p in reader.ring.span(0, 9)}) == 2
    assert frames[1].seconds == pytest.approx(1.0, abs=0.1)
    # The transport stream's packet counters do not go on at the joint.
    assert [w.text for w in reader.warnings] == ["a torn picture was left out"]


def test_a_sideways_recording_is_turned_upright(make_video, tmp_path):
    """Phones record sideways and say so in the file."""
    turned = tmp_path / "turned.mp4"
    with av.open(str(make_video())) as source, av.open(str(turned), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(90)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    frame = next(iter(reader_of(turned)))
    assert (frame.width, frame.height, frame.image.shape) == (120, 160, (160, 120, 3))


def test_reading_again_goes_on_in_time(make_video):
    """A file read twice is one stream of time; the ring keeps both."""
    reader = reader_of(make_video(pictures=50))
    frames = list(reader) + list(reader)
    assert seconds_of(frames) == pytest.approx([0, 1, 2, 3])
    assert reader.counters.connections == 2
    assert reader.timeline.segment == 1


def test_another_thread_can_stop_a_reader(make_video):
    """The iteration ends cleanly at the next packet, not with an error of a cut-off file."""
    reader = reader_of(make_video(pictures=100))
    seen = []
    for frame in reader:
        seen.append(frame)
        thread = threading.Thread(target=reader.stop)
        thread.start()
        thread.join()
    assert len(seen) == 1
    assert list(reader) == []


def test_the_clock_tells_when_a_file_begins_if_nobody_else_does(make_video):
    """Without a start the injected clock is asked once."""
    reader = reader_of(make_video(), starts_at=None, now=lambda: NOON)
    assert [f.captured_at for f in reader] == [NOON, NOON + timedelta(seconds=1)]


def test_a_naive_start_is_refused(make_video):
    """Instants are in UTC and say so."""
    with pytest.raises(FrameError, match="starts_at must be an instant in UTC"):
        reader_of(make_video(), starts_at=datetime(2026, 6, 1))  # noqa: DTZ001 - the mistake


def fails(path, error, match):
    """Reading must fail so, naming the file; gives the reader."""
    reader = reader_of(path)
    frames = []
    with pytest.raises(error, match=match) as caught:
        frames.extend(reader)
    assert str(path) in str(caught.value)
    return reader


def test_a_missing_file_has_its_error(tmp_path):
    """The message names the path."""
    fails(tmp_path / "none.mp4", SourceNotFound, "no such file")
    fails(tmp_path, SourceNotFound, "is a folder")


def test_an_empty_file_has_its_error(tmp_path):
    """No bytes at all."""
    path = tmp_path / "empty.mp4"
    path.touch()
    fails(path, EmptyVideo, "is an empty file")


def test_a_file_without_pictures_in_its_stream_has_its_error(make_video, tmp_path):
    """A recorder that was switched off at once: a header, a stream, no picture."""
    fragmented = make_video(pictures=1, mux_options={"movflags": "empty_moov+frag_keyframe"})
    path = tmp_path / "header.mp4"
    path.write_bytes(fragmented.read_bytes().partition(b"moof")[0][:-4])
    fails(path, EmptyVideo, "without pictures")
    bare = tmp_path / "bare.mp4"
    with av.open(str(bare), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.encode(None)
        output.start_encoding()
    fails(bare, EmptyVideo, "no pictures and no sound")


def test_a_file_of_sound_alone_has_its_error(tmp_path):
    """The message says what it holds."""
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=48_000)
        silence = av.AudioFrame.from_ndarray(
            np.zeros((2, 48_000), np.float32), format="fltp", layout="stereo"
        )
        silence.rate = 48_000
        output.mux(stream.encode(silence))
        output.mux(stream.encode(None))
    fails(path, NoVideoStream, "holds audio but no pictures")


@pytest.mark.parametrize("content", [b"hello\n" * 1000, random.Random(1).randbytes(100_000)])  # noqa: S311
def test_garbage_has_its_error(tmp_path, content):
    """Text and noise are no videos."""
    path = tmp_path / "garbage.mp4"
    path.write_bytes(content)
    fails(path, CorruptVideo, "is not a video")


def test_an_unknown_coding_has_its_error(make_video):
    """A well-formed file in a coding that nobody knows."""
    path = make_video()
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    fails(path, UnsupportedCodec, "coding that cannot be read")


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("a.mp4", {"mux_options": {"movflags": "faststart"}}, "cut off after .* pictures"),
        ("a.mkv", {}, r"it ends at .* of 4\.0 s"),
    ],
)
def test_a_cut_off_file_gives_what_it_has_and_then_its_error(make_video, name, options, match):
    """Damage is never silent, and never takes with it what could be read."""
    path = cut_to(make_video(name, pictures=100, **options), 0.6)
    reader = fails(path, CorruptVideo, match)
    assert reader.counters.frames >= 2
    assert reader.counters.packets < 100


def test_a_file_cut_between_two_pictures_has_its_error(make_video):
    """No picture is torn, but the index names more than there is."""
    path = make_video(pictures=100, mux_options={"movflags": "faststart"})
    with av.open(str(path)) as container:
        place = container.streams.video[0].index_entries[50].pos
    path.write_bytes(path.read_bytes()[:place])
    assert fails(path, CorruptVideo, "behind its end").counters.frames == 2


def test_a_recording_without_its_index_has_its_error(make_video):
    """An MP4 whose writer was killed has no index, and nothing of it can be read."""
    fails(cut_to(make_video(), 0.5), CorruptVideo, "was cut off while it was written")


def test_a_damaged_keyframe_is_left_out_and_reported(make_video):
    """The pictures before and after it come; a warning tells of it."""
    path = make_video(pictures=75, size=(320, 240))
    with av.open(str(path)) as container:
        entry = container.streams.video[0].index_entries[25]
    data = bytearray(path.read_bytes())
    data[entry.pos + 5 : entry.pos + entry.size] = b"\xff" * (entry.size - 5)
    path.write_bytes(data)
    reader = reader_of(path)
    assert seconds_of(reader) == pytest.approx([0, 2])
    assert reader.warnings[0].text == "1 damaged pictures were left out"


def test_damage_between_rare_keyframes_is_reported(make_video):
    """Where every picture is decoded, every damaged one is noticed."""
    path = make_video(pictures=200, gop=250, size=(320, 240))
    with av.open(str(path)) as container:
        entry = container.streams.video[0].index_entries[150]
    data = bytearray(path.read_bytes())
    data[entry.pos : entry.pos + 4] = b"\xff" * 4
    path.write_bytes(data)
    reader = reader_of(path)
    assert len(list(reader)) >= 6
    assert "damaged" in reader.warnings[-1].text
    assert reader.triage.damaged_packets == 1


def test_a_stream_without_keyframes_is_reported(make_video, tmp_path):
    """A recording that begins in the middle of an endless group."""
    path = make_video("a.ts", container="mpegts", pictures=150, gop=1000)
    with av.open(str(path)) as source, av.open(str(tmp_path / "rest.mkv"), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size and not packet.is_keyframe:
                packet.stream = stream
                output.mux(packet)
    reader = fails(tmp_path / "rest.mkv", CorruptVideo, "none of its 149 pictures can be decoded")
    assert [w.text for w in reader.warnings] == [
        "not one keyframe so far, so nothing can be decoded"
    ]


def test_warnings_are_bounded(make_video):
    """100,000 warnings keep the newest hundred."""
    reader = reader_of(make_video())
    for number in range(100_000):
        reader._warn(float(number), "x")
    assert len(reader.warnings) == 100
    assert reader.warnings[-1].at_seconds == 99_999


def test_pictures_come_undecoded_and_are_decoded_later(make_video, level):
    """What is handed out is the keyframe itself; developing it gives the frame of iterating."""
    video = make_video(pictures=100)
    reader = VideoReader(video, camera_id="c")
    pictures = list(reader.pictures())
    assert reader.triage.decoded_pictures == 0
    frames = [reader.develop(picture) for picture in pictures]
    assert [frame.seconds for frame in frames] == [
        f.seconds for f in VideoReader(video, camera_id="c")
    ]
    assert [int(frame.image.mean()) for frame in frames] == pytest.approx(
        [level(number) for number in (0, 25, 50, 75)], abs=6
    )
    assert reader.counters.frames == 4


def test_a_camera_keeps_no_decoder_between_its_keyframes(make_video):
    """A decoder holds megabytes, and a box has many cameras and few judges."""
    reader = VideoReader(make_video(pictures=100), camera_id="c")
    frames = [reader.develop(picture) for picture in reader.pictures()]
    assert all(frames)
    gc.collect()
    assert not any(isinstance(thing, PictureDecoder) for thing in gc.get_objects())


def test_an_abandoned_iteration_touches_nothing_any_more(make_video):
    """Its thread comes back after another has begun: it ends, and the other one's order stands."""
    reader = VideoReader(make_video(pictures=100), camera_id="c")
    hung = reader.pictures()
    next(hung)
    reader.abandon()
    seconds = [picture.seconds for picture in reader.pictures()]
    packets = reader.counters.packets
    assert list(hung) == []
    assert reader.counters.packets == packets
    assert seconds == pytest.approx([1.04, 2.04, 3.04])  # the first is too near the one before
