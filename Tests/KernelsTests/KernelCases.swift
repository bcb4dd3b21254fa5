import Kernels

/// The one list of kernels: each with its sizes and its check against the scalar reference.
enum Kernel: String, CaseIterable, Sendable {
  case pointwise, firstConvolution, depthwise, averagePool, fullyConnected, softmax, resizeRow

  /// Runs the kernel of `table` at all its sizes.
  func check(_ table: KernelTable) -> Findings {
    switch self {
    case .pointwise: checkPointwise(table)
    case .firstConvolution: checkFirstConvolution(table)
    case .depthwise: checkDepthwise(table)
    case .averagePool: checkAveragePool(table)
    case .fullyConnected: checkFullyConnected(table)
    case .softmax: checkSoftmax(table)
    case .resizeRow: checkResizeRow(table)
    }
  }
}

/// Sizes around the tiles: 4, 6 or 14 pixels × panels of 32, 16 and 8 channels.
enum Sizes {
  /// Below, at and above half vectors, vectors, pairs of vectors, and mixtures of all three. α gives no others than
  /// multiples of eight.
  static let channels = [8, 16, 24, 32, 40, 48, 56, 64, 96, 104]
  /// Up to two of the tallest tiles and two pixels more.
  static let mostPixels = 30
}
