import Model
import Platform

/// What the files beside a safetensors file of PyTorch's say of the network: Hugging Face's `config.json` and
/// `preprocessor_config.json`, timm's `config.json` (`pretrained_cfg`). `nil` for what they do not say.
struct SafetensorsConfig {
  /// What is added to variances.
  private(set) var epsilon: Double?
  private(set) var padding: Padding?
  private(set) var input: InputNormalization?
  /// Side in pixels of the images that the network was made for.
  private(set) var imageSide: Int?

  /// - Throws: `WeightFault` where they say that the network is another one than the tensors do, or cannot be read.
  static func beside(_ path: String, alpha: Alpha, classCount: Int) throws -> SafetensorsConfig {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { String(path[...$0]) } ?? ""
    var found = Found()
    for name in ["config.json", "preprocessor_config.json"] {
      guard File.exists(folder + name), let file = try? File.read(folder + name, else: { what, _ in UserError(what) }),
        let bytes = try? file.bytes(limit: LabelList.limitBytes)
      else { continue }
      try found.read(bytes, name)
      // They may be there for other weights.
      guard found.isOfMobileNet else { return SafetensorsConfig() }
    }
    return try SafetensorsConfig(found, alpha: alpha, classCount: classCount)
  }

  private init() {}

  private init(_ found: Found, alpha: Alpha, classCount: Int) throws {
    func refused(_ key: String, _ value: String, _ expected: String) -> WeightFault {
      WeightFault(
        "config.json beside it says \(key) \(value): expected \(expected)",
        next: "Mend it, or move it away where it belongs to other weights")
    }
    if let said = found.alpha, said != alpha.rawValue {
      throw refused("depth_multiplier", "\(said)", "\(alpha.name), which the shapes say")
    }
    if let said = found.classCount, said != Double(classCount) {
      throw refused("num_classes", "\(said)", "\(classCount), which the shapes say")
    }
    if let activation = found.activation, activation != "relu6" {
      throw refused("hidden_act", quoted(activation), "'relu6', which mobilecam computes")
    }
    if let epsilon = found.epsilon, !(epsilon > 0 && epsilon < 1) {
      throw refused("layer_norm_eps", "\(epsilon)", "a number between 0 and 1")
    }
    epsilon = found.epsilon
    padding = found.padsAsTensorFlow.map { $0 ? .same : .symmetric }
    input = found.input
    if let input, !input.isUsable {
      throw WeightFault(
        "the mean and standard deviation beside it (config.json, preprocessor_config.json) give no image: expected three "
          + "numbers each, the deviation above 0", next: "Mend them")
    }
    imageSide = found.imageSide.flatMap { Int(exactly: $0) }.flatMap { Architecture.isValid(resolution: $0) ? $0 : nil }
  }

  /// What stands in the files.
  private struct Found {
    var type, architecture, activation: String?
    var epsilon, imageSide, alpha, classCount, rescale: Double?
    var padsAsTensorFlow, rescales, normalizes: Bool?
    var mean, deviation: [Double]?

    var isOfMobileNet: Bool {
      ["mobilenet_v1", "timm_wrapper"].contains(type ?? "mobilenet_v1")
        && (architecture ?? "mobilenetv1").hasPrefix("mobilenetv1")
    }

    /// (rescale × pixel − mean) / deviation; `nil` where nothing is said of it.
    var input: InputNormalization? {
      guard mean != nil || deviation != nil || rescale != nil || rescales == false || normalizes == false else {
        return nil
      }
      func vector(_ values: [Double]?, usual: Double) -> SIMD3<Double> {
        guard let values else { return SIMD3(repeating: usual) }
        return values.count == 3 ? SIMD3(values) : SIMD3(repeating: values.count == 1 ? values[0] : .nan)
      }
      let isPlain = normalizes == false
      let mean = isPlain ? SIMD3() : vector(mean, usual: 0.5)
      let deviation = isPlain ? SIMD3(repeating: 1) : vector(deviation, usual: 0.5)
      return InputNormalization(
        scale: (rescales == false ? 1 : rescale ?? 1 / 255) / deviation, offset: -mean / deviation)
    }

    mutating func read(_ bytes: [UInt8], _ name: String) throws {
      var offset = 0
      do {
        try JSONScanner.read(bytes) { (scanner) throws(Mismatch) in
          defer { offset = scanner.offset }
          try scanner.object { (key, scanner) throws(Mismatch) in try read(key, &scanner) }
          try scanner.requireEnd()
        }
      } catch {
        throw WeightFault(
          "\(name) beside it is malformed: expected \(error.expected), found \(error.found) at byte \(offset)",
          next: "Mend it or move it away")
      }
    }

    private mutating func read(_ key: String, _ scanner: inout JSONScanner) throws(Mismatch) {
      guard Self.keys.contains(key) else { return try scanner.skipValue() }
      if scanner.takeNull() { return }
      switch key {
      case "model_type": type = try scanner.string()
      case "architecture": architecture = try scanner.string()
      case "hidden_act": activation = try scanner.string()
      case "layer_norm_eps": epsilon = try Self.number(&scanner)
      case "image_size": imageSide = try Self.number(&scanner)
      case "depth_multiplier": alpha = try Self.number(&scanner)
      case "num_classes": classCount = try Self.number(&scanner)
      case "rescale_factor": rescale = try Self.number(&scanner)
      case "tf_padding": padsAsTensorFlow = try Self.truth(&scanner)
      case "do_rescale": rescales = try Self.truth(&scanner)
      case "do_normalize": normalizes = try Self.truth(&scanner)
      case "image_mean", "mean": mean = try Self.numbers(&scanner)
      case "image_std", "std": deviation = try Self.numbers(&scanner)
      case "input_size": imageSide = try Self.numbers(&scanner).last
      default:
        // `pretrained_cfg`: timm's own of what the weights were trained with.
        try scanner.object { (key, scanner) throws(Mismatch) in
          guard ["mean", "std", "input_size"].contains(key) else { return try scanner.skipValue() }
          try read(key, &scanner)
        }
      }
    }

    private static let keys: Set<String> = [
      "model_type", "architecture", "hidden_act", "layer_norm_eps", "image_size", "depth_multiplier", "num_classes",
      "rescale_factor", "tf_padding", "do_rescale", "do_normalize", "image_mean", "mean", "image_std", "std",
      "input_size", "pretrained_cfg",
    ]

    private static func number(_ scanner: inout JSONScanner) throws(Mismatch) -> Double {
      let bytes = try scanner.literal()
      guard let number = JSONScanner.number(bytes), number.isFinite else {
        throw Mismatch(expected: "a number", at: bytes)
      }
      return number
    }

    private static func numbers(_ scanner: inout JSONScanner) throws(Mismatch) -> [Double] {
      var numbers: [Double] = []
      try scanner.array { (scanner) throws(Mismatch) in
        guard numbers.count < 4 else { throw scanner.mismatch("at most 4 numbers") }
        numbers.append(try number(&scanner))
      }
      return numbers
    }

    private static func truth(_ scanner: inout JSONScanner) throws(Mismatch) -> Bool {
      let bytes = try scanner.literal()
      guard let truth = Bool(String(decoding: bytes, as: UTF8.self)) else {
        throw Mismatch(expected: "true or false", at: bytes)
      }
      return truth
    }
  }
}
