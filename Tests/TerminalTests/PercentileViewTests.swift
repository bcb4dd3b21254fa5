import Frames
import Telemetry
import Terminal
import Testing
import screen_probe

/// Percentiles of the last results, where there is room for them.
struct PercentileViewTests {
  private func summary(_ p50: Int64) -> LatencySummary {
    LatencySummary(count: 200, last: p50, p50: p50, p90: p50 * 2, p99: p50 * 3, max: p50 * 4)
  }

  private func snapshot() -> Snapshot {
    var s = Sample.snapshot()
    s.timing.stages = Stage.allCases.map { $0 == .decode ? nil : summary(1_000_000 * Int64($0.rawValue + 1)) }
    for index in s.layers.each.indices { s.layers.each[index].window = summary(11_100 * Int64(index + 1)) }
    s.layers.unaccountedWindow = summary(700)
    return s
  }

  private func text(_ snapshot: Snapshot, _ width: Int, _ height: Int) -> String {
    var grid = CellGrid(width: width, height: height, capabilities: Capabilities(unicode: true, colors: .palette256))
    ScreenView.draw(snapshot, into: &grid)
    #expect(grid.missedWrites == 0, "\(width)×\(height)")
    return grid.text
  }

  private func line(_ start: String, in text: String) -> [Substring] {
    text.split(separator: "\n").first { $0.contains(start) }?.split { $0 == " " || $0 == "│" } ?? []
  }

  @Test(arguments: [100, 160]) func `each layer has its own`(width: Int) {
    var s = snapshot()
    s.options.showsLayers = true
    let screen = text(s, width, 40)
    #expect(line("layer  ", in: screen).suffix(4) == ["p50", "p90", "p99", "max"])
    #expect(line("│ pw1 ", in: screen).contains("133.2"), "\(screen)")
    for (name, p50) in [("│ conv1 ", 11.1), ("│ dw1 ", 22.2), ("│ softmax ", 333.0), ("│ unaccounted ", 0.7)] {
      let words = line(name, in: screen)
      for factor in 1...4 {
        #expect(
          words.contains { Double($0).map { abs($0 - p50 * Double(factor)) < 0.051 } ?? false }, "\(name): \(words)")
      }
    }
    // The network's, beside the sum.
    #expect(line("│ sum ", in: screen).suffix(4) == ["5000.0", "10000", "15000", "20000"], "\(screen)")
    #expect(screen.contains("convolution") == (width == 160), "the kind makes room")
  }

  @Test func `they are left out where there is no room or nothing to show`() {
    var s = snapshot()
    s.options.showsLayers = true
    #expect(!text(s, 88, 40).contains("p90"))
    for index in s.layers.each.indices { s.layers.each[index].window = nil }
    s.layers.unaccountedWindow = nil
    #expect(!text(s, 160, 40).contains("p90"))
  }

  @Test func `the latency panel`() {
    let narrow = text(snapshot(), 100, 30)
    #expect(narrow.contains("p50 5.00  p90 10.0  p99 15.0  max 20.0"), "\(narrow)")
    let wide = text(snapshot(), 140, 30)
    #expect(line("network  ", in: wide).suffix(4) == ["5.00", "10.0", "15.0", "20.0"], "\(wide)")
    #expect(line("preprocess", in: wide).suffix(4) == ["4.00", "8.00", "12.0", "16.0"], "\(wide)")
    #expect(line("glass to label", in: wide).suffix(5) == ["21.4", "7.00", "14.0", "21.0", "28.0"], "\(wide)")
    #expect(!wide.contains("queue age"))
    let high = text(snapshot(), 140, 44)
    #expect(line("capture wait", in: high).suffix(5) == ["1.00", "1.00", "2.00", "3.00", "4.00"], "\(high)")
    #expect(high.contains("queue age") && high.contains("render") && !high.contains("decode"), "\(high)")
    var few = snapshot()
    few.timing.stages[Stage.network.rawValue]?.p99 = nil
    #expect(text(few, 100, 30).contains("p99 –"), "no p99 of few results")
  }

  @Test func `no size breaks them`() {
    var s = snapshot()
    for width in 40...180 {
      s.options.showsLayers = width % 2 == 0
      _ = text(s, width, 10 + width % 50)
    }
  }
}
