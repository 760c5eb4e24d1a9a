"""What the demonstration's boxes and case systems last reported: living cameras, moving cases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from api.boxes.tables import BoxRecord
from api.cameras.tables import CameraPicture, CameraRecord
from pipeline.exchange import BoxStatus, CameraState, CameraStatus, Gap, GapReason, GapReport

UP_FOR = timedelta(days=3, hours=5)
SOFTWARE, MODEL = "streetcase 0.1.0", "street 0.1.0"
FRAMES = 138_240  # judged since the start: about one every two seconds
MOVED = "ring-south-02"  # somebody has turned this one
# What the case system says of older cases, from the third newest on.
REPORTS = (
    ({"status": "acknowledged"},),
    ({"status": "acknowledged"}, {"status": "correcting"}),
    ({"status": "acknowledged"}, {"status": "closed", "outcome": "persuaded"}),
    ({"status": "acknowledged"}, {"status": "closed", "outcome": "corrected"}),
)
# Of one camera, not watched within the last day: hours ago, for how many minutes, and why.
NOT_WATCHED = (
    (21.0, 95, "rtsp: connection refused"),
    (9.5, 40, "picture covered"),
    (2.0, 6, "rtsp: connection refused"),
)
NOT_ALWAYS_WATCHED = "market-02"
UNTOUCHED = 2  # newest cases that nobody has taken up yet


def report_boxes(database, now):
    """Every box has just reported, and its cameras have just sent a picture."""
    with database.writing() as session:
        cameras = session.scalars(select(CameraRecord)).all()
        for box in session.scalars(select(BoxRecord)):
            own = [camera.id for camera in cameras if camera.box_id == box.id]
            box.seen_at = now
            box.software = SOFTWARE
            box.clock_difference_seconds = 0.04
            box.status = _status(own, now).model_dump(mode="json")
        for picture in session.scalars(select(CameraPicture)):
            picture.captured_at = now


def report_gaps(box, now):
    """The box tells of the times in which it did not see one of its cameras."""
    gaps = tuple(
        Gap(
            number=number,
            reason=GapReason.NOT_WATCHED,
            camera_id=NOT_ALWAYS_WATCHED,
            began_at=now - timedelta(hours=hours),
            ended_at=now - timedelta(hours=hours) + timedelta(minutes=minutes),
            detail=detail,
        )
        for number, (hours, minutes, detail) in enumerate(NOT_WATCHED, start=1)
    )
    answer = box.post("gaps", GapReport(gaps=gaps).model_dump(mode="json"))
    assert answer.status_code == 200, answer.text


def _status(cameras, now):
    return BoxStatus(
        sent_at=now,
        started_at=now - UP_FOR,
        software=SOFTWARE,
        model=MODEL,
        clock_offset_seconds=0.04,
        outbox_quota_bytes=20 * 2**30,
        cpu_share=0.37,
        memory_bytes=1_480 * 2**20,
        disk_free_bytes=182 * 2**30,
        cameras=tuple(
            CameraStatus(
                camera_id=camera,
                state=CameraState.RUNNING,
                since=now - UP_FOR,
                last_frame_at=now - timedelta(seconds=2),
                frames=FRAMES,
                view="moved" if camera == MOVED else "ok",
                width=1280,
                height=720,
            )
            for camera in cameras
        ),
    )


def report_cases(post, get, token, now):
    """The case system takes up and closes older cases: `post(path, body, token)`, `get(path)`."""
    older = get("/cases")["items"][UNTOUCHED:]
    for case, reports in zip(older, REPORTS, strict=False):
        for number, report in enumerate(reports):
            said = {
                **report,
                "callback_id": f"{case['number']}-{number}",
                "reported_at": now.isoformat(),
                "reference": f"演示办〔2026〕{400 + case['number']} 号",
            }
            post(f"/cases/{case['id']}/callbacks", said, token)
