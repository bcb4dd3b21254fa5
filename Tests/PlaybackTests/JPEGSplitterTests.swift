import Playback
import TestSupport
import Testing

/// A picture as small as one can be, of which no decoder makes anything: a table, a scan, coded data.
private func small(_ data: [UInt8], end: [UInt8] = [0xFF, 0xD9]) -> [UInt8] {
  [0xFF, 0xD8, 0xFF, 0xDB, 0, 4, 1, 2, 0xFF, 0xDA, 0, 3, 9] + data + end
}

private func split(_ stream: [UInt8], chunk: Int, _ splitter: inout JPEGSplitter) throws -> [[UInt8]] {
  var pictures: [[UInt8]] = []
  for start in stride(from: 0, to: stream.count, by: chunk) {
    try stream[start..<min(start + chunk, stream.count)].withUnsafeBytes { bytes in
      try splitter.push(bytes) { pictures.append(Array($0)) }
    }
  }
  splitter.finish { pictures.append(Array($0)) }
  return pictures
}

@Suite struct JPEGSplitterTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var stream: [UInt8]
    var pictures: [[UInt8]]
    var testDescription: String { name }
  }

  static let cases: [Case] = {
    let a = JPEGFile.make(width: 24, height: 20)
    let b = JPEGFile.make(width: 17, height: 9, isProgressive: true)
    // A thumbnail in Exif, whole: its end marker ends nothing.
    let withThumbnail = JPEGFile.inserting(0xE1, Array("Exif\0\0".utf8) + b, in: a)
    let head = Array("\r\n--boundarydonotcross\r\nContent-Type: image/jpeg\r\nContent-Length: 99999\r\n\r\n".utf8)
    let restarts = small([1, 0xFF, 0, 0xFF, 0xD0, 2, 0xFF, 0xD7, 0xFF, 0])
    let progressive = small([1, 0xFF, 0xC4, 0, 3, 7, 0xFF, 0xDA, 0, 3, 9, 2])
    return [
      Case(name: "one", stream: a, pictures: [a]),
      Case(name: "in a row", stream: a + b + a, pictures: [a, b, a]),
      Case(name: "thumbnails", stream: withThumbnail + withThumbnail, pictures: [withThumbnail, withThumbnail]),
      Case(name: "parts of a multipart answer", stream: head + a + head + b + head, pictures: [a, b]),
      Case(name: "zeros between", stream: [0, 0] + a + [0, 0, 0] + b + [0], pictures: [a, b]),
      Case(name: "FFs between", stream: [0xFF, 0xFF] + a + [0xFF, 0xFF, 0xFF] + b, pictures: [a, b]),
      Case(name: "a start that is none", stream: [0xFF, 0xD8, 0x00, 0xFF, 0xD8] + a, pictures: [a]),
      Case(name: "end markers between", stream: [0xFF, 0xD9, 0xFF, 0xD9] + a + [0xFF, 0xD9] + b, pictures: [a, b]),
      Case(name: "no end marker", stream: Array(a.dropLast(2)) + b.dropLast(2) + a, pictures: [a, b, a]),
      Case(name: "no last end marker", stream: a + b.dropLast(2), pictures: [a, b]),
      Case(name: "half an end marker", stream: a + b.dropLast(1), pictures: [a, b]),
      Case(
        name: "cut off in its data", stream: restarts + restarts.dropLast(4),
        pictures: [restarts, restarts.dropLast(4) + [0xFF, 0xD9]]),
      Case(name: "cut off in its header", stream: a + b.prefix(30), pictures: [a]),
      // What the cut segment swallows of the next picture is all that is lost.
      Case(name: "cut off in a segment, then another", stream: a.prefix(10) + b, pictures: [a.prefix(10) + b]),
      Case(name: "restart markers", stream: restarts + restarts, pictures: [restarts, restarts]),
      Case(name: "tables between scans", stream: progressive + progressive, pictures: [progressive, progressive]),
      Case(
        name: "fill bytes in front of markers", stream: small([1], end: [0xFF, 0xFF, 0xFF, 0xD9]),
        pictures: [small([1])]),
      Case(
        name: "markers among coded data that have no place there", stream: small([1, 0xFF, 0xC0, 0xFF, 0x55, 3]) + a,
        pictures: [small([1, 0xFF, 0xC0, 0xFF, 0x55, 3]), a]),
      Case(
        name: "a segment of no length", stream: [0xFF, 0xD8, 0xFF, 0xE0, 0, 0] + small([5]).dropFirst(2),
        pictures: [[0xFF, 0xD8, 0xFF, 0xE0, 0, 0] + small([5]).dropFirst(2)]),
      Case(name: "nothing", stream: [], pictures: []),
      Case(name: "text", stream: Array("no pictures at all".utf8), pictures: []),
      Case(name: "a header alone", stream: [0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xD8, 0xFF, 0xD9], pictures: []),
    ]
  }()

  /// However the stream is cut.
  @Test(arguments: cases)
  func whatIsAPicture(_ sample: Case) throws {
    for chunk in [1, 2, 3, 7, 64, 1 << 16] {
      var splitter = JPEGSplitter()
      let found = try split(sample.stream, chunk: chunk, &splitter)
      #expect(found == sample.pictures, "in pieces of \(chunk)")
      #expect(splitter.count == sample.pictures.count && splitter.oversizedCount == 0)
    }
  }

  /// A picture is there with its last byte: nothing that follows is waited for.
  @Test func withItsLastByte() throws {
    var splitter = JPEGSplitter()
    let picture = JPEGFile.make(width: 24, height: 20)
    var found = 0
    for byte in picture.dropLast() { try withUnsafeBytes(of: byte) { try splitter.push($0) { _ in found += 1 } } }
    #expect(found == 0)
    try withUnsafeBytes(of: picture.last!) { try splitter.push($0) { _ in found += 1 } }
    #expect(found == 1)
  }

  /// A segment that is cut off swallows what follows it, as far as it says; then all is well again.
  @Test func afterACutSegment() throws {
    let picture = small([1, 2, 3])
    let cut = [0xFF, 0xD8, 0xFF, 0xE1, 0x00, 0x40, 1, 2, 3] as [UInt8]
    var splitter = JPEGSplitter()
    let stream = cut + (0..<20).flatMap { _ in picture }
    let found = try split(stream, chunk: 64, &splitter)
    #expect(found.suffix(15).allSatisfy { $0 == picture } && found.count >= 16)
  }

  /// What is too large is left out, and costs no more memory than what is not.
  @Test func tooLarge() throws {
    let fine = small([UInt8](repeating: 7, count: 50))
    for large in [
      small([UInt8](repeating: 7, count: 200)),
      [0xFF, 0xD8] + [0xFF, 0xFE, 0, 200] + [UInt8](repeating: 0, count: 198) + small([1]).dropFirst(2),
    ] {
      for chunk in [1, 7, 1000] {
        var splitter = JPEGSplitter(largestPicture: 150)
        #expect(try split(fine + large + fine, chunk: chunk, &splitter) == [fine, fine])
        #expect(splitter.oversizedCount == 1 && splitter.count == 2)
      }
    }
  }

  @Test(arguments: [[0], [0xFF], [0xFF, 0xD8], [0xFF, 0xD8, 0xFF, 0xDA], Array("--b\r\n\r\n".utf8)] as [[UInt8]])
  func endlessWithoutAPicture(_ pattern: [UInt8]) {
    var splitter = JPEGSplitter(largestPicture: 10_000)
    let stream = (0..<100_000).map { pattern[$0 % pattern.count] }
    #expect(throws: JPEGSplitter.NoPicture.self) { _ = try split(stream, chunk: 1000, &splitter) }
    #expect(splitter.count <= 1)
  }
}
