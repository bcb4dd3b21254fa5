import Platform
import Terminal
import Testing

@Suite struct CellTests {
  @Test func `the colour ladder`() {
    #expect(ColorDepth(colors: 256, isDirect: false, noColor: nil) == .palette256)
    #expect(ColorDepth(colors: 256, isDirect: false, noColor: "1") == .none)
    #expect(ColorDepth(colors: 256, isDirect: false, noColor: "") == .palette256)
    #expect(ColorDepth(colors: 1 << 24, isDirect: true, noColor: nil) == .direct)
    #expect(ColorDepth(colors: 8, isDirect: false, noColor: nil) == .ansi8)
    #expect(ColorDepth(colors: 16, isDirect: false, noColor: nil) == .ansi16)
    #expect(ColorDepth(colors: 0, isDirect: false, noColor: nil) == .none)
  }

  @Test func `a colour on every rung`() {
    let orange = Color.rgb(255, 135, 0)
    #expect(orange.terminalNumber(.direct) == 0xFF8700)
    #expect(orange.terminalNumber(.palette256) == 208)
    #expect(Color.rgb(250, 250, 10).terminalNumber(.ansi16) == 11)
    #expect(Color.rgb(200, 10, 10).terminalNumber(.ansi8) == 1)
    #expect(orange.terminalNumber(.none) == -1)
    #expect(Color.default.terminalNumber(.palette256) == -1)
    #expect(Color.palette(12).terminalNumber(.ansi8) == 4)
    #expect(Color.rgb(0, 0, 3).terminalNumber(.direct) == 8, "0 to 7 are the palette's there")
    // Greys have their own ramp.
    #expect(Color.rgb(8, 8, 8).terminalNumber(.palette256) == 232)
    #expect(Color.rgb(238, 238, 238).terminalNumber(.palette256) == 255)
    #expect(Color.rgb(255, 255, 255).terminalNumber(.palette256) == 231)
  }

  private func expect(_ pair: (number: Int32, isNew: Bool), _ expected: (Int32, Bool)) {
    #expect(pair == expected)
  }

  @Test func `pairs are given once and the oldest is used again`() {
    var table = PairTable(capacity: 2)
    expect(table.pair(foreground: -1, background: -1)!, (0, false))
    let first = table.pair(foreground: 1, background: 0)!
    let second = table.pair(foreground: 2, background: 0)!
    #expect(first == (1, true) && second == (2, true))
    expect(table.pair(foreground: 1, background: 0)!, (1, false))
    let refused = table.pair(foreground: 3, background: 0) == nil
    #expect(refused, "both are in use in this frame")
    table.beginFrame()
    table.keep(first.number)
    expect(table.pair(foreground: 3, background: 0)!, (2, true))
    table.beginFrame()
    expect(table.pair(foreground: 3, background: 0)!, (2, false))
    expect(table.pair(foreground: 2, background: 0)!, (1, true))
    var none = PairTable(capacity: 0)
    let isNone = none.pair(foreground: 1, background: 1) == nil
    #expect(isNone)
  }

  @Test func `text is cut, cleaned and spelt in ASCII`() {
    var grid = CellGrid(width: 12, height: 3, capabilities: utf8)
    grid.put("abcdefgh", x: 0, y: 0, limit: 5)
    let end = grid.put("α 0.5", x: 0, y: 1)
    #expect(end == 5)
    grid.put("right", endingAt: 12, y: 2)
    #expect(grid.text == "abcd…\nα 0.5\n       right\n")
    grid.reset(width: 20, height: 1, capabilities: plain)
    let plainEnd = grid.put("α 640×480 µs", x: 0, y: 0)
    #expect(plainEnd == 16)
    #expect(grid.text == "alpha 640x480 us\n")
    #expect(grid.missedWrites == 0)
    grid.put("past the edge", x: 15, y: 0)
    #expect(grid.missedWrites == 8)
  }

  @Test func `bars grow by eighths`() {
    var grid = CellGrid(width: 4, height: 1, capabilities: utf8)
    grid.bar(0.40625, x: 0, y: 0, width: 4, color: .green)
    #expect(grid.text == "█▋\n")
    grid.reset(width: 4, height: 1, capabilities: plain)
    grid.bar(0.4, x: 0, y: 0, width: 4, color: .green)
    #expect(grid.text == "##\n")
    grid.reset(width: 4, height: 1, capabilities: utf8)
    grid.bar(0.0001, x: 0, y: 0, width: 4, color: .green)
    #expect(grid.text == "▏\n", "what is not zero is seen")
    grid.reset(width: 4, height: 1, capabilities: utf8)
    grid.bar(7, x: 0, y: 0, width: 4, color: .green)
    #expect(grid.text == "████\n" && grid.missedWrites == 0)
  }

  @Test func `numbers`() {
    #expect(threeDigits(1.714) == "1.71")
    #expect(threeDigits(9.996) == "10.0")
    #expect(threeDigits(99.96) == "100")
    #expect(threeDigits(0) == "0.00")
    #expect(fixed(-0.04, 1) == "0.0")
    #expect(fixed(-12.345, 2) == "-12.35")
    #expect(fixed(.nan, 1) == "–")
    #expect(metric(568_740_352) == "568.7 M")
    #expect(metric(76_470_000) == "76.5 M")
    #expect(metric(1_331_592) == "1.33 M")
    #expect(metric(57_600) == "57.6 k")
    #expect(metric(950) == "950")
  }

  @Test func `terminfo's padding is left out`() {
    #expect(TerminalCheck.withoutPadding("\u{1B}[m$<2/>\u{1B}(B$<10>") == "\u{1B}[m\u{1B}(B")
    #expect(TerminalCheck.withoutPadding("$<broken") == "$<broken")
  }
}
