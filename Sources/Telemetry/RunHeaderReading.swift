import Model
import Platform

extension RunHeaderJSON {
  /// Reads the object that `append` writes; unknown fields are skipped.
  static func read(_ scanner: inout JSONScanner) throws(Mismatch) -> RunHeader {
    var header = RunHeader(runID: "", programVersion: "", wallAnchorNanoseconds: 0, monotonicAnchorNanoseconds: 0)
    var network = NetworkFields()
    try readObject(&scanner) { (key, scanner) throws(Mismatch) in
      switch key {
      case "schema": header.schema = try integer(&scanner) ?? 0
      case "run_id": header.runID = try text(&scanner) ?? ""
      case "program_version": header.programVersion = try text(&scanner) ?? ""
      case "build": header.build = try text(&scanner)
      case "wall_anchor_us": header.wallAnchorNanoseconds = try thousandths(&scanner)
      case "monotonic_anchor_us": header.monotonicAnchorNanoseconds = try thousandths(&scanner)
      case "cpu_model": header.cpuModel = try text(&scanner)
      case "kernel": header.kernel = try text(&scanner)
      case "governor": header.governor = try text(&scanner)
      case "cores": header.cores = try integer(&scanner)
      case "isa": header.isa = try text(&scanner)
      case "source": header.source = try text(&scanner)
      case "format": header.format = try text(&scanner)
      case "terminal": header.terminal = try text(&scanner)
      default: try network.read(key, &scanner)
      }
    }
    header.configuration = network.configuration
    header.weightsSHA256 = network.weightsSHA256
    header.layers = network.layers
    return header
  }

  /// Reads the object of a network that the run switched to.
  static func readNetwork(_ scanner: inout JSONScanner) throws(Mismatch) -> NetworkFacts? {
    var network = NetworkFields()
    try readObject(&scanner) { (key, scanner) throws(Mismatch) in try network.read(key, &scanner) }
    return network.configuration.map {
      NetworkFacts(configuration: $0, weightsSHA256: network.weightsSHA256, layers: network.layers)
    }
  }

  /// What headers and networks have in common.
  private struct NetworkFields {
    var alpha: Alpha?
    var resolution: Int?
    var precision: Precision?
    var threads: Int?
    var weightsSHA256: String?
    var layers: [RunHeader.Layer] = []

    var configuration: Configuration? {
      guard let alpha, let resolution, let precision, let threads else { return nil }
      return Configuration(alpha: alpha, resolution: resolution, precision: precision, threads: threads)
    }

    mutating func read(_ key: String, _ scanner: inout JSONScanner) throws(Mismatch) {
      switch key {
      case "alpha":
        let bytes = try scanner.literal()
        if !bytes.elementsEqual("null".utf8) {
          guard let known = Alpha(rawValue: Double(try hundredths(bytes)) / 100) else {
            throw Mismatch(expected: "0.25, 0.5, 0.75 or 1 in alpha", found: JSONScanner.shown(bytes))
          }
          alpha = known
        }
      case "resolution_px": resolution = try integer(&scanner)
      case "precision":
        if let text = try text(&scanner) {
          guard let known = Precision(rawValue: text) else {
            throw Mismatch(expected: "\(Precision.list) in precision", found: Printable.line(text))
          }
          precision = known
        }
      case "threads": threads = try integer(&scanner)
      case "weights_sha256": weightsSHA256 = try text(&scanner)
      case "layers":
        var found: [RunHeader.Layer] = []
        try readArray(&scanner) { (scanner) throws(Mismatch) in
          guard found.count < LogReader.mostLayers else { throw LogReader.tooManyLayers }
          found.append(try readLayer(&scanner))
        }
        layers = found
      default: try scanner.skipValue()
      }
    }
  }

  private static func readLayer(_ scanner: inout JSONScanner) throws(Mismatch) -> RunHeader.Layer {
    var layer = RunHeader.Layer(name: "")
    try readObject(&scanner) { (key, scanner) throws(Mismatch) in
      switch key {
      case "name": layer.name = try text(&scanner) ?? ""
      case "kind": layer.kind = try text(&scanner) ?? ""
      case "input_shape": layer.inputShape = try shape(&scanner)
      case "output_shape": layer.outputShape = try shape(&scanner)
      case "mult_adds": layer.multAdds = try integer(&scanner) ?? 0
      default: try scanner.skipValue()
      }
    }
    return layer
  }

  private static let mostSides = 8
  /// Facts are a line of a report.
  static let longestText = 1 << 16

  private static func shape(_ scanner: inout JSONScanner) throws(Mismatch) -> [Int] {
    var sides: [Int] = []
    try readArray(&scanner) { (scanner) throws(Mismatch) in
      guard sides.count < mostSides else { throw scanner.mismatch("a shape of at most \(mostSides) sides") }
      if let side = try integer(&scanner) { sides.append(side) }
    }
    return sides
  }

  // MARK: Pieces

  static func readObject(
    _ scanner: inout JSONScanner, _ field: (String, inout JSONScanner) throws(Mismatch) -> Void
  ) throws(Mismatch) {
    try scanner.require(UInt8(ascii: "{"))
    if scanner.take(UInt8(ascii: "}")) { return }
    repeat {
      let key = try JSONScanner.text(scanner.string())
      try scanner.require(UInt8(ascii: ":"))
      do throws(Mismatch) {
        try field(key, &scanner)
      } catch {
        throw Mismatch(expected: "\(error.expected) in \(key.prefix(40))", found: error.found)
      }
    } while scanner.take(UInt8(ascii: ","))
    try scanner.require(UInt8(ascii: "}"))
  }

  static func readArray(
    _ scanner: inout JSONScanner, _ element: (inout JSONScanner) throws(Mismatch) -> Void
  ) throws(Mismatch) {
    try scanner.require(UInt8(ascii: "["))
    if scanner.take(UInt8(ascii: "]")) { return }
    repeat { try element(&scanner) } while scanner.take(UInt8(ascii: ","))
    try scanner.require(UInt8(ascii: "]"))
  }

  private static func text(_ scanner: inout JSONScanner) throws(Mismatch) -> String? {
    if scanner.isAtString() {
      let raw = try scanner.string()
      guard raw.bytes.count <= longestText else {
        throw Mismatch(expected: "a string of at most 64 kB", found: JSONScanner.shown(raw.bytes))
      }
      return try JSONScanner.text(raw)
    }
    try scanner.requireNull(else: "a string")
    return nil
  }

  private static func integer(_ scanner: inout JSONScanner) throws(Mismatch) -> Int? {
    let bytes = try scanner.literal()
    if bytes.elementsEqual("null".utf8) { return nil }
    guard let value = LogNumber.integer(bytes) else {
      throw Mismatch(expected: LogNumber.expected("an integer", insteadOf: bytes), found: JSONScanner.shown(bytes))
    }
    return Int(value)
  }

  private static func hundredths(_ bytes: UnsafeBufferPointer<UInt8>) throws(Mismatch) -> Int64 {
    guard let value = LogNumber.scaled(bytes, places: 2) else {
      throw Mismatch(
        expected: LogNumber.expected("a number", insteadOf: bytes), found: JSONScanner.shown(bytes))
    }
    return value
  }

  private static func thousandths(_ scanner: inout JSONScanner) throws(Mismatch) -> Int64 {
    let bytes = try scanner.literal()
    guard let value = LogNumber.thousandths(bytes) else {
      throw Mismatch(expected: LogNumber.expected("a number", insteadOf: bytes), found: JSONScanner.shown(bytes))
    }
    return value
  }
}

extension JSONScanner {
  mutating func requireNull(else expected: String) throws(Mismatch) {
    let bytes = try literal()
    guard bytes.elementsEqual("null".utf8) else { throw Mismatch(expected: expected, found: Self.shown(bytes)) }
  }
}
