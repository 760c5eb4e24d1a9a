"""Several cameras on one box: one that fails disturbs no other, and a restart goes on."""

from __future__ import annotations

from edge.box import Box
from edge.settings import BoxCamera, BoxSettings, undrawn_camera
from pipeline.evidence.chain import FileChain


def camera(camera_id, source):
    fields = undrawn_camera(camera_id, camera_id).model_dump()
    return BoxCamera(**fields, source=str(source))


def test_a_missing_camera_disturbs_no_other(make_video, tmp_path):
    """The good one is watched to its end, the other one's error is in its run."""
    settings = BoxSettings(
        data=tmp_path / "box",
        cameras=(
            camera("good", make_video(pictures=75)),
            camera("gone", tmp_path / "gone.mp4"),
        ),
    )
    good, gone = Box(settings).run()
    assert good.error is None
    assert good.counts.frames == 3
    assert gone.error is not None
    assert "gone.mp4" in gone.error
    assert gone.counts.frames == 0


def test_a_second_start_keeps_key_and_chain(make_video, tmp_path):
    """The box signs with the same key and counts on from the same number after a restart."""
    settings = BoxSettings(data=tmp_path / "box", cameras=(camera("one", make_video(pictures=50)),))
    Box(settings).run()
    key = (tmp_path / "box" / "signing-key.pub.pem").read_bytes()
    head = FileChain(tmp_path / "box" / "chain.json").head()
    Box(settings).run()
    assert (tmp_path / "box" / "signing-key.pub.pem").read_bytes() == key
    assert FileChain(tmp_path / "box" / "chain.json").head() == head


def test_stop_ends_a_looping_camera(make_video, tmp_path):
    """Ctrl-C and `stop` end the watching at the next packet."""
    settings = BoxSettings(
        data=tmp_path / "box", cameras=(camera("one", make_video(pictures=500)),)
    )
    seen = []

    def on_step(_camera_id, step):
        seen.append(step.frame.seconds)
        box.stop()

    box = Box(settings, on_step=on_step)
    run = box.run()[0]
    assert run.error is None
    assert len(seen) == 1


def test_a_fault_in_one_camera_is_told_and_disturbs_no_other(make_video, tmp_path):
    """An error that nobody foresaw ends that camera with its name in the run, not in silence."""
    video = make_video(pictures=75)
    settings = BoxSettings(
        data=tmp_path / "box", cameras=(camera("good", video), camera("odd", video))
    )

    def on_step(camera_id, _step):
        if camera_id == "odd":
            raise ZeroDivisionError("nobody foresaw this")

    good, odd = Box(settings, on_step=on_step).run()
    assert good.error is None
    assert good.counts.frames == 3
    assert odd.error == "ZeroDivisionError: nobody foresaw this"
