import CZlib
import Platform

/// Takes one file out of a `.tar.gz`; nothing else in it is ever written anywhere.
struct TarGzip {
  private static let blockBytes = 512

  let path: String
  let limits: Limits

  /// Gives the content of the regular file `member` at the archive's top (`member` or `./member`) to `write`, in pieces.
  /// - Throws: `UserError` if the archive is damaged or too large, or has no such file; what `write` throws.
  func extract(_ member: String, write: (UnsafeRawBufferPointer) throws -> Void) throws {
    let stream = try GzipStream(path: path, limitBytes: limits.unpackedBytes)
    defer { stream.close() }
    var found: [String] = []
    while true {
      let header = try stream.read(Self.blockBytes)
      // Two empty blocks end an archive; one is enough to know.
      if header.isEmpty || header.allSatisfy({ $0 == 0 }) { break }
      guard header.count == Self.blockBytes else { throw Self.broken(path, "it ends within a header") }
      let entry = try parse(header)
      if entry.name == member || entry.name == "./" + member {
        try copy(entry, from: stream, write)
        return
      }
      found.append(entry.name)
      try stream.skip((entry.bytes + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes)
    }
    let list = found.isEmpty ? "nothing" : found.prefix(8).joined(separator: ", ") + (found.count > 8 ? ", …" : "")
    throw Self.broken(path, "expected the file \(member) in it, found \(list)")
  }

  private struct Entry {
    let name: String
    let type: UInt8
    let bytes: Int
  }

  /// POSIX ustar: name at 0 (100 bytes), size at 124 (12 octal digits), checksum at 148 (8), type at 156, prefix at 345.
  private func parse(_ header: [UInt8]) throws -> Entry {
    func text(_ range: Range<Int>) -> String {
      String(decoding: header[range].prefix { $0 != 0 }, as: UTF8.self)
    }
    func octal(_ range: Range<Int>) -> Int? {
      let digits = text(range).filter { $0 != " " }
      return digits.isEmpty ? nil : Int(digits, radix: 8)
    }
    // The checksum counts its own field as spaces.
    let sum = header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
    guard octal(148..<156) == sum else { throw Self.broken(path, "a header's checksum is wrong") }
    let name = text(0..<100)
    guard let bytes = octal(124..<136), bytes >= 0 else {
      throw Self.broken(path, "the size of its member \(name) is no octal number")
    }
    let isUstar = text(257..<262) == "ustar"
    let prefix = isUstar ? text(345..<500) : ""
    return Entry(name: prefix.isEmpty ? name : "\(prefix)/\(name)", type: header[156], bytes: bytes)
  }

  private func copy(
    _ entry: Entry, from stream: GzipStream, _ write: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard entry.type == UInt8(ascii: "0") || entry.type == 0 else {
      throw Self.broken(path, "its member \(entry.name) is no regular file")
    }
    guard entry.bytes <= limits.weightBytes else {
      throw Self.broken(
        path, "its member \(entry.name) takes \(entry.bytes) bytes, expected at most \(limits.weightBytes)")
    }
    var rest = entry.bytes
    while rest > 0 {
      let chunk = try stream.read(min(rest, 1 << 16))
      guard !chunk.isEmpty else { throw Self.broken(path, "it ends within \(entry.name)") }
      try chunk.withUnsafeBytes(write)
      rest -= chunk.count
    }
  }

  static func broken(_ path: String, _ what: String) -> UserError {
    UserError(
      "cannot unpack '\(path)': \(what). Nothing was installed. Get the archive again, or from elsewhere: --from "
        + "URL-or-FOLDER")
  }
}

/// The bytes that a gzip file unpacks to, up to a limit.
private final class GzipStream {
  private let path: String
  private let limitBytes: Int
  private var file: gzFile?
  private var total = 0

  init(path: String, limitBytes: Int) throws {
    self.path = path
    self.limitBytes = limitBytes
    guard let file = gzopen(path, "rb") else {
      throw UserError("cannot read '\(path)'. Make it readable and run the same command again.")
    }
    self.file = file
    // zlib passes other files through as they are.
    if gzdirect(file) != 0 {
      close()
      throw TarGzip.broken(path, "expected a gzip file, found something else")
    }
  }

  func close() {
    if let file { gzclose(file) }
    file = nil
  }

  /// As many bytes as asked for, or fewer at the end.
  func read(_ count: Int) throws -> [UInt8] {
    var got: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      got = gzread(file, buffer.baseAddress, UInt32(count))
      filled = max(0, Int(got))
    }
    var code: Int32 = Z_OK
    if got < count { gzerror(file, &code) }
    guard got >= 0, code == Z_OK || code == Z_STREAM_END else {
      throw TarGzip.broken(path, code == Z_BUF_ERROR ? "it ends too early" : "its compressed data are damaged")
    }
    total += bytes.count
    guard total <= limitBytes else { throw TarGzip.broken(path, "it unpacks to more than \(limitBytes) bytes") }
    return bytes
  }

  func skip(_ count: Int) throws {
    var rest = count
    while rest > 0 {
      let chunk = try read(min(rest, 1 << 16))
      guard !chunk.isEmpty else { throw TarGzip.broken(path, "it ends too early") }
      rest -= chunk.count
    }
  }
}
