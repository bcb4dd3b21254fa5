import Glibc
import Pixels
import Platform
import Synchronization
import Telemetry

/// Starts commands and tells their ends. A test has its own.
package protocol CommandRunner: AnyObject, Sendable {
  /// Starts a command; returns at once. Nothing waits for it: `ended` comes from another thread, once.
  /// - Throws: `UserError` where it could not even be tried; then `ended` does not come.
  func start(_ order: CommandOrder, ended: @escaping @Sendable (CommandOrder) -> Void) throws(UserError)
  /// Ends what runs, first as one asks for it, then by force; the ends are told as all others are.
  func stop()
  /// Nothing runs any more, and nothing will.
  func close()
}

/// A command to be run, and what came of it.
package struct CommandOrder: Sendable {
  package var rule: Int
  package var command: CommandWords
  /// What came of it is filled in at its end.
  package var event: ActionEvent
  /// When the rule fired, since 1970.
  package var wallTime: Nanoseconds
  /// What to save, where the command wants it.
  package var picture: RGBImage?
}

/// Commands as processes, each watched by a thread of its own that lives as long as it does.
final class CommandThreads: CommandRunner {
  /// From the signal that asks to the one that forces.
  private static let grace = Nanoseconds(milliseconds: 300)

  private let isStopping = Atomic(false)
  /// Where pictures lie, and by rule the last one: it is kept until the next, since whoever was given its path may look later.
  private let pictures = Mutex<(folder: String?, last: [Int: String])>((nil, [:]))

  func start(_ order: CommandOrder, ended: @escaping @Sendable (CommandOrder) -> Void) throws(UserError) {
    _ = try SystemThread(name: "command") { [self] in
      var order = order
      run(&order)
      ended(order)
    }
  }

  func stop() { isStopping.store(true, ordering: .releasing) }

  func close() {
    pictures.withLock { pictures in
      for path in pictures.last.values { File.remove(path) }
      if let folder = pictures.folder { Folder.removeEmpty(folder) }
      pictures = (nil, [:])
    }
  }

  private func run(_ order: inout CommandOrder) {
    var variables = [
      (name: "MOBILECAM_LABEL", value: order.event.label),
      (name: "MOBILECAM_PROBABILITY", value: decimal(Int64(order.event.probability * 1e6), places: 6)),
      (name: "MOBILECAM_TIME", value: TimeText.utc(order.wallTime)),
    ]
    let child: ChildProgram
    let began: Nanoseconds
    do {
      var path: String?
      if let picture = order.picture {
        order.picture = nil
        path = try save(picture, of: order)
        variables.append((name: "MOBILECAM_FRAME", value: path ?? ""))
      }
      began = .now()
      child = try ChildProgram(order.command.words(frame: path), variables: variables)
    } catch let error as SystemError {
      order.event.failure = "could not be started: \(error)"
      return
    } catch {
      order.event.failure = "was not started: \(error)"
      return
    }
    var asked: Nanoseconds?
    while child.wait() == nil {
      guard isStopping.load(ordering: .acquiring) else { continue }
      if let asked {
        if .now() > asked + Self.grace { child.send(signal: SIGKILL) }
      } else {
        asked = .now()
        child.send(signal: SIGTERM)
      }
    }
    order.event.duration = .now() - began
    if !child.output.isEmpty { order.event.output = String(decoding: child.output, as: UTF8.self) }
    switch child.ending {
    case .exited(let status):
      order.event.exitStatus = status
      if status != 0 { order.event.failure = "exit status \(status)" }
    case .killed(let signal): order.event.failure = "ended by signal \(signal)"
    case nil: break
    }
    if asked != nil { order.event.failure = "still ran when mobilecam ended, and was ended with it" }
  }

  private func save(_ picture: RGBImage, of order: CommandOrder) throws -> String {
    let bytes = try JPEGEncoder.encode(picture)
    let folder = try pictures.withLock { pictures in
      if let last = pictures.last.removeValue(forKey: order.rule) { File.remove(last) }
      if let folder = pictures.folder { return folder }
      let made = try Folder.makeTemporary(prefix: "mobilecam-")
      pictures.folder = made
      return made
    }
    // The wall clock may be turned back: the frame's number too.
    let path = "\(folder)/\(TimeText.fileName(order.wallTime))-\(order.rule)-\(order.event.sequence).jpg"
    do throws(SystemError) {
      try File.createAnew(path).write(bytes)
    } catch {
      File.remove(path)
      throw UserError("its picture could not be saved in \(folder): \(error)")
    }
    pictures.withLock { $0.last[order.rule] = path }
    return path
  }
}
