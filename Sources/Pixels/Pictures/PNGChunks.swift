/// The chunks of a PNG file as far as they lie in it, for what libpng's simplified interface has no words for.
struct PNGChunks {
  private static let colors: Set<[UInt8]> = Set(["gAMA", "cHRM", "sRGB", "iCCP", "cICP"].map { Array($0.utf8) })

  /// The data of the eXIf chunk, which may stand before the pixels or behind them.
  private(set) var exif: Range<Int>?
  /// The chunks before the first IDAT that say what colours mean; whole, with length and checksum.
  private var ofColor: [Range<Int>] = []
  private var pixels: Int?

  /// - Parameter bytes: begin with PNG's signature.
  init(_ bytes: UnsafeRawBufferPointer) {
    var place = PNG.signature.count
    while place + 12 <= bytes.count {
      let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - place - 12 else { break }
      let type = Array(bytes[place + 4..<place + 8])
      let end = place + 12 + length
      if type == Array("IDAT".utf8) {
        pixels = pixels ?? place
      } else if type == Array("eXIf".utf8), exif == nil {
        exif = place + 8..<end - 4
      } else if pixels == nil, Self.colors.contains(type) {
        ofColor.append(place..<end)
      }
      place = end
    }
  }

  /// Moves what stands before the pixels together, without the chunks of colour: the pixels, which may be many, stay.
  /// - Returns: where the file begins now.
  func leaveOutColors(of bytes: inout [UInt8]) -> Int {
    guard let pixels, !ofColor.isEmpty else { return 0 }
    var head: [UInt8] = []
    var place = 0
    for chunk in ofColor {
      head += bytes[place..<chunk.lowerBound]
      place = chunk.upperBound
    }
    head += bytes[place..<pixels]
    let start = pixels - head.count
    bytes.replaceSubrange(start..<pixels, with: head)
    return start
  }
}
