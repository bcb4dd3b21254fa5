// Holds the real screen for tests: draws a made-up snapshot and ends in the way that its argument names.
//   screen-probe            until q or a signal
//   screen-probe throw      an error while the screen is up
//   screen-probe exit       exit() while the screen is up
//   screen-probe trap       a Swift trap
//   screen-probe segv       a segmentation fault
//   screen-probe thread     a segmentation fault of another thread, after a second of drawing
//   screen-probe exit-soon  ends after two frames
//   screen-probe bytes      five frames, then says how many bytes they took
//   screen-probe cost [STYLE] [FILE]
//                           three hundred frames of a moving picture (half blocks, a ball), then says what one took
//   screen-probe picture FILE STYLE COLUMNS ROWS
//                           no screen: prints the cells of a picture fitted into so many, with colours as SGR
//   screen-probe stuck      takes no notice of signals
import Frames
import Glibc
import Model
import Pixels
import Platform
import Terminal

/// What a frame takes where it is made small and drawn, over and over.
func printCost(style: PreviewStyle, file: String?) throws {
  let image = try file.map { try ImageFile.load(path: $0) }
  var lines: [String] = []
  do {
    let screen = try Screen()
    defer { screen.close() }
    var snapshot = Sample.snapshot()
    snapshot.options.style = style
    let frames = 300
    var (fillTime, drawTime, bytes) = (Nanoseconds.zero, Nanoseconds.zero, 0)
    for frame in 0..<frames {
      // A photograph wanders by a pixel a frame.
      let shift = image.map { $0.width * 3 * (frame % 60 / 10) + frame % 10 * 3 } ?? 0
      let began = processorTime()
      if let image {
        image.pixels.withUnsafeBytes {
          Sample.fillPreview(
            &snapshot, UnsafeRawBufferPointer(rebasing: $0[shift...]), imageWidth: image.width,
            imageHeight: image.height - 8, width: screen.width, height: screen.height,
            capabilities: screen.capabilities)
        }
      } else {
        Sample.fillPreview(
          &snapshot, width: screen.width, height: screen.height, capabilities: screen.capabilities, shift: frame * 3)
      }
      let filled = processorTime()
      screen.draw(snapshot)
      fillTime = fillTime + (filled - began)
      drawTime = drawTime + (processorTime() - filled)
      bytes += screen.lastFrameBytes ?? 0
    }
    func milliseconds(_ time: Nanoseconds) -> String { fixed(time.milliseconds / Double(frames), 3) }
    lines.append("\(milliseconds(drawTime)) ms of CPU a frame, \(bytes / frames) bytes")
    if image != nil { lines.append("\(milliseconds(fillTime)) ms to make it small") }
  }
  for line in lines { print(line) }
}

/// The cells of a picture alone; the first line says how many columns and rows it took.
func printPicture(_ arguments: [String]) throws {
  guard arguments.count == 4, let style = PreviewStyle(rawValue: arguments[1]), let columns = Int(arguments[2]),
    let rows = Int(arguments[3])
  else { throw UserError("expected: picture FILE STYLE COLUMNS ROWS") }
  let image = try ImageFile.load(path: arguments[0])
  let capabilities = Capabilities(unicode: true, colors: .direct, sextants: true)
  var snapshot = Snapshot()
  snapshot.options.style = style
  snapshot.options.hiddenPanels = Set(ViewOptions.Panel.allCases)
  // With the camera's border, the title and the line of keys; wide and high enough for no other layout.
  let (width, height) = (columns + 2, rows + 4)
  image.pixels.withUnsafeBytes {
    Sample.fillPreview(
      &snapshot, $0, imageWidth: image.width, imageHeight: image.height, width: width, height: height,
      capabilities: capabilities)
  }
  var grid = CellGrid(width: width, height: height, capabilities: capabilities)
  ScreenView.draw(snapshot, into: &grid)
  let place = ScreenView.previewPlace(
    screenWidth: width, screenHeight: height, imageWidth: image.width, imageHeight: image.height,
    options: snapshot.options)
  print("\(place.width) \(place.height)")
  for y in place.y..<place.maxY {
    var line = ""
    for x in place.x..<place.maxX {
      let cell = grid[x, y]
      let colors = sgr(cell.foreground, 38) + sgr(cell.background, 48)
      line += colors + String(Character(cell.glyph)) + (colors.isEmpty ? "" : "\u{1B}[0m")
    }
    print(line)
  }
}

/// Nothing for the terminal's own colour.
func sgr(_ color: Color, _ kind: Int) -> String {
  let value = color.terminalNumber(.direct)
  return value < 0 ? "" : "\u{1B}[\(kind);2;\(value >> 16);\(value >> 8 & 255);\(value & 255)m"
}

func run(_ mode: String) throws -> Int32? {
  let screen = try Screen()
  defer { screen.close() }
  var snapshot = Sample.snapshot()
  snapshot.tradeOff = Sample.tradeOff()
  snapshot.activation = Sample.activation()
  snapshot.controls = Sample.controls()
  snapshot.options.controlCount = snapshot.controls.each.count
  if mode == "thread" { snapshot.options.style = .halfBlocks }
  if mode == "thread" {
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        sleep(1)
        UnsafeMutablePointer<Int>(bitPattern: 16)!.pointee = 1
        return nil
      }, nil)
  }
  var frames = 0
  var frameBytes = 0
  while true {
    if !snapshot.isHeld {
      Sample.fillPreview(
        &snapshot, width: screen.width, height: screen.height, capabilities: screen.capabilities, shift: frames * 3)
    }
    screen.draw(snapshot)
    frames += 1
    frameBytes += screen.lastFrameBytes ?? 0
    if mode == "bytes", frames == 5 {
      screen.close()
      print("counted \(frameBytes) bytes in frames")
      return nil
    }
    if frames == 2 {
      switch mode {
      case "throw": throw UserError("thrown while the screen is up")
      case "exit": exit(3)
      case "exit-soon": return nil
      case "trap": fatalError("trapped while the screen is up")
      case "segv": UnsafeMutablePointer<Int>(bitPattern: 16)!.pointee = 1
      case "stuck": while true { sleep(1) }
      default: break
      }
    }
    switch screen.wait(timeout: Nanoseconds(milliseconds: 50)) {
    case .ending(let signal): return signal
    case .stopRequested: screen.stopUntilContinued()
    case .command(.quit): return nil
    case .command(.hold): snapshot.isHeld.toggle()
    case .command(.log): snapshot.log.file = snapshot.log.file == nil ? "run.csv" : nil
    case .command(let command):
      if let alpha = command.alpha {
        snapshot.configuration.alpha = alpha
      } else {
        _ = snapshot.options.apply(command, on: screen.capabilities)
      }
    case .resized, .woken, .timeout, .key: break
    }
  }
}

/// What this process has used of the processor.
func processorTime() -> Nanoseconds {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Nanoseconds(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}

do {
  let arguments = Array(CommandLine.arguments.dropFirst())
  switch arguments.first {
  case "picture": try printPicture(Array(arguments.dropFirst()))
  case "cost":
    let style = arguments.count > 1 ? PreviewStyle(rawValue: arguments[1]) : .halfBlocks
    guard let style else { throw UserError("no such style: \(arguments[1])") }
    try printCost(style: style, file: arguments.count > 2 ? arguments[2] : nil)
  default: if let signal = try run(arguments.first ?? "") { Screen.die(of: signal) }
  }
} catch {
  let line = "screen-probe: \(error)\n"
  write(STDERR_FILENO, line, line.utf8.count)
  exit(1)
}
