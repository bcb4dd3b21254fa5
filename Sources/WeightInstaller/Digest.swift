import CNettle

/// SHA-256 as 64 lower-case hexadecimal digits.
public struct SHA256 {
  private var context = sha256_ctx()

  public init() { nettle_sha256_init(&context) }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    nettle_sha256_update(&context, bytes.count, base.assumingMemoryBound(to: UInt8.self))
  }

  /// Of all that was given; begins anew.
  public mutating func finish() -> String {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
    nettle_sha256_digest(&context, digest.count, &digest)
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// SHA-256 of a file.
/// - Throws: `UserError` if the file cannot be read.
public func sha256(ofFile path: String) throws -> String {
  let file = try InputFile(path: path)
  var hash = SHA256()
  while case let chunk = try file.read(limitBytes: 1 << 18), !chunk.isEmpty {
    chunk.withUnsafeBytes { hash.update($0) }
  }
  return hash.finish()
}
