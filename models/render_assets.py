"""Builds the simulated street's pictures with Blender: `python -m models.render_assets --help`.

Needs the `bpy` wheel, Pillow, OpenCV and the Noto CJK fonts; of these the run-time renderer needs
only OpenCV. Everything is modelled by `models/street/modelling`; nothing is downloaded.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import cv2

from models.street.modelling import plates, signs, sprites

SCENES = ("market", "gate")
FAMILIES = ("people", "cars", "trucks", "loaded", "bicycles", "things")


def main() -> None:
    """Render the wanted scenes and sprite families."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scene", choices=SCENES, action="append", default=[])
    parser.add_argument("--sprites", choices=FAMILIES, action="append", default=[])
    parser.add_argument("--all", action="store_true", help="both scenes and all sprites")
    parser.add_argument("--out", type=Path, default=Path("models/street/assets"))
    parser.add_argument("--cache", type=Path, help="where linear layers are kept between runs")
    parser.add_argument(
        "--samples", type=int, default=12, help="light samples per pixel, sun layer"
    )
    parser.add_argument("--develop-only", action="store_true", help="use the cached layers again")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cache = options.cache or Path(tempfile.mkdtemp(prefix="street-"))
    cache.mkdir(parents=True, exist_ok=True)
    pictures = signs.write_all(cache / "signs")
    _textures(pictures, options.out)
    n = options.samples
    for scene in SCENES if options.all else options.scene:
        if not options.develop_only:
            plates.expose(scene, pictures, cache, (n, n + 4, n * 2))
        plates.develop(scene, cache, options.out)
    for family in FAMILIES if options.all else options.sprites:
        sprites.render(family, pictures, options.out, (max(2, n // 4), max(3, n // 3)))
    if options.cache is None:
        shutil.rmtree(cache)


def _textures(pictures: dict[str, Path], out: Path) -> None:
    """Keep the pictures that the run-time renderer puts on walls itself."""
    for name, path in pictures.items():
        if name.startswith(("poster", "banner", "graffiti", "shop6")):
            image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            if image is None:
                raise FileNotFoundError(path)
            cv2.imwrite(str(out / f"{name}.webp"), image, [cv2.IMWRITE_WEBP_QUALITY, 88])


if __name__ == "__main__":
    main()
