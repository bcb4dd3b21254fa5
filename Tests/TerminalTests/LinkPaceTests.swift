import Frames
import Platform
import Terminal
import Testing

/// A screen that wants to send frames of a size over a link, second by second.
private struct Line {
  var pace: LinkPace
  var now = Nanoseconds(seconds: 50)
  var sent = 0
  var frames = 0

  init(limit: Double?) { pace = LinkPace(limitBytesPerSecond: limit) }

  /// - Parameters:
  ///   - frameBytes: of a frame, by the colours that it has.
  ///   - isReady: whether the terminal takes the frame, by its number.
  mutating func run(
    seconds: Double, took: Nanoseconds = .zero, frameBytes: (ColorDepth) -> Int, isReady: (Int) -> Bool = { _ in true }
  ) {
    let end = now + Nanoseconds(seconds: seconds)
    while now < end {
      now = now + pace.period
      frames += 1
      guard pace.mayDraw(at: now, isReady: isReady(frames)) else { continue }
      let bytes = frameBytes(pace.colors)
      sent += bytes
      pace.sent(bytes: bytes, took: took)
    }
  }
}

@Suite struct LinkPaceTests {
  @Test func `a fast link keeps every frame and colour`() throws {
    var line = Line(limit: nil)
    line.run(seconds: 10, frameBytes: { _ in 40_000 })
    #expect(line.pace.level == 0 && line.pace.colors == .direct)
    let state = try #require(line.pace.state)
    #expect(abs(state.bytesPerSecond - 1_200_000) < 50_000 && !state.isSlowed)
  }

  @Test(arguments: [2_000.0, 20_000, 100_000, 500_000]) func `a limit is kept`(limit: Double) {
    var line = Line(limit: limit)
    line.run(seconds: 30, frameBytes: { $0 >= .palette256 ? 20_000 : $0 == .none ? 1_500 : 6_000 })
    // The last frame of all may be over.
    #expect(Double(line.sent) <= limit * 30 + 20_000 + limit / 4, "\(line.sent) bytes")
    #expect(Double(line.sent) > limit * 10, "and used: \(line.sent) bytes, level \(line.pace.level)")
  }

  @Test func `a tight limit takes the colours, an ample one none`() {
    var tight = Line(limit: 10_000)
    tight.run(seconds: 20, frameBytes: { $0 == .none ? 1_500 : 20_000 })
    #expect(tight.pace.colors == .none)
    var ample = Line(limit: 2_000_000)
    ample.run(seconds: 20, frameBytes: { _ in 20_000 })
    #expect(ample.pace.level == 0)
  }

  @Test func `a terminal that does not take frames slows the screen, and may recover`() {
    var line = Line(limit: nil)
    line.run(seconds: 5, frameBytes: { _ in 100 }, isReady: { $0 % 2 == 0 })
    let slowed = line.pace.level
    #expect(slowed >= 2)
    line.run(seconds: 60, frameBytes: { _ in 100 })
    #expect(line.pace.level == 0)
  }

  @Test func `one that keeps the program waiting is slow too`() {
    var line = Line(limit: nil)
    line.run(seconds: 4, took: Nanoseconds(milliseconds: 400), frameBytes: { _ in 100 })
    #expect(line.pace.level >= 2)
    line.run(seconds: 1, took: Nanoseconds(milliseconds: 1), frameBytes: { _ in 100 })
    #expect(line.pace.state?.isSlowed == true)
  }

  @Test func `a try that fails is repeated ever more rarely`() {
    var line = Line(limit: nil)
    // The link takes ten frames a second and not one more: everything above them waits.
    var changes = 0
    var last = 0
    for _ in 0..<300 {
      let period = line.pace.period
      line.run(
        seconds: 1, took: period < Nanoseconds(milliseconds: 90) ? Nanoseconds(milliseconds: 90) : .zero,
        frameBytes: { _ in 100 })
      if line.pace.level != last { changes += 1 }
      last = line.pace.level
    }
    #expect(changes < 40, "\(changes) changes in five minutes")
  }

  @Test func `what answers a key is drawn whatever the budget says, but never into a full terminal`() {
    var pace = LinkPace(limitBytesPerSecond: 1000)
    let now = Nanoseconds(seconds: 9)
    let isFirst = pace.mayDraw(at: now, isReady: true)
    #expect(isFirst)
    pace.sent(bytes: 100_000, took: .zero)
    let (isDue, isAnswer) = (
      pace.mayDraw(at: now, isReady: true), pace.mayDraw(at: now, isReady: true, isAnswer: true)
    )
    #expect(!isDue && isAnswer)
    let isFull = pace.mayDraw(at: now, isReady: false, isAnswer: true)
    #expect(!isFull)
  }
}
