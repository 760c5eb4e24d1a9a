"""Writes the JSON Schemas of all events: python -m api.feed.write_schemas docs/events."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from api.feed.content import EventType, json_schema


def write_schemas(folder: Path) -> list[Path]:
    """One file for each event type; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for event_type in EventType:
        path = folder / f"{event_type.value}.schema.json"
        text = json.dumps(json_schema(event_type), ensure_ascii=False, indent=2)
        path.write_text(text + "\n", encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    for _path in write_schemas(Path(sys.argv[1])):
        sys.stdout.write(f"{_path}\n")
