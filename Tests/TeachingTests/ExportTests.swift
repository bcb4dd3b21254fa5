import Foundation
import MobileNet
import Model
import ModelFiles
import Pixels
import Platform
import Teaching
import TestSupport
import Testing

/// A network with a taught head, written and read again.
struct ExportTests {
  private let folder = TemporaryFolder()

  @Test(arguments: ["x.safetensors", "x.tflite"]) func itIsReadBack(name: String) throws {
    let source = try SafetensorsFile(path: FeatureTests.weights)
    let network = try #require(try FeatureTests.network(.fp32))
    let embedder = Embedder(
      network: network, mean: FeatureTests.features(network, of: .flat(90, 90, 90, width: 64, height: 64)),
      preprocessor: Preprocessor(kernels: InstructionSets.available.last!))
    let pictures = try ["coffee", "chelsea", "rocket"].map {
      try ImageFile.load(path: Checkout.asset("demo/\($0).jpg"))
    }
    // Names that lists of labels could take for something else.
    let labels = ["7 up", "a, \"b\"", "n01440764 tench"]
    let support = SupportSet(
      classes: zip(labels, pictures).map { SupportSet.Class(name: $0, bursts: [[embedder.shot($1)]]) })
    let head = TaughtHead(support, threshold: 0.5, length: 5, mean: embedder.mean)
    let export = try WeightExport(source, head: head.layer, labels: head.labels)
    let path = folder.path + "/" + name
    try Data(name.hasSuffix("s") ? export.safetensors() : export.tflite()).write(to: URL(filePath: path))

    let description = try WeightFile.describe(path: path)
    #expect(description.classCount == 4 && description.alpha == .quarter && description.trainedResolution == 224)
    let found = try WeightFile.labels(of: description)
    #expect((0..<4).map(found.label) == labels + ["none of these"])
    guard case .float(let read) = try WeightFile.load(path: path) else {
      Issue.record("it is not float")
      return
    }
    for layer in source.architecture.layers where layer.hasWeights && layer.kind != .fullyConnected {
      let (before, after) = (try source.layer(named: layer.name), try read.layer(named: layer.name))
      #expect(before.kernel == after.kernel && before.bias == after.bias, "\(layer.name)")
    }
    let taught = Network(
      weights: try PackedWeights(read, kernels: InstructionSets.available.last!), resolution: 224,
      team: try WorkerTeam(count: 1))
    for (index, picture) in pictures.enumerated() {
      picture.pixels.withUnsafeBytes {
        taught.setInput(
          frame: $0, width: picture.width, height: picture.height,
          with: Preprocessor(kernels: InstructionSets.available.last!))
      }
      taught.run()
      #expect(Prediction.top(1, of: taught.probabilities)[0].classIndex == index)
      #expect(abs(taught.probabilities.reduce(0, +) - 1) < 1e-4)
    }
  }

  @Test func whatAFileCannotSayIsRefused() throws {
    let source = try SafetensorsFile(path: FeatureTests.weights)
    for classes in [1, 1000, 1001] {
      let layer = FloatTensors(
        name: "fc", kernel: Array(repeating: 0, count: 256 * classes), bias: Array(repeating: 0, count: classes))
      let labels = (0..<classes).map { "c\($0)" }
      #expect(
        thrownMessage { _ = try WeightExport(source, head: layer, labels: labels) }?.contains("\(classes) classes")
          == true)
    }
  }
}
