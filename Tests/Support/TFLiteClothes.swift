import ModelFiles

/// The same network as converters, options and authors of metadata dress it.
extension TFLiteFixture {
  /// Each is the float fixture, and computes what that one does.
  package enum Clothes: Int, CaseIterable, Codable, Sendable {
    case float16, bytes, bytesPerChannel, padValid, logits, relu6, preprocessed, withMetadata, fiveClasses
  }

  package init(_ clothes: Clothes) {
    self.init(.float)
    switch clothes {
    case .float16: storeWeights { $0.halved }
    case .bytes: storeWeights(kernelsOnly: true, behindDequantize: false) { $0.inBytes(scales: 1) }
    case .bytesPerChannel: storeWeights(kernelsOnly: true) { $0.inBytes(scales: $0.channels) }
    case .padValid: padApart()
    case .logits:
      operators.removeLast()
      output = operators[operators.count - 1].outputs[0]
    case .relu6: for layer in 0..<27 { clampApart(layer) }
    case .preprocessed:
      precede(41, by: [127.5, 127.5, 127.5])
      precede(18, by: [Float(1) / 127.5], isLeft: true)
    case .withMetadata:
      metadata = Self.metadata(mean: [127.5], deviation: [127.5], labels: "names.txt")
      appended = ZipFile.make([("names.txt", Array((0..<1000).map { "name \($0)\n" }.joined().utf8))])
    case .fiveClasses:
      keepClasses(5)
      appended = ZipFile.make([("labels.txt", Array("a\nb\nc\nd\ne\n".utf8))])
    }
  }

  /// Float32 values of a constant.
  private static func values(_ tensor: Tensor) -> [Float] {
    tensor.data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  private mutating func storeWeights(
    kernelsOnly: Bool = false, behindDequantize: Bool = true, _ store: (Constant) -> Tensor
  ) {
    for index in 0..<29 where index != 27 {
      for input in kernelsOnly ? [1] : [1, 2] {
        let place = operators[index].inputs[input]
        let stored = store(Constant(tensor: tensors[place], isDepthwise: operators[index].code == 4))
        guard behindDequantize else {
          tensors[place] = stored
          continue
        }
        let source = add(stored)
        tensors[place].data = []
        operators.append(Operator(code: 6, inputs: [source], outputs: [place]))
      }
    }
  }

  private struct Constant {
    let tensor: Tensor
    let isDepthwise: Bool
    var channels: Int { isDepthwise ? tensor.shape.last! : tensor.shape[0] }

    var halved: Tensor {
      var half = tensor
      half.type = 1
      half.data = TFLiteFixture.values(tensor).flatMap { value in
        // Float16 is not there on every platform; these values need ten bits of mantissa at most.
        let bits = value.bitPattern
        let exponent = Int(bits >> 23 & 0xff) - 112
        let short = exponent <= 0 ? 0 : UInt16(exponent) << 10 | UInt16(bits >> 13 & 0x3ff)
        return withUnsafeBytes(of: (UInt16(bits >> 31) << 15 | short).littleEndian) { Array($0) }
      }
      return half
    }

    func inBytes(scales: Int) -> Tensor {
      var bytes = tensor
      bytes.type = 9
      bytes.data = TFLiteFixture.values(tensor).map { UInt8(bitPattern: Int8($0 * 64)) }
      bytes.scales = Array(repeating: 1 / 64, count: scales)
      bytes.zeroPoints = Array(repeating: 0, count: scales)
      bytes.dimension = isDepthwise ? 3 : 0
      return bytes
    }
  }

  /// PAD and VALID for SAME, at every layer that has a side.
  package mutating func padApart(before: Int? = nil, after: Int? = nil) {
    for index in [0] + stride(from: 1, through: 25, by: 2) {
      let step = operators[index]
      guard case .int32(let stride)? = step.options[1] else { continue }
      let (top, bottom) = (before ?? (stride == 1 ? 1 : 0), after ?? 1)
      let sizes = [0, 0, top, bottom, top, bottom, 0, 0].map(Int32.init).withUnsafeBytes { [UInt8]($0) }
      let pad = add(Tensor(shape: [4, 2], type: 2, data: sizes))
      let padded = add(Tensor(shape: [], type: kind.rawValue))
      operators.append(Operator(code: 34, inputs: [step.inputs[0], pad], outputs: [padded]))
      operators[index].inputs[0] = padded
      operators[index].options[0] = .int8(1)
    }
  }

  private mutating func clampApart(_ index: Int) {
    operators[index].options[operators[index].code == 4 ? 4 : 3] = .int8(0)
    let result = operators[index].outputs[0]
    let raw = add(tensors[result])
    operators[index].outputs[0] = raw
    operators.append(Operator(code: 21, inputs: [raw], outputs: [result]))
  }

  /// An operator with a constant, in front of the others.
  package mutating func precede(_ code: Int, by constant: [Float], isLeft: Bool = false) {
    let value = add(
      Tensor(
        shape: constant.count == 1 ? [] : [1, 1, 1, constant.count], type: 0,
        data: constant.withUnsafeBytes { [UInt8]($0) }))
    let first = operators.firstIndex { $0.code == 3 }!
    let result = add(Tensor(shape: [1, 224, 224, 3], type: 0))
    let source = operators[first].inputs[0]
    operators.append(Operator(code: code, inputs: isLeft ? [value, source] : [source, value], outputs: [result]))
    operators[first].inputs[0] = result
  }

  package mutating func keepClasses(_ count: Int) {
    let (kernel, bias) = (operators[28].inputs[1], operators[28].inputs[2])
    tensors[kernel].shape[0] = count
    tensors[kernel].data.removeLast(tensors[kernel].data.count - count * 256 * 4)
    tensors[bias].shape[0] = count
    tensors[bias].data.removeLast(tensors[bias].data.count - count * 4)
  }

  /// `metadata_schema.fbs`
  package static func metadata(mean: [Float], deviation: [Float], labels: String) -> FlatValue {
    let normalization = FlatValue.table([
      0: .int8(1), 1: .table([0: .floats(mean), 1: .floats(deviation)]),
    ])
    let file = FlatValue.table([0: .bytes(Array(labels.utf8)), 2: .int8(2)])
    return .table([
      3: .tables([
        .table([
          2: .tables([.table([4: .tables([normalization])])]), 3: .tables([.table([6: .tables([file])])]),
        ])
      ])
    ])
  }
}

/// A zip as far as tests need it; checksums are left out.
package enum ZipFile {
  /// - Parameter isDeflated: packed, as one block that is not compressed.
  package static func make(_ members: [(name: String, content: [UInt8])], isDeflated: Bool = false) -> [UInt8] {
    func little(_ value: Int, _ bytes: Int) -> [UInt8] {
      (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var zip: [UInt8] = []
    var directory: [UInt8] = []
    for (name, content) in members {
      let data =
        isDeflated ? [1] + little(content.count, 2) + little(~content.count & 0xffff, 2) + content : content
      let common =
        little(isDeflated ? 8 : 0, 2) + little(0, 8) + little(data.count, 4) + little(content.count, 4)
        + little(name.utf8.count, 2) + little(0, 2)
      let (start, next): ([UInt8], [UInt8]) = ([0x50, 0x4b, 1, 2], [0x50, 0x4b, 3, 4])
      directory += start
      directory += little(20, 2) + little(20, 2) + little(0, 2) + common
      directory += little(0, 10)
      directory += little(zip.count, 4) + Array(name.utf8)
      zip += next
      zip += little(20, 2) + little(0, 2) + common
      zip += Array(name.utf8) + data
    }
    let end = little(members.count, 2) + little(members.count, 2) + little(directory.count, 4) + little(zip.count, 4)
    let mark: [UInt8] = [0x50, 0x4b, 5, 6]
    return zip + directory + mark + little(0, 4) + end + little(0, 2)
  }
}
