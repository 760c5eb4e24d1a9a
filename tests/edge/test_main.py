"""The box's commands: their last line is one JSON object, and their exit code tells if it is ok."""

from __future__ import annotations

import json

import pytest

from edge.__main__ import main


def last_line(capsys):
    captured = capsys.readouterr()
    return json.loads(captured.out.strip().splitlines()[-1]), captured.err


def test_a_file_is_watched_to_its_end(make_video, tmp_path, capsys):
    """A grey video has no violation: ok, a report page, no finding."""
    video = make_video(pictures=100)
    code = main(["run", "--source", str(video), "--out", str(tmp_path / "out")])
    figures, _ = last_line(capsys)
    assert code == 0
    assert figures["ok"]
    assert figures["found"] == {}
    assert figures["frames"] == 4
    assert (tmp_path / "out" / "report.html").exists()


def test_a_damaged_file_is_an_error_with_its_name(make_video, tmp_path, capsys):
    """What could be read is used, and the damage is said."""
    video = make_video(pictures=100)
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 3])
    code = main(["run", "--source", str(video), "--out", str(tmp_path / "out")])
    figures, _ = last_line(capsys)
    assert code == 1
    assert video.name in figures["error"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--source", "absent.mp4"], "absent.mp4"),
        (["run", "--source", "http://host/x"], "rtsp"),
        (["run", "--source", "x.mp4", "--camera", "absent.toml"], "absent.toml"),
        (["run", "--source", "x.mp4", "--settings", "absent.toml"], "absent.toml"),
        (["clips", "."], "no clip found"),
    ],
)
def test_mistakes_are_answered_in_words(arguments, words, tmp_path, capsys, monkeypatch):
    """No traceback: what is wrong, in the JSON line too."""
    (tmp_path / "models").symlink_to(__import__("pathlib").Path("models").resolve())
    monkeypatch.chdir(tmp_path)
    code = main([*arguments, "--out", str(tmp_path / "out")])
    figures, _ = last_line(capsys)
    assert code != 0
    assert not figures["ok"]
    assert words in str(figures["error"])


def test_clips_get_a_contact_sheet_each(make_video, tmp_path, capsys):
    """The index names every clip, the broken one with its error."""
    folder = tmp_path / "clips"
    folder.mkdir()
    make_video(pictures=100).rename(folder / "good.mp4")
    (folder / "broken.mp4").write_bytes(b"no video at all")
    out = tmp_path / "out"
    code = main(["clips", str(folder), "--out", str(out)])
    figures, _ = last_line(capsys)
    assert code == 1
    assert figures["clips"] == 2
    assert list(figures["errors"]) == ["broken.mp4"]
    assert (out / "good.jpg").stat().st_size > 1000
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "good.mp4" in page
    assert "broken.mp4" in page


def test_help_explains_every_command(capsys):
    """`--help` names the commands."""
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(command in text for command in ("run", "clips", "profile"))
