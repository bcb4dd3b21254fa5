import Foundation
import Frames
import Kernels
import MobileNet
import ModelFiles
import Pixels
import Platform
import TestSupport
import Testing

/// Frames that are decoded no larger than the network looks at have the labels that they have whole.
@Suite(.enabled(if: Reference.isUsable, "no reference data beside the checkout")) struct DividedAccuracyTests {
  @Test(arguments: [64, 96])
  func aHundredPhotographs(resolution: Int) throws {
    let source = try SafetensorsFile(path: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors"))
    let network = Network(
      weights: try PackedWeights(source, kernels: InstructionSets.available.last!), resolution: resolution,
      team: try WorkerTeam(count: 1))
    let ring = FrameRing()
    let reader = ring.makeReader()
    reader.detail = .square(.central, side: resolution)
    let decoder = JPEGDecoder()
    var divided = 0
    let whole = try Photographs.right(network)
    let small = try Photographs.right(
      network,
      load: { path, preprocessor in
        let jpeg = try Data(contentsOf: URL(filePath: path))
        return try jpeg.withUnsafeBytes { jpeg in
          let size = try decoder.size(of: jpeg)
          let divisor = ring.divisor(width: size.width, height: size.height)
          divided += divisor > 1 ? 1 : 0
          preprocessor.crop = CropChoice.central.crop(width: size.width, height: size.height)
          preprocessor.divisor = divisor
          let smaller = try decoder.size(of: jpeg, dividedBy: divisor)
          var pixels = [UInt8](repeating: 0, count: smaller.byteCount)
          try pixels.withUnsafeMutableBytes { _ = try decoder.decode(jpeg, dividedBy: divisor, into: $0) }
          return RGBImage(width: smaller.width, height: smaller.height, pixels: pixels)
        }
      })
    withExtendedLifetime(reader) {}
    print("\(resolution): \(divided) of 100 decoded smaller, \(small) right for \(whole) of whole ones")
    #expect(divided >= 30, "as many are large enough for it")
    #expect(abs(small.top1 - whole.top1) <= 1, "\(small) for \(whole)")
    #expect(abs(small.top5 - whole.top5) <= 2, "\(small) for \(whole)")
  }
}
