/// How the screen shows it: what keys change that concerns nothing but the view.
public struct ViewOptions: Sendable, Hashable {
  public enum LayerOrder: String, Sendable, Hashable, CaseIterable {
    case network = "network order", time, rate = "GMAC/s"
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
      let now = capabilities(of: terminal).colors
      colorLimit = now == .none ? .direct : ColorDepth(rawValue: now.rawValue - 1)!
    case .mirror: isMirrored.toggle()
    case .flip: isFlipped.toggle()
    case .help:
      showsHelp.toggle()
      helpScroll = 0
    case .layerView:
      showsLayers.toggle()
      showsTradeOff = false
      showsControls = false
      layerScroll = 0
    case .tradeOff:
      showsTradeOff.toggle()
      showsLayers = false
      showsControls = false
    case .controls:
      showsControls.toggle()
      showsLayers = false
      showsTradeOff = false
    case .activation: showsActivation.toggle()
    case .labelsPanel: hiddenPanels.formSymmetricDifference([.labels])
    case .modelPanel: hiddenPanels.formSymmetricDifference([.model])
    case .layersPanel: hiddenPanels.formSymmetricDifference([.layers])
    case .historyPanel: hiddenPanels.formSymmetricDifference([.history])
    case .layerOrder:
      let all = LayerOrder.allCases
      layerOrder = all[(all.firstIndex(of: layerOrder)! + 1) % all.count]
    case .up where showsHelp: helpScroll = max(helpScroll - 1, 0)
    case .down where showsHelp: helpScroll = min(helpScroll + 1, Keys.bindings.count - 1)
    case .up where showsControls: controlRow = max(min(controlRow, controlCount - 1) - 1, 0)
    case .down where showsControls: controlRow = max(min(controlRow + 1, controlCount - 1), 0)
    // For the camera to carry out.
    case .left where showsControls, .right where showsControls: return false
    case .up where showsTradeOff: tradeOffRow = max(tradeOffRow - 1, 0)
    case .down where showsTradeOff: tradeOffRow = min(tradeOffRow + 1, 3)
    case .left: tradeOffColumn = max(tradeOffColumn - (showsTradeOff ? 1 : 0), 0)
    case .right: tradeOffColumn = min(tradeOffColumn + (showsTradeOff ? 1 : 0), 3)
    case .up: layerScroll = max(layerScroll - 1, 0)
    case .down: layerScroll = min(layerScroll + 1, 30)
    default: return false
    }
    return true
  }
}
