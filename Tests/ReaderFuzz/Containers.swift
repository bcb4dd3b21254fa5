import CTurboJPEG
import CZlib

/// PNG, gzip and tar as far as seeds need them, and what makes their checksums right again after a change: otherwise a reader
/// would refuse nearly everything by its checksum, and nothing behind that would be tried.
enum Checksums {
  static func crc(_ bytes: some Collection<UInt8>) -> UInt32 {
    Array(bytes).withUnsafeBufferPointer { UInt32(crc32(0, $0.baseAddress, UInt32($0.count))) }
  }
}

enum PNGFile {
  private static let magic: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// - Parameter colour: PNG's colour type; a palette (3) gets four colours.
  static func make(width: Int, height: Int, depth: Int, colour: Int, isInterlaced: Bool = false) -> [UInt8] {
    let samples = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colour]!
    let passes =
      isInterlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
      : [(0, 0, 1, 1)]
    var rows: [UInt8] = []
    for (x, y, stepX, stepY) in passes where x < width && y < height {
      let columns = (width - x + stepX - 1) / stepX
      for row in 0..<(height - y + stepY - 1) / stepY {
        rows.append(UInt8(row % 5))
        rows += (0..<(columns * samples * depth + 7) / 8).map { UInt8(truncatingIfNeeded: $0 * 37 + row * 11) }
      }
    }
    var header = big(width) + big(height) + [UInt8(depth), UInt8(colour), 0, 0]
    header.append(isInterlaced ? 1 : 0)
    return magic + chunk("IHDR", header) + (colour == 3 ? chunk("PLTE", (0..<12).map { UInt8($0 * 20) }) : [])
      + (colour == 3 ? chunk("tRNS", [0, 128]) : []) + chunk("gAMA", big(45455)) + chunk("IDAT", deflated(rows))
      + chunk("IEND", [])
  }

  private static func big(_ number: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return big(data.count) + body + big(Int(Checksums.crc(body)))
  }

  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(UInt(bytes.count))
    return [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, filled in
      _ = compress(buffer.baseAddress, &count, bytes, UInt(bytes.count))
      filled = Int(count)
    }
  }

  /// Gives every chunk that lies in the file the checksum that it should have.
  static func mend(_ bytes: inout [UInt8]) {
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

enum TarFile {
  static func make(_ members: [(name: String, content: [UInt8])]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, content) in members {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, at place: Int) {
        for (index, byte) in text.utf8.enumerated() { header[place + index] = byte }
      }
      put(name, at: 0)
      put("0000644", at: 100)
      let size = String(content.count, radix: 8)
      put(String(repeating: "0", count: 11 - size.count) + size, at: 124)
      put("00000000000", at: 136)
      put("0ustar", at: 156)
      put("00", at: 263)
      bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
    bytes += [UInt8](repeating: 0, count: 1024)
    mend(&bytes)
    return bytes
  }

  /// Gives every block that looks like a header the checksum that it should have.
  static func mend(_ bytes: inout [UInt8]) {
    var place = 0
    while place + 512 <= bytes.count {
      if bytes[place..<place + 512].contains(where: { $0 != 0 }) {
        for index in 148..<156 { bytes[place + index] = 0x20 }
        let sum = String(bytes[place..<place + 512].reduce(0) { $0 + Int($1) }, radix: 8)
        for (index, byte) in (String(repeating: "0", count: 6 - sum.count) + sum).utf8.enumerated() {
          bytes[place + 148 + index] = byte
        }
        bytes[place + 154] = 0
      }
      place += 512
    }
  }

  /// As gzip stores what it cannot make smaller.
  static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    func little(_ number: UInt32, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
    }
    var result: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
    var rest = bytes[...]
    repeat {
      let part = rest.prefix(65535)
      rest = rest.dropFirst(part.count)
      result.append(rest.isEmpty ? 1 : 0)
      result += little(UInt32(part.count), 2) + little(~UInt32(part.count), 2) + part
    } while !rest.isEmpty
    return result + little(Checksums.crc(bytes), 4) + little(UInt32(bytes.count), 4)
  }
}

enum JPEGFile {
  static func make(
    width: Int, height: Int, _ format: TJPF = TJPF_RGB, _ subsampling: TJSAMP = TJSAMP_420, isProgressive: Bool = false
  ) -> [UInt8] {
    let encoder = tjInitCompress()
    defer { tjDestroy(encoder) }
    let bytes = format == TJPF_GRAY ? 1 : format == TJPF_CMYK ? 4 : 3
    let pixels = (0..<width * height * bytes).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / width * 13) }
    var output: UnsafeMutablePointer<UInt8>?
    var count: UInt = 0
    let status = tjCompress2(
      encoder, pixels, Int32(width), 0, Int32(height), Int32(format.rawValue), &output, &count,
      Int32(subsampling.rawValue), 60, isProgressive ? TJFLAG_PROGRESSIVE : 0)
    defer { tjFree(output) }
    precondition(status == 0)
    return Array(UnsafeBufferPointer(start: output, count: Int(count)))
  }
}
