import CTurboJPEG
import CZlib

package enum Checksums {
  /// The CRC-32 of PNG and gzip.
  package static func crc(_ bytes: some Collection<UInt8>) -> UInt32 {
    Array(bytes).withUnsafeBufferPointer { UInt32(crc32(0, $0.baseAddress, UInt32($0.count))) }
  }
}

/// PNG files of every kind: colour types, depths, interlacing, all row filters.
package enum PNGFile {
  package typealias Chunk = (type: String, data: [UInt8])
  private static let magic: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// - Parameters:
  ///   - colour: PNG's colour type: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA.
  ///   - before: chunks between the header and the pixels; the palette first.
  ///   - after: chunks behind the pixels.
  ///   - sample: a channel of a pixel, of `depth` bits.
  package static func make(
    width: Int, height: Int, depth: Int, color: Int, isInterlaced: Bool = false, before: [Chunk] = [],
    after: [Chunk] = [], sample: (_ x: Int, _ y: Int, _ channel: Int) -> Int
  ) -> [UInt8] {
    let samples = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][color]!
    let passes =
      isInterlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
      : [(0, 0, 1, 1)]
    var rows: [UInt8] = []
    for (firstX, firstY, stepX, stepY) in passes where firstX < width && firstY < height {
      var above: [UInt8] = []
      for (index, y) in stride(from: firstY, to: height, by: stepY).enumerated() {
        var bits: [Int] = []
        for x in stride(from: firstX, to: width, by: stepX) {
          for channel in 0..<samples {
            let value = sample(x, y, channel)
            bits += (0..<depth).map { value >> (depth - 1 - $0) & 1 }
          }
        }
        let row = stride(from: 0, to: bits.count, by: 8).map { place in
          (0..<8).reduce(UInt8(0)) { $0 << 1 | (place + $1 < bits.count ? UInt8(bits[place + $1]) : 0) }
        }
        rows += filtered(row, above: above, by: index % 5, distance: max(1, samples * depth / 8))
        above = row
      }
    }
    let header = big(width) + big(height) + [UInt8(depth), UInt8(color), 0, 0, isInterlaced ? 1 : 0]
    let parts = [("IHDR", header)] + before + [("IDAT", deflated(rows))] + after + [("IEND", [])]
    return magic + parts.flatMap { chunk($0.0, $0.1) }
  }

  /// Numbers as PNG has them.
  package static func big(_ number: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
  }

  /// Length, type, data and checksum.
  package static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return big(data.count) + body + big(Int(Checksums.crc(body)))
  }

  /// A row with the number of its filter in front (PNG specification, 9).
  private static func filtered(_ row: [UInt8], above: [UInt8], by filter: Int, distance: Int) -> [UInt8] {
    [UInt8(filter)]
      + row.indices.map { index in
        let left = index < distance ? 0 : Int(row[index - distance])
        let up = above.isEmpty ? 0 : Int(above[index])
        let corner = index < distance || above.isEmpty ? 0 : Int(above[index - distance])
        let estimate = left + up - corner
        let (a, b, c) = (abs(estimate - left), abs(estimate - up), abs(estimate - corner))
        let nearest = a <= b && a <= c ? left : b <= c ? up : corner
        return row[index] &- UInt8([0, left, up, (left + up) / 2, nearest][filter])
      }
  }

  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(UInt(bytes.count))
    return [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, filled in
      _ = compress(buffer.baseAddress, &count, bytes, UInt(bytes.count))
      filled = Int(count)
    }
  }

  /// Gives every chunk that lies in the file the checksum that it should have.
  package static func mend(_ bytes: inout [UInt8]) {
    var place = magic.count
    while place + 12 <= bytes.count {
      let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - place - 12 else { return }
      let end = place + 8 + length
      bytes.replaceSubrange(end..<end + 4, with: big(Int(Checksums.crc(bytes[place + 4..<end]))))
      place = end + 4
    }
  }
}

package enum JPEGFile {
  /// - Parameter grey: every sample of a picture of one colour; else a pattern.
  package static func make(
    width: Int, height: Int, _ format: TJPF = TJPF_RGB, _ subsampling: TJSAMP = TJSAMP_420, isProgressive: Bool = false,
    grey: UInt8? = nil
  ) -> [UInt8] {
    let encoder = tjInitCompress()
    defer { tjDestroy(encoder) }
    let bytes = format == TJPF_GRAY ? 1 : format == TJPF_CMYK ? 4 : 3
    let pixels =
      grey.map { [UInt8](repeating: $0, count: width * height * bytes) }
      ?? (0..<width * height * bytes).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / width * 13) }
    var output: UnsafeMutablePointer<UInt8>?
    var count: UInt = 0
    let status = tjCompress2(
      encoder, pixels, Int32(width), 0, Int32(height), Int32(format.rawValue), &output, &count,
      Int32(subsampling.rawValue), 60, isProgressive ? TJFLAG_PROGRESSIVE : 0)
    defer { tjFree(output) }
    precondition(status == 0)
    return Array(UnsafeBufferPointer(start: output, count: Int(count)))
  }

  /// With a segment right behind the start marker.
  package static func inserting(_ marker: UInt8, _ data: [UInt8], in jpeg: [UInt8]) -> [UInt8] {
    let length = data.count + 2
    return jpeg[..<2] + [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + data + jpeg[2...]
  }

  /// With an Exif segment.
  package static func inserting(exif: [UInt8], in jpeg: [UInt8]) -> [UInt8] {
    inserting(0xE1, Array("Exif\0\0".utf8) + exif, in: jpeg)
  }
}

/// What Exif says of a picture's orientation: a TIFF structure of one directory.
package enum ExifFile {
  /// - Parameter type: of the field: 1 BYTE, 3 SHORT (as it should be), 4 LONG.
  package static func make(orientation: Int, isLittle: Bool, type: Int = 3) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      return isLittle ? bytes : bytes.reversed()
    }
    func field(_ tag: Int, _ type: Int, _ value: Int) -> [UInt8] {
      let bytes = number(value, [1: 1, 3: 2, 4: 4][type]!)
      return number(tag, 2) + number(type, 2) + number(1, 4) + bytes + [UInt8](repeating: 0, count: 4 - bytes.count)
    }
    return (isLittle ? [0x49, 0x49, 0x2A, 0] : [0x4D, 0x4D, 0, 0x2A]) + number(8, 4) + number(2, 2)
      + field(0x0100, 4, 640) + field(0x0112, type, orientation) + number(0, 4)
  }
}
