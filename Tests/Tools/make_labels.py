#!/usr/bin/env python3
"""Writes assets/labels.txt: the 1000 ImageNet classes in the order of their synsets, one label a line.

Usage:
    pip download --no-deps torchvision==0.19.0
    unzip torchvision-0.19.0-*.whl torchvision/models/_meta.py
    Tests/Tools/make_labels.py torchvision/models/_meta.py

The file is parsed, not run: torchvision and torch are not needed.
"""

import argparse
import ast
import hashlib
import sys
from pathlib import Path

SOURCE_SHA256 = "7eaa5e401b1ff441186e602943c4342cac8cf7f505c238ab7882399b00dbc096"
LIST_NAME = "_IMAGENET_CATEGORIES"
CLASS_COUNT = 1000
OUTPUT = Path(__file__).resolve().parents[2] / "assets/labels.txt"


def categories(source):
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and [t.id for t in node.targets if isinstance(t, ast.Name)] == [LIST_NAME]:
            return ast.literal_eval(node.value)
    sys.exit(f"expected a list {LIST_NAME}, found none")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="torchvision/models/_meta.py of torchvision 0.19.0")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()

    source = arguments.source.read_bytes()
    found = hashlib.sha256(source).hexdigest()
    if found != SOURCE_SHA256:
        sys.exit(
            f"{arguments.source}: expected SHA-256 {SOURCE_SHA256}, found {found}; "
            "take the file from PyPI package torchvision 0.19.0"
        )
    labels = categories(source)
    if len(labels) != CLASS_COUNT or len(set(labels)) != CLASS_COUNT:
        sys.exit(f"expected {CLASS_COUNT} different labels, found {len(set(labels))} in {len(labels)} lines")
    arguments.output.write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
    print(f"{arguments.output}: {len(labels)} labels")


if __name__ == "__main__":
    main()
