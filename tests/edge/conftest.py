"""Videos of every kind, good and bad, made on the spot and small."""

from __future__ import annotations

import shutil
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

TICKS = 90_000


def level_of(number: int) -> int:
    """The grey of picture `number`: neighbours differ by 3, so a picture tells its number."""
    return 20 + number * 3 % 210


def encode(
    path: Path,
    *,
    pictures: int = 50,
    size: tuple[int, int] = (160, 120),
    gop: int = 25,
    b_frames: int = 0,
    times: Sequence[float] | None = None,
    codec: str = "libx264",
    container: str | None = None,
    colour: tuple[int, int, int] | None = None,
    mux_options: dict[str, str] | None = None,
) -> Path:
    """Encode grey pictures (or one colour, BGR) at 25 a second or at the given times."""
    width, height = size
    with av.open(str(path), "w", format=container, options=mux_options or {}) as output:
        stream = output.add_stream(codec, rate=25)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS)
        stream.options = {
            "g": str(gop),
            "keyint_min": str(gop),
            "sc_threshold": "0",
            "bf": str(b_frames),
            "b_strategy": "0",
            "preset": "ultrafast",
            "x265-params": f"log-level=none:keyint={gop}",
        }
        for number in range(pictures):
            value: Any = colour or (level_of(number),) * 3
            image = np.full((height, width, 3), value, np.uint8)
            picture = av.VideoFrame.from_ndarray(image, format="bgr24")
            if height >= 720:  # as HD cameras do, without saying so
                picture = picture.reformat(format=stream.pix_fmt, dst_colorspace=Colorspace.ITU709)
            seconds = times[number] if times is not None else number / 25
            picture.pts, picture.time_base = round(seconds * TICKS), Fraction(1, TICKS)
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def encoded_videos() -> dict[str, Path]:
    """Videos already encoded in this session, by their options."""
    return {}


@pytest.fixture
def make_video(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, encoded_videos: dict[str, Path]
) -> Callable[..., Path]:
    """Make a video in the test's folder; equal ones are encoded once per session."""

    def make(name: str = "street.mp4", **options: Any) -> Path:
        key = repr((name.rpartition(".")[2], sorted(options.items())))
        if key not in encoded_videos:
            encoded_videos[key] = encode(tmp_path_factory.mktemp("video") / name, **options)
        return shutil.copy(encoded_videos[key], tmp_path / name)

    return make


@pytest.fixture
def level() -> Callable[[int], int]:
    """The grey of the picture with a number."""
    return level_of
