/// A frame that cannot be shown.
struct BrokenFrame: Equatable {
  /// Faults of one kind are told once, with their count.
  enum Kind: String {
    case cutOff = "cut off"
    case damaged
    case noPicture = "no picture"
    case tooLarge = "too large"
    /// Fewer bytes than a raw picture has.
    case short
    /// Full of data, of which the driver says that they may be corrupt.
    case flagged
    /// Given back by the driver with nothing in it.
    case unfilled
  }

  var kind: Kind
  /// What is wrong with this one: `a JPEG frame of 2000 bytes that is cut off`.
  var fault: String

  static let flagged = BrokenFrame(kind: .flagged, fault: "the camera's driver marks frames as corrupt")
  static let unfilled = BrokenFrame(kind: .unfilled, fault: "transfers from the camera fail")

  /// What is wrong where there are many.
  var trouble: String { kind == .flagged || kind == .unfilled ? fault : "the camera sends \(fault)" }
}

/// Broken frames, one after the other.
struct BrokenRow {
  private(set) var count = 0
  private var kinds: [(first: BrokenFrame, count: Int)] = []

  mutating func add(_ frame: BrokenFrame) {
    count += 1
    if let index = kinds.firstIndex(where: { $0.first.kind == frame.kind }) {
      kinds[index].count += 1
    } else {
      kinds.append((frame, 1))
    }
  }

  /// The first of each kind, and how many there were: `a damaged JPEG frame (9 times)`.
  var fault: String {
    kinds.map { "\($0.first.fault) (\($0.count == 1 ? "once" : "\($0.count) times"))" }.joined(separator: ", ")
  }
}
