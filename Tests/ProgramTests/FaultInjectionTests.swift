import Foundation
import Glibc
import Platform
import TestSupport
import Testing

/// The real program with each of its standard streams in each bad state, ended by each signal at each moment, with a screen and
/// without: it ends, by that signal, its log is whole, and the terminal is as it was.
@Suite(.serialized)
struct FaultInjectionTests {
  enum Stream: String, CaseIterable { case input, output, error }

  /// What one of the streams is; the others work.
  enum State: String, CaseIterable {
    case works, closed, nonBlocking
    /// A pipe that nobody reads (to be read: that nobody writes), filled to the brim.
    case full
    /// /dev/full.
    case fullDisk
    /// A socket whose other end is gone.
    case deadSocket
  }

  enum Moment: String, CaseIterable {
    /// From before the program's first instruction to when its screen comes up.
    case start
    /// While the terminal's answer is still awaited (which never comes), and before anything was logged.
    case asked
    case middle
    /// While it ends by itself.
    case end
  }

  struct Case: CustomStringConvertible {
    let isScreen: Bool
    let stream: Stream
    let state: State
    let signal: Int32
    let moment: Moment
    var description: String {
      "\(isScreen ? "screen" : "headless"), \(stream) \(state), signal \(signal), \(moment)"
    }
    /// Another time for each case, in microseconds, and the same in every run.
    func spread(_ range: Range<UInt32>) -> UInt32 {
      range.lowerBound + description.utf8.reduce(UInt32(0)) { $0 &* 31 &+ UInt32($1) } % UInt32(range.count)
    }
  }

  static func cases(isScreen: Bool) -> [Case] {
    var cases: [Case] = []
    for stream in Stream.allCases {
      for state in State.allCases {
        // One case with all well is enough; nothing is written to standard input.
        if state == .works, stream != .input { continue }
        if state == .fullDisk, stream == .input { continue }
        // The screen is on standard output: a terminal that takes no bytes, or one that is gone, is all that it can be.
        if isScreen, stream == .output, ![.full, .deadSocket, .nonBlocking].contains(state) { continue }
        for signal in isScreen ? [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1] : [SIGINT, SIGTERM, SIGHUP] {
          for moment in Moment.allCases {
            cases.append(Case(isScreen: isScreen, stream: stream, state: state, signal: signal, moment: moment))
          }
        }
      }
    }
    return cases
  }

  /// Only what never ends is missed, however busy the machine is with other cases.
  private static let patience = Nanoseconds(seconds: 40)

  @Test(
    .enabled(if: Checkout.isOptimised, "the network is too slow in a debug build"), arguments: [false, true])
  func endsAndIsWhole(isScreen: Bool) async throws {
    let cases = Self.cases(isScreen: isScreen)
    #expect(cases.count == (isScreen ? 260 : 180))
    // Most of a run is waiting: several at a time.
    let next = Monitor(0)
    let complaints = Monitor<[String]>([])
    let workers = try (0..<6).map { number in
      try SystemThread(name: "case \(number)") {
        while true {
          let index = next.withLock { next in
            defer { next += 1 }
            return next
          }
          guard index < cases.count else { return }
          let found: [String]
          do { found = try Self.complaints(of: cases[index]) } catch { found = ["\(error)"] }
          complaints.withLock { $0 += found.map { "\(cases[index]): \($0)" } }
        }
      }
    }
    for worker in workers { worker.join() }
    for complaint in complaints.withLock({ $0 }) { Issue.record("\(complaint)") }
  }

  /// Runs a case; what is not as it should be.
  private static func complaints(of test: Case) throws -> [String] {
    let folder = TemporaryFolder()
    let terminal = test.isScreen ? try PseudoTerminal() : nil
    /// Reads what the terminal got, where it takes anything.
    func drain() { if test.stream != .output || test.state != .full { terminal?.drain() } }
    // What is written to a stream that works, or should.
    let log = folder.path + "/run.csv"
    var arguments = ["live", "--source", "pattern", "--log", log]
    if !test.isScreen { arguments.append("--headless") }
    if test.moment == .end { arguments += ["--frames", "12"] }
    let streams = try Streams(test, terminal: terminal)
    var environment = Program.environment(home: folder.path)
    environment["TERM"] = "xterm-256color"
    let process = try ChildProcess.start(
      [Program.path] + arguments, environment: environment, streams: streams.list, terminal: terminal?.path)
    defer {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    let started = Nanoseconds.now()
    var status: Int32 = 0
    func hasEnded() -> Bool { waitpid(process, &status, WNOHANG) == process }

    // The moment: seen from outside, by what is in the log.
    let rows = test.moment == .middle ? 4 : 1
    var isEnded = false
    if test.moment == .start || test.moment == .asked {
      usleep(test.spread(test.moment == .start ? 0..<30_000 : 30_000..<120_000))
    } else {
      while !isEnded, Nanoseconds.now() - started < patience {
        drain()
        isEnded = hasEnded()
        let lines = (try? Data(contentsOf: URL(filePath: log)))?.count { $0 == 10 } ?? 0
        if lines > rows { break }
        // A run whose output takes nothing stands still: that is its middle.
        if test.state == .full, test.stream == .output, Nanoseconds.now() - started > Nanoseconds(seconds: 1) { break }
        usleep(3000)
      }
      if test.moment == .end { usleep(test.spread(250_000..<400_000)) }
    }
    if test.isScreen, test.stream == .output, test.state == .deadSocket { terminal?.hangUp() }
    kill(process, test.signal)
    let asked = Nanoseconds.now()
    while !isEnded, Nanoseconds.now() - asked < patience {
      drain()
      isEnded = hasEnded()
      usleep(2000)
    }
    guard isEnded else { return ["still there after \(patience.seconds) s"] }

    var complaints: [String] = []
    let signal = status & 0x7F
    // A run may have ended before the signal came: by itself, or since nobody takes its output.
    let mayEndItself = test.moment == .end || (test.stream == .output && [.deadSocket, .fullDisk].contains(test.state))
    // A terminal that is gone is a hang-up, and takes no last words.
    let isGone = test.isScreen && test.stream == .output && test.state == .deadSocket
    let byItself: Set<Int32> = test.stream == .output && test.state == .fullDisk ? [1] : isGone ? [0, 1] : [0]
    let isRight =
      signal == test.signal || (isGone && signal == SIGHUP)
      || (signal == 0 && mayEndItself && byItself.contains(status >> 8))
    if !isRight { complaints.append("wait status \(status)") }
    if let terminal, !isGone {
      terminal.drain()
      if !terminal.hasModesOfBefore { complaints.append("the terminal's modes are not what they were") }
      if !terminal.hasLeftScreen, test.state != .full || test.stream != .output {
        complaints.append("the alternate screen was not left")
      }
    }
    let names = folder.names.filter { !["run.csv", "run.run.json"].contains($0) }
    if !names.isEmpty { complaints.append("left over: \(names)") }
    if let text = try? folder.data("run.csv"), !text.isEmpty {
      if text.last != 10 { complaints.append("the log's last row is torn") }
      let report = try Program.run(["report", log], in: folder)
      // A log of no rows is none.
      if report.status != 0, text.count(where: { $0 == 10 }) > 1 { complaints.append("\(report)") }
    }
    return complaints
  }
}

/// The three standard streams of a case, as they are given to a child.
private final class Streams {
  private(set) var list: [ChildProcess.Stream] = []
  private var ours: [Int32] = []

  init(_ test: FaultInjectionTests.Case, terminal: PseudoTerminal?) throws {
    for stream in FaultInjectionTests.Stream.allCases {
      list.append(try made(stream, stream == test.stream ? test.state : .works, terminal))
    }
    for descriptor in ours { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
  }

  deinit { for descriptor in ours { close(descriptor) } }

  private func made(
    _ stream: FaultInjectionTests.Stream, _ state: FaultInjectionTests.State, _ terminal: PseudoTerminal?
  ) throws -> ChildProcess.Stream {
    let isInput = stream == .input
    switch state {
    case .works: return terminal.map { .descriptor($0.slave) } ?? .path("/dev/null", isInput ? O_RDONLY : O_WRONLY)
    case .closed: return .closed
    // The screen's own stream stays a terminal.
    case _ where terminal != nil && stream == .output:
      if state == .nonBlocking { _ = fcntl(terminal!.slave, F_SETFL, O_RDWR | O_NONBLOCK) }
      return .descriptor(terminal!.slave)
    case .fullDisk: return .path("/dev/full", O_WRONLY)
    case .nonBlocking, .full:
      let ends = try pair { pipe(&$0) }
      if state == .nonBlocking { _ = fcntl(ends[isInput ? 0 : 1], F_SETFL, O_NONBLOCK) }
      if !isInput, state == .full { Self.fill(ends[1]) }
      return .descriptor(isInput ? ends[0] : ends[1])
    case .deadSocket:
      let ends = try pair { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &$0) }
      close(ends[1])
      ours.removeLast()
      return .descriptor(ends[0])
    }
  }

  private func pair(_ make: (inout [Int32]) -> Int32) throws -> [Int32] {
    var ends: [Int32] = [0, 0]
    try #require(make(&ends) == 0)
    ours += ends
    return ends
  }

  private static func fill(_ descriptor: Int32) {
    let flags = fcntl(descriptor, F_GETFL)
    _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
    let block = [UInt8](repeating: 0x2E, count: 4096)
    while write(descriptor, block, block.count) > 0 {}
    while write(descriptor, block, 1) > 0 {}
    _ = fcntl(descriptor, F_SETFL, flags)
  }
}
