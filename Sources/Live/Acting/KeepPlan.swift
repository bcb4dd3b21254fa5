import Model
import Platform

/// Which frames are worth keeping, as a value: those that the network is uncertain of. Of frames that look alike one is
/// enough, so that a quiet scene does not fill a disk.
package struct KeepPlan: Sendable {
  /// A frame that is to be kept, and its name.
  package struct Shot: Sendable, Hashable {
    package var label: String
    /// When its burst began, since 1970.
    package var burst: Nanoseconds
    /// In its burst, from 1.
    package var number: Int

    package init(label: String, burst: Nanoseconds, number: Int) {
      self.label = label
      self.burst = burst
      self.number = number
    }
  }

  /// What frames of one label that follow each other have in common.
  private struct Burst: Sendable {
    var began: Nanoseconds
    var count: Int
    var last: Nanoseconds
    var look: [UInt8]
  }

  /// From one frame of a label to the next, where frames come by themselves.
  package static let spacing = Nanoseconds(milliseconds: 500)
  /// A burst ends when so long no frame of its label was kept.
  package static let pause = Nanoseconds(seconds: 10)
  /// A shot's number has two digits.
  package static let mostShots = 99
  /// The mean difference of two looks, of 255, up to which frames are the same picture, and from which they are of two scenes.
  package static let alike = 5
  package static let strange = 50

  private let below: Float
  private let isLive: Bool
  private var bursts: [Int: Burst] = [:]
  private var last: (first: Int, second: Int)?
  /// Uncertain frames that were left out, since they look like one that was kept.
  package private(set) var duplicates = 0

  /// - Parameters:
  ///   - below: a best probability below this is uncertain.
  ///   - isLive: frames come by themselves, many a second; else each may be a picture of its own.
  package init(below: Float, isLive: Bool) {
    self.below = below
    self.isLive = isLive
  }

  /// The classes are others from now on.
  package mutating func reset() {
    bursts.removeAll()
    last = nil
  }

  /// A result.
  /// - Parameters:
  ///   - top: the best guesses, best first.
  ///   - now: when the frame was captured.
  ///   - wall: the same, since 1970.
  ///   - look: samples of the frame's square, `[side, side, 3]`; asked for only where it counts.
  package mutating func take(
    _ top: [Prediction], at now: Nanoseconds, wall: Nanoseconds, look: () -> [UInt8]
  ) -> Shot? {
    guard let best = top.first else { return nil }
    let hasSwapped = top.count > 1 && last.map { $0 == (top[1].classIndex, best.classIndex) } ?? false
    last = top.count > 1 ? (best.classIndex, top[1].classIndex) : nil
    guard best.probability < below || hasSwapped else { return nil }
    let before = bursts[best.classIndex]
    if isLive, let before, now < before.last + Self.spacing { return nil }
    let look = look()
    let difference = before.map { Self.difference($0.look, look) } ?? .max
    if difference <= Self.alike {
      duplicates += 1
      return nil
    }
    var burst = Burst(began: wall, count: 0, last: now, look: look)
    if let before, difference < Self.strange, before.count < Self.mostShots, now < before.last + Self.pause {
      (burst.began, burst.count) = (before.began, before.count)
    }
    burst.count += 1
    bursts[best.classIndex] = burst
    return Shot(label: best.label, burst: burst.began, number: burst.count)
  }

  private static func difference(_ a: [UInt8], _ b: [UInt8]) -> Int {
    guard a.count == b.count, !a.isEmpty else { return .max }
    return zip(a, b).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) } / a.count
  }
}
