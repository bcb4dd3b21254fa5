import Frames
import Terminal
import Testing

import screen_probe

struct Size: Sendable, CustomStringConvertible {
  let width: Int
  let height: Int
  var description: String { "\(width)x\(height)" }

  static let all = [
    Size(width: 200, height: 60), Size(width: 100, height: 30), Size(width: 60, height: 20),
    Size(width: 40, height: 10), Size(width: 20, height: 5), Size(width: 1, height: 1),
  ]
}

let utf8 = Capabilities(unicode: true, colors: .palette256)
let plain = Capabilities(unicode: false, colors: .none)

/// What `ScreenView` draws for the sample, changed by `change`.
func drawn(
  _ size: Size, _ capabilities: Capabilities = utf8, _ change: (inout Snapshot) -> Void = { _ in }
) -> CellGrid {
  var snapshot = Sample.snapshot()
  change(&snapshot)
  Sample.fillPreview(&snapshot, width: size.width, height: size.height, capabilities: capabilities)
  var grid = CellGrid(width: size.width, height: size.height, capabilities: capabilities)
  ScreenView.draw(snapshot, into: &grid)
  return grid
}

@Suite struct ViewTests {
  @Test(arguments: Size.all) func `the whole screen`(size: Size) throws {
    try expectSnapshot(drawn(size), "live-\(size)")
  }

  @Test(arguments: Size.all) func `without UTF-8 and colours`(size: Size) throws {
    let grid = drawn(size, plain) { $0.options.style = .quadrants }
    #expect(grid.cells.allSatisfy { $0.glyph.isASCII })
    try expectSnapshot(grid, "plain-\(size)")
  }

  @Test(arguments: Size.all) func help(size: Size) throws {
    try expectSnapshot(drawn(size) { $0.options.showsHelp = true }, "help-\(size)")
  }

  @Test(arguments: Size.all) func `the layer view by time`(size: Size) throws {
    let grid = drawn(size) {
      $0.options.showsLayers = true
      $0.options.layerOrder = .time
      $0.options.layerScroll = 3
    }
    try expectSnapshot(grid, "layers-\(size)")
  }

  @Test(arguments: Size.all) func `before the first frame`(size: Size) throws {
    var grid = CellGrid(width: size.width, height: size.height, capabilities: utf8)
    ScreenView.draw(Snapshot(), into: &grid)
    try expectSnapshot(grid, "start-\(size)")
  }

  @Test(arguments: Size.all) func `in trouble`(size: Size) throws {
    let grid = drawn(size) {
      $0.source.trouble = "the camera was unplugged: waiting for it to come back (tried 3 times, again in 2 s)"
      $0.source.notice = "no camera found: playing the demo reel"
      $0.source.name = "/home/someone/recordings/2026-11-23/a-long-name-of-a-recording.y4m"
      $0.model.isTrained = false
      $0.model.publishedTop1Percent = nil
      $0.isHeld = true
      $0.switching = "building α 0.75…"
      $0.log.trouble = "disk full"
      $0.log.file = "mobilecam-2026-11-23.csv"
    }
    try expectSnapshot(grid, "trouble-\(size)")
  }

  @Test(arguments: [PreviewStyle.color, .halfBlocks, .quadrants, .braille])
  func `preview style`(style: PreviewStyle) throws {
    let grid = drawn(Size(width: 60, height: 20)) { $0.options.style = style }
    try expectSnapshot(grid, "preview-\(style.rawValue)")
  }

  @Test func `every layer and the sum are on the screen at 100×30 and at 200×60`() {
    for size in Size.all.prefix(2) {
      let words = Set(drawn(size).text.split { $0 == " " || $0 == "\n" || $0 == "│" }.map(String.init))
      for layer in Sample.snapshot().layers.each { #expect(words.contains(layer.name), "\(layer.name) at \(size)") }
      #expect(words.isSuperset(of: ["unaccounted", "sum"]))
    }
  }

  @Test func `untrained weights show no label`() {
    for size in Size.all.prefix(4) {
      let text = drawn(size) { $0.model.isTrained = false }.text
      #expect(text.contains("untrained: latency only"))
      #expect(!text.contains("espresso"))
    }
  }

  @Test func `a label from a file cannot break the screen`() {
    let grid = drawn(Size(width: 100, height: 30)) {
      $0.source.name = "a\u{1B}[2Jb\n世界\u{301}"
      $0.top[0].label = "\t\u{7F}\u{200B}"
    }
    #expect(grid.cells.allSatisfy { $0.glyph.value >= 0x20 && $0.glyph.value != 0x7F })
    #expect(grid.text.contains("a?[2Jb????"))
  }

  /// Every style and overlay at many sizes: nothing traps, and no view writes outside its grid.
  @Test func `no size breaks a view`() {
    let styles = PreviewStyle.allCases
    var snapshot = Sample.snapshot()
    Sample.fillPreview(&snapshot, width: 100, height: 30, capabilities: utf8)
    snapshot.source.trouble = "the camera was unplugged: waiting"
    snapshot.switching = "building α 0.75…"
    var grid = CellGrid(width: 0, height: 0, capabilities: utf8)
    for width in 1...120 {
      for height in stride(from: 1 + width % 2, through: 50, by: 2) {
        snapshot.options.style = styles[(width + height) % styles.count]
        snapshot.options.showsHelp = (width + height) % 7 == 0
        snapshot.options.showsLayers = (width + height) % 5 == 0
        grid.reset(width: width, height: height, capabilities: height % 2 == 0 ? utf8 : plain)
        ScreenView.draw(snapshot, into: &grid)
        #expect(grid.missedWrites == 0, "\(width)×\(height), \(snapshot.options)")
      }
    }
  }
}
