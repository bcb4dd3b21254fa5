import Model
import ModelFiles

/// A classifier in the place of a network's `fc`, so that the network answers with the taught classes.
///
/// A logit is the product of the features, less their mean, with the class's direction: in the order of the cosines to the classes' means,
/// since the length is that of the features for all of them. A last output is 'none of these': its logit is the same everywhere, what the threshold
/// is at the shots' mean length. (Softmax has no other way to say it.)
public struct TaughtHead {
  /// Of a cosine of 1 at the shots' mean length: softmax of what cosines are, −1 … 1, would be flat.
  static let sharpness: Float = 20

  public let layer: FloatTensors
  public let labels: [String]

  /// - Parameters:
  ///   - length: mean length of the shots' features less `mean`.
  ///   - mean: what was taken off the features.
  public init(_ support: SupportSet, threshold: Float, length: Float, mean: [Float]) {
    let scale = Self.sharpness / max(length, 1e-6)
    let prototypes = support.classes.map { group in
      var sum = Embedding(zero: mean.count)
      for shot in group.bursts.joined() { sum.add(shot) }
      return sum.normalised.values
    }
    labels = support.classes.map(\.name) + [TaughtAnswer.none]
    let outputs = labels.count
    var kernel = [Float](repeating: 0, count: mean.count * outputs)
    var bias = [Float](repeating: 0, count: outputs)
    for (column, prototype) in prototypes.enumerated() {
      for row in mean.indices {
        kernel[row * outputs + column] = scale * prototype[row]
        bias[column] -= scale * prototype[row] * mean[row]
      }
    }
    bias[outputs - 1] = Self.sharpness * threshold
    layer = FloatTensors(name: "fc", kernel: kernel, bias: bias)
  }
}
