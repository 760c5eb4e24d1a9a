"""Who is who over time: detections of the same object joined into tracks."""
