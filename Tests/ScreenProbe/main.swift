// Holds the real screen for tests: draws a made-up snapshot and ends in the way that its argument names.
//   screen-probe            until q or a signal
//   screen-probe throw      an error while the screen is up
//   screen-probe exit       exit() while the screen is up
//   screen-probe trap       a Swift trap
//   screen-probe segv       a segmentation fault
//   screen-probe thread     a segmentation fault of another thread, after a second of drawing
//   screen-probe bytes      five frames, then says how many bytes they took
//   screen-probe cost       three hundred frames of a moving picture in half blocks, then says what drawing one took
//   screen-probe stuck      takes no notice of signals
import Frames
import Glibc
import Model
import Platform
import Terminal

func run(_ mode: String) throws -> Int32? {
  let screen = try Screen()
  defer { screen.close() }
  var snapshot = Sample.snapshot()
  snapshot.tradeOff = Sample.tradeOff()
  snapshot.activation = Sample.activation()
  snapshot.controls = Sample.controls()
  snapshot.options.controlCount = snapshot.controls.each.count
  if mode == "cost" || mode == "thread" { snapshot.options.style = .halfBlocks }
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
  var drawTime = Nanoseconds.zero
  while true {
    if !snapshot.isHeld {
      Sample.fillPreview(
        &snapshot, width: screen.width, height: screen.height, capabilities: screen.capabilities, shift: frames * 3)
    }
    let began = processorTime()
    screen.draw(snapshot)
    drawTime = drawTime + (processorTime() - began)
    frames += 1
    frameBytes += screen.lastFrameBytes ?? 0
    if mode == "bytes", frames == 5 {
      screen.close()
      print("counted \(frameBytes) bytes in frames")
      return nil
    }
    if mode == "cost" {
      if frames < 300 { continue }
      screen.close()
      print("\(Double(drawTime.count / Int64(frames) / 1000) / 1000) ms of CPU a frame, \(frameBytes / frames) bytes")
      return nil
    }
    if frames == 2 {
      switch mode {
      case "throw": throw UserError("thrown while the screen is up")
      case "exit": exit(3)
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
    case .resized, .woken, .timeout: break
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
  if let signal = try run(CommandLine.arguments.dropFirst().first ?? "") { Screen.die(of: signal) }
} catch {
  let line = "screen-probe: \(error)\n"
  write(STDERR_FILENO, line, line.utf8.count)
  exit(1)
}
