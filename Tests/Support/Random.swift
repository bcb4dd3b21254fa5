import Foundation
import ModelFiles

/// The program's own generator: the same numbers everywhere, so that a printed seed repeats a failure.
package typealias SplitMix64 = ModelFiles.SplitMix64

extension SplitMix64 {
  /// From 0 to `limit` − 1.
  package mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

  package mutating func pick<T>(_ list: [T]) -> T { list[below(list.count)] }

  /// Numbers of their own for each name, whatever the order of the tests.
  package init(seed: UInt64, for name: String) {
    self.init(state: name.utf8.reduce(seed) { $0 &* 31 &+ UInt64($1) })
  }
}

/// A seed from `MOBILECAM_SEED`, or a fresh one; printed, so that a failure can be repeated.
package func testSeed(_ test: String = #function) -> UInt64 {
  let seed = ProcessInfo.processInfo.environment["MOBILECAM_SEED"].flatMap { UInt64($0) } ?? .random(in: 0..<1 << 32)
  print("\(test): MOBILECAM_SEED=\(seed)")
  return seed
}

/// How often to try: the environment's number of that name, or the usual one.
package func testCount(_ name: String, _ usual: Int) -> Int {
  ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
}
