import Kernels
import Model
import ModelFiles
import Platform

/// MobileNet V1 in real numbers, of 32 or 16 bits as its weights are packed, at one α, resolution and number of threads,
/// ready to run: weights packed, buffers laid out, steps planned.
///
/// Nothing is allocated by `run`. One thread at a time may use a network; several networks may share weights and team.
public final class Network: PlannedNetwork {
  public let weights: PackedWeights
  public var labels: Labels
  public var precision: Precision { kernels.precision }
  public var kernelsName: String { kernels.name }
  public var facts: WeightFacts { weights.facts }

  /// The input `[resolution + 1, inputRowStride / 3, 3]` in [−1, 1]: write `resolution` pixels of `resolution` rows, then
  /// `fillInputBorder`.
  public let input: UnsafeMutablePointer<Float>
  /// Floats from one input row to the next.
  public let inputRowStride: Int

  let kernels: KernelTable
  let plan: NetworkPlan<PackedLayer, Float>

  /// Bytes of depthwise output that a worker makes before it goes on to the pointwise layer.
  private static let fusedBytes = 48 * 1024
  /// The same where the weights are many: those of each panel stay in the first-level cache, while all of the depthwise output
  /// streams past them from the second.
  private static let streamedBytes = 128 * 1024
  /// Up to this side a layer has so many weights that reading them again costs more than waiting for each other: each
  /// worker takes two items, or, where the rows cannot be divided evenly or are few, they share the channels.
  private static let wholeShareSide = 16

  /// - Precondition: `Architecture.isValid(resolution:)`.
  public init(weights: PackedWeights, resolution: Int, team: WorkerTeam) {
    self.weights = weights
    let (kernels, facts) = (weights.kernels, weights.facts)
    self.kernels = kernels
    let workers = team.count
    let architecture = facts.architecture(resolution: resolution)
    labels = .numbered(outputs: architecture.classCount)
    plan = NetworkPlan(
      architecture, team: team,
      featureMaps: FeatureMaps(
        of: architecture, padding: facts.padding, inputElementBytes: 4, channelsPerElement: kernels.channelsPerWord,
        zero: { _ in 0 }),
      panel: 2 * kernels.lanes, paddedClasses: kernels.classPanels.paddedColumns(architecture.classCount),
      weights: { weights[$0] },
      cut: { depthwise, channels in
        let side = depthwise.outputSide
        if workers > 1, side <= Self.wholeShareSide, side < 8 || side % workers != 0 {
          // The channels that a worker wrote in the pointwise layer before: they are in its own cache.
          return BlockCut(isShared: true, rows: Items(total: side, size: side), channels: channels)
        }
        let rowBytes = side * kernels.words(depthwise.outputChannels) * 4
        let hasManyWeights = side <= Self.wholeShareSide
        // Some items a worker, so that none waits long for another.
        let rowsForBalance =
          workers == 1 ? side : hasManyWeights ? (side + 2 * workers - 1) / (2 * workers) : max(1, side / (4 * workers))
        let rowsInCache = max(1, (hasManyWeights ? Self.streamedBytes : Self.fusedBytes) / rowBytes)
        return BlockCut(
          isShared: false, rows: Items(total: side, size: min(rowsForBalance, rowsInCache, side)),
          channels: Items(total: depthwise.outputChannels, size: depthwise.outputChannels))
      },
      scratchWords: { pixels, channels in
        (kernels.words(channels) + kernels.lanes - 1) / kernels.lanes * Self.paddedPixels(pixels) * kernels.lanes
      })
    input = plan.featureMaps.input.assumingMemoryBound(to: Float.self)
    inputRowStride = plan.featureMaps.inputRowStride
    if weights.inputBorder != SIMD3() {
      for place in stride(from: -plan.featureMaps.inputBefore, to: 0, by: 3) { storeBorder(at: place) }
      for x in 0...resolution { storeBorder(at: resolution * inputRowStride + 3 * x) }
    }
    fillInputBorder()
  }

  /// Puts the border behind each row, where writing the row may have left zeros: what the network is padded with, which is
  /// no zero where it was made for other numbers than [−1, 1].
  public func fillInputBorder() {
    guard weights.inputBorder != SIMD3() else { return }
    for y in 0..<architecture.resolution { storeBorder(at: y * inputRowStride + 3 * architecture.resolution) }
  }

  private func storeBorder(at place: Int) {
    for color in 0..<3 { input[place + color] = weights.inputBorder[color] }
  }

  /// Pixels of a channel block, padded to an odd number: an even number of cache lines between blocks would map them
  /// all to a few sets of the cache.
  static func paddedPixels(_ pixels: Int) -> Int { pixels | 1 }

  func setRow(_ y: Int, _ row: UnsafePointer<UInt8>) {
    let target = input + y * inputRowStride
    for x in 0..<architecture.resolution * 3 { target[x] = Float(row[x]) * (1 / 127.5) - 1 }
  }

  public func setInput(frame: UnsafeRawBufferPointer, width: Int, height: Int, with preprocessor: Preprocessor) {
    preprocessor.run(pixels: frame, width: width, height: height, into: self)
  }

  func firstConvolution(rows: Range<Int>, worker: Int) {
    let (output, layer) = (plan.first, plan.firstWeights)
    let input = UnsafePointer(plan.featureMaps.inputCorner.assumingMemoryBound(to: Float.self))
    for y in rows {
      kernels.firstConvolution(
        FirstConvolutionArguments(
          input: input + 2 * y * inputRowStride, inputRowStride: inputRowStride, pixels: output.side,
          outputChannels: output.channels, weights: layer.weights, bias: layer.bias,
          output: output.origin + y * output.rowStride))
    }
  }

  func depthwise(
    _ block: Block<PackedLayer, Float>, rows: Range<Int>, channels: Range<Int>, output: UnsafeMutablePointer<Float>,
    firstRow: Int,
    pixels: Int
  ) {
    let input = block.input
    let corner = input.corner + kernels.words(channels.lowerBound)
    let weights = block.depthwiseWeights.weights + kernels.depthwiseLayout.words(channels: channels.lowerBound)
    let blockStride = Self.paddedPixels(pixels) * kernels.lanes
    let output = output + channels.lowerBound / kernels.blockChannels * blockStride
    for y in rows {
      kernels.depthwise(
        DepthwiseArguments(
          input: corner + y * block.depthwise.stride * input.rowStride, inputRowStride: input.rowStride,
          inputPixelStride: input.pixelStride, channels: channels.count, stride: block.depthwise.stride,
          pixels: block.side, weights: weights, output: output + (y - firstRow) * block.side * kernels.lanes,
          outputBlockStride: blockStride))
    }
  }

  func pointwise(
    _ block: Block<PackedLayer, Float>, input: UnsafeMutablePointer<Float>, pixels: Int, columns: Range<Int>,
    firstPixel: Int,
    worker: Int
  ) {
    kernels.pointwise(
      PointwiseArguments(
        input: input, inputBlockStride: Self.paddedPixels(pixels) * kernels.lanes,
        inputChannels: block.pointwise.inputChannels, pixels: 0..<pixels, columns: columns,
        weights: block.pointwiseWeights.weights, bias: block.pointwiseWeights.bias, output: block.output.origin,
        outputOffsets: block.output.offsets + firstPixel))
  }

  func pool() {
    let last = plan.last
    kernels.averagePool(last.origin, last.side * last.side, last.channels, plan.pooled.pointer)
  }

  func fullyConnected(columns: Range<Int>) {
    kernels.fullyConnected(
      FullyConnectedArguments(
        input: plan.pooled.pointer, inputChannels: plan.last.channels, columns: columns,
        weights: plan.classWeights.weights, bias: plan.classWeights.bias, output: plan.logits.pointer))
  }

  func softmax() { kernels.softmax(plan.logits.pointer, architecture.classCount, plan.classes.total) }
}

extension KernelTable {
  /// Of the network that these kernels make.
  public var precision: Precision {
    switch format {
    case .float32: .fp32
    case .bfloat16: .bf16
    case .float16: .fp16
    }
  }
}
