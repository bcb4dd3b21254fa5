import CCPU
import Kernels
import Model
import ModelFiles
import Platform

/// MobileNet V1 in 8-bit integers at one α, resolution and number of threads, ready to run: as `Network`, with bytes for
/// activations and 32-bit sums.
public final class QuantizedNetwork: PlannedNetwork {
  public let weights: QuantizedPackedWeights
  public var labels: Labels
  public let precision = Precision.int8
  public var kernelsName: String { kernels.name }
  public var facts: WeightFacts { weights.facts }

  let kernels: QuantizedKernelTable
  let plan: NetworkPlan<QuantizedPackedLayer, UInt8>
  private let softmaxKernel: @Sendable (UnsafeMutablePointer<Float>, Int, Int) -> Void
  /// The image `[resolution + 1, inputRowStride / 3, 3]` of elements (`QuantizedKernelTable.elementBytes`).
  private let input: UnsafeMutableRawPointer
  /// Elements from one input row to the next.
  private let inputRowStride: Int
  /// For each worker, what weight zero points add to each pixel's sums.
  private let corrections: [AlignedBuffer]

  /// Bytes of depthwise output that a worker makes before it goes on to the pointwise layer.
  private static let fusedBytes = 24 * 1024
  /// Feature maps up to this many pixels are cut by channels where there is more than one worker.
  private static let sharedPixels = 256

  /// - Precondition: `Architecture.isValid(resolution:)`.
  public init(weights: QuantizedPackedWeights, resolution: Int, team: WorkerTeam) {
    self.weights = weights
    let (kernels, facts) = (weights.kernels, weights.facts)
    self.kernels = kernels
    softmaxKernel = InstructionSets.companion(of: kernels).softmax
    let workers = team.count
    let architecture = facts.architecture(resolution: resolution)
    labels = .numbered(outputs: architecture.classCount)
    plan = NetworkPlan(
      architecture, team: team,
      featureMaps: FeatureMaps(
        of: architecture, padding: facts.padding, inputElementBytes: kernels.elementBytes,
        zero: { UInt8(weights[$0.name].range.zeroPoint) }),
      panel: kernels.panels.vectors * kernels.panels.lanes,
      paddedClasses: kernels.panels.paddedColumns(architecture.classCount), weights: { weights[$0] },
      cut: { depthwise, _ in
        let side = depthwise.outputSide
        let isShared = workers > 1 && side * side <= Self.sharedPixels
        let rowBytes = side * depthwise.outputChannels * kernels.elementBytes
        // At least four items a worker, so that none waits long for another; an even number, as rows are made in pairs.
        let rowsForBalance = workers == 1 ? side : max(1, side / (4 * workers))
        let rows = isShared ? max(1, side / (2 * workers)) : min(rowsForBalance, max(1, Self.fusedBytes / rowBytes))
        return BlockCut(
          isShared: isShared, rows: Items(total: side, size: rows, unit: 2),
          channels: Items(total: depthwise.outputChannels, size: depthwise.outputChannels))
      },
      // Kernels read and write whole vectors past the end.
      scratchWords: { pixels, channels in (pixels * channels * kernels.elementBytes + 191) / 64 * 16 })
    input = plan.featureMaps.input
    inputRowStride = plan.featureMaps.inputRowStride
    let mostPixels = plan.mostPixels
    corrections = (0..<workers).map { _ in AlignedBuffer(mostPixels) }
    fillInputBorder()
  }

  // MARK: Input

  private func fillInputBorder() {
    let resolution = architecture.resolution
    let before = plan.featureMaps.inputBefore
    for place in 0..<before { store(weights.ends.inputBorder[place % 3], at: place - before) }
    for y in 0...resolution {
      for x in 0..<inputRowStride where y == resolution || x >= resolution * 3 {
        store(weights.ends.inputBorder[x % 3], at: y * inputRowStride + x)
      }
    }
  }

  private func store(_ byte: UInt8, at element: Int) {
    if kernels.elementBytes == 1 {
      input.storeBytes(of: byte, toByteOffset: element, as: UInt8.self)
    } else {
      input.storeBytes(of: Int16(byte), toByteOffset: 2 * element, as: Int16.self)
    }
  }

  /// One row of pixels through the weights' table into the input.
  func setRow(_ y: Int, _ row: UnsafePointer<UInt8>) {
    weights.ends.pixelTable.withUnsafeBufferPointer { table in
      let start = y * inputRowStride
      guard table.count == 256 else {
        for x in 0..<architecture.resolution * 3 { store(table[x % 3 * 256 + Int(row[x])], at: start + x) }
        return
      }
      if kernels.elementBytes == 1 {
        let target = (input + start).assumingMemoryBound(to: UInt8.self)
        for x in 0..<architecture.resolution * 3 { target[x] = table[Int(row[x])] }
      } else {
        let target = (input + 2 * start).assumingMemoryBound(to: Int16.self)
        for x in 0..<architecture.resolution * 3 { target[x] = Int16(table[Int(row[x])]) }
      }
    }
  }

  public func setInput(frame: UnsafeRawBufferPointer, width: Int, height: Int, with preprocessor: Preprocessor) {
    preprocessor.run(pixels: frame, width: width, height: height, resolution: architecture.resolution) { y, row in
      setRow(y, row)
    }
  }

  // MARK: Running

  func firstConvolution(rows: Range<Int>, worker: Int) {
    let (output, layer, elementBytes) = (plan.first, plan.firstWeights, kernels.elementBytes)
    for y in rows {
      let line = plan.featureMaps.inputCorner + 2 * y * inputRowStride * elementBytes
      kernels.convolution(
        QuantizedConvolutionArguments(
          input: line, pixelStrideBytes: 6 * elementBytes, runs: 3, runStrideBytes: inputRowStride * elementBytes,
          words: kernels.panels.words(9), pixels: output.side, columns: 0..<output.channels, weights: layer.weights,
          bias: layer.bias, scales: layer.scales,
          corrections: sums(
            of: line, layer, pixelStride: 6, runs: 3, runStride: inputRowStride, count: 9, pixels: output.side, worker),
          range: layer.range, output: output.origin, outputOffsets: output.offsets + y * output.side))
    }
  }

  /// What the layer's weight zero point adds to each pixel's sums; `nil` where it is folded into the weights.
  private func sums(
    of input: UnsafeRawPointer, _ layer: QuantizedPackedLayer, pixelStride: Int, runs: Int, runStride: Int,
    count: Int, pixels: Int, _ worker: Int
  ) -> UnsafePointer<Int32>? {
    guard layer.correction != 0 else { return nil }
    let output = corrections[worker].words
    kernels.byteSums(
      ByteSumsArguments(
        input: input.assumingMemoryBound(to: UInt8.self), pixelStrideBytes: pixelStride, runs: runs,
        runStrideBytes: runStride, count: count, pixels: pixels, factor: layer.correction, output: output))
    return UnsafePointer(output)
  }

  func depthwise(
    _ block: Block<QuantizedPackedLayer, UInt8>, rows: Range<Int>, channels: Range<Int>,
    output: UnsafeMutablePointer<Float>,
    firstRow: Int, pixels: Int
  ) {
    let input = block.input
    let stride = block.depthwise.stride
    let rowBytes = block.side * input.channels * kernels.elementBytes
    let bytes = UnsafeMutableRawPointer(output).assumingMemoryBound(to: UInt8.self)
    kernels.depthwise(
      QuantizedDepthwiseArguments(
        input: input.corner + rows.lowerBound * stride * input.rowStride, inputRowStrideBytes: input.rowStride,
        channels: input.channels, stride: stride, pixels: block.side, rows: rows.count,
        weights: block.depthwiseWeights.weights, parts: block.depthwiseWeights.parts,
        range: block.depthwiseWeights.range, output: bytes + (rows.lowerBound - firstRow) * rowBytes))
  }

  func pointwise(
    _ block: Block<QuantizedPackedLayer, UInt8>, input: UnsafeMutablePointer<Float>, pixels: Int, columns: Range<Int>,
    firstPixel: Int, worker: Int
  ) {
    let input = UnsafeRawPointer(input).assumingMemoryBound(to: UInt8.self)
    let layer = block.pointwiseWeights
    let channels = block.pointwise.inputChannels
    kernels.convolution(
      QuantizedConvolutionArguments(
        input: input, pixelStrideBytes: channels * kernels.elementBytes, runs: 1, runStrideBytes: 0,
        words: kernels.panels.words(channels), pixels: pixels, columns: columns, weights: layer.weights,
        bias: layer.bias, scales: layer.scales,
        corrections: sums(
          of: input, layer, pixelStride: channels, runs: 1, runStride: 0, count: channels, pixels: pixels, worker),
        range: layer.range, output: block.output.origin, outputOffsets: block.output.offsets + firstPixel))
  }

  /// There is no 8-bit network of these: nobody trained one.
  func standardConvolution(_ block: StandardBlock<QuantizedPackedLayer, UInt8>, item: Int, worker: Int) {
    preconditionFailure("an 8-bit network has separable convolutions only")
  }

  func pool() {
    let (last, ends) = (plan.last, weights.ends)
    let pixels = last.side * last.side
    kernels.pool(
      QuantizedPoolArguments(
        input: last.origin, pixels: pixels, channels: last.channels, zero: Int32(pixels) * ends.poolInputZeroPoint,
        scale: Float(ends.poolScale / Double(pixels)), range: ends.poolRange, output: plan.pooled.bytes))
  }

  func fullyConnected(columns: Range<Int>) {
    let (layer, pooled) = (plan.classWeights, plan.pooled.bytes)
    var correction: Int32 = 0
    if layer.correction != 0 {
      for channel in 0..<plan.last.channels { correction += Int32(pooled[channel]) }
      correction *= layer.correction
    }
    kernels.fullyConnected(
      QuantizedFullyConnectedArguments(
        input: pooled, words: kernels.panels.words(plan.last.channels), columns: columns, weights: layer.weights,
        bias: layer.bias, scales: layer.scales, correction: correction, output: plan.logits.pointer))
  }

  func softmax() {
    let logits = plan.logits.pointer
    if let steps = weights.ends.logits {
      // The file's logits are bytes: what is lost in them is a part of the trained network.
      for index in 0..<architecture.classCount {
        let step = logits[index].rounded(.toNearestOrEven) + Float(steps.zeroPoint)
        logits[index] = (min(max(step, 0), 255) - Float(steps.zeroPoint)) * steps.scale
      }
    }
    softmaxKernel(logits, architecture.classCount, plan.logits.count)
  }
}
