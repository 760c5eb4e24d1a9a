# ruff: noqa: PLR2004 - a model is numbers; bpy is untyped
"""Signs, posters, banners and graffiti, drawn with the Noto CJK fonts; all texts are invented."""

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
Ink = tuple[int, int, int]
SHOPS = [
    ("便民超市", "CONVENIENCE STORE", (198, 28, 28), (255, 250, 235)),
    ("鲜果园", "FRESH FRUIT", (28, 120, 48), (255, 245, 120)),
    ("老街面馆", "NOODLES", (120, 22, 18), (255, 214, 90)),
    ("康民药房", "PHARMACY", (18, 96, 60), (255, 255, 255)),
    ("五金建材", "HARDWARE", (20, 62, 130), (255, 255, 255)),
    ("美丽理发", "HAIR SALON", (60, 30, 90), (255, 200, 230)),
    ("手机维修", "MOBILE", (230, 110, 10), (255, 255, 255)),
    ("社区服务站", "COMMUNITY", (180, 24, 30), (255, 255, 255)),
]
BANNERS = ["全场清仓 最后三天", "旺铺招租 电话垂询", "开业大酬宾 买一送一", "培训招生 火热报名中"]
POSTERS = [
    ("招聘", (245, 235, 120), (180, 20, 20)),
    ("房屋出租", (250, 250, 245), (30, 60, 160)),
    ("高价回收", (235, 60, 50), (255, 245, 120)),
    ("开锁", (90, 170, 230), (20, 20, 60)),
    ("健身特惠", (250, 150, 30), (255, 255, 255)),
    ("搬家", (120, 200, 110), (20, 60, 20)),
]


def _font(size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, max(6, int(size)))


def _centred(draw: ImageDraw.ImageDraw, text: str, box: tuple[float, ...], ink: Ink) -> None:
    """Write text as large as the box (x, y, width, height) allows, in its middle."""
    x, y, w, h = box
    size = h
    while size > 6 and draw.textlength(text, font=_font(size)) > w:
        size *= 0.93
    draw.text((x + w / 2, y + h / 2), text, font=_font(size), fill=ink, anchor="mm")


def shop_sign(number: int, width: int = 640, height: int = 110) -> Image.Image:
    """A legal shop sign: the shop's name in large characters, a Latin line beneath."""
    name, latin, ground, ink = SHOPS[number % len(SHOPS)]
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    draw.rectangle((3, 3, width - 4, height - 4), outline=ink, width=2)
    _centred(draw, name, (width * 0.1, height * 0.05, width * 0.8, height * 0.66), ink)
    _centred(draw, latin, (width * 0.2, height * 0.74, width * 0.6, height * 0.18), ink)
    return image


def banner(number: int, width: int = 900, height: int = 110) -> Image.Image:
    """A hanging banner: white or yellow characters on red (one in blue)."""
    ground: Ink = (196, 18, 22) if number % 4 != 3 else (24, 60, 160)
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    ink: Ink = (255, 255, 255) if number % 2 == 0 else (255, 232, 90)
    _centred(draw, BANNERS[number % len(BANNERS)], (30, 8, width - 60, height - 20), ink)
    return image


def poster(number: int, width: int = 200, height: int = 280) -> Image.Image:
    """A paper poster: headline, picture block, lines of text, telephone number."""
    text, ground, ink = POSTERS[number % len(POSTERS)]
    rng = np.random.default_rng(number)
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    _centred(draw, text, (12, 10, width - 24, height * 0.28), ink)
    block: Ink = (int(rng.integers(256)), int(rng.integers(256)), int(rng.integers(256)))
    draw.rectangle((20, height * 0.36, width - 20, height * 0.62), fill=block)
    for k in range(4):
        y = height * (0.68 + k * 0.055)
        draw.line((22, y, width - 22 - int(rng.integers(60)), y), fill=ink, width=3)
    _centred(draw, "138-0000-0000", (12, height * 0.89, width - 24, height * 0.08), ink)
    return image


def graffiti(number: int, width: int = 500, height: int = 260) -> Image.Image:
    """Spray paint on nothing (RGBA): a few thick curls and a word."""
    rng = np.random.default_rng(100 + number)
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    inks = [(20, 20, 24), (170, 20, 30), (30, 60, 170), (20, 120, 60)]
    ink = inks[number % 4]
    for _ in range(3):
        x, y = rng.uniform(60, width - 60), rng.uniform(60, height - 60)
        a, bend, points = rng.uniform(0, 6.28), rng.normal(0, 0.05), []
        for _ in range(90):
            a += bend + rng.normal(0, 0.06)
            x = min(max(x + 6 * math.cos(a), 15), width - 15)
            y = min(max(y + 5 * math.sin(a), 15), height - 15)
            points.append((x, y))
        draw.line(points, fill=(*ink, 235), width=14, joint="curve")
    words = ["拆", "办证", "ZKR", "到此一游"]
    draw.text(
        (width * 0.3, height * 0.2), words[number % 4], font=_font(height * 0.5), fill=(*ink, 240)
    )
    return image.filter(ImageFilter.GaussianBlur(1.6))


def fence_panel(number: int, width: int = 600, height: int = 250) -> Image.Image:
    """A hoarding panel with a public-interest picture (legal)."""
    texts = ["文明施工", "安全第一", "讲文明树新风", "绿色工地"]
    grounds: list[Ink] = [(30, 110, 160), (40, 130, 80), (225, 225, 220), (30, 110, 160)]
    ground = grounds[number % 4]
    ink: Ink = (245, 245, 240) if sum(ground) < 500 else (190, 30, 30)
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    for k in range(0, width, 25):
        draw.line((k, 0, k, height), fill=tuple(int(v * 0.88) for v in ground), width=2)
    _centred(draw, texts[number % 4], (80, 60, width - 160, height - 130), ink)
    draw.rectangle((0, height - 28, width, height), fill=(205, 205, 200))
    return image


def permitted_board(width: int = 320, height: int = 210) -> Image.Image:
    """The community notice board: posters here are allowed."""
    image = Image.new("RGB", (width, height), (60, 66, 70))
    draw = ImageDraw.Draw(image)
    draw.rectangle((8, 34, width - 8, height - 8), fill=(205, 200, 186))
    _centred(draw, "社区公告栏", (20, 4, width - 40, 26), (250, 240, 200))
    return image


def write_all(folder: Path) -> dict[str, Path]:
    """Write every picture under folder and return name -> path."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, Image.Image] = {"board": permitted_board()}
    pictures |= {f"shop{k}": shop_sign(k) for k in range(len(SHOPS))}
    pictures |= {f"banner{k}": banner(k) for k in range(4)}
    pictures |= {f"poster{k}": poster(k) for k in range(6)}
    pictures |= {f"graffiti{k}": graffiti(k) for k in range(4)}
    pictures |= {f"fence{k}": fence_panel(k) for k in range(4)}
    paths = {}
    for name, image in pictures.items():
        paths[name] = folder / f"{name}.png"
        image.save(paths[name])
    return paths
