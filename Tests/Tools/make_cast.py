#!/usr/bin/env python3
"""Films the program on the demo reel, with keys pressed: docs/pictures/live.gif.

    make build && apt-get install tmux python3-pil fonts-dejavu-core
    Tests/Tools/make_cast.py [--binary FILE] [--output FILE]

The program runs on a terminal of tmux, 100 x 30; its screen is read three times a second, with its colours, and drawn with
DejaVu Sans Mono. Nothing is made up: what the film shows is what that machine did.
"""

import argparse
import re
import subprocess
import time
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[2]
COLUMNS, ROWS, WIDTH, HEIGHT, POINTS, FRAMES_A_SECOND = 100, 30, 7, 14, 11, 3
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono{}.ttf"
# Seconds from the start, and the key: wider, smaller, in colour; the trade-off; as it was; every layer.
KEYS = [(3, "2"), (4.5, "4"), (6, "["), (7.5, "p"), (10, "t"), (13, "t"), (13.3, "1"), (13.6, "p"), (14, "Tab")]
SECONDS = 17
INK, PAPER = (204, 204, 204), (12, 12, 12)
BASIC = [(12, 12, 12), (205, 49, 49), (13, 188, 121), (229, 229, 16), (36, 114, 200), (188, 63, 188), (17, 168, 205),
         (204, 204, 204), (118, 118, 118), (241, 76, 76), (35, 209, 139), (245, 245, 67), (59, 142, 234), (214, 112, 214),
         (41, 184, 219), (242, 242, 242)]


def colour(number):
    """Of xterm's 256."""
    if number < 16:
        return BASIC[number]
    if number < 232:
        steps = [0, 95, 135, 175, 215, 255]
        return tuple(steps[(number - 16) // n % 6] for n in (36, 6, 1))
    return (8 + 10 * (number - 232),) * 3


class Pen:
    """What SGR sequences have set."""

    def __init__(self):
        self.ink, self.paper, self.bold, self.dim, self.reverse = INK, PAPER, False, False, False

    def take(self, text):
        codes = [int(code or 0) for code in re.split("[;:]", text)]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.__init__()
            elif code in (1, 2, 7):
                setattr(self, {1: "bold", 2: "dim", 7: "reverse"}[code], True)
            elif code == 22:
                self.bold = self.dim = False
            elif code == 27:
                self.reverse = False
            elif code in (38, 48):
                kind = codes.pop(0)
                value = colour(codes.pop(0)) if kind == 5 else tuple(codes.pop(0) for _ in range(3))
                setattr(self, "ink" if code == 38 else "paper", value)
            elif code in (39, 49):
                setattr(self, *(("ink", INK) if code == 39 else ("paper", PAPER)))
            else:
                for first, name, base in ((30, "ink", 0), (40, "paper", 0), (90, "ink", 8), (100, "paper", 8)):
                    if first <= code < first + 8:
                        setattr(self, name, BASIC[base + code - first])

    def colours(self):
        ink, paper = (self.paper, self.ink) if self.reverse else (self.ink, self.paper)
        return (tuple((a + b) // 2 for a, b in zip(ink, paper)) if self.dim else ink), paper


def draw(screen, fonts):
    image = Image.new("RGB", (COLUMNS * WIDTH, ROWS * HEIGHT), PAPER)
    canvas, pen = ImageDraw.Draw(image), Pen()
    for y, line in enumerate(screen.split("\n")[:ROWS]):
        x = 0
        for part in re.split(r"(\x1b\[[0-9;:]*m|\x0e|\x0f)", line):
            if part.startswith("\x1b["):
                pen.take(part[2:-1])
                continue
            for character in part if part not in ("\x0e", "\x0f") else "":
                ink, paper = pen.colours()
                if paper != PAPER:
                    canvas.rectangle((x * WIDTH, y * HEIGHT, x * WIDTH + WIDTH - 1, y * HEIGHT + HEIGHT - 1), fill=paper)
                if character != " ":
                    canvas.text((x * WIDTH, y * HEIGHT), character, font=fonts[pen.bold], fill=ink)
                x += 1
    return image


def film(binary):
    """The screens, one after the other."""
    tmux = ["tmux", "-L", "mobilecam-film", "-f", "/dev/null"]
    command = f"env COLORTERM= LANG=C.UTF-8 {binary} --source demo --threads 1"
    subprocess.run(tmux + ["new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), command, ";",
                           "set", "status", "off"], check=True, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
                                                                     "HOME": "/tmp"})
    try:
        start, keys, screens = time.monotonic(), list(KEYS), []
        while (now := time.monotonic() - start) < SECONDS:
            while keys and keys[0][0] <= now:
                subprocess.run(tmux + ["send-keys", keys.pop(0)[1]], check=True)
            screens.append(subprocess.run(tmux + ["capture-pane", "-e", "-p"], check=True, capture_output=True,
                                          text=True).stdout)
            time.sleep(max(0, start + len(screens) / FRAMES_A_SECOND - time.monotonic()))
        return screens[FRAMES_A_SECOND:]
    finally:
        subprocess.run(tmux + ["kill-server"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=ROOT / ".build/release/mobilecam")
    parser.add_argument("--output", default=ROOT / "docs/pictures/live.gif")
    options = parser.parse_args()
    fonts = {bold: ImageFont.truetype(FONT.format("-Bold" if bold else ""), POINTS) for bold in (False, True)}
    screens = film(options.binary)
    frames = [draw(screen, fonts).quantize(20, dither=Image.Dither.NONE) for screen in screens]
    frames[0].save(options.output, save_all=True, append_images=frames[1:], duration=1000 // FRAMES_A_SECOND, loop=0,
                   optimize=True)
    print(f"{options.output}: {len(frames)} frames, {Path(options.output).stat().st_size} bytes")


main()
