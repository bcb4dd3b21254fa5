import Terminal
import Testing

@Suite struct KeysTests {
  @Test func `every command has a key, and no key two`() {
    let all = Keys.bindings.flatMap(\.commands)
    #expect(Set(all.map(\.command)) == Set(Command.allCases))
    #expect(Set(all.map(\.key)).count == all.count)
    for (key, command) in all { #expect(Keys.command(for: key) == command) }
  }

  @Test func `keys of the design`() {
    let expected: [(Key, Command)] = [
      (.character("1"), .alphaQuarter), (.character("4"), .alphaOne), (.character("["), .resolutionDown),
      (.character("]"), .resolutionUp), (.character("-"), .threadsDown), (.character("="), .threadsUp),
      (.character("i"), .precision), (.character("p"), .previewStyle), (.character("c"), .colors),
      (.character("m"), .mirror), (.character("f"), .flip), (.character("v"), .controls), (.character("l"), .log),
      (.character("s"), .saveFrame), (.space, .hold),
      (.character("?"), .help), (.character("q"), .quit), (.tab, .layerView),
      (.character("t"), .tradeOff), (.enter, .choose), (.character("b"), .pilot), (.character("h"), .activation),
      (.character("T"), .teaching), (.function(2), .labelsPanel), (.function(5), .historyPanel), (.left, .left),
    ]
    for (key, command) in expected { #expect(Keys.command(for: key) == command) }
    #expect(Keys.command(for: .escape) == .back, "a bare escape must not quit")
  }

  @Test func `a command that is not carried out is nowhere`() {
    let supported = Set(Command.allCases).subtracting([.saveFrame, .log])
    #expect(Keys.command(for: .character("s"), of: supported) == nil)
    #expect(Keys.bindings(of: supported).allSatisfy { $0.keys != "s" && $0.keys != "l" })
    let text = drawn(Size(width: 100, height: 30)) {
      $0.options.showsHelp = true
      $0.options.commands = supported
    }.text
    #expect(!text.contains("save the frame"))
    #expect(!text.contains("write the log"))
  }

  @Test func `the help lists every binding`() {
    let text = drawn(Size(width: 100, height: 30)) { $0.options.showsHelp = true }.text
    for binding in Keys.bindings {
      #expect(text.contains(binding.help))
      #expect(text.contains(binding.keys))
    }
  }

  @Test(arguments: [Size(width: 40, height: 10), Size(width: 60, height: 20)])
  func `a help that does not fit is scrolled`(size: Size) {
    var options = ViewOptions()
    _ = options.apply(.help, on: utf8)
    var seen = ""
    for _ in Keys.bindings {
      seen += drawn(size) { $0.options = options }.text
      _ = options.apply(.down, on: utf8)
    }
    let isScrolled = seen.contains("of \(Keys.bindings.count), ↑ ↓")
    for binding in Keys.bindings {
      #expect(seen.contains(binding.keys) && seen.contains(isScrolled ? binding.help.prefix(24) : binding.word[...]))
    }
    #expect(isScrolled == (size.height == 10))
    #expect(!drawn(size) { $0.options = options }.text.contains("width multiplier"), "the end is in sight")
    _ = options.apply(.help, on: utf8)
    #expect(!options.showsHelp && options.helpScroll == 0)
  }

  @Test func `the key line always names help and quit`() {
    for width in 40...200 {
      let line = drawn(Size(width: width, height: 10)).text.split(separator: "\n", omittingEmptySubsequences: false)[9]
      #expect(line.contains("? help") && line.contains("q quit"), "at \(width): \(line)")
    }
  }

  @Test func `view commands change the view and nothing else`() {
    var options = ViewOptions()
    let all = Set(
      Command.allCases.filter {
        var copy = options; return copy.apply($0, on: utf8)
      })
    #expect(
      all == [
        .previewStyle, .colors, .mirror, .flip, .controls, .help, .layerView, .layerOrder, .tradeOff, .teaching,
        .activation, .labelsPanel, .modelPanel, .layersPanel, .historyPanel,
      ])
    for depth in [ColorDepth.ansi16, .ansi8, .none, .palette256] {
      _ = options.apply(.colors, on: utf8)
      #expect(options.capabilities(of: utf8).colors == depth)
    }
  }

  @Test func `the cursor of the trade-off view stays in its grid`() {
    var options = ViewOptions()
    _ = options.apply(.right, on: utf8)
    #expect(options.tradeOffColumn == 0, "only where it is shown")
    _ = options.apply(.tradeOff, on: utf8)
    for _ in 0..<9 { for command in [Command.down, .right] { _ = options.apply(command, on: utf8) } }
    #expect(options.tradeOffRow == 3 && options.tradeOffColumn == 3 && options.layerScroll == 0)
    for _ in 0..<9 { for command in [Command.up, .left] { _ = options.apply(command, on: utf8) } }
    #expect(options.tradeOffRow == 0 && options.tradeOffColumn == 0)
    _ = options.apply(.layerView, on: utf8)
    #expect(options.showsLayers && !options.showsTradeOff)
  }

  @Test func `the arrows choose a control while the controls are shown`() {
    var options = ViewOptions()
    options.controlCount = 3
    _ = options.apply(.controls, on: utf8)
    #expect(options.showsControls)
    for _ in 0..<5 { _ = options.apply(.down, on: utf8) }
    #expect(options.controlRow == 2 && options.layerScroll == 0)
    for _ in 0..<5 { _ = options.apply(.up, on: utf8) }
    #expect(options.controlRow == 0)
    #expect(!options.apply(.left, on: utf8) && !options.apply(.right, on: utf8), "the camera's affair")
    _ = options.apply(.tradeOff, on: utf8)
    #expect(!options.showsControls && options.showsTradeOff)
  }

  @Test func `escape closes the uppermost of what is open`() {
    var options = ViewOptions()
    let isClosed = options.apply(.back, on: utf8)
    #expect(!isClosed, "nothing is open")
    for (command, view) in [
      (Command.layerView, ViewOptions.View.layers), (.tradeOff, .tradeOff), (.controls, .controls),
      (.teaching, .teaching),
    ] {
      let steps: [(Command, ViewOptions.View)] = [(command, view), (.help, .help), (.back, view), (.back, .picture)]
      for (step, expected) in steps {
        _ = options.apply(step, on: utf8)
        #expect(options.view == expected, "after \(step)")
      }
    }
  }

  @Test(arguments: ViewOptions.View.allCases)
  func `the line of keys is that of what is open, and each key there does something`(view: ViewOptions.View) {
    var options = ViewOptions()
    options.controlCount = 5
    let opening: [ViewOptions.View: Command] = [
      .layers: .layerView, .tradeOff: .tradeOff, .controls: .controls, .teaching: .teaching,
      .help: .help,
    ]
    if let command = opening[view] { _ = options.apply(command, on: utf8) }
    let line = drawn(Size(width: 200, height: 60)) { $0.options = options }.text.split(
      separator: "\n", omittingEmptySubsequences: false)[59]
    #expect(line.contains("q quit") && line.contains("Esc back") == (view != .picture))
    #expect(line.contains("Tab") == (view == .picture))
    #expect(line.contains("Enter") == (view == .tradeOff || view == .controls))
    // An arrow that the line shows moves something, here or in the rest of the program (the camera's controls).
    for (arrow, command) in [("↓", Command.down), ("→", .right)] where line.contains(arrow) {
      var moved = options
      let isOwn = moved.apply(command, on: utf8)
      #expect(isOwn ? moved != options : view == .controls, "\(arrow)")
    }
    if !line.contains("↓") {
      var moved = options
      let isOwn = moved.apply(.down, on: utf8)
      #expect(view == .help || !isOwn)
    }
  }

  @Test func `of what is open one takes the other's place`() {
    let openings: [(Command, ViewOptions.View)] = [
      (.layerView, .layers), (.tradeOff, .tradeOff), (.controls, .controls), (.teaching, .teaching),
    ]
    for (first, _) in openings {
      for (second, view) in openings where first != second {
        var options = ViewOptions()
        _ = options.apply(first, on: utf8)
        _ = options.apply(second, on: utf8)
        #expect(options.view == view)
        _ = options.apply(second, on: utf8)
        #expect(options.view == .picture, "\(first) lay beneath \(second)")
      }
    }
  }

  @Test func `what is changed out of sight is told`() {
    var options = ViewOptions()
    _ = options.apply(.layerView, on: utf8)
    _ = options.apply(.previewStyle, on: utf8)
    #expect(options.note(after: .previewStyle, on: utf8) == "preview: color")
    _ = options.apply(.labelsPanel, on: utf8)
    #expect(options.note(after: .labelsPanel, on: utf8) == "panel labels: off")
    #expect(options.note(after: .alphaOne, on: utf8) == nil, "the title shows it")
    #expect(options.note(after: .layerOrder, on: utf8) == nil, "the layers are in sight")
    _ = options.apply(.back, on: utf8)
    #expect(options.note(after: .previewStyle, on: utf8) == nil, "the picture is in sight")
    #expect(options.note(after: .layerOrder, on: utf8) == "layers by network order: Tab shows them")
    let text = drawn(Size(width: 100, height: 30)) {
      $0.options = options
      $0.message = "preview: color"
    }.text
    #expect(text.contains("preview: color"))
  }
}
