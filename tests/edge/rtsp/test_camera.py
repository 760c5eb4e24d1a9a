"""What one client of a simulated camera gets."""

import pytest

from edge.rtsp import camera
from edge.rtsp.camera import MAX_UNSENT_BYTES, Client, interleaved


class Line:
    """A connection whose other end reads as the test says: writer and transport in one."""

    def __init__(self):
        self.unsent, self.sent, self.is_gone = 0, [], False
        self.transport = self

    def get_write_buffer_size(self):
        """As asyncio's transport."""
        return self.unsent

    def is_closing(self):
        """As asyncio's transport."""
        return self.is_gone

    def write(self, data):
        """As asyncio's writer."""
        self.sent.append(data)

    def close(self):
        """As asyncio's writer."""
        self.is_gone = True

    async def drain(self):
        """As asyncio's writer when the other end is gone."""
        raise ConnectionResetError


def test_a_slow_client_loses_whole_groups_and_goes_on_at_a_keyframe():
    """It begins with one, loses pictures while too much is unread, and never gets half a group."""
    line = Line()
    client = Client(line)
    story = [
        (b"p0", False, 0),  # joined in the middle of a group
        (b"k1", True, 0),
        (b"p1", False, 0),
        (b"p2", False, MAX_UNSENT_BYTES + 1),
        (b"p3", False, 0),  # has caught up, but its references are missing
        (b"k4", True, MAX_UNSENT_BYTES + 1),  # still too slow at this one
        (b"p4", False, 0),
        (b"k5", True, 0),
        (b"p5", False, 0),
    ]
    for picture, is_keyframe, unsent in story:
        line.unsent = unsent
        client.send_picture([picture], is_keyframe=is_keyframe)
    assert line.sent == [interleaved(0, p) for p in (b"k1", b"p1", b"k5", b"p5")]


@pytest.mark.parametrize("act", ["send_picture", "say_goodbye"])
def test_nothing_is_sent_to_a_client_that_is_gone(act):
    """Its handler takes it off the list a moment later."""
    line = Line()
    line.is_gone = True
    client = Client(line)
    if act == "send_picture":
        client.send_picture([b"k"], is_keyframe=True)
    else:
        client.say_goodbye(b"bye")
    assert line.sent == []


def test_a_client_that_hangs_up_does_not_hold_up_a_lossless_camera():
    """Waiting for it ends, without an error."""
    waiting = camera.Client(Line()).has_caught_up()
    with pytest.raises(StopIteration):
        waiting.send(None)
