#!/usr/bin/env python3
"""Recomputes `mobilecam report` from a log's raw rows, without any code of mobilecam's.

    Tests/Tools/check_logs.py MOBILECAM LOG…

Reads CSV, JSON Lines and traces with Python's own csv and json modules, works out count, nearest-rank percentiles, maximum
and share of every stage and layer in every configuration, and compares them with the report's text to the last digit shown.
Of each row the layers have to add up to the network's time; of a trace, slices have to nest, spans to close, and units to
agree with the rows.
"""

import csv
import json
import math
import re
import subprocess
import sys
from collections import OrderedDict, defaultdict
from decimal import Decimal

STAGES = ["capture wait", "decode", "queue age", "preprocess", "network", "render", "glass to label"]


def nanoseconds(text):
    """'1691.234' microseconds, exactly; None for unknown."""
    if text in (None, ""):
        return None
    value = Decimal(str(text)) * 1000
    if value != value.to_integral_value():
        raise SystemExit(f"{text} has more digits than nanoseconds")
    return int(value)


def csv_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, strict=True)
        layers = [n for n in reader.fieldnames[reader.fieldnames.index("top5_probability") + 1:] if n.endswith("_us")]
        for row in reader:
            if None in row or None in row.values():
                raise SystemExit(f"{path}: a row of another length")
            row["layers"] = OrderedDict((n[: -len("_us")], nanoseconds(row[n])) for n in layers)
            row["warm_up"] = {"true": True, "false": False}[row["warm_up"]]
            yield row


def json_row(row, names):
    if len(names) != len(row["layers_us"]):
        raise SystemExit("a row of another number of layers")
    row["layers"] = OrderedDict(zip(names, map(nanoseconds, row["layers_us"])))
    return row


def json_lines_rows(path):
    names = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line, parse_float=Decimal)
            if row["type"] == "run":
                names = [layer["name"] for layer in row["layers"]]
            elif row["type"] == "frame":
                yield json_row(row, names)


def trace_rows(path):
    with open(path, encoding="utf-8") as file:
        events = json.load(file, parse_float=Decimal)
    names = []
    for event in events:
        if event["name"] == "mobilecam_run":
            names = [layer["name"] for layer in event["args"]["layers"]]
        elif event["name"] == "result":
            yield json_row(event["args"], names)
    check_trace(events, set(names))


def check_trace(events, layers):
    """As trace viewers read it: complete slices of a thread nest, spans of an id open and close in turn."""
    open_spans = defaultdict(list)
    slices = defaultdict(list)
    phases = set()
    for event in events:
        phase = event["ph"]
        phases.add(phase)
        if phase == "X":
            if event["dur"] < 0:
                raise SystemExit(f"a slice of negative length: {event}")
            slices[event["pid"], event["tid"]].append(event)
        elif phase in "be":
            key = event["cat"], event["id"]
            if phase == "b":
                open_spans[key].append((event["name"], event["ts"]))
            else:
                name, began = open_spans[key].pop()
                if name != event["name"] or event["ts"] < began:
                    raise SystemExit(f"a span that ends another one: {event}")
        elif phase == "C":
            if not all(isinstance(value, (int, Decimal)) for value in event["args"].values()):
                raise SystemExit(f"a counter without a number: {event}")
        elif phase not in "iM":
            raise SystemExit(f"a phase that is unknown: {event}")
    if any(open_spans.values()):
        raise SystemExit("a span that is never closed")
    if not {"M", "X", "i", "C"} <= phases:
        raise SystemExit(f"kinds of events are missing: only {phases}")
    for thread in slices.values():
        parents = []
        last = None
        # A parent of the same start comes first in the file, and the sort is stable.
        for event in sorted(thread, key=lambda e: (e["ts"], -e["dur"])):
            end = event["ts"] + event["dur"]
            while parents and parents[-1] <= event["ts"]:
                parents.pop()
            if parents and end > parents[-1]:
                raise SystemExit(f"a slice that overlaps another: {event}")
            parents.append(end)
            if event["name"] in layers and len(parents) < 2 and event["dur"] > 0:
                raise SystemExit(f"a layer outside of a network: {event}")
            last = event
        if last is None:
            raise SystemExit("a thread without slices")
    # Units: the network's slices are as long as the rows say, in microseconds.
    lengths = [e["dur"] for t in slices.values() for e in t if e["name"] == "network"]
    rows = [Decimal(e["args"]["network_us"]) for e in events if e["name"] == "result"]
    if len(lengths) != len(rows) or any(abs(a - b) > 50 for a, b in zip(lengths, rows)):
        raise SystemExit("slices of the network differ from the rows by more than 50 µs")


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        start = file.read(1)
    return {"[": trace_rows, "{": json_lines_rows}.get(start, csv_rows)(path)


def column(stage):
    return stage.replace(" ", "_") + "_us"


def expected(path):
    """{configuration: {stage or layer: sorted nanoseconds}}, and the number of rows."""
    found = defaultdict(lambda: defaultdict(list))
    count = 0
    for row in rows_of(path):
        count += 1
        network, rest = nanoseconds(row["network_us"]), nanoseconds(row["unaccounted_us"])
        if sum(row["layers"].values()) + rest != network:
            raise SystemExit(f"{path}: the layers of frame {row['sequence']} do not add up")
        if row["warm_up"]:
            continue
        key = f"{Decimal(row['alpha']):.2f}", int(row["resolution_px"]), row["precision"], int(row["threads"])
        times = found[key]
        for stage in STAGES:
            value = nanoseconds(row[column(stage)])
            if value is not None:
                times[stage].append(value)
        for name, value in row["layers"].items():
            times[name].append(value)
        times["unaccounted"].append(rest)
    for times in found.values():
        for values in times.values():
            values.sort()
    return found, count


def rounded(value, digits):
    unit = 10 ** max(0, len(str(value)) - digits)
    return (value + unit // 2) // unit * unit


def agrees(shown, value, values):
    """Exactly, or to four digits where there are too many different values to count each."""
    if nanoseconds(shown) == value and len(shown.split(".")[-1]) == 3:
        return True
    return len(set(values)) > 2000 and nanoseconds(shown) == rounded(value, 4)


def check(program, path):
    found, count = expected(path)
    text = subprocess.run([program, "report", path], check=True, capture_output=True, text=True).stdout
    if not re.search(rf": {count} rows? in ", text):
        raise SystemExit(f"{path}: the report does not count {count} rows:\n{text}")
    checked, seen, times = 0, [], {}
    for line in text.splitlines() + ["α 0.00  0 px  end  0 threads: 0 results"]:
        head = re.match(r"α (\S+)  (\d+) px  (\S+)  (\d+) threads?: (\d+) results?", line)
        if head:
            if times:
                raise SystemExit(f"{path}: {seen[-1]}: the report leaves out {list(times)}")
            key = head[1], int(head[2]), head[3], int(head[4])
            seen.append(key)
            times = dict(found.get(key, {}))
            if len(times.get("network", [])) != int(head[5]):
                raise SystemExit(f"{path}: {line}: expected {len(times['network'])}")
        row = re.match(r"  (\S+(?: \S+)*) +(\d+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+)(?: +(\S+) %)?$", line)
        if not row:
            continue
        values = times.pop(row[1])
        if int(row[2]) != len(values):
            raise SystemExit(f"{path}: {line}: expected {len(values)}")
        for shown, percent in zip(row.groups()[2:7], [50, 90, 95, 99, 100]):
            rank = max(1, math.ceil(percent * len(values) / 100))
            if percent == 99 and len(values) < 100:
                right = shown == "–"
            else:
                right = agrees(shown, values[rank - 1], values)
            if not right:
                raise SystemExit(f"{path}: {line}: p{percent} is {values[rank - 1]} ns, not {shown}")
            checked += 1
        if row[8]:
            share = Decimal(sum(values) * 100) / sum(found[key]["network"])
            if abs(share - Decimal(row[8])) > Decimal("0.0501"):
                raise SystemExit(f"{path}: {line}: the share is {share}")
    seen = [key for key in seen[:-1] if key in found]
    if sorted(seen) != sorted(found):
        raise SystemExit(f"{path}: the report has {seen}, the rows {list(found)}")
    print(f"{path}: {count} rows, {len(found)} configurations, {checked} figures as the report shows them")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    for log in sys.argv[2:]:
        check(sys.argv[1], log)
