import Platform

/// A list of names as files of labels have it. A line for each, which may begin with its number (`0 name`, `0: name`) or
/// with WordNet's (`n01440764 name`); or JSON: `["name", …]`, `{"0": "name", …}`, `{"name": 0, …}`, with such an object as
/// `id2label` or `label2id` among others (Hugging Face's `config.json`), or with `["n01440764", "name"]` for names.
public struct LabelList: Sendable {
  /// In their order; printable.
  public let names: [String]
  /// What messages call it.
  public let path: String

  /// ImageNet's names take 22 kB.
  static let limitBytes = 1 << 20
  private static let nameLimit = 200

  /// - Throws: `UserError`
  public init(path: String) throws {
    func unreadable(_ found: String) -> UserError {
      UserError("cannot read labels '\(path)': \(found). Expected a file with one name on each line: --labels FILE")
    }
    let file = try File.read(path) { found, error in unreadable(error == nil ? "it is \(found)" : found) }
    let bytes: [UInt8]?
    do throws(SystemError) { bytes = try file.bytes(limit: Self.limitBytes) } catch {
      throw unreadable(error.description)
    }
    guard let bytes else { throw unreadable("it has more than 1 MiB") }
    try self.init(bytes, path: path)
  }

  /// - Throws: `UserError` where these are no names.
  public init(_ bytes: [UInt8], path: String) throws {
    func unusable(_ why: String) -> UserError { UserError("cannot use labels '\(path)': \(why)") }
    let text = Self.text(bytes)
    let first = text.unicodeScalars.first { !$0.properties.isWhitespace }
    let names: [String]
    if first == "{" || first == "[" {
      var offset = 0
      do {
        names = try JSONScanner.read(text.utf8) { (scanner) throws(Mismatch) in
          defer { offset = scanner.offset }
          return try Self.json(&scanner)
        }
      } catch {
        throw unusable("its JSON is malformed: expected \(error.expected), found \(error.found) at byte \(offset)")
      }
    } else {
      names = Self.lines(text)
    }
    guard !names.isEmpty else { throw unusable("expected one name on each line, found none") }
    self.names = names.map { Printable.line(String($0.prefix(Self.nameLimit))) }
    self.path = path
  }

  /// Whether a name means 'none of the classes', however it is spelled.
  static func isBackground(_ name: String) -> Bool {
    let letters = name.lowercased().filter { $0.isLetter || $0 == "?" }
    return ["background", "dummy", "???"].contains(letters)
  }

  /// UTF-8, or UTF-16 where a byte order mark says so.
  private static func text(_ bytes: [UInt8]) -> String {
    func units(_ low: Int, _ high: Int) -> [UInt16] {
      stride(from: 2, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0 + low]) | UInt16(bytes[$0 + high]) << 8 }
    }
    if bytes.starts(with: [0xff, 0xfe]) { return String(decoding: units(0, 1), as: UTF16.self) }
    if bytes.starts(with: [0xfe, 0xff]) { return String(decoding: units(1, 0), as: UTF16.self) }
    return String(decoding: bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes[3...] : bytes[...], as: UTF8.self)
  }

  // MARK: Lines

  private static func lines(_ text: String) -> [String] {
    let lines = text.split(whereSeparator: \.isNewline).map(trimmed).filter { !$0.isEmpty }
    return withoutWordNet(numbered(lines) ?? lines)
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let isSpace: (Character) -> Bool = { $0.isWhitespace || $0 == "\0" }
    let start = text.drop(while: isSpace)
    return String(start.reversed().drop(while: isSpace).reversed())
  }

  /// Names in the order of the numbers before them; `nil` unless each line has one, and they count from 0 or 1.
  private static func numbered(_ lines: [String]) -> [String]? {
    var found: [(number: Int, name: String)] = []
    for line in lines {
      let digits = line.prefix { $0.isASCII && $0.isNumber }
      let rest = line.dropFirst(digits.count)
      guard let number = Int(digits), let separator = rest.first, separator.isWhitespace || ":,;".contains(separator)
      else { return nil }
      let name = trimmed(rest.dropFirst())
      guard !name.isEmpty else { return nil }
      found.append((number, name))
    }
    return inOrder(found)
  }

  /// `nil` unless the numbers count from 0 or 1.
  private static func inOrder(_ found: [(number: Int, name: String)]) -> [String]? {
    let sorted = found.sorted { $0.number < $1.number }
    guard let first = sorted.first?.number, first == 0 || first == 1,
      sorted.indices.allSatisfy({ sorted[$0].number == first + $0 })
    else { return nil }
    return sorted.map(\.name)
  }

  /// Names without WordNet's numbers before them, where each has one and a name behind it.
  private static func withoutWordNet(_ names: [String]) -> [String] {
    func split(_ name: String) -> (isNumber: Bool, rest: String) {
      let number = name.prefix(9)
      let rest = name.dropFirst(9)
      guard number.count == 9, number.first == "n", number.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }),
        rest.first.map({ $0.isWhitespace || ":,;".contains($0) }) ?? true
      else { return (false, name) }
      return (true, trimmed(rest.dropFirst()))
    }
    let parts = names.map(split)
    guard zip(names, parts).allSatisfy({ $1.isNumber && !$1.rest.isEmpty || isBackground($0) }) else { return names }
    return parts.map(\.rest)
  }

  // MARK: JSON

  private static func json(_ scanner: inout JSONScanner) throws(Mismatch) -> [String] {
    scanner.skipSpace()
    let start = scanner
    let names: [String]
    if scanner.place.pointee == UInt8(ascii: "[") {
      var list: [String] = []
      try scanner.array { (scanner) throws(Mismatch) in list.append(try name(&scanner)) }
      names = list
    } else {
      // Among other things, or nothing but names.
      var found: [String]?
      try scanner.object { (key, scanner) throws(Mismatch) in
        if found == nil, key == "id2label" || key == "label2id" {
          found = try map(&scanner)
        } else {
          try scanner.skipValue()
        }
      }
      if let found {
        names = found
      } else {
        scanner = start
        names = try map(&scanner)
      }
    }
    try scanner.requireEnd()
    return withoutWordNet(names)
  }

  /// `{"0": "name", …}` or `{"name": 0, …}`.
  private static func map(_ scanner: inout JSONScanner) throws(Mismatch) -> [String] {
    var found: [(number: Int, name: String)] = []
    try scanner.object { (key, scanner) throws(Mismatch) in
      if scanner.isAtLiteral() {
        let bytes = try scanner.literal()
        guard let number = Int(String(decoding: bytes, as: UTF8.self)) else {
          throw Mismatch(expected: "a class's number", at: bytes)
        }
        found.append((number, key))
      } else {
        guard let number = Int(key) else { throw Mismatch(expected: "a class's number", found: "'\(key.prefix(40))'") }
        found.append((number, try name(&scanner)))
      }
    }
    guard let names = inOrder(found) else {
      throw Mismatch(expected: "numbers that count from 0", found: "\(found.count) others")
    }
    return names
  }

  /// A string; of a list of strings the last, as Keras has WordNet's number before the name.
  private static func name(_ scanner: inout JSONScanner) throws(Mismatch) -> String {
    scanner.skipSpace()
    guard scanner.place.pointee == UInt8(ascii: "[") else { return try scanner.string() }
    var last = ""
    try scanner.array { (scanner) throws(Mismatch) in last = try scanner.string() }
    return last
  }
}
