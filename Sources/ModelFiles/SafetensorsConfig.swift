import Model
import Platform

/// What Hugging Face's `config.json` beside a safetensors file says of the network.
struct SafetensorsConfig {
  /// What is added to variances (`layer_norm_eps`).
  var epsilon = 0.001
  /// Side in pixels of the images that the network was made for.
  var imageSide: Int?
  var alpha: Double?

  /// Those of the files on Hugging Face take 60 kB, nearly all of it labels.
  private static let limitBytes = 1 << 20

  /// - Returns: what transformers takes without a file.
  /// - Throws: `WeightFault` where it says that the network is another one, or cannot be read.
  static func beside(_ path: String) throws -> SafetensorsConfig {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let file = (slash.map { String(path[...$0]) } ?? "") + "config.json"
    guard File.exists(file), let opened = try? File.read(file, else: { found, _ in UserError(found) }),
      let bytes = try? opened.bytes(limit: limitBytes)
    else { return SafetensorsConfig() }
    return try SafetensorsConfig(bytes)
  }

  init() {}

  init(_ bytes: [UInt8]) throws {
    var found = Found()
    var offset = 0
    do {
      try JSONScanner.read(bytes) { (scanner) throws(Mismatch) in
        defer { offset = scanner.offset }
        try scanner.object { (key, scanner) throws(Mismatch) in try found.read(key, &scanner) }
        try scanner.requireEnd()
      }
    } catch {
      throw WeightFault(
        "config.json beside it is malformed: expected \(error.expected), found \(error.found) at byte \(offset)",
        next: "Mend it or move it away")
    }
    // Another model's.
    guard found.type == nil || found.type == "mobilenet_v1" else { return }
    if found.padsAsTensorFlow == false {
      throw WeightFault(
        "config.json beside it says that it pads symmetrically, as PyTorch does (tf_padding false): expected "
          + "TensorFlow's padding, which mobilecam computes")
    }
    if let epsilon = found.epsilon {
      guard epsilon.isFinite, epsilon > 0, epsilon < 1 else {
        throw WeightFault("config.json beside it says layer_norm_eps \(epsilon): expected a number between 0 and 1")
      }
      self.epsilon = epsilon
    }
    if let side = found.imageSide, let whole = Int(exactly: side), Architecture.isValid(resolution: whole) {
      imageSide = whole
    }
    alpha = found.alpha
  }

  private struct Found {
    var type: String?
    var epsilon, imageSide, alpha: Double?
    var padsAsTensorFlow: Bool?

    mutating func read(_ key: String, _ scanner: inout JSONScanner) throws(Mismatch) {
      switch key {
      case "model_type": type = try scanner.string()
      case "layer_norm_eps": epsilon = try Self.number(&scanner)
      case "image_size": imageSide = try Self.number(&scanner)
      case "depth_multiplier": alpha = try Self.number(&scanner)
      case "tf_padding": padsAsTensorFlow = try Self.truth(&scanner)
      default: try scanner.skipValue()
      }
    }

    private static func number(_ scanner: inout JSONScanner) throws(Mismatch) -> Double? {
      if scanner.takeNull() { return nil }
      let bytes = try scanner.literal()
      guard let number = Double(String(decoding: bytes, as: UTF8.self)) else {
        throw Mismatch(expected: "a number", at: bytes)
      }
      return number
    }

    private static func truth(_ scanner: inout JSONScanner) throws(Mismatch) -> Bool? {
      if scanner.takeNull() { return nil }
      let bytes = try scanner.literal()
      guard let truth = Bool(String(decoding: bytes, as: UTF8.self)) else {
        throw Mismatch(expected: "true or false", at: bytes)
      }
      return truth
    }
  }
}
