#!/usr/bin/env python3
"""What one would write instead of mobilecam: OpenCV reads a video, LiteRT runs the network, a line of JSON is printed a frame.

`measure_program.py` measures it beside mobilecam: the same square of the picture, the same model file, the same pace.

    pip install opencv-python-headless ai-edge-litert
    peer_opencv.py VIDEO MODEL.tflite RESOLUTION --labels FILE [--frames N] [--rate 30]
"""

import argparse
import json
import time

import cv2
import numpy
from ai_edge_litert.interpreter import Interpreter


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    parser.add_argument("model")
    parser.add_argument("resolution", type=int)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--rate", type=float, default=30)
    arguments = parser.parse_args()
    labels = open(arguments.labels).read().splitlines()
    side = arguments.resolution
    interpreter = Interpreter(arguments.model)
    input = interpreter.get_input_details()[0]
    interpreter.resize_tensor_input(input["index"], (1, side, side, 3))
    interpreter.allocate_tensors()
    output = interpreter.get_output_details()[0]
    # What the network takes for each of a pixel's 256 values.
    values = (numpy.arange(256) / 127.5 - 1).astype(numpy.float32)
    if input["dtype"] != numpy.float32:
        scale, zero = input["quantization"]
        limits = numpy.iinfo(input["dtype"])
        values = numpy.clip(numpy.round(values / scale + zero), limits.min, limits.max).astype(input["dtype"])

    video = cv2.VideoCapture(arguments.video)
    number = 0
    while number != arguments.frames:
        has_frame, frame = video.read()
        if not has_frame:
            break
        height, width = frame.shape[:2]
        crop = int(0.875 * min(height, width))
        x, y = (width - crop) // 2, (height - crop) // 2
        small = cv2.resize(frame[y : y + crop, x : x + crop], (side, side), interpolation=cv2.INTER_LINEAR)
        pixels = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        interpreter.set_tensor(input["index"], values[pixels][None])
        interpreter.invoke()
        scores = interpreter.get_tensor(output["index"])[0]
        if output["dtype"] != numpy.float32:
            scale, zero = output["quantization"]
            scores = (scores.astype(numpy.float32) - zero) * scale
        best = numpy.argsort(scores)[: -6 : -1]
        top = [{"label": labels[index], "probability": round(float(scores[index]), 6)} for index in best]
        print(json.dumps({"sequence": number, "top": top}), flush=True)
        number += 1
        if number == 1:
            began = time.monotonic()
        time.sleep(max(0, began + number / arguments.rate - time.monotonic()))


if __name__ == "__main__":
    main()
