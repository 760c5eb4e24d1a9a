"""The contact page of the screenshots: one row for a screen, one column for a language and size."""

from __future__ import annotations

from html import escape

STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 24px; color: #1f2329; }
table { border-spacing: 12px; } th { text-align: left; font-weight: 600; vertical-align: top; }
img { width: 460px; border: 1px solid #d0d3d9; display: block; } td { vertical-align: top; }
thead th { position: sticky; top: 0; background: #fff; }
"""


def write_contact_page(folder):
    """Write `index.html` beside the pictures of `folder/<look>/<screen>.png`.

    Returns:
        How many pictures there are, and the page's path.
    """
    pictures = sorted(folder.glob("*/*.png"))
    looks = sorted({picture.parent.name for picture in pictures}, reverse=True)
    screens = sorted({picture.stem.removesuffix("-dark") for picture in pictures})
    rows = "".join(_row(folder, looks, screen) for screen in screens)
    heads = "".join(f"<th>{escape(look)}</th>" for look in looks)
    page = folder / "index.html"
    folder.mkdir(parents=True, exist_ok=True)
    page.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Screens of the console</title>"
        f"<style>{STYLE}</style><h1>Screens of the console</h1>"
        f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table></html>\n",
        encoding="utf-8",
    )
    return len(pictures), page


def _row(folder, looks, screen):
    cells = []
    for look in looks:
        names = [f"{look}/{screen}{end}.png" for end in ("", "-dark")]
        shown = [
            f"<a href='{escape(name)}'><img src='{escape(name)}' alt='{escape(name)}'"
            " loading='lazy'></a>"
            for name in names
            if (folder / name).exists()
        ]
        cells.append(f"<td>{''.join(shown)}</td>")
    return f"<tr><th id='{escape(screen)}'>{escape(screen)}</th>{''.join(cells)}</tr>"
