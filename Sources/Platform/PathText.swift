import Glibc

/// Paths are bytes to the system, and need not be UTF-8. In this program a path is a `String` in which each byte that is no
/// part of UTF-8 stands as a character of a private plane, so that no byte is lost between an argument, a folder's listing
/// and `open` (as Python's `surrogateescape`, PEP 383, does with characters that Swift does not have).
///
/// Only `Platform` calls the system with paths; `Printable` shows such bytes as `\xE9`.
public enum PathText {
  /// Byte b stands as U+10FE00 + b.
  private static let first: UInt32 = 0x10_FE00

  /// The byte that a character stands for; `nil` for all others.
  static func byte(of scalar: Unicode.Scalar) -> UInt8? {
    (first...first + 0xFF).contains(scalar.value) ? UInt8(scalar.value - first) : nil
  }

  /// The text of a path that the system gave. Lossless: characters of the private plane itself count as bytes too.
  public static func text(of path: some Collection<UInt8>) -> String {
    if let text = String(validating: path, as: UTF8.self), !text.unicodeScalars.contains(where: { byte(of: $0) != nil })
    {
      return text
    }
    var text = String.UnicodeScalarView()
    let bytes = Array(path)
    var at = 0
    while at < bytes.count {
      // The longest sequence that is UTF-8 has four bytes.
      let length = (1...4).first { length in
        at + length <= bytes.count && String(validating: bytes[at..<at + length], as: UTF8.self) != nil
      }
      if let length, let scalar = String(decoding: bytes[at..<at + length], as: UTF8.self).unicodeScalars.first,
        byte(of: scalar) == nil
      {
        text.append(scalar)
        at += length
      } else {
        text.append(Unicode.Scalar(first + UInt32(bytes[at]))!)
        at += 1
      }
    }
    return String(text)
  }

  public static func text(of path: UnsafePointer<CChar>) -> String {
    text(
      of: UnsafeBufferPointer(start: UnsafeRawPointer(path).assumingMemoryBound(to: UInt8.self), count: strlen(path)))
  }

  /// The bytes of a path, with the zero that ends it. A path with a zero in it ends there, as it would for the system.
  static func bytes(of text: String) -> [CChar] {
    var bytes: [CChar] = []
    bytes.reserveCapacity(text.utf8.count + 1)
    for scalar in text.unicodeScalars {
      if let byte = byte(of: scalar) {
        bytes.append(CChar(bitPattern: byte))
      } else {
        // Every scalar has an encoding.
        for byte in UTF8.encode(scalar)! { bytes.append(CChar(bitPattern: byte)) }
      }
    }
    bytes.append(0)
    return bytes
  }

  /// Calls `body` with the path as the system takes it.
  public static func withBytes<T>(_ text: String, _ body: (UnsafePointer<CChar>) -> T) -> T {
    bytes(of: text).withUnsafeBufferPointer { body($0.baseAddress!) }
  }

  /// The command line without the program's name.
  public static var arguments: [String] {
    (1..<max(Int(CommandLine.argc), 1)).compactMap { CommandLine.unsafeArgv[$0].map { text(of: $0) } }
  }

  /// A variable of the environment that holds a path, or anything else; `nil` where it is not set or empty.
  public static func variable(_ name: String) -> String? {
    getenv(name).map { text(of: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
