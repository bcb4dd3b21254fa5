import Model
import ModelFiles

/// What is known of a float network's activations without a single photograph: each channel's largest possible value,
/// and its mean over images of coloured noise, which lies near the mean over photographs (correlation 0.9 to 0.9998).
///
/// Goes through the network layer by layer, as the quantizer does.
struct NoiseStatistics {
  /// No value of the current activations' channels can be larger; 6 at most behind a ReLU6.
  private(set) var largest: [Double] = [1, 1, 1]
  /// Mean of each channel of the current activations.
  private(set) var means: [Float] = [0, 0, 0]

  private let padding: Padding
  private var side = 64
  /// `[images, side, side, C]`
  private var images: [[Float]]

  private static let imageCount = 4
  /// A channel that can never be above zero gets steps of some size all the same.
  private static let leastLargest = 0.02

  init(padding: Padding) {
    self.padding = padding
    var random = SplitMix64(state: 1)
    images = (0..<Self.imageCount).map { [side] _ in Self.noise(side: side, &random) }
  }

  /// Squares of every size from the whole image to a pixel, each with a brightness and a tint of its own, as in nature the
  /// coarse ones as strong as the fine ones.
  private static func noise(side: Int, _ random: inout SplitMix64) -> [Float] {
    func uniform() -> Float { Float(random.next() >> 40) / 8_388_608 - 1 }
    var image = [Float](repeating: 0, count: side * side * 3)
    var size = side
    while size >= 1 {
      let squares = side / size
      let colors = (0..<squares * squares).map { _ in
        let grey = uniform()
        return SIMD3(grey + 0.4 * uniform(), grey + 0.4 * uniform(), grey + 0.4 * uniform())
      }
      for y in 0..<side {
        for x in 0..<side {
          let color = colors[y / size * squares + x / size]
          for channel in 0..<3 { image[(y * side + x) * 3 + channel] += color[channel] }
        }
      }
      size /= 2
    }
    return image.map { min(max($0 * 0.21, -1), 1) }
  }

  /// Takes the activations through a layer with ReLU6.
  mutating func advance(_ layer: FloatTensors, kind: Architecture.Kind, stride: Int) {
    let channels = layer.bias.count
    var bounds = layer.bias.map(Double.init)
    for (index, weight) in layer.kernel.enumerated() {
      let weight = Double(weight)
      switch kind {
      // The image is of both signs.
      case .convolution: bounds[index % channels] += abs(weight)
      case .depthwise: bounds[index % channels] += max(weight, 0) * largest[index % channels]
      default: bounds[index % channels] += max(weight, 0) * largest[index / channels]
      }
    }
    largest = bounds.map { min(max($0, Self.leastLargest), 6) }
    images = images.map { image in
      switch kind {
      case .convolution: Self.convolved(image, side: side, before: padding.before(stride: stride), layer)
      case .depthwise:
        Self.depthwise(image, side: side, stride: stride, before: padding.before(stride: stride), layer)
      default: Self.pointwise(image, layer)
      }
    }
    side /= stride
    means = Array(repeating: 0, count: channels)
    for image in images { for (index, value) in image.enumerated() { means[index % channels] += value } }
    for channel in means.indices { means[channel] /= Float(side * side * Self.imageCount) }
  }

  /// Adds `value × weights` to `sums`, the inner loop of every layer.
  private static func add(
    _ value: Float, _ weights: UnsafePointer<Float>, _ count: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    for c in 0..<count { sums[c] += value * weights[c] }
  }

  /// Fills an output image pixel by pixel: `body` adds a pixel's products to its sums, which start from the bias.
  private static func image(
    pixels: Int, _ layer: FloatTensors,
    body: (Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) -> [Float] {
    let channels = layer.bias.count
    return [Float](unsafeUninitializedCapacity: pixels * channels) { output, count in
      layer.kernel.withUnsafeBufferPointer { kernel in
        for pixel in 0..<pixels {
          let sums = output.baseAddress! + pixel * channels
          layer.bias.withUnsafeBufferPointer { sums.initialize(from: $0.baseAddress!, count: channels) }
          body(pixel, kernel.baseAddress!, sums)
          for c in 0..<channels { sums[c] = min(max(sums[c], 0), 6) }
        }
      }
      count = pixels * channels
    }
  }

  private static func convolved(
    _ input: [Float], side: Int, before: Int, _ layer: FloatTensors
  ) -> [Float] {
    let channels = layer.bias.count
    let outputSide = side / 2
    return image(pixels: outputSide * outputSide, layer) { pixel, kernel, sums in
      let (y, x) = pixel.quotientAndRemainder(dividingBy: outputSide)
      let (top, left): (Int, Int) = (2 * y - before, 2 * x - before)
      for ky in 0..<3 where (0..<side).contains(top + ky) {
        for kx in 0..<3 where (0..<side).contains(left + kx) {
          let corner: Int = 3 * ((top + ky) * side + left + kx)
          for i in 0..<3 {
            let value = input[corner + i]
            add(value, kernel + (9 * ky + 3 * kx + i) * channels, channels, to: sums)
          }
        }
      }
    }
  }

  private static func depthwise(
    _ input: [Float], side: Int, stride: Int, before: Int, _ layer: FloatTensors
  ) -> [Float] {
    let channels = layer.bias.count
    let outputSide = side / stride
    return input.withUnsafeBufferPointer { input in
      image(pixels: outputSide * outputSide, layer) { pixel, kernel, sums in
        let (y, x) = pixel.quotientAndRemainder(dividingBy: outputSide)
        for ky in 0..<3 where (0..<side).contains(stride * y + ky - before) {
          for kx in 0..<3 where (0..<side).contains(stride * x + kx - before) {
            let values =
              input.baseAddress! + ((stride * y + ky - before) * side + stride * x + kx - before) * channels
            let weights = kernel + (3 * ky + kx) * channels
            for c in 0..<channels { sums[c] += values[c] * weights[c] }
          }
        }
      }
    }
  }

  private static func pointwise(_ input: [Float], _ layer: FloatTensors) -> [Float] {
    let channels = layer.bias.count
    let inputChannels = layer.kernel.count / channels
    return image(pixels: input.count / inputChannels, layer) { pixel, kernel, sums in
      for k in 0..<inputChannels where input[pixel * inputChannels + k] != 0 {
        add(input[pixel * inputChannels + k], kernel + k * channels, channels, to: sums)
      }
    }
  }
}
