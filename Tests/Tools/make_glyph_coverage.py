#!/usr/bin/env python3
"""Writes Sources/Terminal/Picture/GlyphCoverage.swift: how much of a cell each printable ASCII character covers, and where.

    python3 -m venv env && env/bin/pip install numpy pillow scipy
    env/bin/python Tests/Tools/make_glyph_coverage.py [--font FILE]

Each character is drawn at 13 points into a cell of 8 x 16 pixels, blurred a little (nobody's font is the same, and no eye
sees single pixels), and averaged to 4 x 8 samples.
"""

import argparse
from pathlib import Path

import numpy
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

WIDTH, HEIGHT, POINTS = 8, 16, 13
ACROSS, DOWN = 4, 8
BLUR = 1.0
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
OUTPUT = Path(__file__).resolve().parents[2] / "Sources/Terminal/Picture/GlyphCoverage.swift"


def cell(font, character):
    """[HEIGHT, WIDTH], 0 ... 1."""
    image = Image.new("L", (WIDTH, HEIGHT))
    ascent, descent = font.getmetrics()
    ImageDraw.Draw(image).text((0, (HEIGHT - ascent - descent) // 2), character, font=font, fill=255)
    return numpy.asarray(image, float) / 255


def samples(glyph):
    """[DOWN, ACROSS], 0 ... 1."""
    margin = 8
    blurred = gaussian_filter(numpy.pad(glyph, margin), BLUR)[margin:-margin, margin:-margin]
    return blurred.reshape(DOWN, HEIGHT // DOWN, ACROSS, WIDTH // ACROSS).mean((1, 3))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--font", default=FONT, help="a monospaced font (TrueType)")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    font = ImageFont.truetype(options.font, POINTS)
    name = " ".join(font.getname())
    lines = [
        "// Made by Tests/Tools/make_glyph_coverage.py; not to be edited.",
        "",
        "/// The printable characters of ASCII from U+0020, and where they cover their cell: 4 × 8 samples row by row, each two",
        f"/// hexadecimal digits (ff: all of it), measured in {name}, blurred by {BLUR:g} of 8 × 16 pixels.",
        "enum GlyphCoverage {",
        "  static let rows: [StaticString] = [",
    ]
    for code in range(0x20, 0x7F):
        values = (samples(cell(font, chr(code))).ravel() * 255).round().astype(int)
        lines.append('    "' + "".join(f"{value:02x}" for value in values) + f'",  // {chr(code)}'.rstrip())
    lines += ["  ]", "}", ""]
    options.output.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
