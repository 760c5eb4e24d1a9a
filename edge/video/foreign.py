"""The one place where errors of FFmpeg and of the operating system become ours."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING

import av.error

from edge.errors import (
    ClipError,
    CorruptVideo,
    SourceNotFound,
    SourceUnreachable,
    StreamEnded,
    StreamStalled,
    UnsupportedCodec,
    VideoError,
    WrongPassword,
)
from edge.video.source import StreamUrl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge.video.source import VideoSource


class Stage(Enum):
    """What was being done; the same error means different things at different times."""

    OPENING = "opening"
    READING = "reading"


@contextmanager
def reading_errors(source: VideoSource, stage: Stage) -> Iterator[None]:
    """Turn an error of FFmpeg about the source into ours.

    Raises:
        VideoError: The subclass that fits, with FFmpeg's error as its cause.
    """
    try:
        yield
    except av.error.FFmpegError as error:
        _hide_credentials(error, source)
        translate = _of_stream if isinstance(source, StreamUrl) else _of_file
        raise translate(error, source, stage) from error


def _hide_credentials(error: av.error.FFmpegError, source: VideoSource) -> None:
    """FFmpeg's error quotes the address, and a traceback would print it as our error's cause."""
    if isinstance(source, StreamUrl):
        error.args = (error.errno, error.strerror, str(source))


def _of_file(error: av.error.FFmpegError, source: VideoSource, stage: Stage) -> VideoError:
    match error:
        case av.error.FileNotFoundError() | av.error.NotADirectoryError():
            return SourceNotFound(f"{source}: there is no such file; check the path")
        case av.error.IsADirectoryError():
            return SourceNotFound(f"{source}: is a folder; name one of its files")
        case av.error.PermissionError():
            return SourceUnreachable(f"{source}: may not be read; check the file's owner and mode")
        case av.error.DecoderNotFoundError() | av.error.PatchWelcomeError():
            return UnsupportedCodec(
                f"{source}: is in a coding that cannot be read; convert it to H.264 or HEVC"
            )
        case av.error.InvalidDataError() | av.error.EOFError() | av.error.DemuxerNotFoundError():
            what = "is not a video" if stage is Stage.OPENING else "is damaged from here on"
            return CorruptVideo(
                f"{source}: {what}, or was cut off while it was written;"
                " copy it again, or record anew"
            )
        case _:
            return SourceUnreachable(
                f"{source}: cannot be read ({error.strerror}); check the disk it lies on"
            )


def _of_stream(error: av.error.FFmpegError, source: VideoSource, stage: Stage) -> VideoError:
    match error:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return WrongPassword(
                f"{source}: the camera refuses this name and password;"
                " check them, and that the account may view"
            )
        case av.error.HTTPNotFoundError():
            return SourceNotFound(
                f"{source}: the camera knows no such path; check what follows the host"
            )
        case av.error.DecoderNotFoundError() | av.error.PatchWelcomeError():
            return UnsupportedCodec(
                f"{source}: is in a coding that cannot be read; set the camera to H.264 or HEVC"
            )
        case _ if stage is Stage.OPENING:
            return _of_opening(error, source)
        case av.error.ExitError() | av.error.TimeoutError():
            return StreamStalled(
                f"{source}: the camera sends nothing any more; check it and its network"
            )
        case _:
            return StreamEnded(
                f"{source}: the connection was lost ({error.strerror}); open it again"
            )


def _of_opening(error: av.error.FFmpegError, source: VideoSource) -> VideoError:
    match error:
        case av.error.ExitError() | av.error.TimeoutError():
            what = "does not answer in time; check that it is on and reachable from this box"
        case av.error.ConnectionRefusedError():
            what = "refuses the connection; check the port, and that it serves RTSP"
        case av.error.InvalidDataError():
            what = "answers, but not as RTSP does; check the port"
        case av.error.HTTPError():
            what = f"refuses to serve ({error.strerror}); check its stream settings (RTP over TCP)"
        case _:
            what = f"cannot be reached ({error.strerror}); check the host name and the network"
    return SourceUnreachable(f"{source}: the camera {what}")


@contextmanager
def writing_errors(path: Path) -> Iterator[None]:
    """Turn an error of FFmpeg or of the disk about a file being written into ours.

    Raises:
        ClipError: With the foreign error as its cause.
    """
    try:
        yield
    except (OSError, ValueError, av.error.FFmpegError) as error:
        full = getattr(error, "errno", None) == errno.ENOSPC
        advice = "the disk is full; make room" if full else "check that the folder can be written"
        raise ClipError(f"{path}: cannot be written ({error}); {advice}") from error
