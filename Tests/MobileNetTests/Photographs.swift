import Foundation
import MobileNet
import Model
import Pixels
import TestSupport
import Testing

/// A hundred photographs of known classes.
enum Photographs {
  /// How many of them a network is right about; `each` gets the probabilities of one after the other.
  /// - Parameter load: a photograph by its path; it may set how the preprocessor is to see it.
  static func right(
    _ network: any RunnableNetwork,
    load: (String, Preprocessor) throws -> RGBImage = { path, _ in try ImageFile.load(path: path) },
    each: (UnsafeBufferPointer<Float>) -> Void = { _ in }
  ) throws -> (top1: Int, top5: Int) {
    let folder = Reference.path("reference/images")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".JPEG") }
    try #require(names.count == 100)
    let labels = try String(
      contentsOfFile: Reference.path("reference/imagenet_labels.txt"), encoding: .utf8
    ).split(separator: "\n").dropFirst().map { $0.prefix { $0 != "," }.replacing(" ", with: "_") }
    try #require(labels.count == 1000)
    let preprocessor = Preprocessor(kernels: InstructionSets.available.last!)
    var counts = (top1: 0, top5: 0)
    for name in names {
      let label = name.dropFirst("n00000000_".count).dropLast(".JPEG".count)
      let index = try #require(labels.firstIndex { $0 == label }, "no class is called \(label)")
      let image = try load(folder + "/" + name, preprocessor)
      image.pixels.withUnsafeBytes {
        network.setInput(frame: $0, width: image.width, height: image.height, with: preprocessor)
      }
      network.run()
      each(network.probabilities)
      let top = Prediction.top(5, of: network.probabilities).map(\.classIndex)
      counts.top1 += top[0] == index ? 1 : 0
      counts.top5 += top.contains(index) ? 1 : 0
    }
    return counts
  }
}
