import TestSupport

/// gzip and tar as far as seeds need them, and what makes their checksums right again after a change: otherwise a reader
/// would refuse nearly everything by its checksum, and nothing behind that would be tried.
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
