import Kernels
import MobileNet
import Model
import ModelFiles
import Testing

/// The network with standard convolutions against loops that say what a convolution is.
struct StandardConvolutionTests {
  @Test(arguments: InstructionSets.available.map(\.name), Alpha.allCases)
  func plainLoopsGiveTheSame(isa: String, alpha: Alpha) throws {
    let source = RandomWeights(alpha: alpha, convolution: .standard)
    // 96: sides 48, 24, 12, 6 and 3, so rows that no number of workers divides, and both ways of sharing.
    let resolution = alpha == .quarter ? 96 : 32
    let pixels = Self.pixels(resolution)
    let expected = try PlainNetwork(source, resolution: resolution).probabilities(of: pixels)
    let weights = try PackedWeights(source, kernels: InstructionSets.named(isa))
    for threads in 1...3 {
      let network = try Network(weights: weights, resolution: resolution, team: WorkerTeam(count: threads))
      network.setInput(pixels: pixels)
      network.run()
      let difference = Difference(Array(network.probabilities), expected)
      #expect(difference.isWithin(Self.tolerance), "\(isa), α \(alpha.name), \(threads) threads: \(difference)")
      #expect(network.layerTimes.reduce(.zero, +) <= network.total)
    }
    // Random weights answer much the same to every picture, but not within the tolerance.
    let other = try PlainNetwork(source, resolution: resolution).probabilities(of: pixels.reversed())
    #expect(!Difference(other, expected).isWithin(30 * Self.tolerance))
  }

  /// A thousandth of a random network's usual probability.
  private static let tolerance: Float = 1e-6

  private static func pixels(_ resolution: Int) -> [UInt8] {
    var state: UInt32 = 7
    return (0..<resolution * resolution * 3).map { index in
      state = state &* 1_664_525 &+ 1_013_904_223
      // Rows grow brighter, so that up and down differ.
      return UInt8((Int(state >> 25) + index * 127 / (resolution * resolution * 3)) & 255)
    }
  }
}

/// SAME convolutions with ReLU6, pooling and softmax, in Double and without any trick.
private struct PlainNetwork {
  let source: RandomWeights
  let architecture: Architecture

  init(_ source: RandomWeights, resolution: Int) {
    self.source = source
    architecture = source.facts.architecture(resolution: resolution)
  }

  func probabilities(of pixels: [UInt8]) throws -> [Float] {
    var map = pixels.map { Double($0) / 127.5 - 1 }
    for layer in architecture.layers {
      switch layer.kind {
      case .convolution: map = convolve(map, layer, try source.layer(named: layer.name))
      case .pool:
        let area = layer.inputSide * layer.inputSide
        map = (0..<layer.inputChannels).map { channel in
          (0..<area).reduce(0) { $0 + map[$1 * layer.inputChannels + channel] } / Double(area)
        }
      case .fullyConnected:
        let weights = try source.layer(named: layer.name)
        map = (0..<layer.outputChannels).map { column in
          (0..<layer.inputChannels).reduce(Double(weights.bias[column])) {
            $0 + map[$1] * Double(weights.kernel[$1 * layer.outputChannels + column])
          }
        }
      case .softmax:
        let largest = map.max() ?? 0
        let powers = map.map { exponential($0 - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { Float($0 / sum) }
      case .depthwise, .pointwise: Issue.record("\(layer.name) is no layer of a standard network")
      }
    }
    return []
  }

  private func convolve(_ map: [Double], _ layer: Architecture.Layer, _ weights: FloatTensors) -> [Double] {
    let (side, channels, columns) = (layer.inputSide, layer.inputChannels, layer.outputChannels)
    let kernel = weights.kernel.map(Double.init)
    // TensorFlow's SAME: an even side at stride 2 is padded at the bottom and right only.
    let before = layer.stride == 1 ? 1 : 0
    var output: [Double] = []
    output.reserveCapacity(layer.outputSide * layer.outputSide * columns)
    for y in 0..<layer.outputSide {
      for x in 0..<layer.outputSide {
        var sums = weights.bias.map(Double.init)
        for tap in 0..<9 {
          let (row, column) = (y * layer.stride + tap / 3 - before, x * layer.stride + tap % 3 - before)
          guard row >= 0, row < side, column >= 0, column < side else { continue }
          for channel in 0..<channels {
            let value = map[(row * side + column) * channels + channel]
            let start = (tap * channels + channel) * columns
            for k in 0..<columns { sums[k] += value * kernel[start + k] }
          }
        }
        output += sums.map { min(max($0, 0), 6) }
      }
    }
    return output
  }

  /// By its series: all this needs no library.
  private func exponential(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    let small = x / 1024
    for n in 1..<20 {
      term *= small / Double(n)
      sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
  }
}
