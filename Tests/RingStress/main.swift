// The frame ring between threads, run under the thread sanitizer by `make test-ring`. Prints a line for each scenario
// and exits with 1 on any failure. MOBILECAM_SEED repeats a run's random pauses.
import Frames
import Glibc
import Platform

let seed =
  getenv("MOBILECAM_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64(Nanoseconds.now().count) % 1_000_000
print("ring-stress: seed \(seed)")

// The check must be able to fail.
let report = Report()
stampCheckNoticesAnOverwrite(report)

try live("live", slots: 6, seconds: 2, seed: seed, report)
try live("live, too few slots", slots: 3, seconds: 1.5, seed: seed &+ 1, report)
try everyFrame(frames: 2000, seed: seed &+ 2, report)
for round in 0..<20 { try endReleasesTheWaiting(round: round, report) }
print("ring-stress: ends: readers and producers released")

let failures = report.failures
for failure in failures.prefix(20) { print("ring-stress: FAILED: \(failure)") }
print("ring-stress: \(failures.isEmpty ? "passed" : "\(failures.count) failures")")
exit(failures.isEmpty ? 0 : 1)
