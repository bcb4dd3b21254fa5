#!/usr/bin/env python3
"""How long the network takes while other programs want the cores too, beside LiteRT on the same graph.

    python3 -m venv .venv && .venv/bin/pip install numpy ai-edge-litert==2.3.0
    .venv/bin/python Tests/Tools/measure_busy.py --models FOLDER [--binary FILE …] [--loads 0,2,4,6] [--alphas 1.0,0.25]
                     [--resolution 224] [--threads 1,2] [--runs 200] [--turns 3] [--rate 30]

FOLDER holds mobilenet_v1_ALPHA_random_fp32.tflite. A load is a number of endless loops in processes of their own. The engines take
turns; a figure is the median over the turns of p50, p90 and p99, in milliseconds. With --rate so many runs a second are asked for, as a
camera's frames come; without it runs follow each other. Several binaries are compared with each other as well.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path


def percentiles(times):
    times = sorted(times)
    return [times[max(0, -(-len(times) * p // 100) - 1)] for p in (50, 90, 99)]


def mobilecam(binary, model, arguments, threads):
    command = [binary, "bench", "--weights", str(model), "--resolution", str(arguments.resolution), "--threads", str(threads),
               "--precision", "fp32", "--warmup", "5", "--runs", str(arguments.runs), "--json"]
    if arguments.rate:
        command += ["--rate", str(arguments.rate)]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [report["latency_us"][name] / 1000 for name in ("p50", "p90", "p99")]


def litert(model, arguments, threads):
    import numpy
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(model), num_threads=threads)
    index = interpreter.get_input_details()[0]["index"]
    shape = (1, arguments.resolution, arguments.resolution, 3)
    interpreter.resize_tensor_input(index, shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, numpy.random.uniform(-1, 1, shape).astype(numpy.float32))
    times = []
    began = time.perf_counter()
    for run in range(arguments.runs + 5):
        if arguments.rate:
            left = began + 1 / arguments.rate - time.perf_counter()
            if left > 0:
                time.sleep(left)
            began = time.perf_counter()
        start = time.perf_counter()
        interpreter.invoke()
        if run >= 5:
            times.append(1000 * (time.perf_counter() - start))
    return percentiles(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", required=True, type=Path)
    parser.add_argument("--binary", nargs="+", default=[str(Path(__file__).resolve().parents[2] / ".build/release/mobilecam")])
    parser.add_argument("--loads", default="0,2,4,6")
    parser.add_argument("--alphas", default="1.0,0.25")
    parser.add_argument("--resolution", type=int, default=224)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--rate", type=float)
    arguments = parser.parse_args()
    names = [f"mobilecam {number + 1}" if len(arguments.binary) > 1 else "mobilecam" for number in range(len(arguments.binary))]
    print(f"{'alpha':>5} {'loops':>5} {'threads':>7}   " + "   ".join(f"{name + ' p50 p90 p99':^24}" for name in [*names, "LiteRT"]))
    for alpha in arguments.alphas.split(","):
        model = arguments.models / f"mobilenet_v1_{alpha}_random_fp32.tflite"
        for load in map(int, arguments.loads.split(",")):
            loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(load)]
            try:
                for threads in map(int, arguments.threads.split(",")):
                    engines = [lambda b=b: mobilecam(b, model, arguments, threads) for b in arguments.binary]
                    engines.append(lambda: litert(model, arguments, threads))
                    turns = [[engine() for engine in engines] for _ in range(arguments.turns)]
                    cells = [[statistics.median(turn[engine][p] for turn in turns) for p in range(3)] for engine in range(len(engines))]
                    print(f"{alpha:>5} {load:>5} {threads:>7}   " + "   ".join(" ".join(f"{value:7.2f}" for value in cell) + " " for cell in cells),
                          flush=True)
            finally:
                for loop in loops:
                    loop.kill()
                    loop.wait()


if __name__ == "__main__":
    main()
