#!/usr/bin/env python3
"""Writes Sources/Terminal/Picture/GlyphCoverage.swift: how much of a cell a character covers, and where.

    python3 -m venv env && env/bin/pip install numpy pillow scipy
    env/bin/python Tests/Tools/make_glyph_coverage.py [--font FILE]
    env/bin/python Tests/Tools/make_glyph_coverage.py --choose PICTURE ...

Each character is drawn at 13 points into a cell of 8 x 16 pixels, blurred a little (nobody's font is the same, and no eye
sees single pixels), and averaged to 4 x 8 samples.

Most of ASCII's 95 characters are too dense ever to be chosen, and others have doubles. --choose finds those that matter: of
all, the one whose absence costs least on the pictures is left out, again and again; it prints the last 32 and what they cost.
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
# What --choose printed for a hundred photographs (one of each of a hundred classes of ImageNet), the space in front.
CHARACTERS = r" ',-./3:;=?@CELPSUZ\]^_`dfghju|~"
# As in GlyphShapes.swift.
WHITE, BLACK, MEAN_WEIGHT, DIMMEST = 0.32, -0.02, 0.8, 0.5


def cell(font, character):
    """[HEIGHT, WIDTH], 0 ... 1."""
    image = Image.new("L", (WIDTH, HEIGHT))
    ascent, descent = font.getmetrics()
    ImageDraw.Draw(image).text((0, (HEIGHT - ascent - descent) // 2), character, font=font, fill=255)
    return numpy.asarray(image, float) / 255


def coverage(font, character):
    """[DOWN * ACROSS], 0 ... 1."""
    margin = 8
    blurred = gaussian_filter(numpy.pad(cell(font, character), margin), BLUR)[margin:-margin, margin:-margin]
    return blurred.reshape(DOWN, HEIGHT // DOWN, ACROSS, WIDTH // ACROSS).mean((1, 3)).ravel()


def patches(path, columns=80):
    """[cells, DOWN * ACROSS]: what each cell of a picture wants covered."""
    image = Image.open(path).convert("RGB")
    rows = max(1, round(columns * image.height / image.width / 2))
    luminance = Image.fromarray((numpy.asarray(image, float) @ [54, 183, 19] / 256).astype("f4"))
    low, high = numpy.percentile(luminance.resize((columns, rows), Image.BOX), [2, 98])
    fine = numpy.asarray(luminance.resize((columns * ACROSS, rows * DOWN), Image.BOX))
    wanted = numpy.clip((fine - low) / max(high - low, 64), 0, 1) * WHITE + BLACK
    return wanted.reshape(rows, DOWN, columns, ACROSS).transpose(0, 2, 1, 3).reshape(-1, DOWN * ACROSS)


def choose(font, paths, count=32):
    characters = [chr(code) for code in range(0x20, 0x7F)]
    covered = numpy.array([coverage(font, character) for character in characters])
    weighted = covered + (MEAN_WEIGHT - 1) * covered.mean(1, keepdims=True)
    half_squares = (weighted * covered).sum(1) / 2
    wanted = numpy.concatenate([patches(path) for path in paths])
    products = wanted @ weighted.T
    light = numpy.clip(products / (2 * half_squares + 1e-9), DIMMEST, 1)
    # In one brightness, and where each character may be dimmed.
    scores = [products - half_squares, light * (products - light * half_squares)]
    kept = list(range(len(characters)))
    while len(kept) > count:
        loss = numpy.zeros(len(kept))
        for score in scores:
            score = score[:, kept]
            second, best = numpy.partition(score, -2)[:, -2:].T
            loss += numpy.bincount(score.argmax(1), best - second, len(kept))
        loss[0] = numpy.inf
        kept.pop(int(loss.argmin()))
    squares = (wanted * (wanted + (MEAN_WEIGHT - 1) * wanted.mean(1, keepdims=True))).sum(1)
    print("".join(characters[index] for index in kept))
    for name, score in zip(["one brightness", "dimmed"], scores):
        before, after = (numpy.mean(squares - 2 * some.max(1)) for some in (score, score[:, kept]))
        print(f"{name}: mean squared difference {before:.4f} with all, {after:.4f} with these")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--font", default=FONT, help="a monospaced font (TrueType)")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--choose", nargs="+", metavar="PICTURE", help="only print which characters matter on these")
    options = parser.parse_args()
    font = ImageFont.truetype(options.font, POINTS)
    if options.choose:
        choose(font, options.choose)
        return
    lines = [
        "// Made by Tests/Tools/make_glyph_coverage.py; not to be edited.",
        "",
        "/// The printable characters of ASCII that matter, and where they cover their cell: 4 × 8 samples row by row, each two",
        f"/// hexadecimal digits (ff: all of it), measured in {' '.join(font.getname())}, blurred by {BLUR:g} of 8 × 16 pixels.",
        "enum GlyphCoverage {",
        "  static let rows: [(character: Unicode.Scalar, samples: StaticString)] = [",
    ]
    for character in CHARACTERS:
        values = (coverage(font, character) * 255).round().astype(int)
        name = character.replace("\\", "\\\\")
        lines.append(f'    ("{name}", "' + "".join(f"{value:02x}" for value in values) + '"),')
    lines += ["  ]", "}", ""]
    options.output.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
