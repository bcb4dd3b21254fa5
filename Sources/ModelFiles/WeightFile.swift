import Model
import Platform

/// What a weight file turned out to hold.
public enum LoadedWeights: Sendable {
  case float(any FloatWeightSource)
  case quantized(QuantizedWeights)
}

/// What is known of a weight file without reading its values.
public struct WeightFileDescription: Sendable, Hashable {
  public let path: String
  public let alpha: Alpha
  public let classCount: Int
  /// Side in pixels of the images that the weights were trained on; `nil` where unknown.
  public let trainedResolution: Int?
  public let isQuantized: Bool
  public let isTrained: Bool
  /// Whether its classes are taken for ImageNet's, for which accuracies were published.
  public var isImageNet: Bool { Labels.isImageNet(outputs: classCount) }

  public init(
    path: String, alpha: Alpha, classCount: Int, trainedResolution: Int?, isQuantized: Bool, isTrained: Bool
  ) {
    self.path = path
    self.alpha = alpha
    self.classCount = classCount
    self.trainedResolution = trainedResolution
    self.isQuantized = isQuantized
    self.isTrained = isTrained
  }
}

/// Weight files by path; the format is recognised by content, never by name.
public enum WeightFile {
  /// Reads a safetensors or TFLite file and checks all of it.
  /// - Parameter isTrained: what to believe of files that do not say so themselves (TFLite, and safetensors without
  ///   `trained` in their metadata are believed trained).
  /// - Parameter inputRange: what the network reads of a pixel, where the file does not say it; −1 … 1 without.
  /// - Throws: `UserError`: missing, unreadable, a directory, truncated, neither format, not MobileNet V1, NaN, or a file that
  ///   says something else than `inputRange`.
  public static func load(
    path: String, isTrained: Bool = true, inputRange: InputNormalization? = nil
  ) throws -> LoadedWeights {
    try load(file: open(path), isTrained: isTrained, inputRange: inputRange)
  }

  package static func load(
    file: MappedFile, isTrained: Bool = true, inputRange: InputNormalization? = nil
  ) throws -> LoadedWeights {
    switch try format(file) {
    case .safetensors:
      return .float(try SafetensorsFile(file: file, isTrained: isTrained, input: inputRange))
    case .tflite: return try TFLiteFile(file: file).load(isTrained: isTrained, inputRange: inputRange)
    }
  }

  /// Reads only the structure: quick, for lists.
  /// - Throws: `UserError` as `load`, values unchecked.
  public static func describe(path: String) throws -> WeightFileDescription {
    let file = try open(path)
    let (facts, isQuantized): (WeightFacts, Bool)
    switch try format(file) {
    case .safetensors: (facts, isQuantized) = (try SafetensorsFile(file: file, checksValues: false).facts, false)
    case .tflite:
      let found = try TFLiteFile(file: file)
      (facts, isQuantized) = (found.facts, found.isQuantized)
    }
    return WeightFileDescription(
      path: path, alpha: facts.alpha, classCount: facts.classCount, trainedResolution: facts.trainedResolution,
      isQuantized: isQuantized, isTrained: facts.isTrained)
  }

  /// Names of a file's classes: those in the zip at its end, where its metadata says so or their number fits (of a
  /// safetensors file the list `labels` of its metadata); else those in a `labels.txt` or Hugging Face's `config.json` beside it, where their number fits; else numbers.
  /// - Throws: `UserError` where the file cannot be read any more.
  public static func labels(of file: WeightFileDescription) throws -> Labels {
    let own = try open(file.path)
    if let labels = try labels(in: own, outputs: file.classCount) { return labels }
    let slash = file.path.utf8.lastIndex(of: UInt8(ascii: "/"))
    // They may be there for other weights.
    for name in ["labels.txt", "config.json"] {
      let beside = (slash.map { String(file.path[...$0]) } ?? "") + name
      if File.exists(beside), let list = try? LabelList(path: beside),
        let labels = Labels(fitting: list, outputs: file.classCount)
      {
        return labels
      }
    }
    return .numbered(outputs: file.classCount)
  }

  package static func labels(in file: MappedFile, outputs: Int) throws -> Labels? {
    guard try format(file) == .tflite else {
      guard let text = try file.explaining({ try SafetensorsLayout(file.bytes).metadata["labels"] }) else { return nil }
      return (try? LabelList(Array(text.utf8), path: file.path)).flatMap { Labels(fitting: $0, outputs: outputs) }
    }
    let archive = ZipArchive(file.bytes)
    let named = try TFLiteFile(file: file).labelFiles
    let texts = archive.members.filter { $0.name.hasSuffix(".txt") || $0.name.hasSuffix(".json") }
    for member in archive.members.filter({ named.contains($0.name) }) + texts {
      if let bytes = archive.content(member, limit: LabelList.limitBytes),
        let list = try? LabelList(bytes, path: member.name), let labels = Labels(fitting: list, outputs: outputs)
      {
        return labels
      }
    }
    return nil
  }

  /// Checks the structure alone.
  package static func check(file: MappedFile) throws {
    switch try format(file) {
    case .safetensors: _ = try SafetensorsFile(file: file, checksValues: false)
    case .tflite: _ = try TFLiteFile(file: file)
    }
  }

  private enum Format { case safetensors, tflite }

  private static func open(_ path: String) throws -> MappedFile {
    guard !Folder.exists(path) else {
      throw UserError(
        "cannot read weights '\(path)': it is a directory. Name one of the weight files in it: --weights PATH")
    }
    return try MappedFile(path: path)
  }

  private static func format(_ file: MappedFile) throws -> Format {
    if TFLiteModel.recognises(file.bytes) { return .tflite }
    if SafetensorsLayout.recognises(file.bytes) { return .safetensors }
    let start = file.bytes.prefix(8).map { hex($0) }.joined(separator: " ")
    return try file.explaining {
      if let found = ForeignFile.describe(file.bytes) { throw WeightFault(found.what, next: found.next) }
      throw WeightFault(
        "it is neither TFLite (bytes 4 to 7 'TFL3') nor safetensors (byte 8 '{'): it starts \(start)")
    }
  }

  private static func hex(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
  }
}
