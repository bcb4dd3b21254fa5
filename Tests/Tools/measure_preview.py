#!/usr/bin/env python3
"""Measures how much of a photograph the preview shows, beside chafa, and prints a table (docs/preview.md holds one).

    swift build -c release --product screen-probe
    apt-get install chafa fonts-dejavu-core
    python3 -m venv env && env/bin/pip install numpy pillow scipy
    env/bin/python Tests/Tools/measure_preview.py [--columns 100] [--rows 30] [--style ascii]

The characters are drawn with DejaVu Sans Mono (13 points in cells of 8 x 16 pixels, white on black), blurred, and correlated
with the photograph, blurred alike: by 1.5 pixels ('detail': edges and outlines) and by 4 ('tone'). A correlation takes no
notice of a line that brightness is fitted by, so that neither program gains from being brighter.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import numpy
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

WIDTH, HEIGHT, POINTS = 8, 16, 13
BLURS = {"detail": 1.5, "tone": 4}
ROOT = Path(__file__).resolve().parents[2]


def draw(lines, columns, rows, font):
    """[rows * HEIGHT, columns * WIDTH], 0 ... 1."""
    image = Image.new("L", (columns * WIDTH, rows * HEIGHT))
    pen = ImageDraw.Draw(image)
    ascent, descent = font.getmetrics()
    for y, line in enumerate(lines):
        for x, character in enumerate(line[:columns]):
            pen.text((x * WIDTH, y * HEIGHT + (HEIGHT - ascent - descent) // 2), character, font=font, fill=255)
    return numpy.asarray(image, float) / 255


def correlation(a, b, blur):
    a, b = (gaussian_filter(image, blur, mode="nearest").ravel() for image in (a, b))
    return numpy.corrcoef(a, b)[0, 1]


def lines_of(command):
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).split("\n")


def ours(probe, picture, style, columns, rows):
    size, *lines = lines_of([probe, "picture", picture, style, str(columns), str(rows)])
    return lines, *map(int, size.split())


def chafa(picture, columns, rows):
    return lines_of(
        ["chafa", "--format=symbols", "--symbols=ascii", "--colors=none", "--stretch", f"--size={columns}x{rows}", picture])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=ROOT / ".build/release", type=Path, help="where screen-probe is")
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rows", type=int, default=30)
    parser.add_argument("--style", default="ascii", help="ascii or ramp")
    parser.add_argument("--font", default="/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")
    parser.add_argument("pictures", nargs="*", type=Path, default=sorted((ROOT / "assets/demo").glob("*.jpg")))
    options = parser.parse_args()
    font = ImageFont.truetype(options.font, POINTS)
    print("| picture | cells | detail | chafa's | tone | chafa's |\n|---|---|---|---|---|---|")
    table = []
    for picture in options.pictures:
        lines, columns, rows = ours(options.build / "screen-probe", picture, options.style, options.columns, options.rows)
        photograph = Image.open(picture).convert("L").resize((columns * WIDTH, rows * HEIGHT), Image.LANCZOS)
        photograph = numpy.asarray(photograph, float) / 255
        drawn = [draw(each, columns, rows, font) for each in (lines, chafa(picture, columns, rows))]
        values = [correlation(image, photograph, blur) for blur in BLURS.values() for image in drawn]
        table.append(values)
        print(f"| {picture.stem} | {columns} × {rows} | " + " | ".join(f"{value:.3f}" for value in values) + " |")
    print("| **mean** | | " + " | ".join(f"{value:.3f}" for value in numpy.mean(table, 0)) + " |")
    sys.exit(0 if all(row[0] > row[1] and row[2] > row[3] for row in table) else 1)


if __name__ == "__main__":
    main()
