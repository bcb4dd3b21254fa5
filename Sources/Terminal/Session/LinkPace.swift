import Frames
import Platform

/// How fast and how colourful the screen may be on the link that carries it. Pure: it is told what was sent and when.
///
/// A budget of bytes is kept by leaving frames out; where too many are left out, or the terminal does not take them in
/// time, the rate and then the colours go down a step, and come up again with patience.
public struct LinkPace: Sendable {
  /// One rung of the ladder.
  struct Step: Sendable, Hashable {
    var framesPerSecond: Double
    var colors: ColorDepth
  }
  static let steps: [Step] = [
    Step(framesPerSecond: 30, colors: .direct), Step(framesPerSecond: 15, colors: .direct),
    Step(framesPerSecond: 10, colors: .ansi16), Step(framesPerSecond: 8, colors: .ansi8),
    Step(framesPerSecond: 5, colors: .none), Step(framesPerSecond: 2, colors: .none),
  ]

  /// Of the frames that were due: more refused than this is too much, fewer than that is plenty of room.
  static let muchRefused = 0.3
  static let littleRefused = 0.05
  /// A step up is tried after so many good seconds, twice as many after each try that failed.
  static let firstPatience = 5
  static let longestPatience = 80

  /// At most so many bytes a second; `nil`: what the link takes.
  public let limitBytesPerSecond: Double?
  /// The rung; 0 is the best.
  public private(set) var level = 0
  /// Of the last second.
  public private(set) var bytesPerSecond: Double?

  private var tokens: Double
  private var lastRefill: Nanoseconds?
  private var secondBegan: Nanoseconds?
  private var due = 0
  private var refused = 0
  private var bytes = 0
  private var goodSeconds = 0
  private var patience = LinkPace.firstPatience
  /// Seconds since the last step up; `nil` if it held.
  private var trialSeconds: Int?

  public init(limitBytesPerSecond: Double? = nil) {
    self.limitBytesPerSecond = limitBytesPerSecond
    tokens = (limitBytesPerSecond ?? 0) / 4
  }

  public var period: Nanoseconds { Nanoseconds(seconds: 1 / Self.steps[level].framesPerSecond) }
  public var colors: ColorDepth { Self.steps[level].colors }

  /// Whether the frame that is due now may be drawn.
  /// - Parameters:
  ///   - isReady: the terminal takes bytes without waiting.
  ///   - isAnswer: it shows what a key did, which is never left out for the sake of the budget.
  public mutating func mayDraw(at now: Nanoseconds, isReady: Bool, isAnswer: Bool = false) -> Bool {
    endSecond(now)
    if let limit = limitBytesPerSecond {
      let elapsed = (now - (lastRefill ?? now)).seconds
      tokens = min(tokens + elapsed * limit, limit / 4)
      lastRefill = now
    }
    due += 1
    if isReady, isAnswer || limitBytesPerSecond == nil || tokens > 0 { return true }
    refused += 1
    return false
  }

  /// A frame was sent.
  /// - Parameters:
  ///   - bytes: `nil` where they are not counted.
  ///   - took: how long the terminal kept the caller waiting.
  public mutating func sent(bytes: Int?, took: Nanoseconds) {
    self.bytes += bytes ?? 0
    if limitBytesPerSecond != nil { tokens -= Double(bytes ?? 0) }
    // It was taken, but not in time.
    if took > Nanoseconds(period.count / 2) { refused += 1 }
  }

  private mutating func endSecond(_ now: Nanoseconds) {
    guard let began = secondBegan else {
      secondBegan = now
      return
    }
    guard now - began >= Nanoseconds(seconds: 1) else { return }
    let rate = Double(bytes) / (now - began).seconds
    bytesPerSecond = rate
    let share = Double(refused) / Double(max(due, 1))
    (secondBegan, due, refused, bytes) = (now, 0, 0, 0)
    if let trial = trialSeconds {
      trialSeconds = trial < 5 ? trial + 1 : nil
      if trialSeconds == nil { patience = Self.firstPatience }
    }
    if share > Self.muchRefused, level < Self.steps.count - 1 {
      if trialSeconds != nil { patience = min(2 * patience, Self.longestPatience) }
      trialSeconds = nil
      goodSeconds = 0
      level += 1
    } else if share < Self.littleRefused, limitBytesPerSecond.map({ rate < 0.6 * $0 }) ?? true {
      goodSeconds += 1
      guard goodSeconds >= patience, level > 0 else { return }
      goodSeconds = 0
      trialSeconds = 0
      level -= 1
    } else {
      goodSeconds = 0
    }
  }

  /// For the screen; `nil` before the first second.
  public var state: LinkState? {
    bytesPerSecond.map {
      LinkState(
        bytesPerSecond: $0, limitBytesPerSecond: limitBytesPerSecond, isSlowed: level > 0,
        framesPerSecond: Self.steps[level].framesPerSecond)
    }
  }
}

/// What goes to the terminal.
public struct LinkState: Sendable, Hashable {
  public var bytesPerSecond: Double
  public var limitBytesPerSecond: Double?
  /// Rate or colours were taken back.
  public var isSlowed: Bool
  public var framesPerSecond: Double

  public init(bytesPerSecond: Double, limitBytesPerSecond: Double?, isSlowed: Bool, framesPerSecond: Double) {
    self.bytesPerSecond = bytesPerSecond
    self.limitBytesPerSecond = limitBytesPerSecond
    self.isSlowed = isSlowed
    self.framesPerSecond = framesPerSecond
  }

  var text: String {
    let limit = limitBytesPerSecond.map { " of \(threeDigits($0 / 1000))" } ?? ""
    return "\(threeDigits(bytesPerSecond / 1000))\(limit) kB/s"
      + (isSlowed ? ", slow link: \(fixed(framesPerSecond, 0)) fps" : "")
  }
}
