#!/usr/bin/env python3
"""Compares what `mobilecam teach --export` writes with what LiteRT makes of it.

    Tests/Tools/check_export.py MOBILECAM COLLECTION PICTURE…

Setup (any virtual environment): pip install numpy pillow ai-edge-litert==2.3.0

Exports the collection as TFLite and as safetensors, and classifies the pictures (256 × 256, of which the network sees the middle 224,
pixel by pixel) with mobilecam and with LiteRT. No probability may differ by more than 1e-4.
"""

import json
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image


def main(mobilecam, collection, pictures):
    folder = tempfile.mkdtemp()
    worst = 0.0
    for name in ["taught.tflite", "taught.safetensors"]:
        path = f"{folder}/{name}"
        subprocess.run([mobilecam, "teach", collection, "--export", path], check=True, stdout=subprocess.DEVNULL)
        if name.endswith(".tflite"):
            labels = json.loads(zipfile.ZipFile(path).read("labels.txt"))
            network = Interpreter(path)
            network.allocate_tensors()
        run = subprocess.run(
            [mobilecam, "classify", "--weights", path, "--json", "--top", str(len(labels)), *pictures],
            check=True, capture_output=True)
        for picture, result in zip(pictures, json.loads(run.stdout), strict=True):
            image = np.asarray(Image.open(picture).convert("RGB"), np.float32)
            if image.shape != (256, 256, 3):
                sys.exit(f"{picture}: expected 256 × 256 pixels, found {image.shape[1]} × {image.shape[0]}")
            network.set_tensor(network.get_input_details()[0]["index"], image[None, 16:240, 16:240] / 127.5 - 1)
            network.invoke()
            expected = network.get_tensor(network.get_output_details()[0]["index"])[0]
            found = np.zeros_like(expected)
            for guess in result["top"]:
                found[labels.index(guess["label"])] = guess["probability"]
            worst = max(worst, float(np.abs(found - expected).max()))
    print(f"largest difference of a probability on {len(pictures)} pictures: {worst:.1e}")
    return 0 if worst <= 1e-4 else 1


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
