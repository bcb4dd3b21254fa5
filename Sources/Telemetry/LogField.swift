import Model
import Platform

/// A named value of what a log holds (a row, a guess, a run, a layer): the one place that says how it is written and read.
/// Unknown, `nil`, is an empty field of CSV and `null` of JSON.
struct LogField<Record>: Sendable {
  typealias Get<Value> = @Sendable (borrowing Record) -> Value?
  typealias Set<Value> = @Sendable (inout Record, Value) -> Void
  /// Returns what was expected where the value is none of those that there are.
  private typealias Check<Value> = @Sendable (inout Record, Value) -> String?

  private enum Kind: Sendable {
    /// In units of the last of so many decimals: nanoseconds in a field of microseconds.
    case number(places: Int, get: Get<Int64>, set: Check<Int64>)
    case flag(get: Get<Bool>, set: Set<Bool>)
    case text(get: Get<String>, set: Check<String>)
    /// What JSON alone can hold.
    case structure(
      append: @Sendable (borrowing Record, LineBuffer) -> Void,
      read: @Sendable (inout Record, inout JSONScanner) throws(Mismatch) -> Void)
  }

  let name: String
  /// The name as JSON has it before a value: `"name":`.
  private let key: [UInt8]
  private let kind: Kind

  private init(_ name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
    key = Array("\"\(name)\":".utf8)
  }

  func renamed(_ name: String) -> Self { Self(name, kind) }

  // MARK: Making one

  private static func number(
    _ name: String, places: Int, _ get: @escaping Get<Int64>, _ set: @escaping Set<Int64>
  ) -> Self {
    Self(
      name,
      .number(places: places, get: get) { record, units in
        set(&record, units)
        return nil
      })
  }

  static func integer(_ name: String, _ get: @escaping Get<Int>, _ set: @escaping Set<Int>) -> Self {
    number(name, places: 0, { get($0).map(Int64.init) }, { set(&$0, Int($1)) })
  }

  static func thousandths(_ name: String, _ get: @escaping Get<Int64>, _ set: @escaping Set<Int64>) -> Self {
    number(name, places: 3, get, set)
  }

  /// Microseconds.
  static func time(_ name: String, _ get: @escaping Get<Nanoseconds>, _ set: @escaping Set<Nanoseconds>) -> Self {
    number(name, places: 3, { get($0)?.count }, { set(&$0, Nanoseconds($1)) })
  }

  /// Eight decimals, in which 1/256, the step of 8-bit scores, is exact.
  static func probability(_ name: String, _ get: @escaping Get<Float>, _ set: @escaping Set<Float>) -> Self {
    number(
      name, places: 8, { get($0).flatMap { Int64(exactly: (Double($0) * 1e8).rounded()) } },
      { set(&$0, Float(Double($1) / 1e8)) })
  }

  static func alpha(_ name: String, _ get: @escaping Get<Alpha>, _ set: @escaping Set<Alpha>) -> Self {
    Self(
      name,
      .number(places: 2, get: { get($0).map { Int64($0.rawValue * 100) } }) { record, hundredths in
        guard let alpha = Alpha(rawValue: Double(hundredths) / 100) else { return "0.25, 0.5, 0.75 or 1" }
        set(&record, alpha)
        return nil
      })
  }

  static func flag(_ name: String, _ get: @escaping Get<Bool>, _ set: @escaping Set<Bool>) -> Self {
    Self(name, .flag(get: get, set: set))
  }

  static func text(
    _ name: String, mostBytes: Int = 1 << 16, _ get: @escaping Get<String>, _ set: @escaping Set<String>
  ) -> Self {
    Self(
      name,
      .text(get: get) { record, text in
        guard text.utf8.count <= mostBytes else { return "at most \(mostBytes) bytes" }
        set(&record, text)
        return nil
      })
  }

  /// One of a few words.
  static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ get: @escaping Get<Word>, _ set: @escaping Set<Word>
  ) -> Self {
    let words = Word.allCases.map(\.rawValue)
    return Self(
      name,
      .text(get: { get($0)?.rawValue }) { record, text in
        guard let word = Word(rawValue: text) else {
          return words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        }
        set(&record, word)
        return nil
      })
  }

  /// An array of JSON.
  static func array<Element>(
    _ name: String, most: Int, of elements: String, _ get: @escaping @Sendable (borrowing Record) -> [Element],
    append: @escaping @Sendable (Int, borrowing Element, LineBuffer) -> Void,
    read: @escaping @Sendable (inout Record, inout JSONScanner) throws(Mismatch) -> Void
  ) -> Self {
    Self(
      name,
      .structure { record, line in
        line.append("[")
        for (index, element) in get(record).enumerated() {
          if index > 0 { line.append(",") }
          append(index, element, line)
        }
        line.append("]")
      } read: { (record, scanner) throws(Mismatch) in
        var count = 0
        try scanner.array { (scanner) throws(Mismatch) in
          count += 1
          guard count <= most else { throw Mismatch(expected: "at most \(most) \(elements)", found: "more") }
          try read(&record, &scanner)
        }
      })
  }

  // MARK: Writing

  /// The value alone.
  func append(_ record: borrowing Record, as syntax: LineBuffer.Syntax, to line: LineBuffer) {
    let written: Void? =
      switch kind {
      case .number(let places, let get, _): get(record).map { line.append($0, places: places) }
      case .flag(let get, _): get(record).map { line.append($0 ? "true" : "false") }
      case .text(let get, _): get(record).map { line.append($0, as: syntax) }
      case .structure(let append, _): append(record, line)
      }
    if written == nil, syntax == .json { line.append("null") }
  }

  /// Fields of a JSON object in their order, which go on after others unless they are its first.
  static func append(_ fields: [LogField], of record: borrowing Record, isFirst: Bool = false, to line: LineBuffer) {
    for (index, field) in fields.enumerated() {
      if index > 0 || !isFirst { line.append(",") }
      field.key.withUnsafeBufferPointer { line.append($0) }
      field.append(record, as: .json, to: line)
    }
  }

  // MARK: Reading

  /// Puts a value as it stands in a field of CSV into `record`.
  func read(_ bytes: UnsafeBufferPointer<UInt8>, into record: inout Record) throws(Mismatch) {
    do throws(Mismatch) { try put(bytes, into: &record) } catch { throw named(error) }
  }

  private func named(_ error: Mismatch) -> Mismatch {
    Mismatch(expected: "\(error.expected) in \(name)", found: error.found)
  }

  @inline(__always)
  private func put(_ bytes: UnsafeBufferPointer<UInt8>, into record: inout Record) throws(Mismatch) {
    switch kind {
    case .number(let places, _, let set):
      let wrong = set(&record, try LogNumber.units(bytes, places: places))
      if let wrong { throw Mismatch(expected: wrong, at: bytes) }
    case .flag(_, let set):
      let isTrue = bytes.elementsEqual("true".utf8)
      guard isTrue || bytes.elementsEqual("false".utf8) else { throw Mismatch(expected: "true or false", at: bytes) }
      set(&record, isTrue)
    case .text(_, let set):
      if let wrong = set(&record, String(decoding: bytes, as: UTF8.self)) { throw Mismatch(expected: wrong, at: bytes) }
    case .structure: break
    }
  }

  @inline(__always)
  private func put(_ scanner: inout JSONScanner, into record: inout Record) throws(Mismatch) {
    switch kind {
    case .structure(_, let read): try read(&record, &scanner)
    case .text(_, let set):
      if scanner.takeNull() { return }
      let raw = try scanner.rawString()
      if let wrong = set(&record, try JSONScanner.text(raw)) { throw Mismatch(expected: wrong, at: raw.bytes) }
    default:
      guard scanner.isAtLiteral() else { throw scanner.mismatch("a plain value") }
      let bytes = try scanner.literal()
      if bytes[0] == UInt8(ascii: "n"), bytes.elementsEqual("null".utf8) { return }
      try put(bytes, into: &record)
    }
  }

  /// Reads a JSON object. Ours have their fields in the order of `fields`, so that each key is compared with the one expected
  /// next; any other order, unknown fields and white space are taken too, a little slower.
  static func read(_ fields: [LogField], _ scanner: inout JSONScanner, into record: inout Record) throws(Mismatch) {
    try scanner.require(UInt8(ascii: "{"))
    if scanner.take(UInt8(ascii: "}")) { return }
    var expected = 0
    repeat {
      scanner.skipSpace()
      if expected < fields.count, fields[expected].key.withUnsafeBufferPointer({ scanner.take($0) }) {
        expected += 1
      } else {
        let name = try scanner.rawString().bytes
        try scanner.require(UInt8(ascii: ":"))
        guard let index = fields.firstIndex(where: { name.elementsEqual($0.name.utf8) }) else {
          try scanner.skipValue()
          continue
        }
        expected = index + 1
      }
      do throws(Mismatch) { try fields[expected - 1].put(&scanner, into: &record) } catch {
        throw fields[expected - 1].named(error)
      }
    } while scanner.take(UInt8(ascii: ","))
    try scanner.require(UInt8(ascii: "}"))
  }
}
