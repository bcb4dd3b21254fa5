import CNCurses
import CTerminalRestore
import Frames
import Glibc
import Platform

/// The ncurses session: the only owner of the terminal. One at a time, and on the main thread only.
///
/// The terminal is restored by `close`, when the process exits, and by the handlers of all signals that end a process, within
/// a second whether the terminal takes bytes or not. While the screen is up, standard error is kept back and printed after
/// it.
public final class Screen {
  public let capabilities: Capabilities
  /// Size in cells.
  public private(set) var width = 0
  public private(set) var height = 0
  /// Ends a `wait` from any thread.
  public let waker: Waker

  /// Bytes that the last `draw` sent; `nil` where the kernel does not count them.
  public private(set) var lastFrameBytes: Int?
  /// How long the terminal kept the last `draw` waiting.
  public private(set) var lastFrameWait = Nanoseconds.zero

  private let counter = WriteCounter()
  private let handle: OpaquePointer
  private let input: UnsafeMutablePointer<FILE>
  private let output: UnsafeMutablePointer<FILE>
  private var isClosed = false
  private var grid: CellGrid
  /// What ncurses was given last, with the pair of each cell.
  private var shown: CellGrid
  private var shownPairs: [Int32] = []
  private var pairs: PairTable
  /// Whether terminfo's colours are direct, whatever is used of them.
  private let isDirect: Bool
  private var modes: TerminalModes
  private var parser = InputParser()

  /// Takes over the terminal.
  /// - Parameters:
  ///   - colors: at most so many colours; `nil`: what the terminal has, none if `NO_COLOR` is set.
  ///   - synchronizesOutput: whether updates may be held until they are complete, where the terminal says that it can.
  public init(colors: ColorDepth? = nil, synchronizesOutput: Bool = true) throws {
    let known = try TerminalCheck.term()
    let term = TerminalCheck.directTerm(of: known) ?? known
    modes = TerminalModes(asks: synchronizesOutput)
    // Only the character set: numbers in logs keep their point whatever the locale.
    setlocale(LC_CTYPE, "")
    let unicode = String(cString: cnc_codeset()) == "UTF-8"
    guard let waker = Waker() else {
      throw UserError("an eventfd could not be made: \(SystemError.last); close other programs")
    }
    self.waker = waker
    input = try TerminalFiles.input()
    output = try TerminalFiles.output()
    // Before ncurses sets its own handlers, which it does only where there is none.
    guard ctr_install(fileno(output), waker.descriptor) == 0 else {
      throw UserError("signal handlers could not be set: \(SystemError.last)")
    }
    let size = Self.terminalSize()
    Self.prepareToLeave(modes, rows: size?.rows ?? 24)
    // ncurses asks the system itself, unless these say it.
    if let size, size.isCut {
      setenv("LINES", "\(size.rows)", 1)
      setenv("COLUMNS", "\(size.columns)", 1)
    }
    ctr_screen_up()
    guard let handle = cnc_newterm(term, output, input) else {
      ctr_uninstall()
      throw UserError(
        "ncurses could not start on TERM '\(term)': try TERM=xterm-256color mobilecam, or --headless")
    }
    self.handle = handle
    cbreak()
    noecho()
    nonl()
    curs_set(0)
    keypad(cnc_stdscr(), true)
    nodelay(cnc_stdscr(), true)
    set_escdelay(25)
    var depth = ColorDepth.none
    isDirect = cnc_flag("RGB") == 1
    if has_colors() {
      start_color()
      use_default_colors()
      let noColor = colors == nil ? getenv("NO_COLOR").map { String(cString: $0) } : nil
      depth = ColorDepth(colors: Int(cnc_colors()), isDirect: isDirect, noColor: noColor)
      if let colors { depth = min(depth, colors) }
    }
    capabilities = Capabilities(unicode: unicode, colors: depth, sextants: unicode && cnc_width(0x1FB00) == 1)
    pairs = PairTable(capacity: max(min(Int(cnc_color_pairs()), 32768) - 1, 0))
    grid = CellGrid(width: 0, height: 0, capabilities: capabilities)
    shown = grid
    readSize()
    write(modes.enter(at: .now()))
  }

  deinit { close() }

  // MARK: Drawing

  /// Draws a snapshot at the screen's size and sends what changed since the last frame, in one update.
  public func draw(_ snapshot: Snapshot) {
    guard !isClosed else { return }
    grid.reset(width: width, height: height, capabilities: snapshot.options.capabilities(of: capabilities))
    ScreenView.draw(snapshot, into: &grid)
    send(grid)
    // Two grids in turn: a copy would be allocated anew in every frame.
    swap(&grid, &shown)
  }

  private func send(_ next: borrowing CellGrid) {
    let isWhole =
      next.width != shown.width || next.height != shown.height || next.capabilities != shown.capabilities
    if isWhole {
      erase()
      shownPairs = Array(repeating: 0, count: next.cells.count)
    }
    pairs.beginFrame()
    if !isWhole {
      for pair in shownPairs { pairs.keep(pair) }
    }
    var at = 0
    var hasChanged = isWhole
    for y in 0..<next.height {
      for x in 0..<next.width {
        let cell = next.cells[at]
        if isWhole || cell != shown.cells[at] {
          hasChanged = true
          let pair = pair(of: cell, next.capabilities.colors)
          shownPairs[at] = pair
          cnc_put(Int32(y), Int32(x), glyph(of: cell), attributes(of: cell), pair)
        }
        at += 1
      }
    }
    wnoutrefresh(cnc_stdscr())
    let (before, began) = (counter?.total, Nanoseconds.now())
    let isHeld = hasChanged && modes.synchronizesOutput
    if isHeld { write(TerminalModes.beginUpdate) }
    doupdate()
    if isHeld { write(TerminalModes.endUpdate) }
    lastFrameWait = .now() - began
    lastFrameBytes = before.flatMap { before in counter?.total.map { $0 - before } }
  }

  /// Beside ncurses, which has sent all that it had.
  private func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(fileno(output), $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return }
      rest = rest.dropFirst(max(count, 0))
    }
  }

  /// Whether the terminal takes bytes now; a frame that is drawn while it does not would keep the keys waiting too.
  public var isReadyToDraw: Bool {
    var ready = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    return poll(&ready, 1, 0) != 0
  }

  /// Whether `lastFrameBytes` is known.
  public var countsBytes: Bool { counter != nil }

  /// The locale has the last word on a character's width: one of two columns would shift the line.
  private func glyph(of cell: Cell) -> wchar_t {
    let value = wchar_t(truncatingIfNeeded: cell.glyph.value)
    return cell.glyph.isASCII || cnc_width(value) == 1 ? value : wchar_t(0x3F)
  }

  private func attributes(of cell: Cell) -> attr_t {
    var attributes: attr_t = 0
    if cell.style.contains(.bold) { attributes |= cnc_bold() }
    if cell.style.contains(.dim) { attributes |= cnc_dim() }
    if cell.style.contains(.reverse) { attributes |= cnc_reverse() }
    return attributes
  }

  private func pair(of cell: Cell, _ depth: ColorDepth) -> Int32 {
    let foreground = number(of: cell.foreground, depth)
    // With too few pairs for every combination the background goes first.
    for background in [number(of: cell.background, depth), -1] {
      if let (number, isNew) = pairs.pair(foreground: foreground, background: background) {
        if isNew { init_extended_pair(number, foreground, background) }
        return number
      }
    }
    return 0
  }

  /// With direct colours a number from 8 on is RGB, also where fewer colours are wanted.
  private func number(of color: Color, _ depth: ColorDepth) -> Int32 {
    let number = color.terminalNumber(depth)
    return isDirect && depth != .direct && number >= 8 ? Color.rgb(ofPalette: Int(number)) : number
  }

  // MARK: Waiting

  /// Sleeps until a key, a signal, a call of `Waker.wake` or the time-out.
  /// - Parameters:
  ///   - commands: those that the program carries out; other keys are ignored.
  ///   - wants: which keys are told as they are, before they are looked up.
  public func wait(
    timeout: Nanoseconds, commands: Set<Command> = Set(Command.allCases), wants: (Key) -> Bool = { _ in false }
  ) -> ScreenEvent {
    let deadline = Nanoseconds.now() + timeout
    while true {
      if let event = signalEvent() { return event }
      while let key = readKey() {
        if wants(key) { return .key(key) }
        if let command = Keys.command(for: key, of: commands) { return .command(command) }
      }
      let left = deadline - .now()
      var ready = [
        pollfd(fd: fileno(input), events: Int16(POLLIN), revents: 0),
        pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let milliseconds = Int32(min(max((left.count + 999_999) / 1_000_000, 0), 1_000_000))
      let count = poll(&ready, 2, milliseconds)
      if count < 0 { continue }
      if isGone(ready[0].revents) { return .ending(signal: SIGHUP) }
      if ready[1].revents != 0, waker.take() { return signalEvent() ?? .woken }
      if count == 0 { return .timeout }
    }
  }

  /// A terminal that was closed reports a hang-up, or is readable for ever with nothing to read.
  private func isGone(_ events: Int16) -> Bool {
    if events & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { return true }
    guard events & Int16(POLLIN) != 0 else { return false }
    var bytes: Int32 = 0
    return ioctl(fileno(input), UInt(FIONREAD), &bytes) != 0 || bytes == 0
  }

  private func signalEvent() -> ScreenEvent? {
    let ending = ctr_ending_signal()
    if ending != 0 { return .ending(signal: ending) }
    if ctr_take(SIGTSTP) != 0 { return .stopRequested }
    if ctr_take(SIGCONT) != 0 {
      // Stopped and continued without our doing (SIGSTOP): the shell has used the terminal meanwhile.
      resume()
      return .resized
    }
    if ctr_take(SIGWINCH) != 0 {
      readSize()
      return .resized
    }
    return nil
  }

  /// The next key; `nil` when none is waiting.
  private func readKey() -> Key? {
    let now = Nanoseconds.now()
    while true {
      let unit = readUnit()
      switch unit.map({ parser.take($0, at: now) }) ?? parser.pause() {
      case .key(let key): return key
      case .synchronizedOutput(let isPossible): modes.answer(isPossible)
      case nil: if unit == nil { return nil }
      }
    }
  }

  private func readUnit() -> InputParser.Unit? {
    var code: wint_t = 0
    switch cnc_get(&code) {
    case OK: return Unicode.Scalar(code).map { .character($0) } ?? .key(.other)
    case KEY_CODE_YES: return .key(Self.key(Int32(bitPattern: code)))
    default: return nil
    }
  }

  private static func key(_ code: Int32) -> Key {
    switch code {
    case KEY_UP: return .up
    case KEY_DOWN: return .down
    case KEY_LEFT: return .left
    case KEY_RIGHT: return .right
    case KEY_SR: return .shiftUp
    case KEY_SF: return .shiftDown
    case KEY_SLEFT: return .shiftLeft
    case KEY_SRIGHT: return .shiftRight
    case KEY_PPAGE: return .pageUp
    case KEY_NPAGE: return .pageDown
    case KEY_HOME: return .home
    case KEY_END: return .end
    case KEY_ENTER: return .enter
    case KEY_BACKSPACE: return .backspace
    case KEY_F0 + 1...KEY_F0 + 12: return .function(Int(code - KEY_F0))
    // KEY_RESIZE too: resizeterm puts it among the keys, but the signal has said so already.
    default: return .other
    }
  }

  /// WINCH is ours and not ncurses': its flag is looked at only when a key is read, which would lose a signal that comes
  /// between that and poll().
  private func readSize() {
    if let size = Self.terminalSize() { resizeterm(Int32(size.rows), Int32(size.columns)) }
    width = Int(cnc_columns())
    height = Int(cnc_rows())
    Self.prepareToLeave(modes, rows: height)
  }

  /// More than any screen has; what a terminal claims beyond that (65 535 each way) would take gigabytes of cells.
  private static let mostColumns = 2000
  private static let mostRows = 1000

  private static func terminalSize() -> (columns: Int, rows: Int, isCut: Bool)? {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    let (columns, rows) = (Int(size.ws_col), Int(size.ws_row))
    return (min(columns, mostColumns), min(rows, mostRows), columns > mostColumns || rows > mostRows)
  }

  // MARK: Leaving

  /// For the handlers too, so that every end leaves the terminal alike.
  private static func prepareToLeave(_ modes: TerminalModes, rows: Int) {
    let bytes = TerminalCheck.leaveBytes(modes: modes.leave, rows: rows)
    ctr_set_leave(bytes, bytes.count)
  }

  /// ncurses leaves as well, to know that it did; what it writes goes nowhere by then, since it would wait for ever for a
  /// terminal that takes nothing.
  private func leave() {
    awaitAnswer()
    ctr_screen_down()
    endwin()
  }

  /// An answer of the terminal that comes when the screen is left would be typed into the shell.
  private func awaitAnswer() {
    while let left = modes.wait(at: .now()) {
      var ready = pollfd(fd: fileno(input), events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, Int32(left.count / 1_000_000) + 1) > 0, !isGone(ready.revents) else { return }
      while readKey() != nil {}
    }
  }

  /// Gives the terminal back for a while.
  public func suspend() {
    guard !isClosed else { return }
    leave()
  }

  /// Takes it again and paints everything.
  public func resume() {
    guard !isClosed else { return }
    ctr_screen_up()
    reset_prog_mode()
    readSize()
    write(modes.enter(at: .now()))
    cnc_repaint()
    shown.reset(width: 0, height: 0, capabilities: capabilities)
  }

  /// What Ctrl-Z asks for; returns when the process is continued.
  public func stopUntilContinued() {
    suspend()
    ctr_stop_until_continued()
    resume()
  }

  /// Gives the terminal back for good. Harmless when called twice.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    leave()
    ctr_uninstall()
    delscreen(handle)
    fclose(output)
    if fileno(input) != STDIN_FILENO { fclose(input) }
  }

  /// `TERM`, `INT` …
  public static func name(of signal: Int32) -> String { String(cString: ctr_signal_name(signal)) }

  /// Ends the process by the signal that asked for it, after `close`, so that the parent sees it in the exit status.
  public static func die(of signal: Int32) -> Never { ctr_die(signal) }
}
