import CZlib
import Platform

/// Takes one file out of a `.tar.gz`; nothing else in it is ever written anywhere, and next to nothing of it kept.
///
/// Headers are read by hand, since one kind of member of one format is wanted: libarchive would spare some sixty lines, and
/// have every user install libxml2 with libicu (38 MB) and five more libraries.
package struct TarGzip {
  private static let blockBytes = 512
  /// Names that a message lists of an archive that does not have the right one.
  private static let namesShown = 8

  private let path: String
  private let limits: Limits

  package init(path: String, limits: Limits) {
    self.path = path
    self.limits = limits
  }

  /// Gives the content of the regular file `member` at the archive's top (`member` or `./member`) to `write`, in pieces.
  /// - Throws: `UserError` if the archive is damaged or too large, or has no such file; what `write` throws.
  package func extract(_ member: String, write: (UnsafeRawBufferPointer) throws -> Void) throws {
    let stream = try GzipStream(path: path, limitBytes: limits.unpackedBytes)
    let names = [Array(member.utf8), Array("./\(member)".utf8)]
    var found: [String] = []
    for _ in 0..<limits.members {
      let header = try stream.read(Self.blockBytes)
      // Two empty blocks end an archive; one is enough to know.
      if header.isEmpty || header.allSatisfy({ $0 == 0 }) {
        let list = found.isEmpty ? "nothing" : found.prefix(Self.namesShown).joined(separator: ", ")
        throw Self.broken(
          path, "expected the file \(member) in it, found \(list)\(found.count > Self.namesShown ? ", …" : "")")
      }
      guard header.count == Self.blockBytes else { throw Self.broken(path, "it ends within a header") }
      let entry = try parse(header)
      if names.contains(entry.name) { return try copy(entry, from: stream, write) }
      if found.count <= Self.namesShown { found.append(entry.text) }
      try stream.skip((entry.bytes + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes)
    }
    throw Self.broken(path, "expected the file \(member) in it, found \(limits.members) others and more")
  }

  private struct Entry {
    /// As the archive has it.
    let name: [UInt8]
    let type: UInt8
    let bytes: Int
    var text: String { String(decoding: name, as: UTF8.self) }
  }

  /// POSIX ustar: name at 0 (100 bytes), size at 124 (12 octal digits), checksum at 148 (8), type at 156, prefix at 345.
  private func parse(_ header: UnsafeRawBufferPointer) throws -> Entry {
    func text(_ range: Range<Int>) -> [UInt8] { header[range].prefix { $0 != 0 } }
    func octal(_ range: Range<Int>) -> Int? {
      let digits = text(range).filter { $0 != UInt8(ascii: " ") }
      return digits.isEmpty ? nil : Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }
    // The checksum counts its own field as spaces.
    let sum = header.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(header[$1])) }
    guard octal(148..<156) == sum else { throw Self.broken(path, "a header's checksum is wrong") }
    var name = text(0..<100)
    if header[257..<262].elementsEqual("ustar".utf8), header[345] != 0 {
      name = text(345..<500) + [UInt8(ascii: "/")] + name
    }
    guard let bytes = octal(124..<136), bytes >= 0 else {
      throw Self.broken(path, "the size of its member \(String(decoding: name, as: UTF8.self)) is no octal number")
    }
    return Entry(name: name, type: header[156], bytes: bytes)
  }

  private func copy(
    _ entry: Entry, from stream: GzipStream, _ write: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard entry.type == UInt8(ascii: "0") || entry.type == 0 else {
      throw Self.broken(path, "its member \(entry.text) is no regular file")
    }
    guard entry.bytes <= limits.weightBytes else {
      throw Self.broken(
        path, "its member \(entry.text) takes \(entry.bytes) bytes, expected at most \(limits.weightBytes)")
    }
    var rest = entry.bytes
    while rest > 0 {
      let chunk = try stream.read(rest)
      guard !chunk.isEmpty else { throw Self.broken(path, "it ends within \(entry.text)") }
      try write(chunk)
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
  private let file: gzFile
  private let buffer: UnsafeMutableRawBufferPointer
  private var total = 0

  init(path: String, limitBytes: Int) throws(UserError) {
    self.path = path
    self.limitBytes = limitBytes
    // zlib closes what it is given, and opens files by names of its own kind: it gets an open one to keep.
    let opened = try FileSystem.open(path)
    guard let descriptor = try? opened.copyOfDescriptor(), let file = gzdopen(descriptor, "rb") else {
      throw UserError("cannot read '\(path)'. Close other programs and run the same command again.")
    }
    self.file = file
    buffer = .allocate(byteCount: 1 << 16, alignment: 16)
    // zlib passes other files through as they are.
    guard gzdirect(file) == 0 else { throw TarGzip.broken(path, "expected a gzip file, found something else") }
  }

  deinit {
    gzclose(file)
    buffer.deallocate()
  }

  /// As many bytes as asked for and one buffer takes, or fewer at the end; valid until the next call.
  func read(_ count: Int) throws(UserError) -> UnsafeRawBufferPointer {
    let count = min(count, buffer.count)
    let got = Int(gzread(file, buffer.baseAddress, UInt32(count)))
    var code: Int32 = Z_OK
    if got < count { gzerror(file, &code) }
    guard got >= 0, code == Z_OK || code == Z_STREAM_END else {
      throw TarGzip.broken(path, code == Z_BUF_ERROR ? "it ends too early" : "its compressed data are damaged")
    }
    total += got
    guard total <= limitBytes else { throw tooLarge }
    return UnsafeRawBufferPointer(rebasing: buffer[..<got])
  }

  func skip(_ count: Int) throws(UserError) {
    guard count <= limitBytes - total else { throw tooLarge }
    var rest = count
    while rest > 0 {
      let chunk = try read(rest)
      guard !chunk.isEmpty else { throw TarGzip.broken(path, "it ends too early") }
      rest -= chunk.count
    }
  }

  private var tooLarge: UserError { TarGzip.broken(path, "it unpacks to more than \(limitBytes) bytes") }
}
