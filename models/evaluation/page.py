"""The report page of an evaluation: one HTML file that needs nothing from anywhere else."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from models.evaluation.figures import REAL, Row
from models.evaluation.looking import RENDERED
from models.evaluation.plots import interval_bar, reliability_diagram

STYLE: Final = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1500px; padding: 0 1rem;
  color: #1c2126; background: #fff }
table { border-collapse: collapse; margin: .6rem 0 1.4rem }
th, td { padding: .18rem .6rem; text-align: right; border-bottom: 1px solid #dfe3e7;
  font-variant-numeric: tabular-nums; white-space: nowrap }
th { font-weight: 600; background: #f3f5f7; position: sticky; top: 0 }
td.word, th.word { text-align: left }
svg.bar .axis { stroke: #dfe3e7 } svg.bar .interval { stroke: #4f7fb5; stroke-width: 4 }
svg.bar circle { fill: #123e6b }
svg.reliability rect { fill: #f8f9fa; stroke: #c8ced4 }
svg.reliability line { stroke: #9aa3ab; stroke-dasharray: 4 3 }
svg.reliability polyline { fill: none; stroke: #4f7fb5; stroke-width: 1.5 }
svg.reliability circle { fill: #123e6b; fill-opacity: .7 }
svg.reliability text { font: 11px system-ui, sans-serif; fill: #1c2126 }
.wide { overflow-x: auto }
img { max-width: 100%; border: 1px solid #dfe3e7 }
.rendered { background: #fff7e6 } .note { color: #57616b; max-width: 60rem }
.bad { color: #a4161a; font-weight: 600 }
"""
NAMES: Final = {
    "class": "class",
    "source": "pictures from",
    "pictures": "pictures",
    "boxes": "boxes",
    "ap50": "AP50",
    "ap30": "AP30",
    "ap50_95": "AP50:95",
    "precision": "precision",
    "recall": "recall",
    "threshold": "at score",
    "size": "size",
    "light": "light",
    "looks": "looks",
    "alarms": "alarms",
    "per_100": "on 100",
    "violation": "violation",
    "twin": "twin",
    "taken_for": "taken for",
    "of": "looks at",
    "expected_error": "expected calibration error",
    "detections": "detections",
}
HOW_TO_READ: Final = (
    "AP50 and AP50:95 follow pycocotools: greedy matching, 101 recalls, at most 100 detections of a"
    " class in a picture, ignored regions as crowds. Each set speaks only of the classes that it"
    " labels. Intervals hold 95 % of 1000 bootstrap draws of pictures; pictures of one scene"
    " resemble each other, which makes the true interval wider. Precision and recall are those at"
    " the card's threshold. Rendered pictures have tables and lines of their own (tinted) and say"
    " nothing about real streets."
)

_FIGURES: Final = (
    "class",
    "source",
    "pictures",
    "boxes",
    "ap50",
    "ap50_95",
    "precision",
    "recall",
    "threshold",
)
_PART: Final = ("pictures", "boxes", "ap50", "ap50_95")
_ALARMS: Final = ("looks", "alarms", "per_100")
# Title, key of the result, columns.
TABLES: Final = (
    ("All real sets together; rendered pictures apart", "pooled", (*_FIGURES, "ap30")),
    ("By source", "figures", (*_FIGURES, "ap30")),
    ("By size, as the network sees it", "by_size", ("class", "source", "size", *_PART)),
    ("By light, as the runtime judges it", "by_light", ("class", "source", "light", *_PART)),
    (
        "Twins: what looks like a violation and is none",
        "twins",
        ("violation", "twin", "taken_for", "source", "of", *_ALARMS),
    ),
    (
        "False alarms on pictures that show none of the class",
        "false_alarms",
        ("class", "source", *_ALARMS),
    ),
)


def table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Rows as an HTML table; a figure with an interval gets a bar and its limits."""
    words = [c for c in columns if rows and isinstance(rows[0].get(c), str)]
    heads = "".join(
        f"<th{' class=word' if c in words else ''}>{html.escape(NAMES.get(c, c))}</th>"
        for c in columns
    )
    body = []
    for row in rows:
        cells = "".join(_cell(row, c, word=c in words) for c in columns)
        tint = "" if str(row.get("source", "")).startswith(REAL) else " class=rendered"
        body.append(f"<tr{tint}>{cells}</tr>")
    inside = f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody>"
    return f"<div class=wide><table>{inside}</table></div>"


def _cell(row: Row, column: str, *, word: bool) -> str:
    """One cell."""
    value = row.get(column, "")
    if word:
        return f"<td class=word>{html.escape(str(value))}</td>"
    if not isinstance(value, float):
        return f"<td>{html.escape(str(value))}</td>"
    if math.isnan(value):
        return "<td>-</td>"
    if f"{column}_low" not in row:
        return f"<td>{value:.3f}</td>"
    low, high = row[f"{column}_low"], row[f"{column}_high"]
    bar = interval_bar(low, value, high) if value <= 1 else ""
    return f"<td>{value:.3f} {bar} {low:.2f}&ndash;{high:.2f}</td>"


def reliability_section(rows: Sequence[Row], source: str) -> str:
    """Reliability diagrams of one kind of pictures, a class each."""
    return "".join(
        reliability_diagram(
            f"{r['class']}, error {r['expected_error']:.2f} ({r['detections']})",
            r["mean_scores"],
            r["shares_right"],
            r["counts"],
        )
        for r in rows
        if r["source"] == source
    )


def page(result: Mapping[str, Any], pictures: Sequence[tuple[str, str]]) -> str:
    """The page.

    Args:
        result: What `models.evaluate` writes as JSON.
        pictures: Title and file name of each contact sheet beside the page.
    """
    model = result["model"]
    title = f"Evaluation of {model['name']}, version {model['version']}"
    wrong = "".join(f"<li class=bad>{html.escape(w)}</li>" for w in result["disagreeing"])
    verdict = (
        f"<p class=bad>Figures that differ from the card:</p><ul>{wrong}</ul>"
        if wrong
        else "<p>Every figure agrees with the card.</p>"
    )
    sections = [(name, table(result[key], columns)) for name, key, columns in TABLES]
    sections += [
        (f"Calibration on {source} pictures", reliability_section(result["calibration"], source))
        for source in (REAL, RENDERED)
    ]
    sections += [
        (name, f'<img src="{html.escape(file)}" alt="{html.escape(name)}">')
        for name, file in pictures
    ]
    body = "".join(f"<h2>{html.escape(name)}</h2>{content}" for name, content in sections)
    head = f"<p>File {html.escape(model['file'])}, sha256 {html.escape(model['sha256'])}</p>"
    note = "The pictures show people and number plates: keep them where the data may be."
    return whole_page(
        title,
        f"{head}{verdict}<p class=note>{HOW_TO_READ}</p>{body}<p class=note>{note}</p>",
    )


def whole_page(title: str, body: str) -> str:
    """An HTML page with our style; the body is HTML already, the title is not."""
    safe = html.escape(title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{safe}</title>'
        f"<style>{STYLE}</style></head><body><h1>{safe}</h1>{body}</body></html>\n"
    )
