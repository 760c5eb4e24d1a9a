"""A mistake in a settings file is named with file, line and key."""

from __future__ import annotations

import pytest

from pipeline.camera import Camera
from pipeline.errors import SettingsError
from pipeline.settings import Settings, find_line, load_settings, parse_settings


class Box(Settings):
    name: str
    cameras: tuple[Camera, ...] = ()
    limit_seconds: float = 1.0


GOOD = """
name = "gate"

[[cameras]]
id = "cam-1"
timezone = "Asia/Shanghai"

[[cameras.zones]]
id = "pavement"
kind = "no_vending"
polygon = [[0, 0], [1, 0], [1, 1]]

[[cameras]]
id = "cam-2"

[[cameras.zones]]
id = "bay"
kind = "permitted"
polygon = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]
document = "2026-17"
windows = [{ days = ["sat"], from = "18:00", to = "02:00" }]
"""


def message_of(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, Box, "box.toml")
    return str(caught.value)


def test_good_file_is_read(tmp_path):
    """Zones, windows and time zones arrive as objects."""
    path = tmp_path / "box.toml"
    path.write_text(GOOD, encoding="utf-8")
    box = load_settings(path, Box)
    assert box.cameras[1].zones[0].windows[0].until.isoformat() == "02:00:00"
    assert str(box.cameras[0].timezone) == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "gate"', "name = 3", ["box.toml:2: name:", "3"]),
        ('name = "gate"', 'nmae = "gate"', ["box.toml:2: nmae: unknown key", "'name'"]),
        ('document = "2026-17"', "", ["box.toml:16", "number of its document"]),
        ("[0.5, 0.5]]", "[0.2, 0.0], [0.5, 0.5]]", ["box.toml:19", "crosses itself"]),
        ("[1, 0], [1, 1]", "[640, 0], [640, 360]", ["box.toml:11", "fractions 0..1"]),
        ('kind = "permitted"', 'kind = "allowed"', ["box.toml:18", "'allowed'"]),
        ('"Asia/Shanghai"', '"Beijing"', ["box.toml:6", "unknown time zone 'Beijing'"]),
        ('id = "cam-2"', 'id = "cam 2"', ["box.toml:14", "'cam 2'"]),
        ('days = ["sat"]', 'days = ["Saturday"]', ["box.toml:21", "'Saturday'"]),
        ('name = "gate"', 'name = "gate"\nname = "x"', ["box.toml", "not valid TOML"]),
        ('name = "gate"', "", ["box.toml: name: is missing"]),
    ],
)
def test_each_mistake_is_named_with_its_line(old, new, words):
    """The message holds the file, the line, the key and what is wrong."""
    assert old in GOOD
    message = message_of(GOOD.replace(old, new, 1))
    assert all(word in message for word in words), message


def test_all_mistakes_are_told_at_once():
    """Two mistakes are two lines, so that one edit mends both."""
    message = message_of(GOOD.replace("gate", "gate", 1).replace("cam-1", "").replace("cam-2", ""))
    assert len(message.splitlines()) == 2


def test_missing_and_binary_files_are_named(tmp_path):
    """A file that is not there or is not text."""
    with pytest.raises(SettingsError, match=r"absent\.toml.*cannot be read"):
        load_settings(tmp_path / "absent.toml", Box)
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings(path, Box)


def test_repeated_zone_ids_are_refused():
    """Two zones of one camera cannot share an id: an episode names its zone by it."""
    message = message_of(
        GOOD.replace(
            '[[cameras]]\nid = "cam-2"',
            '[[cameras.zones]]\nid = "pavement"\nkind = "road"\n'
            'polygon = [[0, 0], [1, 0], [1, 1]]\n\n[[cameras]]\nid = "cam-2"',
        )
    )
    assert "zone ids must differ" in message


def test_find_line_falls_back_to_the_table():
    """A key inside an inline table is found at the line of the table."""
    assert find_line(GOOD, ("cameras", 1, "zones", 0, "windows", 0, "from")) == 21
    assert find_line(GOOD, ("cameras", 1, "zones", 0, "capacity")) == 16
    assert find_line("", ("x",)) is None
