"""The report page of a run: every episode with its evidence and reasons, as one HTML file.

Everything it shows lies beside it, so the folder can be moved or zipped. Pictures are never drawn
on: the box is a layer above them that a click hides.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape
from pathlib import PurePath
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from edge.words import ROLE_WORDS, SUBTYPE_WORDS, VIOLATION_WORDS
from pipeline.candidate import PRIOR, EvidenceItem, ItemKind, Witness
from pipeline.evidence.bundle import ITEMS_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from pipeline.camera import Camera
    from pipeline.candidate import Candidate, Reason

_WITNESS_WORDS = {
    Witness.NETWORK: ("网络所见", "network"),
    Witness.CHANGE: ("与参考画面之差", "change"),
    Witness.TIME: ("时间行为", "time"),
    Witness.PLACE: ("地点", "place"),
    Witness.SCHEDULE: ("时段", "schedule"),
}

PAGE_STYLE = """
:root{--ink:#1d2129;--soft:#6b7785;--line:#e5e6eb;--page:#f7f8fa;--card:#fff;--mark:#165dff;
--for:#00875a;--against:#b54708}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#9aa4b2;--line:#2f343d;--page:#14171c;
--card:#1c2027;--mark:#6aa1ff;--for:#4cc38a;--against:#f0a868}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);
font:14px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
main{max-width:1240px;margin:0 auto;padding:20px}h1{font-size:20px;margin:0}
h2{font-size:16px;margin:0}p{margin:4px 0}.soft{color:var(--soft)}
header{display:flex;gap:16px;align-items:baseline;flex-wrap:wrap;margin-bottom:16px}
.tiles{display:flex;gap:12px;flex-wrap:wrap;margin:0 0 16px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 16px;
min-width:150px}.tile b{font-size:22px;font-variant-numeric:tabular-nums;display:block}
article{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px;
margin-bottom:16px}.head{display:flex;justify-content:space-between;gap:16px;flex-wrap:wrap}
.grid{display:grid;grid-template-columns:minmax(0,2fr) minmax(280px,1fr);gap:16px;margin-top:12px}
.stills{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:8px}
figure{margin:0;position:relative}figure a{display:block;position:relative}
img,video{width:100%;display:block;border-radius:4px;background:#000}
figure svg{position:absolute;inset:0;width:100%;height:100%;pointer-events:none}
figure rect{fill:none;stroke:var(--mark);stroke-width:2;vector-effect:non-scaling-stroke}
figcaption{font-size:12px;color:var(--soft);padding-top:2px}
ul{list-style:none;margin:0;padding:0}li{padding:3px 0 3px 22px;position:relative}
li::before{position:absolute;left:2px;font-weight:700}.for::before{content:"+";color:var(--for)}
.against::before{content:"\\2212";color:var(--against)}li span{color:var(--soft);font-size:12px}
code{font:12px/1.5 ui-monospace,monospace;word-break:break-all}
table{border-collapse:collapse;width:100%;background:var(--card)}
td,th{border-bottom:1px solid var(--line);padding:6px 8px;text-align:left;vertical-align:top}
input.layer{position:absolute;opacity:0}input.layer:checked~main svg{display:none}
label.layer{cursor:pointer;border:1px solid var(--line);border-radius:6px;padding:2px 10px;
background:var(--card)}@media(max-width:900px){.grid{grid-template-columns:1fr}}
"""


# Reasons that count for less decide nothing; the candidate's file keeps them.
MIN_SHOWN_WEIGHT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One episode for the page."""

    candidate: Candidate
    camera: Camera
    bundle: Path  # folder of the evidence bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """Something that a rule looked at and did not call a violation."""

    camera: Camera
    rule: str
    seen_at: datetime  # UTC
    present_seconds: float
    text: str
    text_zh: str


def write_report(
    path: Path,
    findings: Sequence[Finding],
    *,
    left_alone: Sequence[LeftAlone] = (),
    figures: Sequence[tuple[str, str, str]] = (),
    title: str = "Streetcase",
) -> None:
    """Write the page.

    Args:
        path: The HTML file; the evidence is linked relative to its folder.
        findings: In the order in which they are shown.
        left_alone: What was judged and not called a violation.
        figures: (value, Chinese label, English label) of the tiles above.
        title: Of the page.
    """
    tiles = "".join(
        f'<div class="tile"><b>{escape(value)}</b>{escape(zh)} <span class="soft">{escape(en)}'
        "</span></div>"
        for value, zh, en in figures
    )
    articles = "".join(_article(finding, path.parent) for finding in findings) or (
        '<article><p>没有发现。<span class="soft">Nothing was found. What a rule looked at and'
        " left alone is listed below.</span></p></article>"
    )
    page = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{PAGE_STYLE}</style></head><body>"
        '<input class="layer" type="checkbox" id="layer"><main><header>'
        f'<h1>{escape(title)}</h1><span class="soft">疑似线索，待人工审核 · candidates: a person'
        ' decides</span><label class="layer" for="layer">▢ 标注层 layer</label></header>'
        f'<div class="tiles">{tiles}</div>{articles}{_left_alone_table(left_alone)}'
        "</main></body></html>"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _article(finding: Finding, page_folder: Path) -> str:
    candidate, camera = finding.candidate, finding.camera
    violation_zh, violation_en = VIOLATION_WORDS[candidate.violation]
    subtype_zh, subtype_en = SUBTYPE_WORDS[candidate.subtype]
    ended = candidate.ended_at
    spans = [
        ("首见 first seen", _local(candidate.started_at, camera.timezone)),
        ("触发 rule fired", _local(candidate.fired_at, camera.timezone)),
        ("结束 ended", _local(ended, camera.timezone) if ended else "持续中 goes on"),
    ]
    times = " · ".join(f"{name} <b>{when}</b>" for name, when in spans)
    return (
        f'<article id="{candidate.candidate_id}"><div class="head"><div>'
        f"<h2>{violation_zh} · {subtype_zh}</h2>"
        f'<p class="soft">{escape(violation_en)}: {escape(subtype_en)}</p></div>'
        f"<div><p><b>{escape(camera.name or camera.id)}</b> {escape(camera.place)}</p>"
        f'<p class="soft">{times}</p></div></div><div class="grid"><div>'
        f"{_pictures(finding, page_folder)}</div><div>"
        f"<ul>{_reasons(candidate.explanation.reasons)}</ul>"
        f"{_integrity(finding)}</div></div></article>"
    )


def _local(instant: datetime, timezone: ZoneInfo) -> str:
    shown = instant.astimezone(timezone).strftime("%Y-%m-%d %H:%M:%S")
    return f'<time title="{instant.isoformat()}">{shown}</time>'


def _pictures(finding: Finding, page_folder: Path) -> str:
    folder = os.path.relpath(finding.bundle / ITEMS_FOLDER, page_folder)
    stills = [i for i in finding.candidate.evidence if i.media_type.startswith("image/")]
    shown = [i for i in stills if i.kind is not ItemKind.REDACTED]
    clips = [i for i in finding.candidate.evidence if i.kind is ItemKind.CLIP]
    parts = [_figure(finding, item, folder) for item in shown]
    parts += [
        f'<figure><video controls muted preload="metadata" src="{_href(folder, item)}">'
        "</video>"
        f"<figcaption>{_role(item)} · {item.size_bytes / 1e6:.1f} MB</figcaption></figure>"
        for item in clips
    ]
    return f'<div class="stills">{"".join(parts)}</div>'


def _figure(finding: Finding, item: EvidenceItem, folder: str) -> str:
    layer = ""
    if item.kind is ItemKind.STILL:  # a crop has other coordinates
        x1, y1, x2, y2 = finding.candidate.box
        layer = (
            '<svg viewBox="0 0 1 1" preserveAspectRatio="none">'
            f'<rect x="{x1:.4f}" y="{y1:.4f}" width="{x2 - x1:.4f}" height="{y2 - y1:.4f}"/></svg>'
        )
    href = _href(folder, item)
    when = _local(item.captured_at, finding.camera.timezone)
    return (
        f'<figure><a href="{href}"><img loading="lazy" src="{href}" alt="{escape(item.role)}">'
        f"{layer}</a><figcaption>{_role(item)} · {when}</figcaption></figure>"
    )


def _href(folder: str, item: EvidenceItem) -> str:
    return escape(f"{PurePath(folder).as_posix()}/{item.name}", quote=True)


def _role(item: EvidenceItem) -> str:
    zh, en = ROLE_WORDS.get(item.role, (item.role, ""))
    return f"{escape(zh)} {escape(en)}".strip()


def _reasons(reasons: Iterable[Reason]) -> str:
    heard = [reason for reason in reasons if abs(reason.weight) >= MIN_SHOWN_WEIGHT]
    ordered = sorted(heard, key=lambda reason: (reason.code == PRIOR, -abs(reason.weight)))
    return "".join(
        f'<li class="{"for" if reason.supports else "against"}">{escape(reason.text_zh)}<br>'
        f"<span>{escape(reason.text)} ({_WITNESS_WORDS[reason.witness][0]}"
        f" {_WITNESS_WORDS[reason.witness][1]}, {reason.weight:+.1f})</span></li>"
        for reason in ordered
    )


def _integrity(finding: Finding) -> str:
    candidate = finding.candidate
    template = candidate.template
    completeness = ""
    if template is not None:
        missing = "、".join(ROLE_WORDS.get(r, (r, ""))[0] for r in template.missing)
        completeness = (
            "证据齐全 <span class='soft'>template complete</span>"
            if template.complete
            else f"证据缺 {escape(missing)} <span class='soft'>template incomplete: missing"
            f" {escape(', '.join(template.missing))}</span>"
        )
    return (
        f"<p>{completeness}</p><p class='soft'>核验 verify:<br><code>python -m"
        f" pipeline.evidence.verify {escape(finding.bundle.as_posix())}</code></p>"
        f"<p class='soft'>manifest SHA-256<br><code>{candidate.manifest_sha256 or '-'}</code></p>"
    )


def _left_alone_table(rows: Sequence[LeftAlone]) -> str:
    if not rows:
        return ""
    body = "".join(
        f"<tr><td>{escape(row.camera.name or row.camera.id)}</td><td>{escape(row.rule)}</td>"
        f"<td>{_local(row.seen_at, row.camera.timezone)}</td><td>{row.present_seconds:.0f} s</td>"
        f"<td>{escape(row.text_zh)}<br><span class='soft'>{escape(row.text)}</span></td></tr>"
        for row in rows
    )
    return (
        "<h2>看过而未报 <span class='soft'>seen and left alone</span></h2><table><thead><tr>"
        "<th>摄像机 camera</th><th>规则 rule</th><th>时间 when</th><th>在场 present</th>"
        f"<th>理由 why not</th></tr></thead><tbody>{body}</tbody></table>"
    )
