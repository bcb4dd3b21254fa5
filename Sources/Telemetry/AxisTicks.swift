import Glibc

/// Round numbers to stand at an axis.
package enum AxisTicks {
  /// A step of 1, 2 or 5 times a power of ten that divides `span` into at most `most` parts.
  package static func step(_ span: Double, most: Int) -> Double {
    guard span > 0, span.isFinite else { return 1 }
    let rough = span / Double(most)
    let power = pow(10, floor(log10(rough)))
    for factor in [1.0, 2, 5] where factor * power >= rough { return factor * power }
    return 10 * power
  }

  package static func label(_ value: Double, _ step: Double) -> String {
    ReportWords.fixed(value, step >= 1 ? 0 : min(6, Int(ceil(-log10(step)))))
  }

  /// 1, 2 and 5 of each power of ten; even steps where the span is too short for them.
  package static func logarithmic(from least: Double, to most: Double) -> [(Double, String)] {
    if most < least * 6 {
      let rise = step(most - least, most: 8)
      return (1...9).map { ((least / rise).rounded(.down) + Double($0)) * rise }.filter { $0 <= most }
        .map { ($0, label($0, rise)) }
    }
    var ticks: [(Double, String)] = []
    var power = pow(10, floor(log10(least)))
    while power <= most {
      for value in [power, 2 * power, 5 * power] where value >= least && value <= most {
        ticks.append((value, label(value, value)))
      }
      power *= 10
    }
    return ticks
  }
}
