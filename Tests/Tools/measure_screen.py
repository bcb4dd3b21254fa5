#!/usr/bin/env python3
"""Measures what the screen costs, on a pseudo-terminal of 100 x 30, against the bounds that it is to keep.

    swift build -c release && Tests/Tools/measure_screen.py [--build FOLDER] [--seconds N]

Prints one line for each figure and ends with status 1 if one is over its bound. On a busy machine the times say little;
the bytes do. Needs nothing but Python, and Linux for /proc.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

COLUMNS, ROWS = 100, 30


class Run:
    """A program on a terminal of its own."""

    def __init__(self, command):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            # The parent may be slower than the program: the size has to be there before it starts.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "TERM": "xterm-256color",
                           "LANG": "C.UTF-8"}
            os.execve(command[0], command, environment)

    def read(self, seconds):
        """All that comes within `seconds`."""
        end, parts = time.monotonic() + seconds, []
        while (left := end - time.monotonic()) > 0:
            if not (part := self.part(left)):
                break
            parts.append(part)
        return b"".join(parts)

    def part(self, seconds):
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        try:
            return os.read(self.terminal, 65536) if ready else b""
        except OSError:
            return b""

    def seconds_until(self, text, limit=10.0):
        """How long it takes until `text` comes; None if it does not."""
        begin, seen = time.monotonic(), b""
        while (now := time.monotonic()) - begin < limit:
            seen += self.part(limit - (now - begin))
            if text in seen:
                return time.monotonic() - begin
        return None

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def processor_seconds(self):
        """User and system time, of all threads."""
        fields = open(f"/proc/{self.process}/stat").read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        try:
            os.kill(self.process, signal.SIGTERM)
        except ProcessLookupError:
            pass
        while self.part(1):
            pass
        os.close(self.terminal)
        os.waitpid(self.process, 0)


def live(program, *options):
    """The live program on the demo reel, once its first result is on the screen."""
    run = Run([program, "live", "--source", "demo", *options])
    if run.seconds_until(b"unaccounted") is None:
        sys.exit("measure_screen: the program's screen did not come")
    run.read(2)
    return run


def steady(program, seconds, *options):
    """Bytes a second to the terminal, and share of a core."""
    run = live(program, *options)
    begin, used = time.monotonic(), run.processor_seconds()
    count = len(run.read(seconds))
    took = time.monotonic() - begin
    used = run.processor_seconds() - used
    run.end()
    return count / took, used / took


def key_seconds(program, presses):
    """95th percentile of the time from a key to its effect: the help, whose text nothing else shows."""
    run, times = live(program, "--alpha", "0.25", "--resolution", "160"), []
    for press in range(presses):
        # At any time of a frame.
        run.read(0.15 + 0.037 * (press % 7))
        run.type("?")
        taken = run.seconds_until(b"multiplier")
        if taken is None:
            sys.exit("measure_screen: the help did not come")
        times.append(taken)
        run.read(0.1)
        run.type("?")
    run.end()
    return sorted(times)[-(-len(times) * 95 // 100) - 1]


def draw_milliseconds(probe):
    run = Run([probe, "cost"])
    text = run.read(60).decode(errors="replace")
    run.end()
    found = re.search(r"([\d.]+) ms of CPU a frame", text)
    if not found:
        sys.exit("measure_screen: screen-probe cost gave no figure")
    return float(found[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
    parser.add_argument("--build", default=os.path.join(root, ".build/release"), help="where the executables are")
    parser.add_argument("--seconds", type=float, default=10, help="of each steady measurement")
    parser.add_argument("--presses", type=int, default=100, help="of the key whose effect is timed")
    options = parser.parse_args()
    program, probe = (os.path.join(options.build, name) for name in ("mobilecam", "screen-probe"))
    is_over = False

    def show(what, value, bound, unit):
        nonlocal is_over
        is_over = is_over or value >= bound
        print(f"{what:52}{value:8.2f} {unit:5} bound {bound:g}{'   OVER' if value >= bound else ''}", flush=True)

    show("drawing one frame, half blocks, CPU", draw_milliseconds(probe), 1.5, "ms")
    rate, share = steady(program, options.seconds, "--alpha", "0.25", "--resolution", "160")
    show("ASCII to the terminal", rate / 1000, 40, "kB/s")
    show("whole program, alpha 0.25 at 160, of one core", share * 100, 25, "%")
    rate, _ = steady(program, options.seconds, "--preview", "half-blocks", "--color", "256")
    show("half blocks of 256 colours to the terminal", rate / 1000, 400, "kB/s")
    show(f"key to effect, 95th percentile of {options.presses}", key_seconds(program, options.presses) * 1000, 50, "ms")
    sys.exit(1 if is_over else 0)


if __name__ == "__main__":
    main()
