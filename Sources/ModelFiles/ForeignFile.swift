/// What a file is that is no weights of ours: what people have at hand when they have a model.
enum ForeignFile {
  /// What to do with a Keras or TensorFlow model.
  static let convert = "Convert it to TFLite in Python (tf.lite.TFLiteConverter) and give that: --weights PATH"
  private static let torch =
    "Export its network to TFLite (litert-torch) or its tensors to safetensors, and give that: --weights PATH"

  /// - Returns: what it is, and what leads on; `nil` where nothing is known of it.
  static func describe(_ bytes: UnsafeRawBufferPointer) -> (what: String, next: String)? {
    func starts(_ text: String, at offset: Int = 0) -> Bool {
      bytes.count >= offset + text.utf8.count && bytes[offset..<offset + text.utf8.count].elementsEqual(text.utf8)
    }
    func starts(_ magic: [UInt8]) -> Bool { bytes.starts(with: magic) }
    let model = "Give a .safetensors or .tflite file of MobileNet V1: --weights PATH"
    if starts([0x89, 0x48, 0x44, 0x46]) { return ("it is HDF5, as Keras saves weights and models (.h5)", convert) }
    if starts([0x50, 0x4b, 3, 4]) || starts([0x50, 0x4b, 5, 6]) { return zip(bytes) }
    if starts([0x1f, 0x8b]) {
      return (
        "it is compressed with gzip, as the official archives are (.tgz)",
        "Unpack it (tar -xzf FILE) and give the .tflite file in it, or install archives: mobilecam weights install --from FOLDER"
      )
    }
    if starts("ustar", at: 257) {
      return ("it is a tar archive", "Unpack it (tar -xf FILE) and give the .tflite file in it")
    }
    if starts("BZh") || starts([0xfd, 0x37, 0x7a, 0x58, 0x5a]) || starts([0x28, 0xb5, 0x2f, 0xfd]) {
      return ("it is compressed", "Unpack it, and give the .tflite or .safetensors file in it: --weights PATH")
    }
    if bytes.count > 2, bytes[0] == 0x80, 2...5 ~= bytes[1] {
      return ("it is a Python pickle, as PyTorch saves weights", torch)
    }
    if starts("GGUF") { return ("it is GGUF, which holds language models", model) }
    if starts([0xff, 0xd8, 0xff]) || starts([0x89, 0x50, 0x4e, 0x47]) || starts("GIF8") || starts("RIFF") {
      return (
        "it is a picture, sound or video",
        "Pictures are classified without an option: mobilecam classify FILE. " + model
      )
    }
    if starts([0x7f, 0x45, 0x4c, 0x46]) { return ("it is a program", model) }
    if starts("version https://git-lfs") {
      return ("it is a pointer of Git LFS, not the file itself", "Fetch the file: git lfs pull")
    }
    if let text = text(bytes) { return text }
    // Protocol buffers have no mark: a version and the fields behind it.
    if bytes.count > 16, bytes[0] == 8, bytes[2] == 0x12 {
      return bytes[1] == 1
        ? ("it is TensorFlow's SavedModel (saved_model.pb)", convert)
        : ("it is ONNX", "Convert it to TFLite (onnx2tf) and give that: --weights PATH")
    }
    let head = String(decoding: bytes.prefix(4096).map { 0x20..<0x7f ~= $0 ? $0 : 0x20 }, as: UTF8.self)
    if bytes.first == 8, head.contains("pytorch") || head.contains("onnx") || head.contains("tf2onnx") {
      return ("it is ONNX", "Convert it to TFLite (onnx2tf) and give that: --weights PATH")
    }
    if bytes.first == 0x0a, head.contains("Placeholder") || head.contains("Const") {
      return ("it is a frozen TensorFlow graph (.pb)", convert)
    }
    return nil
  }

  private static func zip(_ bytes: UnsafeRawBufferPointer) -> (what: String, next: String) {
    let names = ZipArchive(bytes).members.map(\.name)
    if names.contains("model.weights.h5") { return ("it is a Keras model (.keras)", convert) }
    if names.contains(where: { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }) {
      return ("it is a PyTorch model (a zip with a pickle)", torch)
    }
    if names.contains(where: { $0.hasSuffix(".npy") }) { return ("it is NumPy's (.npz)", torch) }
    let inside = names.first { $0.hasSuffix(".tflite") || $0.hasSuffix(".safetensors") }
    return (
      "it is a zip archive" + (inside.map { " with \(quoted($0)) in it" } ?? ""),
      "Unpack it, and give the .tflite or .safetensors file in it: --weights PATH"
    )
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> (what: String, next: String)? {
    let head = bytes.prefix(512)
    guard head.allSatisfy({ 0x20..<0x7f ~= $0 || $0 >= 0x80 || 9...13 ~= $0 }),
      let start = head.first(where: { $0 > 0x20 }), start < 0x80 || bytes.starts(with: [0xef, 0xbb, 0xbf])
    else { return nil }
    let text = String(decoding: head, as: UTF8.self).lowercased()
    if text.contains("<html") || text.contains("<!doctype") {
      return (
        "it is a web page, perhaps in place of a download",
        "Download the file itself, or install the official ones: mobilecam weights install"
      )
    }
    return (
      "it is text",
      "Names of classes are given with --labels FILE; weights are a .safetensors or .tflite file: --weights PATH"
    )
  }
}
