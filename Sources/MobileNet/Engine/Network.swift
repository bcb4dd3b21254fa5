import Kernels
import Model
import ModelFiles
import Platform

/// MobileNet V1 in real numbers, float32 or bfloat16 as its weights are packed, at one α, resolution and number of threads,
/// ready to run: weights packed, buffers laid out, steps planned.
///
/// Nothing is allocated by `run`. One thread at a time may use a network; several networks may share weights and team.
public final class Network: StepWorker {
  public let architecture: Architecture
  public let weights: PackedWeights
  public let team: WorkerTeam
  public var labels: Labels
  public var precision: Precision { kernels.precision }

  /// The input `[resolution + 1, inputRowStride / 3, 3]` in [−1, 1]: write `resolution` pixels of `resolution` rows, then
  /// `fillInputBorder`.
  public let input: UnsafeMutablePointer<Float>
  /// Floats from one input row to the next.
  public let inputRowStride: Int
  private let inputCorner: UnsafePointer<Float>

  /// Softmax outputs `[classCount]` of the last run, in the weights' own numbering.
  public var probabilities: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: logits.pointer, count: architecture.classCount)
  }
  public var total: Nanoseconds { schedule.total }
  public var layerTimes: [Nanoseconds] { schedule.layerTimes }
  public var unaccounted: Nanoseconds { schedule.unaccounted }
  public var timesLayers: Bool {
    get { schedule.timesLayers }
    set { schedule.timesLayers = newValue }
  }

  private let schedule: StepSchedule
  private let work: [StepPlan<Block, StandardBlock>.Work]
  let kernels: KernelTable
  private let featureMaps: FeatureMaps<Float>
  private let logits: AlignedBuffer
  private let pooled: AlignedBuffer
  private let first: FeatureMap<Float>
  private let firstRows: Items
  private let firstWeights: UnsafePointer<Float>
  private let firstBias: UnsafePointer<Float>
  let last: FeatureMap<Float>
  let classWeights: UnsafePointer<Float>
  private let classBias: UnsafePointer<Float>
  /// Output classes of the classifier's items, padded to whole granules.
  private let classes: Items
  /// The depthwise output that workers share, `[C / L][sharedBlockStride / L][L]`.
  private let shared: AlignedBuffer
  private let scratch: [AlignedBuffer]

  /// Bytes of depthwise output that a worker makes before it goes on to the pointwise layer.
  private static let fusedBytes = 48 * 1024
  /// Up to this side a layer has so many weights that reading them again costs more than waiting for each other: each
  /// worker takes one item, or, where the rows cannot be divided evenly or are few, they share the channels.
  private static let wholeShareSide = 16
  private static func sharesChannels(side: Int, workers: Int) -> Bool {
    workers > 1 && side <= wholeShareSide && (side < 8 || side % workers != 0)
  }

  /// - Precondition: `Architecture.isValid(resolution:)`.
  public init(weights: PackedWeights, resolution: Int, team: WorkerTeam) {
    let architecture = Architecture(
      alpha: weights.alpha, resolution: resolution, classCount: weights.classCount, convolution: weights.convolution)
    self.architecture = architecture
    self.weights = weights
    self.team = team
    labels = .numbered(outputs: architecture.classCount)
    let kernels = weights.kernels
    self.kernels = kernels
    let workers = team.count
    let layers = architecture.layers

    featureMaps = FeatureMaps(
      of: architecture, padding: weights.padding, inputElementBytes: 4, channelsPerElement: kernels.channelsPerWord,
      zero: { _ in 0 })
    inputRowStride = featureMaps.inputRowStride
    input = featureMaps.input.assumingMemoryBound(to: Float.self)
    inputCorner = UnsafePointer(featureMaps.inputCorner.assumingMemoryBound(to: Float.self))
    let maps = featureMaps.maps
    first = maps[0]
    firstWeights = weights.weights("conv1")
    firstBias = weights.bias("conv1")
    last = maps[maps.count - 1]
    classWeights = weights.weights("fc")
    classBias = weights.bias("fc")

    var plan = StepPlan<Block, StandardBlock>()
    var scratchWords = 0
    var sharedWords = 0
    firstRows = Items(total: first.side, size: max(1, first.side / (8 * workers)))
    plan.add(.firstConvolution, items: firstRows.count, layers: 0..<1)
    for (number, index) in layers.indices.filter({ layers[$0].kind == .depthwise }).enumerated() {
      let depthwise = layers[index]
      let pointwise = layers[index + 1]
      let side = depthwise.outputSide
      let rowBytes = side * kernels.words(depthwise.outputChannels) * 4
      // At least four items a worker, so that none waits long for another.
      let rowsForBalance =
        workers == 1
        ? side : side <= Self.wholeShareSide ? (side + workers - 1) / workers : max(1, side / (4 * workers))
      let rowsInCache = side <= Self.wholeShareSide ? side : max(1, Self.fusedBytes / rowBytes)
      let block = Block(
        depthwise: depthwise, pointwise: pointwise, depthwiseWeights: weights.weights(depthwise.name),
        pointwiseWeights: weights.weights(pointwise.name), pointwiseBias: weights.bias(pointwise.name),
        input: maps[number], output: maps[number + 1],
        rows: Items(total: side, size: min(rowsForBalance, rowsInCache, side)),
        // The channels that a worker wrote in the pointwise layer before: they are in its own cache.
        channels: columnItems(depthwise.outputChannels), columns: columnItems(pointwise.outputChannels))
      func words(_ pixels: Int) -> Int {
        let words = kernels.words(depthwise.outputChannels)
        return (words + kernels.lanes - 1) / kernels.lanes * Self.paddedPixels(pixels) * kernels.lanes
      }
      if Self.sharesChannels(side: side, workers: workers) {
        sharedWords = max(sharedWords, words(side * side))
        plan.add(.depthwise(block), items: block.channels.count, layers: index..<index + 1)
        plan.add(.pointwise(block), items: block.columns.count, layers: index + 1..<index + 2)
      } else {
        scratchWords = max(scratchWords, words(block.rows.size * side))
        plan.add(.fused(block), items: block.rows.count, layers: index..<index + 2)
      }
    }
    for index in layers.indices.dropFirst() where layers[index].kind == .convolution {
      let layer = layers[index]
      let block = StandardBlock(
        layer: layer, weights: weights.weights(layer.name), bias: weights.bias(layer.name),
        input: maps[index - 1], output: maps[index], workers: workers,
        columnsPerWorker: columnItems(layer.outputChannels).size)
      let patchPixels = Self.paddedPixels(block.rowsPerItem * layer.outputSide)
      scratchWords = max(scratchWords, (block.depth + kernels.lanes - 1) / kernels.lanes * kernels.lanes * patchPixels)
      plan.add(.standard(block), items: block.items, layers: index..<index + 1)
    }
    classes = columnItems(kernels.panels.paddedColumns(architecture.classCount))
    plan.addClassifier(items: classes.count, layers: layers.count)
    work = plan.work
    schedule = StepSchedule(steps: plan.steps, layers: layers.count, team: team)

    shared = AlignedBuffer(sharedWords)
    scratch = (0..<workers).map { _ in AlignedBuffer(scratchWords) }
    logits = AlignedBuffer(classes.total)
    pooled = AlignedBuffer(last.pixelStride)
    if weights.inputBorder != SIMD3() {
      for place in stride(from: -featureMaps.inputBefore, to: 0, by: 3) { storeBorder(at: place) }
      for x in 0...resolution { storeBorder(at: resolution * inputRowStride + 3 * x) }
    }
    fillInputBorder()

    /// Output channels where workers share them: whole panels, and two items a worker where there are as many.
    func columnItems(_ columns: Int) -> Items {
      let panel = 2 * kernels.lanes
      return Items(total: columns, size: max(1, columns / panel / (2 * workers)) * panel)
    }
  }

  /// Puts the border behind each row, where writing the row may have left zeros: what the network is padded with, which is
  /// no zero where it was made for other numbers than [−1, 1].
  public func fillInputBorder() {
    guard weights.inputBorder != SIMD3() else { return }
    for y in 0..<architecture.resolution { storeBorder(at: y * inputRowStride + 3 * architecture.resolution) }
  }

  private func storeBorder(at place: Int) {
    for colour in 0..<3 { input[place + colour] = weights.inputBorder[colour] }
  }

  /// Pixels of a channel block, padded to an odd number: an even number of cache lines between blocks would map them
  /// all to a few sets of the cache.
  static func paddedPixels(_ pixels: Int) -> Int { pixels | 1 }

  /// Runs the network on what stands in `input`.
  public func run() { schedule.run(self) }

  func perform(step: Int, item: Int, worker: Int) {
    switch work[step] {
    case .firstConvolution: firstConvolution(item: item)
    case .fused(let block):
      let rows = block.rows[item]
      let pixels = rows.count * block.side
      let stride = Self.paddedPixels(pixels) * kernels.lanes
      let output = scratch[worker].pointer
      let start = schedule.ticks()
      block.output.fillBorder(rows: rows)
      depthwise(block, rows: rows, channels: 0..<block.input.channels, output: output, blockStride: stride)
      let middle = schedule.ticks()
      pointwise(
        block, input: output, blockStride: stride, pixels: 0..<pixels, columns: 0..<block.pointwise.outputChannels,
        firstPixel: rows.lowerBound * block.side)
      let end = schedule.ticks()
      schedule.addParts(step: step, worker: worker, first: middle &- start, second: end &- middle)
    case .depthwise(let block):
      let items = block.channels.count
      block.output.fillBorder(rows: block.side * item / items..<block.side * (item + 1) / items)
      depthwise(
        block, rows: 0..<block.side, channels: block.channels[item],
        output: shared.pointer, blockStride: Self.paddedPixels(block.side * block.side) * kernels.lanes)
    case .pointwise(let block):
      let pixels = block.side * block.side
      pointwise(
        block, input: shared.pointer, blockStride: Self.paddedPixels(pixels) * kernels.lanes, pixels: 0..<pixels,
        columns: block.columns[item], firstPixel: 0)
    case .standard(let block): standardConvolution(block, item: item, scratch: scratch[worker].pointer)
    case .pool:
      kernels.averagePool(last.origin, last.side * last.side, last.channels, pooled.pointer)
    case .fullyConnected:
      kernels.fullyConnected(
        FullyConnectedArguments(
          input: pooled.pointer, inputChannels: last.channels, columns: classes[item], weights: classWeights,
          bias: classBias, output: logits.pointer))
    case .softmax: kernels.softmax(logits.pointer, architecture.classCount, classes.total)
    }
  }

  private func firstConvolution(item: Int) {
    let output = first
    let rows = firstRows[item]
    output.fillBorder(rows: rows)
    for y in rows {
      kernels.firstConvolution(
        FirstConvolutionArguments(
          input: inputCorner + 2 * y * inputRowStride, inputRowStride: inputRowStride, pixels: output.side,
          outputChannels: output.channels, weights: firstWeights, bias: firstBias,
          output: output.origin + y * output.rowStride))
    }
  }

  private func depthwise(
    _ block: Block, rows: Range<Int>, channels: Range<Int>, output: UnsafeMutablePointer<Float>, blockStride: Int
  ) {
    let input = block.input
    let corner = input.corner + kernels.words(channels.lowerBound)
    let weights = block.depthwiseWeights + 10 * channels.lowerBound
    let output = output + channels.lowerBound / kernels.blockChannels * blockStride
    for y in rows {
      kernels.depthwise(
        DepthwiseArguments(
          input: corner + y * block.depthwise.stride * input.rowStride, inputRowStride: input.rowStride,
          inputPixelStride: input.pixelStride, channels: channels.count, stride: block.depthwise.stride,
          pixels: block.side, weights: weights, output: output + (y - rows.lowerBound) * block.side * kernels.lanes,
          outputBlockStride: blockStride))
    }
  }

  private func pointwise(
    _ block: Block, input: UnsafePointer<Float>, blockStride: Int, pixels: Range<Int>, columns: Range<Int>,
    firstPixel: Int
  ) {
    kernels.pointwise(
      PointwiseArguments(
        input: input, inputBlockStride: blockStride, inputChannels: block.pointwise.inputChannels, pixels: pixels,
        columns: columns, weights: block.pointwiseWeights, bias: block.pointwiseBias, output: block.output.origin,
        outputOffsets: block.output.offsets + firstPixel))
  }
}

extension KernelTable {
  /// Of the network that these kernels make.
  public var precision: Precision { channelsPerWord == 1 ? .fp32 : .bf16 }
}
