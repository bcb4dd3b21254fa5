import Kernels
import MobileNet
import TestSupport

/// Widths around the vectors (a row of the crop is 3 × width bytes), enlarging and shrinking.
func checkResizeRow(_ table: KernelTable) -> Findings {
  var findings = Findings()
  var random = Seed.generator("resizeRow")
  for width in [1, 2, 3, 5, 6, 7, 10, 11, 16, 21, 33, 64] {
    for (pixels, rowTaps, columnTaps) in [(1, 1, 1), (2, 2, 2), (5, 3, 2), (8, 5, 4), (40, 2, 3)] {
      let columnTaps = min(columnTaps, width)
      let source = (0..<width * 3 * rowTaps).map { _ in UInt8.random(in: 0...255, using: &random) }
      let rowWeights = random.floats(rowTaps, 0...(1 / 127.5))
      let firsts = (0..<pixels).map { $0 * (width - columnTaps) / max(pixels - 1, 1) }
      let weights = (0..<pixels).map { _ in random.floats(columnTaps, 0...1) }
      let expected = ScalarReference.resizeRow(
        source, width: width, rowWeights: rowWeights, offset: -1, columnFirsts: firsts, columnWeights: weights)
      let line = GuardedFloats([Float](repeating: 0, count: width * 3 + 4))
      // The float after the last pixel is the border's: it is set to zero.
      let output = GuardedFloats(count: pixels * 3 + 1)
      let columnWeights = Array(weights.joined())
      source.withUnsafeBufferPointer { source in
        rowWeights.withUnsafeBufferPointer { rowWeights in
          firsts.withUnsafeBufferPointer { firsts in
            columnWeights.withUnsafeBufferPointer { columnWeights in
              table.resizeRow(
                ResizeArguments(
                  source: source.baseAddress!, sourceRowBytes: width * 3, rowWeights: rowWeights.baseAddress!,
                  rowTaps: rowTaps, offset: -1, rowBytes: width * 3, line: line.pointer,
                  columnFirsts: firsts.baseAddress!, columnWeights: columnWeights.baseAddress!,
                  columnTaps: columnTaps, pixels: pixels, output: output.pointer))
            }
          }
        }
      }
      func place() -> String { "width \(width), \(pixels) pixels, \(rowTaps) × \(columnTaps) taps" }
      findings.compare(
        output.slice(0, pixels * 3 + 1), with: (expected + [0])[...], in: place(),
        tolerance: { _ in Tolerance.after(rowTaps + columnTaps, magnitude: 40) })
      findings.checkGuards(output, in: place())
    }
  }
  return findings
}
