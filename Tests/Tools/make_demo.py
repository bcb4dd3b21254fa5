#!/usr/bin/env python3
"""Writes assets/demo/*.jpg: the demo reel's photographs, each resized to cover 800 × 600.

The reel is 640 × 480; the rest is room for its pans and zooms.

Usage:
    pip download --no-deps scikit-image==0.25.2
    unzip scikit_image-0.25.2-*.whl 'skimage/data/*'
    Tests/Tools/make_demo.py skimage/data

Needs pillow. The bytes written depend on pillow's version (its JPEG encoder), the pictures do not.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from PIL import Image

SOURCES = {
    "chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    "coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    "camera.png": "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
    "astronaut.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    "rocket.jpg": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
}
COVER_WIDTH, COVER_HEIGHT = 800, 600
JPEG_QUALITY = 80
LIMIT_BYTES = 400_000
OUTPUT = Path(__file__).resolve().parents[2] / "assets/demo"


def covering(image):
    """The image resized, with its own aspect, to the smallest size that covers the target."""
    scale = max(COVER_WIDTH / image.width, COVER_HEIGHT / image.height)
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the folder skimage/data of scikit-image 0.25.2")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()

    arguments.output.mkdir(parents=True, exist_ok=True)
    total = 0
    for name, expected in SOURCES.items():
        path = arguments.source / name
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != expected:
            sys.exit(
                f"{path}: expected SHA-256 {expected}, found {found}; "
                "take the file from PyPI package scikit-image 0.25.2"
            )
        with Image.open(path) as image:
            target = arguments.output / f"{path.stem}.jpg"
            covering(image).save(target, quality=JPEG_QUALITY, optimize=True)
        total += target.stat().st_size
        print(f"{target}: {target.stat().st_size} bytes")
    if total > LIMIT_BYTES:
        sys.exit(f"expected at most {LIMIT_BYTES} bytes in all, found {total}; lower JPEG_QUALITY")


if __name__ == "__main__":
    main()
