import Foundation
import MobileNet
import TestSupport
import Testing

/// The real program on a real terminal: keys pressed, screen read.
@Suite(.enabled(if: TmuxSession.isUsable, TmuxSession.comment), .serialized)
struct ScreenTests {
  /// The program with the demo reel, once its first result is on the screen.
  private func live(_ width: Int = 100, _ height: Int = 30, options: String = "") throws -> TmuxSession {
    let terminal = try TmuxSession(width: width, height: height)
    terminal.start("live --source demo \(options)")
    try terminal.wait(for: "demo reel", "top 5", without: ["waiting for the first"])
    return terminal
  }

  @Test func everythingIsOnTheScreen() throws {
    let terminal = try live()
    let screen = try terminal.wait(
      for: "mobilecam", "demo reel", "640×480", "fps", "α 0.25", "ρ 1.00 (224)", "fp32", "camera", "top 5", "model",
      "41.0 M", "mult-adds", "parameters", "network", "p50", "p99", "glass to label", "drops", "layers, µs", "quit")
    for layer in ["conv1", "dw1 ", "pw1 ", "dw13", "pw13", "pool", "fc", "softmax", "unaccounted", "sum"] {
      #expect(screen.contains(layer), "\(layer) is missing:\n\(screen)")
    }
    #expect(screen.split(separator: "\n").allSatisfy { $0.count <= 100 })
    #expect(!screen.contains("untrained"))
    // The reel begins with a cup of coffee, and comes back to it.
    try terminal.wait(for: "espresso")
    terminal.press("q")
    try terminal.expectEnd(status: 0)
  }

  /// The figures of one result: layers and 'unaccounted' give the sum, which is the network's time.
  @Test func theLayersAddUpOnTheScreen() throws {
    let terminal = try live(120, 60)
    // Held, so that the figures stand still.
    terminal.press("Tab")
    try terminal.wait(for: "layers by network", "softmax", "sum")
    terminal.press("Space")
    try terminal.wait(for: "held", "sum")
    let lines: [Substring] = terminal.settled {
      terminal.screen.split(separator: "\n").filter { $0.contains(" % ") || $0.contains(" %│") }
    }
    let screen = lines.joined(separator: "\n")
    terminal.press("q")
    try terminal.expectEnd(status: 0)
    func microseconds(_ line: Substring) -> Double? {
      line.firstMatch(of: /\s(\d+(?:\.\d)?)\s+\d+\.\d %/).flatMap { Double($0.1) }
    }
    var layers: [Double] = []
    var sum = Double.nan
    for line in lines {
      guard let time = microseconds(line) else { continue }
      if line.contains("│ sum ") { sum = time } else { layers.append(time) }
    }
    #expect(layers.count == 31, "\(layers.count) layers:\n\(screen)")
    // Each figure is rounded to a tenth; those of ten milliseconds and more, of which two can be, to a whole.
    let difference = abs(layers.reduce(0, +) - sum)
    #expect(difference <= 30 * 0.05 + 2 * 0.5 + 0.01, "\(screen)")
  }

  @Test func aKeyTurnsThePrecision() throws {
    let terminal = try live()
    let precisions = ["int8"] + ShortFloats.names + ["fp32"]
    // Twice around.
    for precision in precisions + precisions {
      terminal.press("i")
      try terminal.wait(for: "(224)  \(precision)")
    }
    terminal.press("q")
    try terminal.expectEnd(status: 0)
  }

  @Test func keysTurnWidthAndResolution() throws {
    let terminal = try live()
    terminal.press("4")
    // Not 70.9 %: wider, they are as good as before.
    try terminal.wait(
      for: "α 1.00", "568.7 M", "4.23 M", "49.8 %", "widened from α 0.25", "espresso", without: ["untrained"])
    terminal.press("2")
    try terminal.wait(for: "α 0.50", "149.5 M", "widened from α 0.25")
    terminal.press("1")
    let narrow = try terminal.wait(for: "α 0.25", "41.0 M", "49.8 %", without: ["widened"])
    #expect(!narrow.contains("trained at"))
    terminal.press("[")
    try terminal.wait(for: "(192)", "30.2 M", "trained at 224")
    terminal.press("[", "[")
    try terminal.wait(for: "(128)", "13.6 M")
    // The lowest: nothing below.
    terminal.press("[", "]")
    try terminal.wait(for: "(160)", "21.1 M")
    terminal.press("]", "]", "]")
    try terminal.wait(for: "(224)", "41.0 M", without: ["trained at"])
    terminal.press("-", "-", "-", "-")
    try terminal.wait(for: "1 thread")
    terminal.press("q")
    try terminal.expectEnd(status: 0)
  }

  @Test func holdHelpAndLayers() throws {
    let terminal = try live()
    terminal.press("Space")
    try terminal.wait(for: "held")
    let first = terminal.settled { Self.picture(terminal.screen) }
    usleep(300_000)
    let second = Self.picture(terminal.screen)
    #expect(first == second, "the picture moves:\n\(terminal.screen)")
    #expect(first.count > 10)
    terminal.press("Space")
    let moving = try terminal.wait(until: "the picture moves") {
      !$0.contains("held") && Self.picture($0) != second
    }
    #expect(moving.contains("camera"))
    terminal.press("?")
    try terminal.wait(for: "keys", "width multiplier", "input resolution", "write the log", "hold the picture")
    terminal.press("?")
    try terminal.wait(for: "camera", without: ["width multiplier"])
    terminal.press("Tab")
    try terminal.wait(for: "layers by network", "share", "GMAC/s")
    terminal.press("o")
    try terminal.wait(for: "layers by time")
    terminal.press("Tab")
    try terminal.wait(for: "camera", "top 5")
    terminal.press("q")
    try terminal.expectEnd(status: 0)
  }

  /// Of a picture that is held, so that nothing but the key changes it.
  @Test func keysTurnThePicture() throws {
    let terminal = try live()
    // The reel begins in the dark.
    try terminal.wait(until: "a bright picture") { Self.picture($0).joined().contains("@@") }
    terminal.press("Space")
    try terminal.wait(for: "held")
    func settled() -> [Substring] { terminal.settled { Self.coloredPicture(terminal) } }
    func press(_ key: String, until isRight: ([Substring], [Substring]) -> Bool) throws {
      let before = settled()
      terminal.press(key)
      try terminal.wait(until: "the picture after \(key)") { _ in isRight(before, Self.coloredPicture(terminal)) }
    }
    // What moved before it was held has left its traces: characters that were good enough to stay.
    for _ in 0..<2 { try press("m") { $0 != $1 } }
    let plain = settled()
    #expect(plain.count > 10)
    for key in ["m", "f"] {
      try press(key) { $0 != $1 }
      try press(key) { _, now in now == plain }
    }
    let isColored = { (picture: [Substring]) in picture.joined().contains(/\u{1B}\[(\d+;)*[34][0-8]/) }
    // What was held has one sample for each cell of ASCII: quadrants and sextants are then of one colour, the background's.
    let styles: [Regex<Substring>] = [
      /[a-z]/, /[a-zA-Z]/, /▀/, /\u{1B}\[48;5;\d+m[ ▖▗▙▚▛▜▞▟]/, #/48;5;\d+m /#, /[⠁-⣿]/, #/48;5;\d+m /#,
    ]
    for (step, style) in styles.enumerated() {
      // Of one colour a cell, sextants are drawn as quadrants are.
      try press("p") { (step == 4 || $0 != $1) && $1.joined().contains(style) }
    }
    try press("p") { _, now in now == plain }
    try press("p") { isColored($1) }
    let colored = settled()
    // As many steps as the terminal has depths of colour, and back to all.
    for _ in 0..<5 where isColored(settled()) { try press("c") { $0 != $1 } }
    #expect(!isColored(Self.coloredPicture(terminal)))
    try press("c") { _, now in now == colored }
    terminal.press("q")
    try terminal.expectEnd(status: 0)
  }

  /// The camera's box as `picture` has it, with the sequences that turn colours on and off.
  private static func coloredPicture(_ terminal: TmuxSession) -> [Substring] {
    func lines(_ screen: String) -> [Substring] { screen.split(separator: "\n", omittingEmptySubsequences: false) }
    let shown = lines(terminal.screen)
    guard let top = shown.firstIndex(where: { $0.contains("┌ camera") }),
      let bottom = shown[top...].firstIndex(where: { $0.hasPrefix("└") })
    else { return [] }
    return lines(terminal.coloredScreen).prefix(bottom).dropFirst(top + 1).map {
      $0.drop { $0 != "│" }.dropFirst().prefix { $0 != "│" }
    }
  }

  /// The lines of the camera's box, without what is written into its edges.
  private static func picture(_ screen: String) -> [Substring] {
    let lines = screen.split(separator: "\n").map { $0.prefix { $0 != "┐" && $0 != "┘" } }
    let inside = lines.drop { !$0.contains("┌ camera") }.dropFirst().prefix { !$0.hasPrefix("└") }
    return inside.map { line in line.dropFirst().prefix { $0 != "│" } }
  }

  @Test func theLogKey() throws {
    let terminal = try live()
    terminal.press("l")
    try terminal.wait(for: "● log", "mobilecam.csv")
    // Some rows; and a switch of α among them.
    terminal.press("2")
    try terminal.wait(for: "α 0.50")
    try terminal.wait(until: "rows of it") { _ in
      (try? terminal.folder.text("mobilecam.csv"))?.components(separatedBy: ",0.50,").count ?? 0 > 3
    }
    terminal.press("l")
    let screen = try terminal.wait(for: "logged", "results to mobilecam.csv")
    #expect(!screen.contains("● log"))
    terminal.press("l")
    try terminal.wait(for: "mobilecam-1.csv")
    terminal.press("q")
    try terminal.expectEnd(status: 0)
    let table = try Table(csv: terminal.folder.text("mobilecam.csv"))
    #expect(table.rows.count > 3)
    for row in table.rows {
      let layers = table.layers.compactMap { row.nanoseconds($0) }
      #expect(layers.count == 30)
      #expect(layers.reduce(row.nanoseconds("unaccounted_us") ?? -1, +) == row.nanoseconds("network_us"))
    }
    #expect(Set(table.rows.compactMap { $0["alpha"] }) == ["0.25", "0.50"])
    // What was begun last is whole too.
    _ = try Table(csv: terminal.folder.text("mobilecam-1.csv"))
  }

  /// A log says what each network was; rows have times where the screen showed them; in the end the run is summed up.
  @Test func theRunIsSummedUp() throws {
    let terminal = try live(140, 40, options: "--log x.jsonl")
    try terminal.wait(for: "p50", "p90", "p99", "max")
    try Self.waitForRows(of: "0.25", in: terminal)
    terminal.press("4")
    try terminal.wait(for: "α 1.00", "widened from α 0.25")
    try Self.waitForRows(of: "1.00", in: terminal)
    terminal.press("q")
    let end = try terminal.wait(
      for: "latencies of this run in ms", "α 0.25  224 px  fp32", "α 1.00  224 px  fp32", "p50", "max", "logged")
    #expect(end.firstMatch(of: /glass to label +\d+ +\d/) != nil, "\(end)")
    let lines = try terminal.folder.text("x.jsonl").split(separator: "\n").map { try JSON($0) }
    #expect(lines[0]["type"].string == "run" && lines[0]["layers"][0]["output_shape"][2].int == 8)
    let network = try #require(lines.first { $0["type"].string == "network" })
    #expect(network["alpha"].double == 1 && network["layers"][0]["output_shape"][2].int == 32)
    #expect(network["widened_from"].double == 0.25 && lines[0]["widened_from"].isNull)
    #expect(network["weights_sha256"].string == lines[0]["weights_sha256"].string)
    let rows = lines.filter { $0["type"].string == "frame" }
    let drawn = rows.filter { $0["render_us"].double != nil }
    #expect(drawn.count > rows.count / 2 && drawn.allSatisfy { $0["glass_to_label_us"].double != nil })
    #expect(rows.allSatisfy { ($0["render_us"].double == nil) == ($0["glass_to_label_us"].double == nil) })
  }

  /// Until x.jsonl has rows of a width that are past the warm-up.
  private static func waitForRows(of alpha: String, in terminal: TmuxSession) throws {
    try terminal.wait(until: "rows of α \(alpha) past the warm-up") { _ in
      let lines = (try? terminal.folder.text("x.jsonl"))?.split(separator: "\n") ?? []
      return lines.count { $0.contains("\"alpha\":\(alpha),") && $0.contains("\"warm_up\":false") } > 10
    }
  }

  @Test func resizing() throws {
    let terminal = try live()
    for (width, height, text) in [(60, 20, "network"), (200, 60, "network latency"), (40, 10, "glass to label")] {
      terminal.resize(width, height)
      let screen = try terminal.wait(for: text, "quit")
      #expect(screen.split(separator: "\n").allSatisfy { $0.count <= width }, "\(width)×\(height):\n\(screen)")
    }
    terminal.resize(20, 5)
    try terminal.wait(for: "needs 40×10", "has 20×5", "q quits")
    terminal.resize(1, 1)
    usleep(300_000)
    terminal.resize(33, 9)
    try terminal.wait(for: "needs 40×10, has 33×9")
    terminal.resize(100, 30)
    try terminal.wait(for: "camera", "top 5", "layers, µs", "demo reel")
    terminal.resize(20, 5)
    try terminal.wait(for: "q quits")
    terminal.press("q")
    terminal.resize(100, 30)
    try terminal.expectEnd(status: 0)
  }
}
