import Glibc
import Platform

/// Files under the first free number, so that nothing is ever overwritten.
enum NewFile {
  /// Writes `bytes` to `PREFIX0001SUFFIX`, or the next number that is free, in the current directory.
  /// - Returns: the name.
  /// - Throws: `UserError` if the file cannot be written.
  static func write(_ bytes: [UInt8], prefix: String, suffix: String) throws(UserError) -> String {
    for number in 1...9999 {
      let digits = String(number)
      let name = prefix + String(repeating: "0", count: 4 - digits.count) + digits + suffix
      let file: File
      do throws(SystemError) {
        file = try File.open(name, O_WRONLY | O_CREAT | O_EXCL)
      } catch {
        if error.code == EEXIST { continue }
        throw UserError("cannot write \(name): \(error); start mobilecam in another folder")
      }
      do throws(SystemError) {
        try file.write(bytes)
      } catch {
        File.remove(name)
        throw UserError("cannot write \(name): \(error); nothing was kept")
      }
      return name
    }
    throw UserError("\(prefix)0001\(suffix) to \(prefix)9999\(suffix) all exist; move some away")
  }
}
