import CNettle
import Platform

/// SHA-256 as 64 lower-case hexadecimal digits.
struct SHA256 {
  private var context = sha256_ctx()

  init() { nettle_sha256_init(&context) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    nettle_sha256_update(&context, bytes.count, base.assumingMemoryBound(to: UInt8.self))
  }

  /// Of all that was given; begins anew.
  mutating func finish() -> String {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
    nettle_sha256_digest(&context, digest.count, &digest)
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// SHA-256 of a file as 64 lower-case hexadecimal digits.
/// - Parameter limitBytes: a larger file, which none of those that are meant can be, is refused and not read: a sparse one
///   would take hours.
/// - Throws: `UserError` if the file cannot be read, is no regular one, or is too large.
public func sha256(ofFile path: String, limitBytes: Int = Limits().archiveBytes) throws(UserError) -> String {
  let file = try FileSystem.open(path)
  guard let size = try? file.facts().bytes, size <= limitBytes else {
    throw UserError("cannot read '\(path)': expected at most \(limitBytes) bytes, found more. Check the name.")
  }
  var hash = SHA256()
  let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  defer { chunk.deallocate() }
  do throws(SystemError) {
    while case let count = try file.read(into: chunk), count > 0 {
      hash.update(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
    }
  } catch {
    throw FileSystem.cannotRead(path, error)
  }
  return hash.finish()
}
