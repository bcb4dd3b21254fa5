import Glibc
import Platform

/// How values stand along an axis of a picture, and the round numbers that are written there.
package struct Scale {
  let from: Double
  let to: Double
  let start: Double
  let end: Double
  let isLogarithmic: Bool

  /// - Parameters:
  ///   - values: the least and the largest that are shown; others stand at the ends.
  ///   - places: where the two stand.
  package init(_ values: (Double, Double), at places: (Double, Double), logarithmic: Bool = false) {
    (from, to) = values
    (start, end) = places
    isLogarithmic = logarithmic
  }

  package func callAsFunction(_ value: Double) -> Double {
    func length(_ value: Double) -> Double { isLogarithmic ? log10(value) - log10(from) : value - from }
    let share = value > from && to > from ? min(1, length(value) / length(to)) : 0
    return start + (end - start) * share
  }

  /// Round numbers with a step of 1, 2 or 5 times a power of ten; on a logarithmic axis, unless it is too short for them,
  /// 1, 2 and 5 of each power.
  /// - Parameter most: parts that the axis may be divided into by even steps.
  package func ticks(most: Int = 8) -> [(value: Double, label: String)] {
    guard isLogarithmic, to >= from * 6 else {
      let step = Self.step(to - from, most: most)
      let first = (from / step).rounded(.up)
      return (0...most).map { (first + Double($0)) * step }.filter { $0 <= to }.map { ($0, Self.label($0, step)) }
    }
    var ticks: [(Double, String)] = []
    var power = pow(10, floor(log10(from)))
    while power <= to {
      for value in [power, 2 * power, 5 * power] where value >= from && value <= to {
        ticks.append((value, Self.label(value, value)))
      }
      power *= 10
    }
    return ticks
  }

  private static func step(_ span: Double, most: Int) -> Double {
    guard span > 0, span.isFinite else { return 1 }
    let rough = span / Double(most)
    let power = pow(10, floor(log10(rough)))
    return [power, 2 * power, 5 * power].first { $0 >= rough } ?? 10 * power
  }

  private static func label(_ value: Double, _ step: Double) -> String {
    fixed(value, step >= 1 ? 0 : min(6, Int(ceil(-log10(step)))))
  }
}

extension Picture {
  /// Lines across the picture at the round numbers of a horizontal axis, which stand below.
  package mutating func verticalGrid(_ x: Scale, from top: Double, to bottom: Double, unit: String = "") {
    for (value, label) in x.ticks() {
      line(x(value), top, x(value), bottom, "grid")
      text(x(value), bottom + 14, label + unit, "s m")
    }
  }

  /// The same of a vertical axis; the numbers stand to the left.
  package mutating func horizontalGrid(_ y: Scale, from left: Double, to right: Double, unit: String = "") {
    for (value, label) in y.ticks(most: 6) {
      line(left, y(value), right, y(value), "grid")
      text(left - 4, y(value) + 3, label + unit, "s e")
    }
  }
}
