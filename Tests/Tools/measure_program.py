#!/usr/bin/env python3
"""What the whole program costs at 30 frames a second, beside Python with OpenCV and LiteRT (peer_opencv.py) on the same pictures.

    python3 -m venv .venv && .venv/bin/pip install opencv-python-headless ai-edge-litert
    make bench-program ARGS="--python .venv/bin/python [--only 'mjpeg int8,reel headless'] [--markdown]"

A row is a source, a network and a way to run it:
    reel      the demo reel, 640 x 480; Python reads the same frames, recorded before as Y4M of 4:2:0
    y4m       720p of 4:2:0; mjpeg: 720p JPEG pictures of 4:2:2. ffmpeg makes both of the reel's photographs, with a little noise
    screen    the live program on a pseudo-terminal of 100 x 30, which is read all the time
    headless  a line of JSON for each frame. The program reads files without a screen as fast as it can, so they are sent to
              its standard input at the pace; the processor time that sending takes counts as the program's
Python has no screen: it prints a line of JSON for each frame, is measured once for both ways, and stands beside both.

Columns, medians of the turns; ours, then Python's, then (`of it`) ours as a share of Python's:
    CPU s/min       processor time, user and system, of all threads and child processes, for each 1800 frames (a minute) with a label
                    after the first
    MiB             most resident memory in all the run (VmHWM; child processes added)
    first label s   from the start of the process until its first label has come out
    J/min           energy of the processor packages for as many, whatever else runs (RAPL, which often only root may read)
    frames          with a label, of those asked for: fewer where the machine was too slow or busy
    same label      share of the frames whose best label is Python's too; `shown`: Python's commonest was seen on the terminal

The models' weights are random, which costs the same; labels nearly tie, so that some differ by how a picture was made smaller.
Both sides run on as many threads as they take by themselves.
"""

import argparse
import collections
import fcntl
import functools
import glob
import itertools
import json
import mmap
import os
import platform
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
ROOT = TOOLS.parents[1]
RATE = 30
COLUMNS, ROWS = 100, 30
# Results that the program's summary leaves out (WarmUpMarker).
WARM_UP = 5
PHOTOGRAPHS = ["coffee", "chelsea", "camera", "astronaut", "rocket"]
SOURCES = {"reel": "reel 640x480", "y4m": "Y4M 720p", "mjpeg": "MJPEG 720p"}
NETWORKS = [("0.25", 160), ("1.0", 224)]
HEADINGS = ["source", "α", "px", "net", "run", "CPU s/min", "Python", "of it", "MiB", "Python", "of it", "first label s", "Python",
            "J/min", "Python", "frames", "Python", "of", "same label"]


class Failure(Exception):
    pass


@dataclass
class Run:
    spent_cpu: float
    spent_joules: float | None
    mebibytes: float
    first: float
    output: bytes
    frames: int = 0
    labels: dict = field(default_factory=dict)

    @property
    def cpu(self):
        return self.spent_cpu * self.minute

    @property
    def joules(self):
        return self.spent_joules and self.spent_joules * self.minute

    @property
    def minute(self):
        """Over what was counted, which began with the first frame's label."""
        return 60 * RATE / (self.frames - 1)


def tree(process):
    yield process
    for path in glob.glob(f"/proc/{process}/task/*/children"):
        for child in Path(path).read_text().split():
            yield from tree(int(child))


def peak_mebibytes(process):
    """Not `ru_maxrss`, in which what this tool held when it started the process can be the largest."""
    return sum(int(re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{one}/status").read_text())[1]) for one in tree(process)) / 1024


def cpu_seconds(process):
    """So far, with the children that have ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def energy():
    """Of each processor package: its counter, and where that begins again; in microjoules. None where it cannot be read."""
    try:
        zones = [zone for zone in map(Path, glob.glob("/sys/class/powercap/intel-rapl:*"))
                 if (zone / "name").read_text().startswith("package")]
        return [[int((zone / name).read_text()) for name in ("energy_uj", "max_energy_range_uj")] for zone in zones] or None
    except OSError:
        return None


@functools.cache
def frame_edges(video):
    """Where each frame of a file begins (the first with the file's header), and the end."""
    with video.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        starts = [found.start() for found in re.finditer(b"\xff\xd8\xff" if video.suffix == ".mjpeg" else b"FRAME\n", data)]
        return [0, *starts[1:], len(data)]


class Feeder(threading.Thread):
    """Sends a file's first frame at once and the others at the pace, once the first label is there."""

    def __init__(self, video, pipe):
        super().__init__(daemon=True)
        self.video, self.pipe, self.may_go_on, self.cpu = video, pipe, threading.Event(), 0
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)

    def run(self):
        with self.video.open("rb") as file:
            for number, (start, end) in enumerate(itertools.pairwise(frame_edges(self.video))):
                if number == 1:
                    self.may_go_on.wait()
                    began, used = time.monotonic(), time.thread_time()
                if number:
                    time.sleep(max(0, began + number / RATE - time.monotonic()))
                    self.cpu = time.thread_time() - used
                try:
                    while start < end:
                        start += os.sendfile(self.pipe.fileno(), file.fileno(), start, end - start)
                except BrokenPipeError:
                    break
        self.pipe.close()


def measure(command, frames, first_label, on_screen=False, feed=None):
    """Runs a command to its end. Its first label is there when the bytes `first_label` have come out."""
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    feeder = first = None
    seen, memory, sampled = bytearray(), 0, 0
    with tempfile.TemporaryFile() as errors:
        begin = time.monotonic()
        if on_screen:
            output, terminal = pty.openpty()
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            environment |= {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
            process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
            os.close(terminal)
        else:
            output, end = os.pipe()
            process = subprocess.Popen(command, stdin=subprocess.PIPE if feed else subprocess.DEVNULL, stdout=end, stderr=errors)
            os.close(end)
        try:
            if feed:
                feeder = Feeder(feed, process.stdin)
                feeder.start()
            while time.monotonic() - begin < 60 + 3 * frames / RATE:
                if select.select([output], [], [], 0.25)[0]:
                    try:
                        part = os.read(output, 1 << 16)
                    except OSError:
                        part = b""  # A terminal that nobody has open any more.
                    if not part:
                        break
                    seen += part
                if first is None and first_label in seen:
                    first, used, charge = time.monotonic(), cpu_seconds(process.pid), energy()
                    if feeder:
                        feeder.may_go_on.set()
                if time.monotonic() - sampled > 0.25:
                    sampled = time.monotonic()
                    try:
                        memory = max(memory, peak_mebibytes(process.pid))
                    except (OSError, TypeError):
                        pass  # It has just ended.
            else:
                process.kill()
            left = energy()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            process.kill()
            os.close(output)
            if feeder:
                feeder.may_go_on.set()
                feeder.join()
        if process.returncode or first is None:
            errors.seek(0)
            raise Failure(f"{' '.join(map(str, command))}\nended with {process.returncode}, {'after' if first else 'before'} its first "
                          f"label\n{(errors.read() or seen[-2000:]).decode(errors='replace')}")
    cpu = usage.ru_utime + usage.ru_stime - used + (feeder.cpu if feeder else 0)
    joules = sum((b[0] - a[0]) % (b[1] + 1) for a, b in zip(charge, left)) / 1e6 if charge and left else None
    return Run(cpu, joules, memory, first - begin, bytes(seen))


def measure_lines(*arguments, **more):
    """Runs a command that prints a line of JSON for each frame."""
    run = measure(*arguments, b'"label"', **more)
    for line in map(json.loads, run.output.splitlines()):
        run.labels[line["sequence"]] = line["top"][0]["label"]
    run.frames = len(run.labels)
    return run


def measure_screen(*arguments):
    # The row of the screen that only a result has.
    run = measure(*arguments, b"unaccounted", on_screen=True)
    counted = re.search(rb"\n  network +(\d+) ", run.output)
    if not counted:
        raise Failure(f"too few results for a summary on the screen, which leaves {WARM_UP} out: more --seconds")
    run.frames = int(counted[1]) + WARM_UP
    return run


def turn(arguments, source, video, resolution, precision, model, ways):
    """A run of each way and of Python."""
    frames = arguments.frames
    ours = [arguments.binary, "live", "--weights", model, "--resolution", str(resolution), "--precision", precision, "--frames", str(frames)]
    runs, is_reel = {}, source == "reel"
    with open(video, "rb") as file:  # for all alike: the first reader would pay for the disk
        while file.read(1 << 24):
            pass
    if "screen" in ways:
        runs["screen"] = measure_screen([*ours, "--source", "demo" if is_reel else video], frames)
    if "headless" in ways:
        runs["headless"] = measure_lines([*ours, "--headless", "--source", "demo" if is_reel else "-"], frames, feed=None if is_reel else video)
    if arguments.peer:
        runs["python"] = measure_lines([arguments.python, TOOLS / "peer_opencv.py", video, model, str(resolution), "--labels",
                                        ROOT / "assets/labels.txt", "--frames", str(frames), "--rate", str(RATE)], frames)
    return runs


def cells(runs, peers):
    """The figures of a row."""

    def figures(name, digits, has_share=False):
        pair = [[value for run in side if (value := getattr(run, name)) is not None] for side in (runs, peers)]
        pair = [statistics.median(values) if values else None for values in pair]
        share = [f"{pair[0] / pair[1]:.2f}" if peers else ""] if has_share else []
        return [("" if value is None else f"{value:.{digits}f}") for value in pair] + share

    same = ""
    if peers and runs[0].labels:
        pairs = [(label, peer.labels.get(number)) for run, peer in zip(runs, peers) for number, label in run.labels.items()]
        same = f"{100 * sum(a == b for a, b in pairs) / len(pairs):.0f} %"
    elif peers:
        label = collections.Counter(peers[-1].labels.values()).most_common(1)[0][0]
        same = "shown" if label.encode() in runs[-1].output else "not shown"
    return [*figures("cpu", 1, True), *figures("mebibytes", 1, True), *figures("first", 2), *figures("joules", 0), *figures("frames", 0)], same


def show(values, markdown):
    widths = [12, -4, -3, -4, -8] + [-len(heading) for heading in HEADINGS[5:]]
    print("| " + " | ".join(values) + " |" if markdown else
          "  ".join(value.ljust(width) if width > 0 else value.rjust(-width) for value, width in zip(values, widths)), flush=True)


def inputs(folder, binary, frames):
    """The videos, made where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    videos = {name: folder / f"{name}-{frames}.{'mjpeg' if name == 'mjpeg' else 'y4m'}" for name in SOURCES}

    def make(name, *options):
        part = folder / f"{name}.part"
        subprocess.run(["ffmpeg", "-v", "error", "-y", *options, "-frames:v", str(frames), part], check=True)
        part.rename(videos[name])

    y4m = ["-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe"]
    if not videos["reel"].exists():
        with tempfile.TemporaryDirectory(dir=folder) as made:
            subprocess.run([binary, "live", "--source", "demo", "--headless", "--frames", str(frames), "--alpha", "0.25",
                            "--resolution", "128", "--record", f"{made}/reel.y4m"], check=True, capture_output=True)
            # A recording is 4:4:4; 4:2:0 is what OpenCV reads sooner.
            make("reel", "-i", f"{made}/reel.y4m", *y4m)
    # A pan over each photograph. The noise is a camera's: without it JPEG pictures would be too easy to read.
    each = frames / RATE / len(PHOTOGRAPHS) + 1 / RATE
    pictures = [word for name in PHOTOGRAPHS
                for word in ("-loop", "1", "-framerate", str(RATE), "-t", str(each), "-i", ROOT / f"assets/demo/{name}.jpg")]
    numbers = range(len(PHOTOGRAPHS))
    pans = "".join(f"[{n}]scale=1440:-2,crop=1280:720:(iw-ow)*t/{each}:(ih-oh)*t/{each},setsar=1[v{n}];" for n in numbers)
    joined = "".join(f"[v{n}]" for n in numbers) + f"concat=n={len(PHOTOGRAPHS)},noise=alls=5:allf=t"
    for name, options in (("y4m", y4m), ("mjpeg", ["-pix_fmt", "yuvj422p", "-c:v", "mjpeg", "-q:v", "4", "-f", "mjpeg"])):
        if not videos[name].exists():
            make(name, *pictures, "-filter_complex", pans + joined, *options)
    return videos


def peer_versions(python):
    """None, and says why, where it cannot run."""
    code = ("import platform, cv2, numpy, importlib.metadata as m, ai_edge_litert.interpreter; print('Python', platform.python_version() + "
            "', OpenCV', cv2.__version__ + ', NumPy', numpy.__version__ + ', LiteRT', m.version('ai-edge-litert'))")
    try:
        found = subprocess.run([python, "-c", code], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.strip()
        why = (found.stderr.splitlines() or [f"status {found.returncode}"])[-1]
    except OSError as error:
        why = error
    print(f"skipped: Python's side ({why}): pip install opencv-python-headless ai-edge-litert, and give that Python with --python\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / ".build/release/mobilecam"))
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("MOBILECAM_SHARED", ROOT.parent / "shared")) / "bench/models",
                        help="where mobilenet_v1_ALPHA_random_PRECISION.tflite are ($MOBILECAM_SHARED/bench/models, ../shared/bench/models)")
    parser.add_argument("--python", default=os.environ.get("MOBILECAM_PEER_PYTHON", sys.executable),
                        help="an interpreter that has OpenCV and LiteRT ($MOBILECAM_PEER_PYTHON; else the one that runs this)")
    parser.add_argument("--seconds", type=float, default=20, help="of each run")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", default="", help="rows that have all words of one of these, which commas part: 'mjpeg 0.25,reel screen'")
    parser.add_argument("--inputs", type=Path, default=Path(tempfile.gettempdir()) / "mobilecam-bench-program",
                        help="a folder where the videos are kept for the next time: 60 MB for each of --seconds")
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    arguments.frames = round(arguments.seconds * RATE)
    wishes = [set(wish.split()) for wish in arguments.only.split(",")]
    groups = collections.defaultdict(list)
    for source, (alpha, resolution), precision, way in itertools.product(SOURCES, NETWORKS, ["fp32", "int8"], ["screen", "headless"]):
        if any(wish <= {source, alpha, str(resolution), precision, way} for wish in wishes):
            groups[source, alpha, resolution, precision].append(way)
    if not groups:
        sys.exit(f"measure_program: --only '{arguments.only}': no row has these words; there are "
                 "reel y4m mjpeg, 0.25 1.0, 160 224, fp32 int8, screen headless")

    arguments.peer = peer_versions(arguments.python)
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    version = subprocess.run([arguments.binary, "--version"], check=True, capture_output=True, text=True).stdout.splitlines()[0]
    print(f"{processor[1] if processor else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, load "
          f"{os.getloadavg()[0]:.1f}; {', '.join(filter(None, [version, arguments.peer]))}; {arguments.turns} × {arguments.seconds:g} s\n")
    videos = inputs(arguments.inputs, arguments.binary, arguments.frames)
    show(HEADINGS, arguments.markdown)
    if arguments.markdown:
        show(["---"] * len(HEADINGS), True)
    remarks = []
    for (source, alpha, resolution, precision), ways in groups.items():
        model = arguments.models / f"mobilenet_v1_{alpha}_random_{precision}.tflite"
        if not model.exists():
            remarks.append(f"skipped: {source} {alpha} {precision}: no {model}")
            continue
        try:
            turns = [turn(arguments, source, videos[source], resolution, precision, model, ways) for _ in range(arguments.turns)]
        except Failure as failure:
            remarks.append(f"failed: {failure}")
            continue
        for way in ways:
            figures, same = cells([runs[way] for runs in turns], [runs["python"] for runs in turns if arguments.peer])
            show([SOURCES[source], alpha, str(resolution), precision, way, *figures, str(arguments.frames), same], arguments.markdown)
    print("\n".join(["", *remarks]))
    sys.exit(any(remark.startswith("failed") for remark in remarks))


if __name__ == "__main__":
    main()
