import Glibc

/// What a JPEG file's markers say (ITU-T T.81, Annex B), read without decoding anything and without allocating.
struct JPEGMarkers {
  /// The coding process, as the start-of-frame marker names it.
  enum Process: Hashable {
    case sequential, progressive, lossless, hierarchical, jpegLS
  }

  struct Frame {
    var process: Process
    var isArithmetic: Bool
    /// Bits of a sample.
    var precision: Int
    var width: Int
    var height: Int
    var componentCount: Int
    /// Rows of pixels that are coded together.
    var unitHeight: Int
    /// What a decoder needs that has to hold every coefficient until the last scan.
    var coefficientBytes: Int
  }

  private(set) var frame: Frame?
  /// The TIFF structure of the first Exif segment.
  private(set) var exif: Range<Int>?
  /// Several pictures in one file by intention (CIPA DC-007): a preview, a second eye, a gain map.
  private(set) var isMultiPicture = false
  /// Where the first byte after the end marker stands; `nil` where there is no end marker.
  private(set) var end: Int?
  private var firstScanComponents: Int?

  /// Whether a decoder has to hold all coefficients at once.
  var needsAllCoefficients: Bool {
    guard let frame else { return false }
    return frame.process == .progressive || firstScanComponents.map { $0 < frame.componentCount } ?? false
  }

  /// - Parameter jpeg: begins with the start marker; whatever follows is taken as far as it makes sense.
  init(_ jpeg: UnsafeRawBufferPointer) {
    var place = 2
    while let (marker, next) = Self.marker(in: jpeg, from: place) {
      switch marker {
      case 0xD9:
        end = next
        return
      // Alone, without a length: TEM, SOI.
      case 0x01, 0xD8: place = next
      default:
        guard next + 2 <= jpeg.count else { return }
        let length = Self.number(jpeg, next)
        guard length >= 2, next + length <= jpeg.count else { return }
        note(marker, jpeg, next + 2..<next + length)
        place = next + length
      }
    }
  }

  /// Appends a picture without the bytes between its header's segments that belong to nothing.
  static func append(_ jpeg: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
    var kept = 0
    var place = 2
    while place + 2 <= jpeg.count, let (marker, next) = marker(in: jpeg, from: place) {
      bytes.append(contentsOf: jpeg[kept..<place])
      kept = next - 2
      // Behind the start of a scan stand its data.
      guard marker != 0xDA, marker != 0xD9, next + 2 <= jpeg.count else { break }
      place = min(next + max(2, number(jpeg, next)), jpeg.count)
    }
    bytes.append(contentsOf: jpeg[kept...])
  }

  /// The next marker and the place behind it. Bytes that belong to nothing are passed over, and so are a scan's data, in
  /// which FF is followed by 0 or by the number of a restart.
  private static func marker(in jpeg: UnsafeRawBufferPointer, from start: Int) -> (UInt8, Int)? {
    var place = start
    while place < jpeg.count, let found = memchr(jpeg.baseAddress! + place, 0xFF, jpeg.count - place) {
      place = UnsafeRawPointer(found) - jpeg.baseAddress! + 1
      while place < jpeg.count, jpeg[place] == 0xFF { place += 1 }
      guard place < jpeg.count else { return nil }
      let marker = jpeg[place]
      place += 1
      if marker != 0, !(0xD0...0xD7 ~= marker) { return (marker, place) }
    }
    return nil
  }

  private static func number(_ jpeg: UnsafeRawBufferPointer, _ place: Int) -> Int {
    Int(jpeg[place]) << 8 | Int(jpeg[place + 1])
  }

  private mutating func note(_ marker: UInt8, _ jpeg: UnsafeRawBufferPointer, _ body: Range<Int>) {
    func begins(_ text: StaticString) -> Bool {
      body.count >= text.utf8CodeUnitCount
        && memcmp(jpeg.baseAddress! + body.lowerBound, text.utf8Start, text.utf8CodeUnitCount) == 0
    }
    switch marker {
    case 0xE1 where exif == nil && begins("Exif\0"): exif = body.lowerBound + min(6, body.count)..<body.upperBound
    case 0xE2 where begins("MPF\0"): isMultiPicture = true
    case 0xDA where firstScanComponents == nil && !body.isEmpty: firstScanComponents = Int(jpeg[body.lowerBound])
    // All of C0 to CF but the tables' C4 and CC, and the extensions' C8.
    case 0xC0...0xCF, 0xF7:
      if marker & 3 != 0 || marker == 0xC0, frame == nil { frame = Self.frame(marker, jpeg, body) }
    default: break
    }
  }

  private static func frame(_ marker: UInt8, _ jpeg: UnsafeRawBufferPointer, _ body: Range<Int>) -> Frame? {
    guard body.count >= 6 else { return nil }
    let process: Process =
      switch marker {
      case 0xF7: .jpegLS
      case 0xC3, 0xCB: .lossless
      case 0xC2, 0xCA: .progressive
      case 0xC0, 0xC1, 0xC9: .sequential
      default: .hierarchical
      }
    let count = Int(jpeg[body.lowerBound + 5])
    guard count > 0, body.count >= 6 + 3 * count else { return nil }
    let (height, width) = (number(jpeg, body.lowerBound + 1), number(jpeg, body.lowerBound + 3))
    func factors(_ index: Int) -> (across: Int, down: Int) {
      let byte = Int(jpeg[body.lowerBound + 7 + 3 * index])
      return (byte >> 4, byte & 15)
    }
    var (most, unit) = ((across: 1, down: 1), 0)
    for index in 0..<count {
      let (across, down) = factors(index)
      most = (max(most.across, across), max(most.down, down))
      unit += across * down
    }
    let columns = (width + 8 * most.across - 1) / (8 * most.across)
    let rows = (height + 8 * most.down - 1) / (8 * most.down)
    return Frame(
      process: process, isArithmetic: 0xC9...0xCF ~= marker, precision: Int(jpeg[body.lowerBound]), width: width,
      height: height, componentCount: count, unitHeight: 8 * most.down,
      // Blocks of 64 coefficients of 16 bits.
      coefficientBytes: columns * rows * unit * 128)
  }
}
