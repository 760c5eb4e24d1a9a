"""The report page of the semi-real videos: figures, contact sheets, mistakes with reasons."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

import av
import cv2
import numpy as np

from edge.report import PAGE_STYLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from models.semireal.watch import Watched
    from pipeline.camera import Camera
    from tests.scenarios.matching import Script

COLUMNS: Final = 4
TILES: Final = 8
TILE_PX: Final = 360
TRUTH, FOUND, ZONE = (80, 220, 80), (60, 160, 255), (200, 200, 60)  # B, G, R
# Zones that a theme's rule looks at.
ZONES: Final = {
    "vending": ("no_vending", "permitted"),
    "advertising": ("ad_surface", "permitted_ad"),
    "dust": ("site",),
    "spill": ("road",),
}


def contact_sheet(video: Path, out: Path, script: Script, camera: Camera, watched: Watched) -> None:
    """Eight pictures of a video: truth green, found orange; zones in the first one."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        pictures = [
            (float(frame.time or 0.0), frame.to_ndarray(format="bgr24"))
            for i, frame in enumerate(container.decode(stream))
            if i % max(1, (stream.frames or TILES) // TILES) == 0
        ][:TILES]
    tiles = [
        _tile(np.asarray(picture, np.uint8), seconds, script, camera, watched, first=i == 0)
        for i, (seconds, picture) in enumerate(pictures)
    ]
    while len(tiles) % COLUMNS:
        tiles.append(np.zeros_like(tiles[0]))
    rows = [np.hstack(tiles[i : i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(out), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 82])


def _tile(
    picture: np.ndarray[Any, np.dtype[np.uint8]],
    seconds: float,
    script: Script,
    camera: Camera,
    watched: Watched,
    *,
    first: bool,
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    scale = TILE_PX / picture.shape[1]
    size = (TILE_PX, round(picture.shape[0] * scale))
    tile = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    if first:
        for zone in camera.zones:
            if zone.kind.value in ZONES[script.name.rsplit("-", 2)[1]]:
                corners = [(int(x * size[0]), int(y * size[1])) for x, y in zone.polygon.points]
                cv2.polylines(tile, [np.array(corners, np.int32)], True, ZONE, 1)  # noqa: FBT003
    for act in script.episodes:
        ends = script.seconds if act.ends_seconds is None else act.ends_seconds
        if act.starts_seconds <= seconds <= ends:
            _box(tile, [v * scale for v in act.box.xyxy], TRUTH)
    for found in watched.candidates:
        begin = (found.fired_at - script.starts_at).total_seconds()
        end = (found.last_seen_at - script.starts_at).total_seconds()
        if begin <= seconds <= max(end, begin + script.seconds / TILES):
            x1, y1, x2, y2 = found.box
            _box(tile, [x1 * size[0], y1 * size[1], x2 * size[0], y2 * size[1]], FOUND)
    cv2.putText(tile, f"{seconds:.0f} s", (4, size[1] - 6), 0, 0.45, (0, 0, 0), 3)
    cv2.putText(tile, f"{seconds:.0f} s", (4, size[1] - 6), 0, 0.45, (255, 255, 255), 1)
    return tile


def _box(
    tile: np.ndarray[Any, np.dtype[np.uint8]], box: Sequence[float], colour: tuple[int, int, int]
) -> None:
    x1, y1, x2, y2 = (round(v) for v in box)
    cv2.rectangle(tile, (x1, y1), (x2, y2), colour, 2)


def write_page(
    path: Path,
    *,
    figures: Mapping[str, Mapping[str, Mapping[str, Any]]],
    mistakes: Mapping[str, Sequence[str]],
    sheets: Mapping[str, str],
    without: Mapping[str, Mapping[str, str]],
    air: Sequence[Mapping[str, Any]],
) -> None:
    """Write `index.html`.

    Args:
        path: Of the page; the sheets lie beside it.
        figures: Variant -> violation -> row of `models.semireal.figures.as_rows`.
        mistakes: Variant -> lines.
        sheets: Video -> file name of its contact sheet.
        without: Stage -> theme -> why the clip does not carry it.
        air: Rows of `models.semireal.dust.with_and_without`.
    """
    tables = "".join(
        f"<article><h2>{escape(variant)}</h2>{_table(rows)}"
        + "".join(f"<p class='soft'>{escape(line)}</p>" for line in mistakes[variant])
        + "</article>"
        for variant, rows in figures.items()
    )
    shown = "".join(
        f'<article><h2>{escape(name)}</h2><img loading="lazy" src="{escape(sheet)}"'
        ' alt="contact sheet"></article>'
        for name, sheet in sheets.items()
    )
    reasons = "".join(
        f"<li class='against'>{escape(stage)}, {escape(theme)}: {escape(why)}</li>"
        for stage, themes in without.items()
        for theme, why in themes.items()
    )
    path.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Semi-real</title>'
        f"<style>{PAGE_STYLE}</style></head><body><main><header><h1>Semi-real videos</h1>"
        '<span class="soft">real clips and cut-outs, made acts · green: truth, orange: found,'
        f" yellow: zones</span></header>{tables}<article><h2>Dust, by what rings</h2>"
        f"{_air_table(air)}</article><article><h2>Not carried</h2><ul>{reasons}</ul>"
        f"</article>{shown}</main></body></html>",
        encoding="utf-8",
    )


def _table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    names = ("violation", "scripted", "found", "precision (95 %)", "recall (95 %)", "delay, s")
    head = f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"
    body = "".join(
        f"<tr><td>{escape(name)}</td><td>{row['scripted']}</td><td>{row['found']}</td>"
        f"<td>{row['precision']:.2f} ({row['precision_95'][0]:.2f}-{row['precision_95'][1]:.2f})"
        f"</td><td>{row['recall']:.2f} ({row['recall_95'][0]:.2f}-{row['recall_95'][1]:.2f})</td>"
        f"<td>{row['delay_seconds']['median'] if row['delay_seconds'] else '-'}</td></tr>"
        for name, row in rows.items()
    )
    return f"<table>{head}{body}</table>"


def _air_table(rows: Sequence[Mapping[str, Any]]) -> str:
    keys = ("rings", "videos", "plumes", "plumes_found", "alarms", "false", "delay_seconds")
    head = f"<tr>{''.join(f'<th>{escape(key)}</th>' for key in keys)}</tr>"
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(row[key]))}</td>' for key in keys)}</tr>" for row in rows
    )
    return f"<table>{head}{body}</table>"
