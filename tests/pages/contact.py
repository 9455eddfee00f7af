"""Contact sheets: every page's pictures side by side, phone, phone in elder mode and desk, some pages to a sheet.

Made by ``python3 run.py sheets DIRECTORY [pytest's own arguments]``, for whoever changed pages and wants to see all.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

COLUMNS = (("-360", 360), ("-360-elder", 360), ("-1280", 640))
"""How a picture's name ends, and how wide it is drawn."""
HEIGHT = 900
"""So much of a page is shown; the whole of a longer one is in its own picture."""
PAGES_EACH = 3
GAP = 12


def pages(directory: Path) -> list[str]:
    return sorted(file.stem.removesuffix("-360") for file in directory.glob("*-360.png"))


def sheet(directory: Path, names: list[str]) -> Image.Image:
    width = sum(width for _suffix, width in COLUMNS) + GAP * (len(COLUMNS) + 1)
    drawn = Image.new("RGB", (width, (HEIGHT + 3 * GAP) * len(names) + GAP), "white")
    pen = ImageDraw.Draw(drawn)
    for row, name in enumerate(names):
        top, left = GAP + row * (HEIGHT + 3 * GAP), GAP
        pen.text((left, top), name, fill="black")
        for suffix, wide in COLUMNS:
            file = directory / f"{name}{suffix}.png"
            if file.exists():
                drawn.paste(_picture(file, wide), (left, top + 2 * GAP))
            left += wide + GAP
    return drawn


def _picture(file: Path, width: int) -> Image.Image:
    with Image.open(file) as whole:
        scaled = whole.convert("RGB").resize((width, max(1, whole.height * width // whole.width)))
    return scaled.crop((0, 0, width, min(HEIGHT, scaled.height)))


def main(directory: Path) -> None:
    names = pages(directory)
    for number, start in enumerate(range(0, len(names), PAGES_EACH), start=1):
        sheet(directory, names[start : start + PAGES_EACH]).save(directory / f"sheet-{number:03}.png")
    print(f"{len(names)} 页，{(len(names) + PAGES_EACH - 1) // PAGES_EACH} 张：{directory}/sheet-*.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
