import Frames
import MobileNet
import Model
import Pixels
import Platform

/// Turns pictures into embeddings: the network's pooled features, less the mean of all pictures' features, of length 1.
///
/// The mean is taken off since all pictures have much in common, which tells no class from another (SimpleShot: Wang et al.,
/// 2019, arXiv 1911.04623). One thread at a time may use an embedder: it runs the network.
public final class Embedder {
  public let network: any RunnableNetwork
  /// `[featureCount]`
  public let mean: [Float]
  private let preprocessor: Preprocessor
  private var features: [Float] = []
  private var lengths: (sum: Float, count: Float) = (0, 0)

  /// - Precondition: the mean has as many numbers as the network has features.
  public init(network: any RunnableNetwork, mean: [Float], preprocessor: Preprocessor) {
    precondition(mean.count == network.featureCount)
    self.network = network
    self.mean = mean
    self.preprocessor = preprocessor
  }

  /// The features of a picture, `[featureCount]`.
  public func features(of picture: RGBImage) -> [Float] {
    picture.pixels.withUnsafeBytes {
      network.setInput(frame: $0, width: picture.width, height: picture.height, with: preprocessor)
    }
    network.run()
    network.copyFeatures(into: &features)
    return features
  }

  public func embedding(of picture: RGBImage) -> Embedding {
    let features = features(of: picture)
    lengths.sum += zip(features, mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    lengths.count += 1
    return Embedding(features: features, mean: mean)
  }

  /// Of the features of the pictures since `resetLength`, less the mean.
  var meanLength: Float { lengths.count > 0 ? lengths.sum / lengths.count : 0 }
  func resetLength() { lengths = (0, 0) }

  /// What is learnt of a shot: the sum of its embedding and that of its mirror image, whose length is 1 again. What stands on a
  /// desk is the same thing from the other side.
  public func shot(_ picture: RGBImage) -> Embedding {
    var shot = embedding(of: picture)
    shot.add(embedding(of: picture.mirrored))
    return shot.normalised
  }
}

/// A direction in the space of features.
public struct Embedding: Sendable, Hashable {
  public private(set) var values: [Float]

  /// Of features `[C]`, less a mean.
  public init(features: [Float], mean: [Float]) {
    values = zip(features, mean).map { $0 - $1 }
    self = normalised
  }

  public init(zero count: Int) { values = Array(repeating: 0, count: count) }

  public mutating func add(_ other: Embedding, times factor: Float = 1) {
    for index in values.indices { values[index] += factor * other.values[index] }
  }

  /// Of length 1; 0 stays 0, and what is no number becomes 0.
  public var normalised: Embedding {
    let length = dot(self).squareRoot()
    var result = self
    let scale = length > 0 && length.isFinite ? 1 / length : 0
    for index in values.indices { result.values[index] = scale == 0 ? 0 : values[index] * scale }
    return result
  }

  var isZero: Bool { values.allSatisfy { $0 == 0 } }

  /// The cosine of two embeddings of length 1.
  public func dot(_ other: Embedding) -> Float {
    values.withUnsafeBufferPointer { a in
      other.values.withUnsafeBufferPointer { b in
        var sums = SIMD8<Float>()
        // Features are multiples of eight.
        for index in stride(from: 0, to: a.count, by: 8) {
          let (a, b) = (UnsafeRawPointer(a.baseAddress! + index), UnsafeRawPointer(b.baseAddress! + index))
          sums += a.loadUnaligned(as: SIMD8<Float>.self) * b.loadUnaligned(as: SIMD8<Float>.self)
        }
        return sums.sum()
      }
    }
  }
}

extension RGBImage {
  /// Left is right.
  package var mirrored: RGBImage {
    RGBImage(
      width: width, height: height,
      pixels: [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
        pixels.withUnsafeBufferPointer { source in
          for y in 0..<height {
            for x in 0..<width {
              let (from, to) = ((y * width + x) * 3, (y * width + width - 1 - x) * 3)
              for channel in 0..<3 { target[to + channel] = source[from + channel] }
            }
          }
        }
        count = pixels.count
      })
  }
}
