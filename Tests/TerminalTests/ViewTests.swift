import Frames
import Model
import Platform
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

  @Test(arguments: [Size(width: 100, height: 30), Size(width: 60, height: 20)]) func `classes of one's own`(size: Size)
    throws
  {
    var taught = Snapshot.Taught()
    taught.matches = [
      Match(label: "my cup", cosine: 0.83), Match(label: "stapler", cosine: 0.31), Match(label: "keys", cosine: -0.1),
    ]
    taught.label = "my cup"
    try expectSnapshot(drawn(size) { $0.taught = taught }, "taught-\(size)")
    taught.isMixed = true
    taught.label = TaughtAnswer.none
    try expectSnapshot(drawn(size) { $0.taught = taught }, "taught-mixed-\(size)")
    var learning = Snapshot.Taught()
    learning.learning = (34, 200)
    try expectSnapshot(drawn(size) { $0.taught = learning }, "taught-learning-\(size)")
    var empty = Snapshot.Taught()
    empty.isEmpty = true
    #expect(drawn(size) { $0.taught = empty }.text.contains("no classes yet: T teaches some"))
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

  @Test(arguments: Size.all) func `the trade-off view`(size: Size) throws {
    let grid = drawn(size) {
      $0.options.showsTradeOff = true
      $0.options.tradeOffRow = 1
      $0.options.tradeOffColumn = 1
      $0.tradeOff = Sample.tradeOff()
    }
    try expectSnapshot(grid, "trade-off-\(size)")
  }

  @Test(arguments: Size.all) func `the camera's controls`(size: Size) throws {
    let grid = drawn(size) {
      $0.options.showsControls = true
      $0.options.controlRow = 3
      $0.controls = Sample.controls()
    }
    try expectSnapshot(grid, "controls-\(size)")
  }

  @Test func `the controls tell what is chosen, changed, locked, refused, and that the camera is away`() {
    for (size, capabilities) in [(Size(width: 100, height: 30), utf8), (Size(width: 60, height: 20), plain)] {
      func grid(_ change: (inout Snapshot) -> Void = { _ in }) -> CellGrid {
        drawn(size, capabilities) {
          $0.options.showsControls = true
          $0.controls = Sample.controls()
          change(&$0)
        }
      }
      let base = grid()
      let marker = capabilities.unicode ? "›" : ">"
      #expect(base.text.contains("\(marker)Brightness"))
      #expect(grid { $0.options.controlRow = 1 }.text.contains("\(marker)Contrast"))
      #expect(base.text.contains("*200") && base.text.contains("(4600)"))
      #expect(grid { $0.options.controlRow = 99 }.text.contains("\(marker)Zoom"), "beyond the last: the last")
      #expect(grid { $0.controls.message = "contrast cannot be set" }.text.contains("contrast cannot be set"))
      let away = grid { $0.controls.isAway = true }
      #expect(away.text.contains("The camera is away") && away.text.contains("Brightness"))
      #expect(grid { $0.controls = .init() }.text.contains("asking the camera"))
      let none = grid {
        $0.controls = .init()
        $0.controls.isKnown = true
      }
      #expect(none.text.contains("The camera has no controls."))
    }
  }

  private static func teaching(_ change: (inout Snapshot.Teaching) -> Void = { _ in }) -> Snapshot.Teaching {
    var teaching = Snapshot.Teaching()
    teaching.classes = [
      .init(key: "1", name: "cup", bursts: 2, shots: 14),
      .init(key: "2", name: "a stapler with a long name", bursts: 1, shots: 9),
      .init(key: "3", name: "keys", bursts: 0, shots: 0), .init(key: "0", name: "none of these", bursts: 3, shots: 120),
    ]
    teaching.row = 1
    teaching.heldOut = .init(right: 12, count: 14, interval: 0.41...0.96)
    teaching.confused = "cup taken for keys, 2 shots"
    teaching.verdict = "missing: another burst of a stapler with a long name"
    teaching.done = "23 shots taken, 4 near-duplicates skipped"
    change(&teaching)
    return teaching
  }

  @Test(arguments: Size.all) func `teaching beside the picture`(size: Size) throws {
    let grid = drawn(size) {
      $0.options.showsTeaching = true
      $0.teaching = Self.teaching()
    }
    #expect(grid.missedWrites == 0)
    try expectSnapshot(grid, "teaching-\(size)")
  }

  @Test func `teaching tells what is chosen, typed, missing and lost`() {
    for (size, capabilities) in [(Size(width: 100, height: 30), utf8), (Size(width: 60, height: 20), plain)] {
      func text(_ change: @escaping (inout Snapshot.Teaching) -> Void = { _ in }) -> String {
        drawn(size, capabilities) {
          $0.options.showsTeaching = true
          $0.teaching = Self.teaching(change)
        }.text
      }
      let marker = capabilities.unicode ? "›" : ">"
      #expect(text().contains("\(marker)2") && text().contains("14 in 2 bursts") && text().contains("missing: another"))
      #expect(text().contains("held out: 12 of 14 right") && text { $0.row = 99 }.contains("\(marker)0"))
      let typed = text { $0.typed = "my mu" }
      #expect(typed.contains("name: my mu") && typed.contains("Enter take the name") && !text().contains("name:"))
      let lost = text {
        ($0.verdict, $0.done, $0.hasFailed, $0.heldOut) = ("enough to go on", "3 not written", true, nil)
      }
      #expect(lost.contains("enough to go on") && lost.contains("nothing to test yet"))
      let many = text { teaching in
        teaching.classes += (0..<40).map { .init(key: "space", name: "thing \($0)", bursts: 1, shots: 1) }
        teaching.row = 30
      }
      #expect(many.contains("thing 26") && many.contains("31 of 44"))
    }
  }

  @Test func `the trade-off view tells the running pair, the cursor, the front and estimates apart`() throws {
    for (size, capabilities) in [(Size(width: 100, height: 30), utf8), (Size(width: 60, height: 20), plain)] {
      func text(_ change: (inout Snapshot) -> Void) -> CellGrid {
        drawn(size, capabilities) {
          $0.options.showsTradeOff = true
          $0.tradeOff = Sample.tradeOff()
          change(&$0)
        }
      }
      let base = text { _ in }
      #expect(base.text.contains(">1.61"), "α 0.5 at 160 runs")
      #expect(base.text.contains("~11.9") && !base.text.contains("~1.61"))
      let front = capabilities.unicode ? "◆" : "*"
      #expect(base.text.filter { String($0) == front }.count == 13, "twelve and the legend")
      #expect(text { $0.options.tradeOffRow = 3 } != base)
      #expect(text { $0.configuration.alpha = .threeQuarters }.text != base.text)
      #expect(text { $0.tradeOff = [] }.text.contains("waiting for the first result"))
    }
  }

  static let panels = ViewOptions.Panel.allCases
  @Test(arguments: [Size(width: 200, height: 60), Size(width: 100, height: 30), Size(width: 90, height: 60)])
  func `panels can be left out, in any combination`(size: Size) {
    let titles: [(ViewOptions.Panel, String)] = [
      (.labels, "┌ top 5 "), (.model, " model ─"), (.layers, "layers"), (.history, "network latency"),
    ]
    for mask in 0..<16 {
      let hidden = Set(Self.panels.enumerated().filter { mask >> $0.offset & 1 == 1 }.map(\.element))
      let grid = drawn(size) { $0.options.hiddenPanels = hidden }
      // The key line names layers too.
      let text = grid.text.split(separator: "\n").dropLast().joined(separator: "\n")
      for (panel, title) in titles where !(panel == .history && size.width < 150) {
        #expect(text.contains(title) != hidden.contains(panel), "\(panel) at \(size) without \(hidden)")
      }
      #expect(text.contains("┌ camera ") && grid.missedWrites == 0)
    }
  }

  @Test(arguments: [(3, 25, 12), (120, 345, 6789), (123_456, 98_765, 1_234_567)])
  func `the drops are not cut`(bad: Int, driver: Int, ring: Int) {
    for size in [Size(width: 100, height: 30), Size(width: 80, height: 30), Size(width: 200, height: 60)] {
      let lines = drawn(size) {
        $0.source.badFrames = bad
        $0.source.driverDrops = driver
        $0.ringDrops = ring
      }.text.split(separator: "\n")
      let line = lines.first { $0.contains("drops ") } ?? ""
      #expect(line.contains(" bad ") && (line.contains(" ring") || line.contains(" lost")), "\(size): \(line)")
    }
  }

  @Test func `a screen without panels`() throws {
    let grid = drawn(Size(width: 100, height: 30)) {
      $0.options.hiddenPanels = [.labels, .layers]
      $0.isSmoothed = true
    }
    try expectSnapshot(grid, "panels-100x30")
    let whole = drawn(Size(width: 100, height: 30)) { $0.options.hiddenPanels = Set(Self.panels) }
    #expect(whole.text.split(separator: "\n")[1].hasSuffix("─┐") && whole.text.split(separator: "\n")[1].count == 100)
  }

  @Test(arguments: PreviewStyle.allCases, [utf8, Capabilities(unicode: true, colors: .none)])
  func `where it looks is seen in every style`(style: PreviewStyle, capabilities: Capabilities) {
    func grid(_ isOn: Bool) -> CellGrid {
      drawn(Size(width: 100, height: 30), capabilities) {
        $0.options.style = style
        $0.options.showsActivation = isOn
        $0.activation = Sample.activation()
        $0.activation?.label = ""
      }
    }
    let (off, on) = (grid(false), grid(true))
    // The picture is 43 columns wide from column 7; the crop's middle is hot, its corner cold, outside nothing changes.
    let changed = { (x: Int, y: Int) in off[x, y] != on[x, y] }
    #expect(changed(28, 9) && changed(17, 5))
    #expect(!changed(8, 9) && !changed(47, 9))
    let same = drawn(Size(width: 100, height: 30), capabilities) {
      $0.options.style = style
      $0.options.showsActivation = true
    }
    #expect(same == off, "without a map nothing is tinted")
  }

  @Test func `a note, the pilot and the link share the camera's edge`() {
    let size = Size(width: 100, height: 30)
    func edge(_ change: (inout Snapshot) -> Void) -> String {
      String(drawn(size, utf8, change).text.split(separator: "\n")[18])
    }
    let link = LinkState(
      bytesPerSecond: 38_200, limitBytesPerSecond: 50_000, isSlowed: true, framesPerSecond: 10)
    #expect(edge { $0.link = link }.contains("38.2 of 50.0 kB/s, slow link: 10 fps ┘"))
    func pilot(_ size: Size) -> String {
      drawn(size) {
        $0.pilot = .init(
          budget: Nanoseconds(1_000_000), choice: "α 0.25 at 192 int8", reason: "p95 0.62 ms; fp32 would take 1.10")
      }.text
    }
    // What runs stands in the title: where there is little room, only why.
    #expect(pilot(Size(width: 200, height: 60)).contains("└ budget: α 0.25 at 192 int8, p95 0.62 ms; fp32 would take"))
    #expect(pilot(size).contains("└ budget: p95 0.62 ms; fp32 would take 1.10 ─"))
    #expect(pilot(Size(width: 40, height: 10)).contains("\n p95 0.62 ms; fp32 would take 1.10\n"))
    let both = edge {
      $0.link = link
      $0.message = "a rather long message that needs the edge"
    }
    #expect(both.contains("message that needs the edge") && !both.contains("kB/s"))
    let mark = drawn(size) {
      $0.pilot = .init(budget: Nanoseconds(1_500_000), choice: "", reason: "", limits: "int8 kept")
    }.text
    #expect(mark.contains("budget 1.50 ms, int8 kept"))
    #expect(drawn(size) { $0.isSmoothed = true }.text.contains("top 5, averaged"))
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
      $0.workers = 1
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
      for each in Sample.snapshot().layers.each {
        #expect(words.contains(each.layer.name), "\(each.layer.name) at \(size)")
      }
      #expect(words.isSuperset(of: ["unaccounted", "sum"]))
    }
  }

  @Test func `what was done by itself stands in the picture's edge`() {
    let size = Size(width: 100, height: 30)
    #expect(!drawn(size).text.contains("acted"))
    let text = drawn(size) { $0.actions = .init(text: "acted 3, 1 failed; kept 12", hasFailed: true) }.text
    #expect(text.split(separator: "\n")[1].contains(" acted 3, 1 failed; kept 12 "))
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
    // Controls are spelled out; what takes two columns, or none, would shift the line.
    #expect(grid.text.contains("a\\x1B[2Jb\\n???"))
  }

  /// Every style and overlay at many sizes: nothing traps, and no view writes outside its grid.
  @Test func `no size breaks a view`() {
    let styles = PreviewStyle.allCases
    var snapshot = Sample.snapshot()
    Sample.fillPreview(&snapshot, width: 100, height: 30, capabilities: utf8)
    snapshot.source.trouble = "the camera was unplugged: waiting"
    snapshot.switching = "building α 0.75…"
    snapshot.tradeOff = Sample.tradeOff()
    snapshot.activation = Sample.activation()
    snapshot.controls = Sample.controls()
    snapshot.teaching = Self.teaching()
    snapshot.actions = .init(text: "acted 3, 1 failed; kept 12", hasFailed: true)
    snapshot.link = .init(bytesPerSecond: 1e5, limitBytesPerSecond: 1e6, isSlowed: true, framesPerSecond: 10)
    snapshot.pilot = .init(
      budget: Nanoseconds(1_000_000), choice: "α 0.25 at 192 fp32", reason: "p95 was 1.20 ms at 224")
    var grid = CellGrid(width: 0, height: 0, capabilities: utf8)
    for width in 1...120 {
      for height in stride(from: 1 + width % 2, through: 50, by: 2) {
        snapshot.options.style = styles[(width + height) % styles.count]
        snapshot.options.showsHelp = (width + height) % 7 == 0
        snapshot.options.showsLayers = (width + height) % 5 == 0
        snapshot.options.showsTradeOff = (width + height) % 5 == 1
        snapshot.options.showsControls = (width + height) % 3 == 1
        snapshot.options.showsTeaching = (width + height) % 4 == 2
        snapshot.teaching?.typed = height % 3 == 0 ? "a long name that is typed and does not fit" : nil
        snapshot.options.showsActivation = (width + height) % 2 == 0
        snapshot.options.hiddenPanels = Set(
          Self.panels.enumerated().filter { width >> $0.offset & 1 == 1 }.map(\.element))
        grid.reset(width: width, height: height, capabilities: height % 2 == 0 ? utf8 : plain)
        ScreenView.draw(snapshot, into: &grid)
        #expect(grid.missedWrites == 0, "\(width)×\(height), \(snapshot.options)")
      }
    }
  }
}
