#!/usr/bin/env python3
"""Turns a captured terminal screen into a PNG.

    tmux capture-pane -e -p -t SESSION | Tests/Tools/screen_to_png.py OUT.png [--font FONT.ttf] [--size PIXELS]

Reads text with SGR escape sequences (colours of 8, 16, 256 and direct; bold, dim, reverse) and draws it in a monospaced
font. Needs Pillow. Block elements and braille are drawn as shapes, so that they meet without seams in any font.
"""

import argparse
import re
import sys
import unicodedata

from PIL import Image, ImageDraw, ImageFont

FOREGROUND, BACKGROUND = (208, 208, 208), (18, 18, 18)
ANSI = [(0, 0, 0), (205, 60, 60), (70, 190, 90), (215, 190, 70), (80, 120, 230), (195, 95, 205), (70, 190, 205),
        (220, 220, 220), (110, 110, 110), (255, 100, 100), (110, 235, 130), (250, 235, 110), (120, 160, 255),
        (240, 130, 250), (110, 240, 250), (255, 255, 255)]


def palette(index):
    """Colour `index` of xterm's 256."""
    if index < 16:
        return ANSI[index]
    if index >= 232:
        return (8 + 10 * (index - 232),) * 3
    index -= 16
    return tuple(0 if step == 0 else 55 + 40 * step for step in (index // 36, index // 6 % 6, index % 6))


class Style:
    def __init__(self):
        self.reset()

    def reset(self):
        self.foreground, self.background, self.bold, self.dim, self.reverse = None, None, False, False, False

    def apply(self, codes):
        """One SGR sequence, as numbers."""
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code in (1, 2, 7):
                setattr(self, {1: "bold", 2: "dim", 7: "reverse"}[code], True)
            elif code == 22:
                self.bold = self.dim = False
            elif code == 27:
                self.reverse = False
            elif code in (38, 48):
                kind = codes.pop(0)
                color = palette(codes.pop(0)) if kind == 5 else tuple(codes.pop(0) for _ in range(3))
                setattr(self, "foreground" if code == 38 else "background", color)
            elif code in (39, 49):
                setattr(self, "foreground" if code == 39 else "background", None)
            else:
                for first, base, name in ((30, 0, "foreground"), (40, 0, "background"), (90, 8, "foreground"),
                                          (100, 8, "background")):
                    if first <= code < first + 8:
                        setattr(self, name, ANSI[base + code - first])

    def colors(self):
        front, back = self.foreground or FOREGROUND, self.background or BACKGROUND
        if self.reverse:
            front, back = back, front
        if self.dim:
            front = tuple((a + b) // 2 for a, b in zip(front, back))
        return front, back


def cells(text):
    """Lines of (character, front, back, bold)."""
    style = Style()
    for line in text.split("\n"):
        row = []
        for part in re.finditer(r"\x1b\[([0-9;:]*)m|\x1b[^m]*m|([^\x1b])", line):
            if part.group(2) is None:
                if part.group(1) is not None:
                    style.apply([int(n or 0) for n in re.split("[;:]", part.group(1))])
            elif not unicodedata.combining(part.group(2)):
                row.append((part.group(2), *style.colors(), style.bold))
        yield row


QUADRANTS = {"▘": 1, "▝": 2, "▀": 3, "▖": 4, "▌": 5, "▞": 6, "▛": 7, "▗": 8, "▚": 9, "▐": 10, "▜": 11, "▄": 12,
             "▙": 13, "▟": 14, "█": 15}


def shapes(character, x, y, width, height):
    """Rectangles of a block or braille character; None for one that the font draws."""
    code = ord(character)
    if character in QUADRANTS:
        mask, middle_x, middle_y = QUADRANTS[character], x + width // 2, y + height // 2
        boxes = [(x, y, middle_x, middle_y), (middle_x, y, x + width, middle_y), (x, middle_y, middle_x, y + height),
                 (middle_x, middle_y, x + width, y + height)]
        return [box for bit, box in enumerate(boxes) if mask >> bit & 1]
    if 0x2581 <= code <= 0x2587:
        return [(x, y + height - height * (code - 0x2580) // 8, x + width, y + height)]
    if 0x2589 <= code <= 0x258F:
        return [(x, y, x + max(width * (0x2590 - code) // 8, 1), y + height)]
    if 0x2800 <= code <= 0x28FF:
        places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
        dot = max(width // 4, 2)
        return [(x + width * (2 * column + 1) // 4 - dot // 2, y + height * (2 * row + 1) // 8 - dot // 2,
                 x + width * (2 * column + 1) // 4 - dot // 2 + dot, y + height * (2 * row + 1) // 8 - dot // 2 + dot)
                for bit, (column, row) in enumerate(places) if code - 0x2800 >> bit & 1]
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("output")
    parser.add_argument("--font", default="/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")
    parser.add_argument("--size", type=int, default=14)
    options = parser.parse_args()
    rows = list(cells(sys.stdin.read().rstrip("\n")))
    font = ImageFont.truetype(options.font, options.size)
    try:
        bold_font = ImageFont.truetype(options.font.replace(".ttf", "-Bold.ttf"), options.size)
    except OSError:
        bold_font = font
    width = round(font.getlength("M"))
    height = 2 * width
    top = (height - sum(font.getmetrics())) // 2
    margin = width
    columns = max(len(row) for row in rows)
    image = Image.new("RGB", (columns * width + 2 * margin, len(rows) * height + 2 * margin), BACKGROUND)
    draw = ImageDraw.Draw(image)
    for line, row in enumerate(rows):
        for column, (character, front, back, bold) in enumerate(row):
            x, y = margin + column * width, margin + line * height
            if back != BACKGROUND:
                draw.rectangle((x, y, x + width - 1, y + height - 1), fill=back)
            boxes = shapes(character, x, y, width, height)
            if boxes is not None:
                for left, upper, right, lower in boxes:
                    draw.rectangle((left, upper, right - 1, lower - 1), fill=front)
            elif character != " ":
                draw.text((x, y + top), character, font=bold_font if bold else font, fill=front)
    # A palette is a quarter of the bytes, and a terminal has no more colours.
    image.quantize(256, dither=Image.Dither.NONE).save(options.output, optimize=True)


if __name__ == "__main__":
    main()
