import Capture
import Frames
import Platform
import Terminal

/// The panel of the camera's controls. Every wish goes to the camera's desk and returns at once.
extension ScreenRun {
  /// Carries out what concerns the controls; returns whether it was that.
  func performOnControls(_ command: Command) -> Bool {
    let isShown = snapshot.options.showsControls
    switch command {
    case .controls where desk == nil:
      say("no controls: \(snapshot.source.name.isEmpty ? "this source" : snapshot.source.name) is no camera")
    case .controls:
      // What was read when it was last open may be old.
      if !isShown { controlsDue = .zero }
      return false
    case .left where isShown, .right where isShown:
      if let name = chosenControl { desk?.turn(name, by: command == .right ? 1 : -1) }
    case .resetControl where isShown: if let name = chosenControl { desk?.reset(name) }
    case .resetControls where isShown: desk?.resetAll()
    case .resetControl, .resetControls: say("v shows the camera's controls; r and R reset them there")
    default: return false
    }
    return true
  }

  private var chosenControl: String? {
    let controls = desk?.board.controls ?? []
    let row = snapshot.options.controlRow
    return controls.indices.contains(row) ? controls[row].name : nil
  }

  func takeControls(_ now: Nanoseconds) {
    guard let desk else { return }
    if now >= controlsDue {
      controlsDue = now + Self.controlsPeriod
      desk.refresh()
    }
    let board = desk.board
    snapshot.options.controlCount = board.controls.count
    snapshot.options.controlRow = max(min(snapshot.options.controlRow, board.controls.count - 1), 0)
    snapshot.controls.isAway = board.isAway
    snapshot.controls.isKnown = board.isKnown
    snapshot.controls.words = board.words
    snapshot.controls.each = board.controls.map { control in
      var shown = Snapshot.Control(title: control.title, value: control.valueText, share: control.share)
      shown.isChanged = control.value != control.standard && control.lock != .readOnly
      shown.lock = control.lock?.rawValue
      return shown
    }
  }
}
