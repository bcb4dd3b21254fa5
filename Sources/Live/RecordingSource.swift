import Frames
import Glibc
import Platform
import Playback
import Synchronization

/// A source whose frames are written to a Y4M file as well, by a thread of its own: a slow disk costs frames of the
/// recording (which are counted), never of the picture.
public final class RecordingSource: FrameSource {
  private struct State {
    var trouble: String?
    var framesWritten = 0
    var framesLeftOut = 0
    var isStopping = false
    var thread: SystemThread?
  }

  private let source: any FrameSource
  private let path: String
  private let state = Mutex(State())

  /// Creates the file, empty.
  /// - Throws: `UserError` if there is such a file already, or it cannot be written.
  public init(_ source: any FrameSource, path: String) throws {
    self.source = source
    self.path = path
    do throws(SystemError) {
      _ = try File.open(path, O_WRONLY | O_CREAT | O_EXCL)
    } catch {
      if error.code == EEXIST {
        throw UserError("--record \(path): expected no such file yet, found one. Give another name, or remove it.")
      }
      throw UserError(
        "--record \(path): cannot be written (\(error)). "
          + "Check the folder and its permissions, or give another name.")
    }
  }

  public var status: SourceStatus {
    var status = source.status
    let trouble = state.withLock { $0.trouble }
    status.notice = trouble ?? status.notice ?? "recording to \(path)"
    return status
  }

  public func start(into ring: FrameRing) throws {
    // Before the source: it makes frames smaller where no reader wants them whole. The thread's alone from then on.
    nonisolated(unsafe) let reader = ring.makeReader()
    try source.start(into: ring)
    do {
      let thread = try SystemThread(name: "recorder") { [self] in write(from: ring, reader) }
      state.withLock { $0.thread = thread }
    } catch {
      source.stop()
      throw error
    }
  }

  /// Stops the source, then writes what is still in the ring.
  public func stop() {
    source.stop()
    let thread = state.withLock { state in
      state.isStopping = true
      defer { state.thread = nil }
      return state.thread
    }
    thread?.join()
  }

  public func suspend() { source.suspend() }
  public func resume(into ring: FrameRing) throws { try source.resume(into: ring) }

  /// Whether the recording ended before its source.
  public var hasFailed: Bool { state.withLock { $0.trouble != nil } }

  /// What to tell the user at the end.
  public var summary: String {
    state.withLock {
      if let trouble = $0.trouble { return trouble }
      let leftOut = $0.framesLeftOut > 0 ? "; \($0.framesLeftOut) left out, the disk was too slow for them" : ""
      return "recorded \($0.framesWritten) frames to \(path)\(leftOut)"
    }
  }

  // MARK: The writing thread

  private func write(from ring: FrameRing, _ reader: FrameReader) {
    var writer: Y4MWriter?
    while true {
      // Asked for before the wait: a frame that came before the stop is still found.
      let isLast = state.withLock { $0.isStopping }
      guard let frame = reader.next(timeout: Nanoseconds(milliseconds: isLast ? 0 : 50)) else {
        if isLast || ring.end != nil { return }
        continue
      }
      let info = frame.info
      do {
        let open =
          try writer
          ?? Y4MWriter(
            path: path, width: info.width, height: info.height,
            framesPerSecond: max(1, Int(saturating: (source.status.nominalRate ?? 30).rounded())))
        writer = open
        try open.append(frame.pixels, width: info.width, height: info.height)
        state.withLock {
          $0.framesWritten += 1
          $0.framesLeftOut = reader.ringDrops
        }
      } catch {
        state.withLock { $0.trouble = "the recording ended after \($0.framesWritten) frames: \(error)" }
        return
      }
    }
  }
}
