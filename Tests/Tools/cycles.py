#!/usr/bin/env python3
"""How many instructions one inference executes on arm64, and how many cycles a board's processor would take for them by
LLVM's model of it: without a board.

    make arm64-instructions      instructions alone
    make arm64-cycles            both

    Tests/Tools/cycles.py [--llvm FOLDER] [--alpha 1] [--resolution 224] [--int8 FILE] [RUN …]

RUN is PRECISION:ISA:CPU@GHZ,CPU@GHZ …; FILE holds 8-bit weights, for otherwise float ones are made into such before the first
inference, under an emulated processor that writes a log. Needs what Tests/Arm64/run.sh built and, for cycles, the folder of
llvm-mca and llvm-objdump that Tests/Arm64/llvm.sh prints. A run takes minutes.

The program runs under qemu-user, which writes down every block of instructions that it executes: what lies between the starts of
two inferences is one inference, whatever start-up took. It is divided among the layers by which kernel was entered last and, where
layers take turns, by their mult-adds.

Cycles are modelled, not measured. Stretches of what each layer executed go through llvm-mca as they are, with everything around the
inner loops; the rest of the layer is taken to be alike. Of each layer the innermost loop that multiplies most is found in the
disassembled program by its backward branch, and modelled for itself. The limit is the time of the multiplications alone. In the model
every load finds its line in the first-level cache and every branch goes where it was expected to: memory is left out.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from array import array
from pathlib import Path

CACHE = Path(os.environ.get("MOBILECAM_ARM64_CACHE")
             or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mobilecam-arm64")
ROOT = CACHE / "root"
BINARY = ROOT / "arm64/build/aarch64-unknown-linux-gnu/release/mobilecam"
# Cortex-A72 at a Raspberry Pi 4's clock, A76 at a Pi 5's; a server's processors at the same one.
RUNS = ["fp32:baseline:cortex-a72@1.5,cortex-a76@2.4", "fp32:neon:cortex-a72@1.5,cortex-a76@2.4,neoverse-n1@2.4",
        "int8:neon:cortex-a72@1.5,cortex-a76@2.4", "int8:sdot:cortex-a76@2.4,neoverse-n1@2.4", "int8:i8mm:neoverse-n2@2.4"]
# How much of a layer is modelled: so many stretches of so many instructions.
STRETCHES, STRETCH = 6, 3000

MULTIPLICATION = re.compile(
    r"(fmla|fmlal2?|bfmmla|bfdot|bfmlal[bt]|[su]dot|usdot|[su]mmla|usmmla|[su]mull2?|[su]mlal2?|mla|mul|[su]adalp)\s+v")
BRANCH = re.compile(r"(b|bl|b\.\w+|bc\.\w+|cbn?z|tbn?z|adrp?)\s.*?(0x[0-9a-f]+)( <.*)?$")
# By what the kernels' closures take (`KernelTable.make`): functions that they call belong to the kernel that called them. Byte sums
# come before the convolution that needs them.
CLOSURE = r"\) -> \(\) in static Kernels\.(Quantized)?KernelTable\.make"
KERNELS = {
    "depthwise": re.compile(r"\(Kernels\.(Quantized)?DepthwiseArguments" + CLOSURE),
    "convolution": re.compile(
        r"\(Kernels\.(Pointwise|FirstConvolution|ByteSums)Arguments" + CLOSURE + r"|\(Kernels\.QuantizedConvolutionArguments\) -> \(\) in"),
    "pool": re.compile(r"\(Kernels\.QuantizedPoolArguments" + CLOSURE + r"|\(Swift\.UnsafePointer<Swift\.Float>, Swift\.Int, Swift\.Int, "
                       r"Swift\.UnsafeMutablePointer<Swift\.Float>" + CLOSURE),
    "fully connected": re.compile(r"\(Kernels\.(Quantized)?FullyConnectedArguments" + CLOSURE),
    "softmax": re.compile(r"\(Swift\.UnsafeMutablePointer<Swift\.Float>, Swift\.Int, Swift\.Int" + CLOSURE),
}
RUN_START = "12StepScheduleC3run"


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip()[-500:]}")
    return done.stdout


def emulated(isa, arguments, options=()):
    """Under the processor that has everything."""
    libraries = "/usr/libexec/swift/lib/swift/linux:/usr/lib/aarch64-linux-gnu"
    return [ROOT / "usr/bin/qemu-aarch64", "-cpu", "max", "-L", ROOT / "arm64/sysroot", "-E", f"LD_LIBRARY_PATH={libraries}",
            "-E", f"MOBILECAM_ISA={isa}", *options, BINARY, *arguments]


def demangled(names):
    names = list(names)
    return dict(zip(names, run(["swift", "demangle", "--compact"], input="\n".join(names)).splitlines(), strict=True))


class Trace:
    """Blocks of instructions that one inference executed, in their order."""

    def __init__(self, isa, arguments):
        self.blocks = []  # (address, instructions, symbol)
        self.start = None  # address and name of what starts a run
        with tempfile.TemporaryDirectory() as folder:
            pipe = f"{folder}/log"
            os.mkfifo(pipe)
            program = subprocess.Popen(
                emulated(isa, arguments, ["-d", "exec,nochain,in_asm", "-D", pipe]), stdout=subprocess.DEVNULL)
            with open(pipe, "rb", buffering=1 << 20) as log:
                self.sequence = self.read(log)
            program.kill()
            program.wait()

    def read(self, log):
        by_address, translated, start, entry = {}, {}, None, None
        sequence, runs = array("I"), 0
        for line in log:
            if line.startswith(b"Trace"):
                at = line.index(b"/") + 1
                address = line[at:at + 16]
                if translated and (key := int(address, 16)) in translated:
                    symbol = line[line.index(b"]") + 2:].strip().decode()
                    by_address[address] = len(self.blocks)
                    self.blocks.append((key, translated.pop(key), symbol))
                    if entry is None and RUN_START in symbol:
                        entry = address
                        self.start = (key, symbol)
                if address == entry:
                    runs += 1
                    if runs == 2:
                        return sequence
                if runs == 1:
                    sequence.append(by_address[address])
            elif line.startswith(b"0x"):
                if start is None:
                    start = int(line[:line.index(b":")], 16)
                    translated[start] = 0
                translated[start] += 1
            elif line.startswith(b"IN:"):
                start = None
        sys.exit(f"expected two runs of a network in the trace, found {runs}")


class Program:
    """The executable, disassembled."""

    def __init__(self, llvm):
        self.text, self.functions = {}, []
        line_of = re.compile(r"\s*([0-9a-f]+):\s+(.*)$")
        with subprocess.Popen([llvm / "llvm-objdump", "-d", "--no-show-raw-insn", BINARY],
                              stdout=subprocess.PIPE, text=True) as listing:
            for line in listing.stdout:
                if line.endswith(">:\n"):
                    address, name = line[:-3].split(" <", 1)
                    self.functions.append((int(address, 16), name))
                elif found := line_of.match(line):
                    self.text[int(found[1], 16)] = found[2]
        self.functions.append((1 << 63, ""))
        self.loops = self.find_loops()

    def find_loops(self):
        """Innermost loops that multiply: (first address, last address, function)."""
        loops, function = [], 0
        branches = []
        for address in sorted(self.text):
            while self.functions[function + 1][0] <= address:
                function += 1
            found = BRANCH.match(self.text[address])
            if found and not found[1].startswith(("bl", "adr")):
                target = int(found[2], 16)
                if self.functions[function][0] <= target <= address:
                    branches.append((target, address, self.functions[function][1]))
        # The later a branch's target, the further inside; another loop in between makes a loop an outer one.
        inner_ends = []
        for target, end, name in sorted(branches, key=lambda loop: (-loop[0], loop[1])):
            if any(target <= t and e <= end for t, e in inner_ends[-8:]):
                continue
            inner_ends.append((target, end))
            if any(MULTIPLICATION.match(line) for line in self.lines(target, end)):
                loops.append((target, end, name))
        return loops

    def lines(self, first, last):
        return [self.text[address] for address in range(first, last + 4, 4) if address in self.text]


class Models:
    """llvm-mca's models of processors."""

    def __init__(self, llvm):
        self.tool = llvm / "llvm-mca"
        self.version = re.search(r"LLVM version (\S+)", run([self.tool, "--version"]))[1]

    def cycles(self, cpu, regions, passes):
        """Of each region, a list of instructions, the cycles of so many passes."""
        text = []
        for number, lines in enumerate(regions):
            text.append(f"# LLVM-MCA-BEGIN {number}")
            # Where a branch goes is no matter.
            text += [f"{found[0][:found.start(2)]}.L" if (found := BRANCH.match(line)) else line for line in lines]
            text.append("# LLVM-MCA-END")
        report = run([self.tool, "-mtriple=aarch64", f"-mcpu={cpu}", f"--iterations={passes}", "-instruction-info=0",
                      "-resource-pressure=0", "-skip-unsupported-instructions=any", "--call-latency=1"], input="\n".join(text) + "\n")
        found = re.findall(r"Code Region - (\d+)\s+Iterations:\s+\d+\s+Instructions:\s+(\d+)\s+Total Cycles:\s+(\d+)", report)
        result = {int(number): int(cycles) for number, _, cycles in found}
        return [result[number] for number in range(len(regions))]

    def steady(self, cpu, regions):
        """Cycles of a pass among many."""
        # A pass more of a loop, without what begins and ends it.
        few, many = (self.cycles(cpu, regions, passes) for passes in (100, 300))
        return [(b - a) / 200 for a, b in zip(few, many)]


def independent(lines):
    """The multiplications alone, none of which waits for another."""
    result = []
    for line in lines:
        if MULTIPLICATION.match(line):
            registers = iter([f"v{16 + len(result) % 16}", "v14", "v15"])
            result.append(re.sub(r"\bv\d+", lambda _: next(registers), line))
    return result


class Layer:
    def __init__(self, facts):
        self.name, self.kind, self.mult_adds = facts["name"], facts["kind"], facts["mult_adds"]
        self.shape = (self.kind, facts["stride"], tuple(facts["input_shape"]), tuple(facts["output_shape"]))
        self.sequence = array("I")
        self.count = 1

    def add(self, other):
        self.sequence += other.sequence
        self.mult_adds += other.mult_adds
        self.count += 1

    @property
    def title(self):
        kind, stride, given, made = self.shape
        sizes = " → ".join("×".join(map(str, s)) for s in (given, made))
        return f"{kind} {sizes}" + (f", stride {stride}" if stride > 1 else "") + (f" ({self.count} ×)" if self.count > 1 else "")


class Inference:
    """One inference's trace, divided among the layers."""

    def __init__(self, trace, layers):
        self.trace = trace
        names = demangled({symbol for _, _, symbol in trace.blocks})
        kernel_of = {symbol: next((kind for kind, name in KERNELS.items() if name.search(names[symbol])), None) for symbol in names}
        self.kinds = [kernel_of[symbol] for _, _, symbol in trace.blocks]
        self.names = names
        self.layers = layers

    def divide(self, multiplications):
        """- multiplications: of each block."""
        runs, at = [], 0
        sequence, kinds = self.trace.sequence, self.kinds
        for index, block in enumerate(sequence):
            kind = kinds[block]
            if kind is not None and (not runs or runs[-1][0] != kind):
                if runs:
                    runs[-1][1] = sequence[at:index]
                    at = index
                runs.append([kind, None])
        runs[-1][1] = sequence[at:]
        layers = {layer.name: layer for layer in self.layers}
        order = [kind for kind, _ in runs]
        pairs = (len(runs) - 4) // 2
        if order != ["convolution"] + ["depthwise", "convolution"] * pairs + ["pool", "fully connected", "softmax"]:
            sys.exit(f"expected convolutions in turn with depthwise ones, pool, fully connected and softmax, found {order}")
        for name, index in [("conv1", 0), ("pool", -3), ("fc", -2), ("softmax", -1)]:
            layers[name].sequence = runs[index][1]
        # A block of layers is run in several items, in each of which depthwise rows and their pointwise ones take turns.
        amounts = [sum(multiplications[block] * n for block, n in collections.Counter(runs[2 + 2 * pair][1]).items())
                   for pair in range(pairs)]
        pointwise = [layer for layer in self.layers if layer.kind == "pointwise"]
        scale = sum(layer.mult_adds for layer in pointwise) / sum(amounts)
        done, number, ends = 0, 0, pointwise[0].mult_adds
        for pair, amount in enumerate(amounts):
            while (done + amount / 2) * scale > ends:
                number += 1
                ends += pointwise[number].mult_adds
            done += amount
            pointwise[number].sequence += runs[2 + 2 * pair][1]
            layers[pointwise[number].name.replace("pw", "dw")].sequence += runs[1 + 2 * pair][1]

    def instructions(self, layer):
        blocks = self.trace.blocks
        return sum(blocks[block][1] * n for block, n in collections.Counter(layer.sequence).items())


def inference(isa, precision, arguments):
    options = ["--alpha", arguments.alpha, "--resolution", arguments.resolution]
    facts = json.loads(run(emulated("baseline", ["model", *options, "--json"])))
    weights = ["--weights", arguments.int8] if precision == "int8" and arguments.int8 else []
    trace = Trace(isa, ["bench", *options, *weights, "--precision", precision, "--threads", "1", "--warmup", "0", "--runs", "2"])
    return Inference(trace, [Layer(layer) for layer in facts["layers"]])


def table(heads, rows):
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print()


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


class Modelled:
    """One inference on the processors' models."""

    def __init__(self, found, program, models, cpus):
        self.found, self.program, self.models = found, program, models
        trace = found.trace
        # Where the program was loaded.
        start, name = trace.start
        self.shift = next(address for address, symbol in program.functions if symbol == name) - start
        text = program.text
        self.lines = [[text[a] for a in range(address + self.shift, address + self.shift + 4 * n, 4) if a in text]
                      for address, n, _ in trace.blocks]
        self.multiplications = [sum(bool(MULTIPLICATION.match(line)) for line in lines) for lines in self.lines]
        found.divide(self.multiplications)
        # Layers of one shape run the same code.
        shapes = {}
        for layer in found.layers:
            if layer.shape in shapes:
                shapes[layer.shape].add(layer)
            else:
                shapes[layer.shape] = layer
        self.layers = list(shapes.values())
        self.instructions = [found.instructions(layer) for layer in self.layers]
        self.loops = [self.hottest(layer) for layer in self.layers]
        stretches = [self.stretches(layer) for layer in self.layers]
        self.cycles, self.loop_cycles, self.limits = {}, {}, {}
        for cpu in cpus:
            flat = iter(models.cycles(cpu, [lines for some in stretches for lines in some], 1))
            self.cycles[cpu] = []
            for some, instructions in zip(stretches, self.instructions):
                modelled = sum(next(flat) for _ in some)
                self.cycles[cpu].append(instructions * modelled / sum(map(len, some)))
            bodies = [program.lines(*loop[:2]) if loop else ["nop"] for loop in self.loops]
            self.loop_cycles[cpu] = models.steady(cpu, bodies)
            limits = models.steady(cpu, [independent(body) or ["nop"] for body in bodies])
            self.limits[cpu] = [
                (limit, limit * self.executed(layer) / len(independent(body)) if loop else None)
                for limit, layer, body, loop in zip(limits, self.layers, bodies, self.loops)]

    def executed(self, layer):
        """Multiplications."""
        return sum(self.multiplications[block] * n for block, n in collections.Counter(layer.sequence).items())

    def hottest(self, layer):
        """The innermost loop that multiplies most; `nil` where none does."""
        executions = collections.Counter()
        blocks = self.found.trace.blocks
        for block, n in collections.Counter(layer.sequence).items():
            address, length, _ = blocks[block]
            for place in range(address + self.shift, address + self.shift + 4 * length, 4):
                executions[place] += n
        best, most = None, 0
        for loop in self.program.loops:
            if executions[loop[1]]:
                amount = executions[loop[1]] * len(independent(self.program.lines(*loop[:2])))
                if amount > most:
                    best, most = loop, amount
        return best

    def stretches(self, layer):
        total = sum(len(self.lines[block]) for block in layer.sequence)
        if total <= STRETCHES * STRETCH:
            return [[line for block in layer.sequence for line in self.lines[block]]]
        result = []
        for part in range(STRETCHES):
            lines, at = [], int(len(layer.sequence) * (part + 0.5) / STRETCHES)
            while len(lines) < STRETCH and at < len(layer.sequence):
                lines += self.lines[layer.sequence[at]]
                at += 1
            result.append(lines)
        return result


def symbol_words(name):
    """A demangled symbol without what all of them have."""
    for word in (r"\b(Kernels\w*|Swift)\.", r"generic specialization ", r"@Sendable ", r"function signature specialization <Arg.*> of "):
        name = re.sub(word, "", name)
    return name if len(name) <= 110 else name[:107] + "…"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llvm", type=Path, help="folder of llvm-mca and llvm-objdump: cycles as well")
    parser.add_argument("--alpha", default="1")
    parser.add_argument("--resolution", default="224")
    parser.add_argument("--int8", metavar="FILE", help="8-bit weights of that alpha")
    parser.add_argument("runs", nargs="*", default=RUNS, metavar="RUN")
    arguments = parser.parse_args()
    if not BINARY.exists():
        sys.exit(f"{BINARY} is not there: `make test-arm64` builds it")

    program = models = None
    if arguments.llvm:
        program, models = Program(arguments.llvm), Models(arguments.llvm)
    totals, boards, loops, columns = [], [], [], []
    layers = {}
    for text in arguments.runs:
        precision, isa, cpus = text.split(":")
        cpus = [cpu.split("@") for cpu in cpus.split(",")]
        found = inference(isa, precision, arguments)
        executed = sum(found.trace.blocks[block][1] * n for block, n in collections.Counter(found.trace.sequence).items())
        totals.append((precision, isa, executed))
        print(f"{precision} {isa}: {executed} instructions", file=sys.stderr)
        if not program:
            continue
        modelled = Modelled(found, program, models, [cpu for cpu, _ in cpus])
        for layer in modelled.layers:
            layers.setdefault(layer.title, [number(layer.mult_adds / 1e6)])
        for cpu, clock in cpus:
            columns.append(f"{precision} {isa}, {cpu}")
            for layer, cycles, limit in zip(modelled.layers, modelled.cycles[cpu], modelled.limits[cpu]):
                layers[layer.title].append(number(cycles / 1e6) + (f" ({limit[1] / cycles:.2f})" if layer.mult_adds else ""))
            cycles = sum(modelled.cycles[cpu])
            limit = sum(limit for _, limit in modelled.limits[cpu] if limit)
            boards.append((cpu, f"{precision} {isa}", number(cycles / 1e6), f"{limit / cycles:.2f}", clock,
                           number(cycles / float(clock) / 1e6)))
        names = demangled({loop[2] for loop in modelled.loops if loop})
        users = collections.OrderedDict()
        for index, loop in enumerate(modelled.loops):
            if loop and modelled.layers[index].mult_adds:
                users.setdefault(loop, []).append(index)
        for loop, indices in users.items():
            body = program.lines(*loop[:2])
            passes = [f"{cpu} {modelled.loop_cycles[cpu][indices[0]]:.1f} "
                      f"({modelled.limits[cpu][indices[0]][0] / modelled.loop_cycles[cpu][indices[0]]:.2f})" for cpu, _ in cpus]
            loops.append((f"{precision} {isa}", ", ".join(modelled.layers[index].name for index in indices),
                          f"`{symbol_words(names[loop[2]])}` at {loop[0]:x}", len(body), len(independent(body)), ", ".join(passes)))
    if boards:
        print(f"Modelled by llvm-mca {models.version}, not measured; memory is left out. In brackets the share of the limit.\n")
        table(["layer", "M mult-adds"] + [f"{column}, M cycles" for column in columns],
              [[title, *cells] for title, cells in layers.items()])
        table(["kernels", "layers", "innermost loop", "instructions", "multiplications", "cycles a pass"], loops)
        table(["processor", "kernels", "M cycles", "of the limit", "GHz", "ms"], boards)
    first = totals[0][2]
    table(["kernels", "M instructions", f"of {totals[0][0]} {totals[0][1]}"],
          [(f"{precision} {isa}", number(n / 1e6), f"{n / first:.3f}") for precision, isa, n in totals])


if __name__ == "__main__":
    main()
