"""The command: words for people, JSON for programs, exit codes for scripts, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from pipeline.evidence.bundle import zip_bundle
from pipeline.evidence.verify import EXIT_FAILS, EXIT_HOLDS, EXIT_USAGE, main


def test_a_sound_bundle_exits_with_0(bundle, key, tmp_path, capsys):
    """Pinned by key file or by id, as folder or as ZIP file."""
    public = tmp_path / "box.pub"
    public.write_bytes(key.public_pem())
    packed = zip_bundle(bundle.folder, tmp_path / "b.zip")
    assert main([str(bundle.folder), "--public-key", str(public)]) == EXIT_HOLDS
    assert main([str(packed), "--key-id", key.key_id.upper()]) == EXIT_HOLDS
    assert "RESULT: everything holds, 0 warning(s)" in capsys.readouterr().out


def test_a_spoilt_bundle_exits_with_1_and_names_the_file(bundle, capsys):
    """The last line is the first thing that does not hold."""
    bundle.path_of("later.jpg").write_bytes(b"x")
    assert main([str(bundle.folder)]) == EXIT_FAILS
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("RESULT: does not hold: items/later.jpg: it has 1 bytes")


def test_json_is_one_line(bundle, capsys):
    """For programs."""
    assert main([str(bundle.folder), "--json"]) == EXIT_HOLDS
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_previous_and_chain(bundle, capsys):
    """The first bundle has no previous one, and a folder of one is a chain of one."""
    arguments = [str(bundle.folder), "--previous", str(bundle.folder)]
    assert main(arguments) == EXIT_FAILS
    assert main(["--chain", str(bundle.folder.parent)]) == EXIT_HOLDS
    assert "1 manifests" in capsys.readouterr().out


def test_wrong_options_exit_with_2(bundle, tmp_path, capsys):
    """A key id of the wrong length, a key file that is none."""
    with pytest.raises(SystemExit) as caught:
        main([str(bundle.folder), "--key-id", "abc"])
    assert caught.value.code == EXIT_USAGE
    assert main([str(bundle.folder), "--public-key", str(tmp_path / "no")]) == EXIT_USAGE
    assert "cannot be read" in capsys.readouterr().err


def test_it_runs_alone_on_a_poor_console_without_the_vision_stack(bundle):
    """As a court would: another process, ASCII output, and no NumPy or OpenCV is loaded."""
    code = (
        "import runpy, sys\n"
        "import pipeline.evidence.continuity, pipeline.evidence.templates\n"
        "sys.argv = ['verify', sys.argv[1]]\n"
        "try:\n"
        "    runpy.run_module('pipeline.evidence.verify', run_name='__main__')\n"
        "except SystemExit as done:\n"
        "    loaded = {'numpy', 'cv2', 'av', 'onnxruntime'} & set(sys.modules)\n"
        "    sys.exit(done.code or (3 if loaded else 0))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(bundle.folder)],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].startswith("RESULT: everything holds")
