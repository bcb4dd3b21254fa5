import Crypto

/// SHA-256 of a file as 64 lower-case hexadecimal digits.
/// - Throws: `UserError` if the file cannot be read.
public func sha256(ofFile path: String) throws -> String {
  let file = try InputFile(path: path)
  var hash = SHA256()
  while case let chunk = try file.read(limitBytes: 1 << 18), !chunk.isEmpty {
    chunk.withUnsafeBytes { hash.update(bufferPointer: $0) }
  }
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
