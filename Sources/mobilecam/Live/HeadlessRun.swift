import ArgumentParser
import FoundationEssentials
import Frames
import Glibc
import MobileNet
import Synchronization
import Telemetry

/// A run without a screen: one JSON line on standard output for each result.
struct HeadlessRun {
  let source: any FrameSource
  let ring: FrameRing
  let inference: Inference
  let log: RunLog
  let notice: String?

  struct Line: Encodable {
    struct Guess: Encodable {
      let classIndex: Int
      let label: String
      let probability: Float
    }
    let sequence: Int
    let capturedUs: Double
    let alpha: Double
    let resolution: Int
    let precision: String
    let threads: Int
    let isa: String?
    let trained: Bool
    let preprocessUs: Double
    let networkUs: Double
    let glassToLabelUs: Double
    let driverDrops: Int
    let ringDrops: Int
    let badFrames: Int
    let top: [Guess]

    init(_ record: borrowing FrameRecord, isTrained: Bool) {
      func us(_ nanoseconds: Int64?) -> Double { Double(nanoseconds ?? 0) / 1000 }
      sequence = record.sequence
      capturedUs = us(record.capturedNanoseconds)
      alpha = record.alpha
      resolution = record.resolution
      precision = record.precision
      threads = record.threads
      isa = record.isa
      trained = isTrained
      preprocessUs = us(record.preprocessNanoseconds)
      networkUs = us(record.networkNanoseconds)
      glassToLabelUs = us(record.glassToLabelNanoseconds)
      driverDrops = record.driverDrops ?? 0
      ringDrops = record.ringDrops ?? 0
      badFrames = record.badFrames ?? 0
      top = record.top.map { Guess(classIndex: $0.classIndex, label: $0.label, probability: $0.probability) }
    }
  }

  /// - Throws: `UserError` if the source fails; `ExitCode` where standard output is closed.
  func run() throws {
    EndingSignal.watch()
    if let notice { printError("mobilecam: \(notice)") }
    try source.start(into: ring)
    defer { source.stop() }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let isTrained = inference.inspect { $0.isTrained }
    var isOpen = true
    var troubleCount = 0
    var statusNotice: String?
    loop: while EndingSignal.received == 0, isOpen {
      let outcome = inference.step(status: { source.status }) { record in
        log.append(record)
        isOpen = write(Line(record, isTrained: isTrained), encoder)
      }
      if case .finished = outcome { break loop }
      let status = source.status
      if status.troubleCount != troubleCount, let words = status.lastTrouble { printError("mobilecam: \(words)") }
      troubleCount = status.troubleCount
      if status.notice != statusNotice, let words = status.notice { printError("mobilecam: \(words)") }
      statusNotice = status.notice
    }
    let summary = log.stop()
    if let summary { printError("mobilecam: \(summary)") }
    if case .failed(let why) = ring.end { throw UserError(why) }
    if EndingSignal.received != 0 {
      source.stop()
      EndingSignal.die()
    }
  }

  /// False when nobody reads any more (a closed pipe).
  private func write(_ line: Line, _ encoder: JSONEncoder) -> Bool {
    guard var data = try? encoder.encode(line) else { return true }
    data.append(0x0A)
    return data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Glibc.write(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }
}

/// INT, TERM and HUP as a flag, so that a run without a screen ends in order: source freed, log whole.
enum EndingSignal {
  private static let flag = Atomic<Int32>(0)

  static var received: Int32 { flag.load(ordering: .relaxed) }

  static func watch() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { EndingSignal.flag.store($0, ordering: .relaxed) }
    }
  }

  /// Ends the process by the signal that came, so that the parent sees it.
  static func die() -> Never {
    signal(received, SIG_DFL)
    kill(getpid(), received)
    while true { pause() }
  }
}
