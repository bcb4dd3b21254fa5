import Glibc

/// Cuts a stream of bytes into JPEG pictures by their markers (ITU-T T.81, Annex B), wherever the bytes come from and however
/// they are cut: pictures one behind the other, or parts of a multipart answer, whose headers are bytes between pictures.
///
/// An end marker inside a segment (a thumbnail's in Exif) ends no picture. A picture without its end marker ends where the next
/// one begins. Memory is bounded by the largest picture that is taken.
package struct JPEGSplitter {
  /// So many bytes came without a whole picture among them.
  package struct NoPicture: Error, Hashable { package let bytes: Int }

  package static let largestPicture = 32 << 20

  private enum State: Hashable {
    /// In front of a picture.
    case between
    /// Behind an FF there.
    case betweenMarker
    /// Behind the start marker: FF has to follow.
    case started
    /// Where a marker is due; what stands there else belongs to nothing.
    case header
    /// Behind an FF in the header or in a scan's data.
    case marker(inScan: Bool)
    case length(UInt8)
    case lengthSecond(UInt8, first: UInt8)
    case segment(UInt8, left: Int)
    /// Coded data: FF is followed by 0 or by the number of a restart.
    case scan
  }

  private let largestPicture: Int
  /// Bytes that may come without a picture.
  private let patience: Int
  private var state = State.between
  /// From the start marker on.
  private var picture: [UInt8] = []
  private var hasScan = false
  private var bytesWithoutPicture = 0

  /// Whole pictures so far.
  package private(set) var count = 0
  /// Pictures that were left out, since they had more bytes than the largest one that is taken.
  package private(set) var oversizedCount = 0

  package init(largestPicture: Int = JPEGSplitter.largestPicture) {
    self.largestPicture = largestPicture
    patience = 2 * largestPicture
  }

  /// Takes the next bytes.
  /// - Parameter body: gets each picture that they complete, from its start marker to its end marker.
  /// - Throws: `NoPicture` when too many bytes came without one; what `body` throws.
  package mutating func push(
    _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    bytesWithoutPicture += bytes.count
    var place = 0
    while place < bytes.count {
      switch state {
      case .between:
        place = Self.behindFF(bytes, place)
        if bytes[place - 1] == 0xFF { state = .betweenMarker }
      case .betweenMarker:
        let byte = bytes[place]
        place += 1
        if byte == 0xD8 { begin() } else if byte != 0xFF { state = .between }
      case .started:
        if bytes[place] == 0xFF {
          append(0xFF, next: .marker(inScan: false))
          place += 1
        } else {
          // Those two bytes were no start.
          reset()
        }
      case .header, .scan:
        let end = Self.behindFF(bytes, place)
        let next = bytes[end - 1] == 0xFF ? State.marker(inScan: state == .scan) : state
        append(bytes[place..<end], next: next)
        place = end
      case .marker(let inScan):
        try take(marker: bytes[place], inScan: inScan, body)
        place += 1
      case .length(let marker):
        append(bytes[place], next: .lengthSecond(marker, first: bytes[place]))
        place += 1
      case .lengthSecond(let marker, let first):
        let left = (Int(first) << 8 | Int(bytes[place])) - 2
        append(bytes[place], next: left < 0 ? .header : Self.segment(marker, left: left))
        place += 1
      case .segment(let marker, let left):
        let end = min(place + left, bytes.count)
        append(bytes[place..<end], next: Self.segment(marker, left: left - (end - place)))
        place = end
      }
    }
    guard bytesWithoutPicture <= patience else { throw NoPicture(bytes: bytesWithoutPicture) }
  }

  /// The stream has ended: a picture that lacks its end marker, or more, comes as far as it is there.
  package mutating func finish(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    defer { reset() }
    // Behind a scan's FF nothing of the picture is lost.
    if case .marker(inScan: true) = state { picture.removeLast() }
    if hasScan { try emit(body) }
  }

  private static func segment(_ marker: UInt8, left: Int) -> State {
    left > 0 ? .segment(marker, left: left) : marker == 0xDA ? .scan : .header
  }

  /// The place behind the next FF, or the end.
  private static func behindFF(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> Int {
    guard let found = memchr(bytes.baseAddress! + place, 0xFF, bytes.count - place) else { return bytes.count }
    return UnsafeRawPointer(found) - bytes.baseAddress! + 1
  }

  private mutating func take(
    marker: UInt8, inScan: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    switch marker {
    // Fill bytes may stand in front of any marker; they are not kept, however many come.
    case 0xFF: break
    case 0xD8:
      // The next picture's start: this one lacks its end.
      picture.removeLast()
      if hasScan { try emit(body) }
      begin()
    case 0xD9:
      picture.removeLast()
      if hasScan { try emit(body) }
      reset()
    case 0x00, 0x01, 0xD0...0xD7: append(marker, next: inScan ? .scan : .header)
    // Tables, the next scan, what an application says. Other markers have no place among coded data: they are damage.
    case 0xC4, 0xCC, 0xDA...0xDF, 0xE0...0xEF, 0xFE:
      if marker == 0xDA { hasScan = true }
      append(marker, next: .length(marker))
    default: append(marker, next: inScan ? .scan : .length(marker))
    }
  }

  private mutating func begin() {
    reset()
    picture += [0xFF, 0xD8]
    state = .started
  }

  private mutating func reset() {
    picture.removeAll(keepingCapacity: true)
    hasScan = false
    state = .between
  }

  private mutating func append(_ byte: UInt8, next: State) {
    guard hasRoom(1) else { return }
    picture.append(byte)
    state = next
  }

  private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>, next: State) {
    guard hasRoom(bytes.count) else { return }
    picture.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes))
    state = next
  }

  private mutating func hasRoom(_ count: Int) -> Bool {
    if picture.count + count <= largestPicture { return true }
    oversizedCount += 1
    reset()
    return false
  }

  private mutating func emit(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    picture += [0xFF, 0xD9]
    count += 1
    bytesWithoutPicture = 0
    try picture.withUnsafeBytes { try body($0) }
  }
}
