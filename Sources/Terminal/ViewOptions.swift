/// How the screen shows it: what keys change that concerns nothing but the view.
public struct ViewOptions: Sendable, Hashable {
  public enum LayerOrder: String, Sendable, Hashable, CaseIterable {
    case network = "network order", time, rate = "GMAC/s"
  }

  /// What is open: it has the arrows, Enter and Esc.
  public enum View: Sendable, Hashable, CaseIterable {
    /// Nothing besides the screen itself.
    case picture
    case layers, tradeOff, controls, teaching, help
  }

  /// What can be left out; the picture always stays.
  public enum Panel: String, Sendable, Hashable, CaseIterable {
    case labels, model, layers, history
  }

  public var style = PreviewStyle.ascii
  /// Left is right.
  public var isMirrored = false
  /// Upside down.
  public var isFlipped = false
  public var showsHelp = false
  /// First line of the help, where it does not fit.
  public var helpScroll = 0
  /// The layer view takes the whole screen.
  public var showsLayers = false
  public var layerOrder = LayerOrder.network
  /// First row of the layer view.
  public var layerScroll = 0
  /// The grid of α and resolution takes the whole screen.
  public var showsTradeOff = false
  /// The cursor in it: row and column of the grid, 0…3.
  public var tradeOffRow = 0
  public var tradeOffColumn = 0
  /// The camera's controls take the place of what is right of the picture.
  public var showsControls = false
  /// The one that the arrows turn, of so many.
  public var controlRow = 0
  public var controlCount = 0
  /// Teaching takes the same place.
  public var showsTeaching = false
  /// Where the network looks is tinted over the preview.
  public var showsActivation = false
  /// Panels that are left out, so that the others have their room.
  public var hiddenPanels: Set<Panel> = []
  /// At most this many colours, of those that the terminal has.
  public var colorLimit = ColorDepth.direct
  /// What a slow link leaves of them.
  public var linkColorLimit = ColorDepth.direct
  /// Height of a character cell divided by its width.
  public var cellAspect = 2.0
  /// The commands that the program carries out: what the key line and the help show.
  public var commands: Set<Command> = Set(Command.allCases)

  public init() {}

  public var view: View {
    showsHelp
      ? .help
      : showsTeaching
        ? .teaching : showsControls ? .controls : showsTradeOff ? .tradeOff : showsLayers ? .layers : .picture
  }

  /// Whether the picture and its notes are out of sight.
  public var hidesPicture: Bool { showsTradeOff || showsLayers }

  /// What of the terminal's abilities is used.
  public func capabilities(of terminal: Capabilities) -> Capabilities {
    var used = terminal
    used.colors = min(terminal.colors, colorLimit, linkColorLimit)
    return used
  }

  /// Carries out a command that concerns the view alone; returns whether this was one.
  public mutating func apply(_ command: Command, on terminal: Capabilities) -> Bool {
    switch command {
    case .previewStyle:
      let usable = capabilities(of: terminal)
      style = style.effective(on: usable).next(on: usable)
    case .colors:
      // Behind none come all again.
      colorLimit = ColorDepth(rawValue: capabilities(of: terminal).colors.rawValue - 1) ?? .direct
    case .mirror: isMirrored.toggle()
    case .flip: isFlipped.toggle()
    case .help:
      showsHelp.toggle()
      helpScroll = 0
    case .layerView:
      toggle(\.showsLayers)
      layerScroll = 0
    case .tradeOff: toggle(\.showsTradeOff)
    case .controls: toggle(\.showsControls)
    case .teaching: toggle(\.showsTeaching)
    case .activation: showsActivation.toggle()
    case .labelsPanel: hiddenPanels.formSymmetricDifference([.labels])
    case .modelPanel: hiddenPanels.formSymmetricDifference([.model])
    case .layersPanel: hiddenPanels.formSymmetricDifference([.layers])
    case .historyPanel: hiddenPanels.formSymmetricDifference([.history])
    case .layerOrder: turnLayerOrder(by: 1)
    case .back: return close()
    default: return move(command)
    }
    return true
  }

  /// One of them at a time.
  private mutating func toggle(_ view: WritableKeyPath<ViewOptions, Bool>) {
    let isOpen = self[keyPath: view]
    for other in [\ViewOptions.showsLayers, \.showsTradeOff, \.showsControls, \.showsTeaching] {
      self[keyPath: other] = false
    }
    self[keyPath: view] = !isOpen
  }

  /// What the arrows and Enter do in what is open; returns false where that is for the rest of the program to carry out, or
  /// nothing is open.
  private mutating func move(_ command: Command) -> Bool {
    switch (view, command.withoutShift) {
    case (.help, .up): helpScroll = max(helpScroll - 1, 0)
    case (.help, .down): helpScroll = min(helpScroll + 1, Keys.bindings.count - 1)
    case (.help, .left): helpScroll = 0
    case (.help, .right): helpScroll = Keys.bindings.count - 1
    case (.controls, .up): controlRow = max(min(controlRow, controlCount - 1) - 1, 0)
    case (.controls, .down): controlRow = max(min(controlRow + 1, controlCount - 1), 0)
    case (.tradeOff, .up): tradeOffRow = max(tradeOffRow - 1, 0)
    case (.tradeOff, .down): tradeOffRow = min(tradeOffRow + 1, 3)
    case (.tradeOff, .left): tradeOffColumn = max(tradeOffColumn - 1, 0)
    case (.tradeOff, .right): tradeOffColumn = min(tradeOffColumn + 1, 3)
    case (.layers, .up): layerScroll = max(layerScroll - 1, 0)
    case (.layers, .down): layerScroll = min(layerScroll + 1, 30)
    case (.layers, .left): turnLayerOrder(by: -1)
    case (.layers, .right): turnLayerOrder(by: 1)
    case (.help, .choose), (.layers, .choose): return close()
    default: return false
    }
    return true
  }

  /// Closes what is open, the uppermost first.
  private mutating func close() -> Bool {
    switch view {
    case .picture: return false
    case .help: showsHelp = false
    case .teaching: showsTeaching = false
    case .controls: showsControls = false
    case .tradeOff: showsTradeOff = false
    case .layers: showsLayers = false
    }
    return true
  }

  private mutating func turnLayerOrder(by step: Int) {
    let all = LayerOrder.allCases
    layerOrder = all[((all.firstIndex(of: layerOrder) ?? 0) + step + all.count) % all.count]
  }

  /// What a command changed that is out of sight; `nil` for those whose effect is seen.
  public func note(after command: Command, on terminal: Capabilities) -> String? {
    if command == .layerOrder { return view == .layers ? nil : "layers by \(layerOrder.rawValue): Tab shows them" }
    guard hidesPicture else { return nil }
    func panel(_ panel: Panel) -> String { "panel \(panel.rawValue): \(hiddenPanels.contains(panel) ? "off" : "on")" }
    return switch command {
    case .previewStyle: "preview: \(style.effective(on: capabilities(of: terminal)).rawValue)"
    case .colors: "colours: \(capabilities(of: terminal).colors.name)"
    case .mirror: isMirrored ? "preview: mirrored" : "preview: not mirrored"
    case .flip: isFlipped ? "preview: upside down" : "preview: upright"
    case .activation: showsActivation ? "preview: where the network looks" : "preview: plain"
    case .labelsPanel: panel(.labels)
    case .modelPanel: panel(.model)
    case .layersPanel: panel(.layers)
    case .historyPanel: panel(.history)
    default: nil
    }
  }
}
