// Reads files that were changed at random, with every reader of files from outside. Each has to end in a value or in words
// for the user; a trap ends this program, and says which input it was.
//
//   reader-fuzz NAME-or-all [COUNT [SEED [FIRST]]]
//
// COUNT inputs for each reader (20000), made from SEED (the clock's) and the input's number, which begins at FIRST (0).
// Prints one line for each reader.
import Glibc
import ModelFiles
import Platform
import TestSupport

/// What is being read, for the handler of a trap.
nonisolated(unsafe) var currentInput = 0
nonisolated(unsafe) var currentName: UnsafeMutablePointer<CChar>?

/// Says which input it was, and lets the signal end the program.
for fault in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
  signal(fault) { number in
    var text = [Int8](repeating: 0, count: 0)
    var rest = currentInput
    repeat {
      text.insert(Int8(48 + rest % 10), at: 0)
      rest /= 10
    } while rest > 0
    _ = currentName.map { write(STDERR_FILENO, $0, strlen($0)) }
    _ = write(STDERR_FILENO, ": the reader failed at input ", 29)
    _ = write(STDERR_FILENO, text, text.count)
    _ = write(STDERR_FILENO, "\n", 1)
    signal(number, SIG_DFL)
    raise(number)
  }
}

struct Outcome {
  var accepted = 0
  var refused = 0
}

func run(_ reader: Reader, first: Int, count: Int, seed: UInt64) throws -> Outcome {
  let seeds = try reader.seeds()
  // Each seed itself has to be read: otherwise its changes would try nothing.
  for seed in seeds { try reader.check(reader.wrap(seed.bytes)) }
  free(currentName)
  currentName = strdup(reader.name)
  let salt = reader.name.utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) }
  var outcome = Outcome()
  for number in first..<first + count {
    currentInput = number
    var random = SplitMix64(state: seed &+ salt &+ UInt64(number) &* 0x9e37_79b9_7f4a_7c15)
    _ = random.next()
    let input = reader.input(seeds, &random)
    do {
      try reader.check(input)
      outcome.accepted += 1
    } catch is UserError {
      outcome.refused += 1
    }
  }
  return outcome
}

let arguments = PathText.arguments
let name = arguments.first ?? "all"
let count = arguments.count > 1 ? Int(arguments[1]) : 20_000
let seed = arguments.count > 2 ? UInt64(arguments[2]) : UInt64(Nanoseconds.of(CLOCK_REALTIME).count)
let first = arguments.count > 3 ? Int(arguments[3]) : 0
let readers = Readers.all
let chosen = readers.filter { name == "all" || $0.name == name }
guard let count, let seed, let first, count > 0, first >= 0, !chosen.isEmpty else {
  ScratchFile.removeAll()
  Output.error("usage: reader-fuzz all|\(readers.map(\.name).joined(separator: "|")) [COUNT [SEED [FIRST]]]")
  exit(2)
}
var hasFailed = false
for reader in chosen {
  let start = Nanoseconds.now()
  do {
    let outcome = try run(reader, first: first, count: count, seed: seed)
    let tenths = Int(((Nanoseconds.now() - start).seconds * 10).rounded())
    try Output.print(
      "\(reader.name): \(count) inputs, seed \(seed), \(tenths / 10).\(tenths % 10) s, accepted \(outcome.accepted), "
        + "refused \(outcome.refused)")
  } catch {
    hasFailed = true
    Output.error("\(reader.name): seed \(seed), input \(currentInput): no message for the user but: \(error)")
  }
}
ScratchFile.removeAll()
exit(hasFailed ? 1 : 0)
