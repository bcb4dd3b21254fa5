import CZlib

/// The members of a zip, which may stand at the end of another file (PKWARE's APPNOTE, sections 4.3 and 4.4): stored and
/// deflated ones, without zip64. Every place is checked before it is read; what is no zip has no members.
struct ZipArchive {
  struct Member {
    let name: String
    fileprivate let method: UInt16
    fileprivate let data: Range<Int>
    /// Bytes once unpacked, as the zip says.
    fileprivate let size: Int
  }

  let members: [Member]
  private let bytes: UnsafeRawBufferPointer

  private static let memberLimit = 256
  private static let nameLimit = 1024
  /// The last record, without its comment of up to 65 535 bytes.
  private static let endBytes = 22
  private static let (stored, deflated) = (UInt16(0), UInt16(8))

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    members = Self.read(bytes)
  }

  private static func read(_ bytes: UnsafeRawBufferPointer) -> [Member] {
    let buffer = FlatBuffer(bytes: bytes)
    guard bytes.count >= endBytes,
      let end = stride(from: bytes.count - endBytes, through: max(0, bytes.count - endBytes - 65_535), by: -1)
        .first(where: { bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self).littleEndian == 0x0605_4b50 }),
      let count = try? buffer.read(UInt16.self, at: end + 10),
      let directoryBytes = try? buffer.read(UInt32.self, at: end + 12),
      let offset = try? buffer.read(UInt32.self, at: end + 16)
    else { return [] }
    var place = end - Int(directoryBytes)
    // Places count from the file's start, or from the zip's where it was put behind something.
    let shift = place - Int(offset)
    var members: [Member] = []
    for _ in 0..<min(Int(count), memberLimit) {
      guard let member = try? member(buffer, at: &place, shift: shift) else { break }
      members.append(member)
    }
    return members
  }

  /// - Throws: `WeightFault` where the directory's entry is none.
  private static func member(_ buffer: FlatBuffer, at place: inout Int, shift: Int) throws -> Member {
    guard try buffer.read(UInt32.self, at: place) == 0x0201_4b50 else { throw WeightFault("its zip is malformed") }
    func length(_ offset: Int) throws -> Int { Int(try buffer.read(UInt16.self, at: offset)) }
    let method = try buffer.read(UInt16.self, at: place + 10)
    let packed = Int(try buffer.read(UInt32.self, at: place + 20))
    let size = Int(try buffer.read(UInt32.self, at: place + 24))
    let nameBytes = try length(place + 28)
    let header = Int(try buffer.read(UInt32.self, at: place + 42)) + shift
    guard nameBytes <= nameLimit else { throw WeightFault("its zip is malformed") }
    try buffer.check(place + 46, nameBytes)
    let name = String(decoding: buffer.bytes[place + 46..<place + 46 + nameBytes], as: UTF8.self)
    place += 46 + nameBytes + (try length(place + 30)) + (try length(place + 32))
    // The member's own header may have other extra fields than the directory's.
    let start = header + 30 + (try length(header + 26)) + (try length(header + 28))
    try buffer.check(start, packed)
    return Member(name: name, method: method, data: start..<start + packed, size: size)
  }

  /// A member's content; `nil` where it is longer than `limit`, damaged, or packed in another way.
  func content(_ member: Member, limit: Int) -> [UInt8]? {
    guard member.size <= limit else { return nil }
    let packed = UnsafeRawBufferPointer(rebasing: bytes[member.data])
    switch member.method {
    case Self.stored: return packed.count <= limit ? Array(packed) : nil
    case Self.deflated: return Self.inflated(packed, size: member.size)
    default: return nil
    }
  }

  private static func inflated(_ packed: UnsafeRawBufferPointer, size: Int) -> [UInt8]? {
    var stream = z_stream()
    // Without a header, which zip has in its own way.
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var isWhole = false
    let content = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
      stream.next_in = UnsafeMutablePointer(
        mutating: packed.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.avail_in = UInt32(clamping: packed.count)
      stream.next_out = buffer.baseAddress
      stream.avail_out = UInt32(clamping: size + 1)
      isWhole = inflate(&stream, Z_FINISH) == Z_STREAM_END
      count = Int(stream.total_out)
    }
    return isWhole && content.count == size ? content : nil
  }
}
