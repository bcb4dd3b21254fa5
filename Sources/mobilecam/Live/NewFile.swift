import Frames
import Glibc

/// Files under the first free number, so that nothing is ever overwritten.
enum NewFile {
  /// Writes `bytes` to `PREFIX0001SUFFIX`, or the next number that is free, in the current directory.
  /// - Returns: the name.
  /// - Throws: `UserError` if the file cannot be written.
  static func write(_ bytes: [UInt8], prefix: String, suffix: String) throws -> String {
    for number in 1...9999 {
      let digits = String(number)
      let name = prefix + String(repeating: "0", count: 4 - digits.count) + digits + suffix
      let file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      if file < 0 {
        if errno == EEXIST { continue }
        throw UserError("cannot write \(name): \(String(cString: strerror(errno))); start mobilecam in another folder")
      }
      defer { close(file) }
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          let why = String(cString: strerror(errno))
          unlink(name)
          throw UserError("cannot write \(name): \(why); nothing was kept")
        }
        rest = rest.dropFirst(count)
      }
      return name
    }
    throw UserError("\(prefix)0001\(suffix) to \(prefix)9999\(suffix) all exist; move some away")
  }
}
