import Platform

/// An address that begins with `http://` or `https://`, apart from the user and the password in it, which are shown nowhere.
package struct HTTPAddress: Sendable, Hashable {
  /// Without user, password and fragment.
  package let url: String
  package let user: String?
  package let password: String?
  /// What messages, logs and the screen call it: without user and password, and without a query, which may hold others.
  package let name: String

  private static let longest = 4096

  package static func isAddress(_ text: String) -> Bool { scheme(of: text) != nil }

  /// - Throws: `UserError` for an address that no request can be made of.
  package init(_ text: String) throws(UserError) {
    let name = Self.name(of: text)
    guard let scheme = Self.scheme(of: text), text.utf8.count <= Self.longest,
      text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
    else {
      throw UserError("\(name): expected http://HOST[:PORT]/PATH without blanks. Check the address.")
    }
    let rest = text.dropFirst(scheme.count + 3).prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let path = rest[authority.endIndex...]
    let at = authority.lastIndex(of: "@")
    let host = at.map { authority[authority.index(after: $0)...] } ?? authority
    guard Self.isHost(host) else {
      throw UserError(
        "\(name): expected http://HOST[:PORT]/PATH, found no such host or port. Check the address; in a user's name or "
          + "a password @ is written %40, : %3A, / %2F, ? %3F and # %23.")
    }
    url = "\(scheme)://\(host)\(path.isEmpty ? "/" : path)"
    self.name = name
    guard let at else {
      user = nil
      password = nil
      return
    }
    let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    user = try Self.decoded(parts[0], name)
    password = try parts.count > 1 ? Self.decoded(parts[1], name) : ""
  }

  /// What an address is called, whether or not it is a good one. Whatever stands before the last `@` may be a password.
  package static func name(of text: String) -> String {
    let scheme = text.firstRange(of: "://").map { text[..<$0.upperBound] } ?? ""
    let rest = text.dropFirst(scheme.count)
    let open = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
    let shown = open.prefix { $0 != "?" && $0 != "#" }
    return scheme + shown + (open.contains("?") ? "?…" : "")
  }

  private static func scheme(of text: String) -> String? {
    for scheme in ["http", "https"] where text.lowercased().hasPrefix(scheme + "://") { return scheme }
    return nil
  }

  /// A name, a number, or `[…]`; a port behind it.
  private static func isHost(_ text: Substring) -> Bool {
    let colon = text.hasPrefix("[") ? text.firstRange(of: "]:")?.lowerBound : text.firstIndex(of: ":")
    guard let colon else { return !text.isEmpty }
    let port = text[colon...].drop { $0 == "]" || $0 == ":" }
    return colon != text.startIndex && UInt16(port) != nil
  }

  /// `%40` is `@`.
  private static func decoded(_ text: Substring, _ name: String) throws(UserError) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let digits = String(rest.prefix(2)), let value = UInt8(digits, radix: 16), value > 0x1F
      else {
        throw UserError("\(name): expected two hexadecimal digits behind each % of user and password. Write % as %25.")
      }
      rest = rest.dropFirst(2)
      bytes.append(value)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
