import Model
import ModelFiles

/// A safetensors file of MobileNet V1 at α = 0.25, or what a test makes of it.
package struct SafetensorsFixture: Sendable {
  package struct Entry: Sendable {
    package var name: String
    package var type: String
    package var shape: [Int]
    package var values: [Float]

    package init(name: String, type: String = "F32", shape: [Int], values: [Float]) {
      self.name = name
      self.type = type
      self.shape = shape
      self.values = values
    }

    /// Values of the types that tests write; all others as F32.
    var bytes: [UInt8] {
      func raw<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { [UInt8]($0) } }
      return switch type {
      case "F16": raw(values.map { Float16($0).bitPattern })
      case "BF16": raw(values.map { UInt16($0.bitPattern >> 16) })
      case "I64": raw(values.map { Int64($0) })
      default: raw(values)
      }
    }
  }

  package var metadata = ["alpha": "0.25", "classes": "1000", "trained_resolution": "224"]
  package var entries: [Entry] = []

  /// Made once: filling arrays of weights is slow in debug builds.
  private static let made = SafetensorsFixture(making: ())

  package init() { self = Self.made }

  private init(making: Void) {
    for layer in Architecture(alpha: .quarter, resolution: 224).layers where layer.hasWeights {
      for (part, shape) in [("kernel", layer.kernelShape), ("bias", [layer.outputChannels])] {
        let name = "\(layer.name).\(part)"
        entries.append(
          Entry(
            name: name, shape: shape,
            values: (0..<shape.reduce(1, *)).map { MadeUpWeights.value(name, $0) }))
      }
    }
  }

  package var header: String {
    var offset = 0
    var parts = [
      "\"__metadata__\":{" + metadata.sorted { $0.key < $1.key }.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
        + "}"
    ]
    for entry in entries {
      let end = offset + entry.bytes.count
      parts.append(
        "\"\(entry.name)\":{\"dtype\":\"\(entry.type)\",\"shape\":\(entry.shape),\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    return "{" + parts.joined(separator: ",") + "}"
  }

  package var data: [UInt8] { entries.flatMap(\.bytes) }

  package static func file(header: String, data: [UInt8]) -> [UInt8] {
    let text = Array(header.utf8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text + data
  }

  package var bytes: [UInt8] { Self.file(header: header, data: data) }
}
