import Foundation
import MobileNet
import ModelFiles
import TestSupport

/// How far a float32 kernel may lie from the reference, which sums in Double.
enum Tolerance {
  /// Each of `reductionLength` additions rounds by at most ε/2 of the partial sum; the errors are as good as random, so
  /// that they grow with the square root. The farthest of some millions of sums reaches half of this bound.
  static func after(_ reductionLength: Int, magnitude: Float = 1) -> Float {
    12 * Float(reductionLength + 1).squareRoot() * Float.ulpOfOne * magnitude
  }

  /// The same of a kernel that sums in half precision, no more than 32 products at a time.
  static func afterHalves(_ reductionLength: Int, magnitude: Float = 1) -> Float {
    5 * Float(min(reductionLength, 32) + 1).squareRoot() * Float(Float16.ulpOfOne / 2) * magnitude
  }

  /// For a probability of the whole network: ten times what its thirty layers were seen to add up to.
  static let wholeNetwork: Float = 3e-6
}

/// What is wrong with a kernel's output; empty where nothing is.
struct Findings: CustomStringConvertible {
  private(set) var count = 0
  private(set) var first: [String] = []
  /// The largest difference as a part of what was allowed.
  private(set) var worst: Float = 0

  var isEmpty: Bool { count == 0 }
  var description: String { "\(count) wrong: " + first.joined(separator: "; ") }

  mutating func add(_ text: @autoclosure () -> String) {
    count += 1
    if first.count < 3 { first.append(text()) }
  }

  /// Notes the elements of `found` that are farther than `tolerance(index)` from `expected`; NaN is farther than anything.
  mutating func compare(
    _ found: [Float], with expected: ArraySlice<Float>, in place: @autoclosure () -> String,
    tolerance: (Float) -> Float
  ) {
    guard found.count == expected.count else {
      return add("\(place()): \(found.count) outputs instead of \(expected.count)")
    }
    for (index, (value, reference)) in zip(found, expected).enumerated() {
      let difference = abs(value - reference)
      let allowed = tolerance(reference)
      if !(difference <= allowed) {
        add("\(place()): [\(index)] = \(value), expected \(reference) within \(allowed)")
      } else {
        worst = max(worst, difference / allowed)
      }
    }
  }

  mutating func merge(_ other: Findings) {
    count += other.count
    first += other.first.prefix(3 - first.count)
    worst = max(worst, other.worst)
  }
}

/// The seed of this run's random numbers: another each time, `MOBILECAM_SEED` repeats one. Every failure names it.
enum Seed {
  static let value = testSeed("KernelsTests")

  /// Each kernel has numbers of its own, which do not depend on the order of tests.
  static func generator(_ name: String) -> SplitMix64 {
    SplitMix64(seed: value, for: name)
  }
}

extension SplitMix64 {
  /// `count` floats, evenly spread over `range`.
  mutating func floats(_ count: Int, _ range: ClosedRange<Float>) -> [Float] {
    let width = range.upperBound - range.lowerBound
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
      for index in 0..<count { buffer[index] = range.lowerBound + width * Float(next() >> 40) / 16_777_216 }
      initialised = count
    }
  }

  /// Weights that keep the outputs' variance near 1, so that ReLU6 is reached on both sides, whatever the length.
  mutating func weights(_ count: Int, reductionLength: Int) -> [Float] {
    let reach = 3 / Float(reductionLength).squareRoot()
    return floats(count, -reach...reach)
  }

  mutating func biases(_ count: Int) -> [Float] { floats(count, -1...5) }
}
