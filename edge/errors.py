"""Every error the box raises, as one tree under the core's `StreetcaseError`.

    EdgeError
    ├── VideoError                   pictures that cannot be had
    │   ├── StreamUrlError           not the address of a stream
    │   ├── SourceNotFound           no such file, or the camera knows no such path
    │   ├── SourceUnreachable        the camera does not answer, or refuses to serve
    │   ├── WrongPassword            the camera refuses this name and password
    │   ├── NoVideoStream            sound or data, but no pictures
    │   ├── UnsupportedCodec         pictures in a coding that this build cannot read
    │   ├── EmptyVideo               a file of no bytes, or a stream of no pictures
    │   ├── CorruptVideo             garbage, cut off, or damaged beyond reading
    │   ├── StreamEnded              the camera closed the connection
    │   ├── StreamStalled            the camera is connected and sends nothing
    │   └── ClipError                a clip or still that cannot be cut
    │       ├── SpanNotInRing        the seconds asked for are not in the ring
    │       └── AlbumFull            no more keyframes can be pinned
    ├── SimulatedCameraError         a clip that cannot be served as a camera
    ├── OutboxError                  the outbox cannot be read or written
    │   └── OutboxFull               there is no room on its disk
    └── UplinkError                  the centre could not be told
        ├── CentreUnreachable        no answer, or one that says "later": try again
        ├── CentreRefused            the answer is no, and would be again
        ├── NotEnrolled              the centre does not know this box, or not any more
        └── EvidenceDamaged          a file that was to be sent is not what it was

The first sentence of a message says what is wrong, the rest what to do. No message carries the
credentials of a stream.
"""
# ruff: noqa: N818 - a name says what happened ("StreamEnded"), as StopIteration does

from __future__ import annotations

from pipeline.errors import StreetcaseError


class EdgeError(StreetcaseError):
    """Base of everything that the box raises on purpose."""


class VideoError(EdgeError):
    """Pictures that cannot be had."""


class StreamUrlError(VideoError, ValueError):
    """Not the address of a stream."""


class SourceNotFound(VideoError):
    """There is no such file, or the camera knows no such path."""


class SourceUnreachable(VideoError):
    """The camera does not answer, or refuses to serve."""


class WrongPassword(VideoError):
    """The camera refuses this name and password."""


class NoVideoStream(VideoError):
    """The source has sound or data, but no pictures."""


class UnsupportedCodec(VideoError):
    """The pictures are in a coding that this build cannot read."""


class EmptyVideo(VideoError):
    """The file has no bytes, or the stream no pictures."""


class CorruptVideo(VideoError):
    """The video is garbage, cut off, or damaged beyond reading."""


class StreamEnded(VideoError):
    """The camera closed the connection."""


class StreamStalled(VideoError):
    """The camera is connected and sends nothing."""


class ClipError(VideoError):
    """A clip or still that cannot be cut."""


class SpanNotInRing(ClipError):
    """The seconds asked for are not in the ring, or not any more."""


class AlbumFull(ClipError):
    """No more keyframes can be pinned."""


class SimulatedCameraError(EdgeError):
    """A clip that cannot be served as a camera."""


class OutboxError(EdgeError):
    """The outbox cannot be read or written."""


class OutboxFull(OutboxError):
    """There is no room on the outbox's disk."""


class UplinkError(EdgeError):
    """The centre could not be told."""


class CentreUnreachable(UplinkError):
    """No answer, or one that says "later"; trying again is right.

    `retry_after_seconds` is what the centre asked for, if it did; `chokes` says that it answered,
    and stumbled over what it was sent.
    """

    def __init__(
        self, message: str, *, retry_after_seconds: float | None = None, chokes: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.chokes = chokes


class CentreRefused(UplinkError):
    """The answer is no, and would be again.

    `status` is the HTTP status, `problem` the centre's own words.
    """

    def __init__(self, message: str, *, status: int, problem: str) -> None:
        super().__init__(message)
        self.status = status
        self.problem = problem


class NotEnrolled(UplinkError):
    """The centre does not know this box, or not any more."""


class EvidenceDamaged(UplinkError):
    """A file that was to be sent is not what it was."""
