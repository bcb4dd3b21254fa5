import Model

/// What a key asks for.
public enum Command: String, Sendable, Hashable, CaseIterable {
  case alphaQuarter, alphaHalf, alphaThreeQuarters, alphaOne
  case resolutionDown, resolutionUp, threadsDown, threadsUp, precision
  case previewStyle, colors, mirror, flip, layerView, layerOrder, up, down, left, right, choose, back
  case controls, resetControl, resetControls
  case zoomIn, zoomOut, zoomReset, upFine, downFine, leftFine, rightFine
  case tradeOff, pilot, budgetDown, budgetUp, smoothing, activation, mixClasses, teaching
  case labelsPanel, modelPanel, layersPanel, historyPanel
  case log, saveFrame, hold, help, quit

  /// What arrows do in lists, with shift or without.
  public var withoutShift: Command {
    switch self {
    case .upFine: .up
    case .downFine: .down
    case .leftFine: .left
    case .rightFine: .right
    default: self
    }
  }

  /// The width multiplier that the command sets.
  public var alpha: Alpha? {
    switch self {
    case .alphaQuarter: .quarter
    case .alphaHalf: .half
    case .alphaThreeQuarters: .threeQuarters
    case .alphaOne: .one
    default: nil
    }
  }
}

/// A key as the terminal reports it.
public enum Key: Sendable, Hashable {
  case character(Unicode.Scalar)
  case up, down, left, right, shiftUp, shiftDown, shiftLeft, shiftRight, pageUp, pageDown, home, end, backspace
  case function(Int)
  case other

  public static let tab = Key.character("\t")
  public static let enter = Key.character("\r")
  public static let space = Key.character(" ")
  public static let escape = Key.character("\u{1B}")
}

/// One line of the table of keys.
public struct KeyBinding: Sendable {
  /// As written on the screen.
  public let keys: String
  /// What each key does.
  public let commands: [(key: Key, command: Command)]
  /// For the help.
  public let help: String
  /// In a word, for the key line.
  public let word: String
  /// Keys and word where the key line is short of room.
  let brief: (keys: String, word: String)
  /// Whether the key line shows it; the others are left to the help.
  package let isOnKeyLine: Bool

  init(
    _ keys: String, _ commands: [(Key, Command)], word: String, brief: (String, String)? = nil, onKeyLine: Bool = true,
    help: String
  ) {
    self.keys = keys
    self.commands = commands.map { (key: $0.0, command: $0.1) }
    self.word = word
    self.brief = brief ?? (keys, word)
    self.isOnKeyLine = onKeyLine
    self.help = help
  }
}

/// The one table of keys: the dispatcher, the key line and the help read it.
public enum Keys {
  public static let bindings: [KeyBinding] = [
    KeyBinding(
      "1 2 3 4",
      [
        (.character("1"), .alphaQuarter), (.character("2"), .alphaHalf), (.character("3"), .alphaThreeQuarters),
        (.character("4"), .alphaOne),
      ], word: "width", brief: ("1-4", "width"), help: "width multiplier α: 0.25, 0.5, 0.75, 1.0"),
    KeyBinding(
      "[ ]", [(.character("["), .resolutionDown), (.character("]"), .resolutionUp)], word: "resolution",
      brief: ("[ ]", "size"), help: "input resolution (ρ × 224): down, up"),
    KeyBinding(
      "- =",
      [(.character("-"), .threadsDown), (.character("="), .threadsUp), (.character("+"), .threadsUp)],
      word: "threads", onKeyLine: false, help: "threads of the network: fewer, more"),
    KeyBinding(
      "i", [(.character("i"), .precision)], word: "precision", onKeyLine: false,
      help: "precision: fp32, int8, bf16, fp16"),
    KeyBinding(
      "p", [(.character("p"), .previewStyle)], word: "preview", brief: ("p", "view"),
      help: "preview: ASCII, colour, ramp, blocks, braille, solid"),
    KeyBinding(
      "c", [(.character("c"), .colors)], word: "colours", onKeyLine: false, help: "colours: fewer, then all again"),
    KeyBinding(
      "m f", [(.character("m"), .mirror), (.character("f"), .flip)], word: "mirror, flip", onKeyLine: false,
      help: "preview: mirror it, turn it upside down"),
    KeyBinding(
      "z Z 0", [(.character("z"), .zoomIn), (.character("Z"), .zoomOut), (.character("0"), .zoomReset)], word: "zoom",
      onKeyLine: false, help: "the square that the network sees: closer, wider, back"),
    KeyBinding(
      "v r R",
      [(.character("v"), .controls), (.character("r"), .resetControl), (.character("R"), .resetControls)],
      word: "controls", onKeyLine: false, help: "the camera's controls; reset one, reset all"),
    KeyBinding("Tab", [(.tab, .layerView)], word: "layers", help: "layers on the whole screen, and back"),
    KeyBinding(
      "o", [(.character("o"), .layerOrder)], word: "order", onKeyLine: false,
      help: "order of the layer view: network, time, GMAC/s"),
    KeyBinding(
      "t", [(.character("t"), .tradeOff)], word: "trade-off",
      help: "accuracy against latency of every α and ρ, and back"),
    KeyBinding(
      "↑ ↓ ← →",
      [
        (.up, .up), (.down, .down), (.left, .left), (.right, .right), (.shiftUp, .upFine), (.shiftDown, .downFine),
        (.shiftLeft, .leftFine), (.shiftRight, .rightFine),
      ], word: "move", onKeyLine: false, help: "move the square (with shift: finely), or in what is open"),
    KeyBinding(
      "Enter", [(.enter, .choose), (.character("\n"), .choose)], word: "choose", onKeyLine: false,
      help: "run the pair under the cursor, switch the control"),
    KeyBinding("Esc", [(.escape, .back)], word: "back", onKeyLine: false, help: "close what is open"),
    KeyBinding(
      "b , .",
      [(.character("b"), .pilot), (.character(","), .budgetDown), (.character("."), .budgetUp)], word: "budget",
      brief: ("b", "budget"),
      help: "pilot: the most accurate pair within a budget; less, more"),
    KeyBinding(
      "h", [(.character("h"), .activation)], word: "where it looks", onKeyLine: false,
      help: "tint where the network looks for its top label"),
    KeyBinding(
      "a I", [(.character("a"), .smoothing), (.character("I"), .mixClasses)], word: "average, mix", onKeyLine: false,
      help: "average the labels; your classes with ImageNet's"),
    KeyBinding(
      "T", [(.character("T"), .teaching)], word: "teach", onKeyLine: false,
      help: "teach classes of your own, and back"),
    KeyBinding(
      "F2…F5",
      [
        (.function(2), .labelsPanel), (.function(3), .modelPanel), (.function(4), .layersPanel),
        (.function(5), .historyPanel),
      ], word: "panels", onKeyLine: false, help: "panels: top 5, model, layers, history"),
    KeyBinding("l", [(.character("l"), .log)], word: "log", help: "write the log, or stop"),
    KeyBinding(
      "s", [(.character("s"), .saveFrame)], word: "save", onKeyLine: false, help: "save the frame as an image"),
    KeyBinding("space", [(.space, .hold)], word: "hold", help: "hold the picture and its result"),
    KeyBinding("?", [(.character("?"), .help)], word: "help", help: "this help, and back"),
    KeyBinding("q", [(.character("q"), .quit), (.character("Q"), .quit)], word: "quit", help: "quit"),
  ]

  private static let table: [Key: Command] = {
    var table: [Key: Command] = [:]
    for binding in bindings {
      for (key, command) in binding.commands { table[key] = command }
    }
    return table
  }()

  /// What a key asks for, among the commands that the program carries out.
  public static func command(for key: Key, of supported: Set<Command> = Set(Command.allCases)) -> Command? {
    guard let command = table[key], supported.contains(command) else { return nil }
    return command
  }

  /// The bindings that have a supported command.
  public static func bindings(of supported: Set<Command>) -> [KeyBinding] {
    bindings.filter { $0.commands.contains { supported.contains($0.command) } }
  }
}
