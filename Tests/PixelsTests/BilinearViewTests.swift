import Pixels
import TestSupport
import Testing

@Suite struct BilinearViewTests {
  struct Case: CustomTestStringConvertible {
    var size: (Int, Int)
    var output: (Int, Int)
    var window: (left: Double, top: Double, width: Double, height: Double)
    var testDescription: String { "\(size) at \(window) to \(output)" }
  }

  /// Down and up, between pixels, the last column and row, and beyond the picture on all sides.
  static let cases = [
    Case(size: (2, 2), output: (1, 1), window: (0, 0, 2, 2)),
    Case(size: (2, 2), output: (9, 7), window: (0, 0, 2, 2)),
    Case(size: (13, 11), output: (13, 11), window: (0, 0, 13, 11)),
    Case(size: (13, 11), output: (31, 5), window: (1.3, 0.7, 9.9, 8.1)),
    Case(size: (40, 30), output: (7, 21), window: (11.5, 3.25, 28.5, 26.75)),
    Case(size: (17, 19), output: (24, 24), window: (-5, -4, 30, 31)),
  ]

  @Test(arguments: cases) func `mixes the four pixels around a place, by 256ths`(test: Case) {
    var random = SplitMix64(state: testSeed())
    let (width, height) = test.size
    let picture = RGBImage(
      width: width, height: height,
      pixels: (0..<width * height * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    var drawn = [UInt8](repeating: 0, count: test.output.0 * test.output.1 * 3)
    let view = BilinearView(width: test.output.0, height: test.output.1)
    // Twice: what one picture leaves behind must not show in the next.
    for _ in 1...2 { drawn.withUnsafeMutableBytes { view.draw(picture, window: test.window, into: $0) } }
    #expect(drawn == expected(picture, test))
  }

  private func expected(_ picture: RGBImage, _ test: Case) -> [UInt8] {
    func place(_ index: Int, _ count: Int, _ start: Double, _ span: Double, _ limit: Int) -> (Int, Int) {
      let centre = start + (Double(index) + 0.5) * span / Double(count) - 0.5
      let fixed = min(max(Int(centre * 256), 0), (limit - 1) * 256)
      let pixel = min(fixed / 256, limit - 2)
      return (pixel, fixed - 256 * pixel)
    }
    func mix(_ a: Int, _ b: Int, _ share: Int) -> Int { (a * (256 - share) + b * share + 128) / 256 }
    var bytes: [UInt8] = []
    for y in 0..<test.output.1 {
      let (row, down) = place(y, test.output.1, test.window.top, test.window.height, picture.height)
      for x in 0..<test.output.0 {
        let (column, right) = place(x, test.output.0, test.window.left, test.window.width, picture.width)
        for channel in 0..<3 {
          func at(_ dx: Int, _ dy: Int) -> Int {
            Int(picture.pixels[((row + dy) * picture.width + column + dx) * 3 + channel])
          }
          bytes.append(UInt8(mix(mix(at(0, 0), at(1, 0), right), mix(at(0, 1), at(1, 1), right), down)))
        }
      }
    }
    return bytes
  }
}
