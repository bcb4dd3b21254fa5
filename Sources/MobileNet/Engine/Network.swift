import Frames
import Kernels

/// MobileNet V1 at one α, resolution and number of threads, ready to run: weights packed, buffers laid out, steps planned.
///
/// Nothing is allocated by `run`. One thread at a time may use a network; several networks may share weights and team.
public final class Network: StepWorker {
  public let architecture: Architecture
  public let weights: PackedWeights
  public let team: WorkerTeam
  public let precision = "fp32"

  /// The input `[resolution + 1, inputRowStride / 3, 3]` in [−1, 1]: write `resolution` pixels of `resolution` rows; the border stays zero.
  public let input: UnsafeMutablePointer<Float>
  /// Floats from one input row to the next.
  public let inputRowStride: Int

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
  private let work: [StepWork]
  let kernels: KernelTable
  private let storage: AlignedBuffer
  private let offsets: UnsafeMutablePointer<Int32>
  private let logits: AlignedBuffer
  private let pooled: AlignedBuffer
  private let first: Activations
  private let firstWeights: UnsafePointer<Float>
  private let firstBias: UnsafePointer<Float>
  let last: Activations
  let classWeights: UnsafePointer<Float>
  private let classBias: UnsafePointer<Float>
  private let paddedClasses: Int
  private let classColumnsPerItem: Int
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
    kernels = weights.kernels
    let lanes = kernels.lanes
    let workers = team.count

    // Two feature maps take turns: what one layer wrote is still in the cache when the next reads it.
    let layers = architecture.layers
    func border(after index: Int) -> (before: Int, after: Int) {
      guard index + 1 < layers.count, [.depthwise, .convolution].contains(layers[index + 1].kind) else { return (0, 0) }
      return layers[index + 1].stride == 1 ? (1, 1) : (0, 1)
    }
    let writers = layers.indices.filter { layers[$0].kind == .convolution || layers[$0].kind == .pointwise }
    var sizes = [0, 0]
    for (turn, index) in writers.enumerated() {
      let (before, after) = border(after: index)
      let floats = Activations.floats(
        side: layers[index].outputSide, channels: layers[index].outputChannels, before: before, after: after)
      sizes[turn % 2] = max(sizes[turn % 2], (floats + 15) / 16 * 16)
    }
    inputRowStride = (resolution + 1) * 3
    let inputFloats = ((resolution + 1) * inputRowStride + 15) / 16 * 16
    storage = AlignedBuffer(inputFloats + sizes[0] + sizes[1])
    input = storage.pointer
    let maps = [storage.pointer + inputFloats, storage.pointer + inputFloats + sizes[0]]

    let offsetCount = writers.reduce(0) { $0 + layers[$1].outputSide * layers[$1].outputSide }
    offsets = .allocate(capacity: offsetCount)
    var nextOffsets = offsets
    var activations: [Activations] = []
    for (turn, index) in writers.enumerated() {
      let layer = layers[index]
      let (before, after) = border(after: index)
      let width = layer.outputSide + before + after
      let map = Activations(
        origin: maps[turn % 2] + before * (width + 1) * layer.outputChannels, side: layer.outputSide,
        channels: layer.outputChannels, before: before, after: after, offsets: nextOffsets)
      for y in 0..<layer.outputSide {
        for x in 0..<layer.outputSide {
          nextOffsets[y * layer.outputSide + x] = Int32((y * width + x) * layer.outputChannels)
        }
      }
      nextOffsets += layer.outputSide * layer.outputSide
      activations.append(map)
    }
    first = activations[0]
    firstWeights = weights.weights("conv1")
    firstBias = weights.bias("conv1")
    last = activations[activations.count - 1]
    classWeights = weights.weights("fc")
    classBias = weights.bias("fc")

    // The steps.
    var steps: [StepSchedule.Step] = []
    var work: [StepWork] = []
    func add(_ task: StepWork, items: Int, layers: Range<Int>) {
      work.append(task)
      steps.append(StepSchedule.Step(items: items, layers: layers))
    }
    var scratchFloats = 0
    var sharedFloats = 0
    add(.firstConvolution, items: Self.items(of: first.side, per: Self.firstRows(first.side, workers)), layers: 0..<1)
    for (number, index) in layers.indices.filter({ layers[$0].kind == .depthwise }).enumerated() {
      let depthwise = layers[index]
      let pointwise = layers[index + 1]
      let side = depthwise.outputSide
      let pixels = side * side
      let blockCount = (depthwise.outputChannels + lanes - 1) / lanes
      let isShared = Self.sharesChannels(side: side, workers: workers)
      // The channels that a worker wrote in the pointwise layer before: they are in its own cache.
      let channelsPerItem = Self.columnsPerItem(depthwise.outputChannels, lanes: lanes, workers: workers)
      let rowBytes = side * depthwise.outputChannels * 4
      // At least four items a worker, so that none waits long for another.
      let rowsForBalance =
        workers == 1
        ? side : side <= Self.wholeShareSide ? (side + workers - 1) / workers : max(1, side / (4 * workers))
      let rowsInCache = side <= Self.wholeShareSide ? side : max(1, Self.fusedBytes / rowBytes)
      let rows = min(rowsForBalance, rowsInCache, side)
      let columns = Self.columnsPerItem(pointwise.outputChannels, lanes: lanes, workers: workers)
      let block = Block(
        depthwise: depthwise, pointwise: pointwise, depthwiseWeights: weights.weights(depthwise.name),
        pointwiseWeights: weights.weights(pointwise.name), pointwiseBias: weights.bias(pointwise.name),
        input: activations[number], output: activations[number + 1], rowsPerItem: rows,
        channelsPerItem: channelsPerItem,
        columnsPerItem: columns)
      if isShared {
        sharedFloats = max(sharedFloats, blockCount * Self.paddedPixels(pixels) * lanes)
        add(.depthwise(block), items: block.depthwiseItems, layers: index..<index + 1)
        add(
          .pointwise(block), items: Self.items(of: pointwise.outputChannels, per: columns),
          layers: index + 1..<index + 2)
      } else {
        scratchFloats = max(scratchFloats, blockCount * Self.paddedPixels(rows * side) * lanes)
        add(.fused(block), items: Self.items(of: side, per: rows), layers: index..<index + 2)
      }
    }
    for index in layers.indices.dropFirst() where layers[index].kind == .convolution {
      let layer = layers[index]
      let block = StandardBlock(
        layer: layer, weights: weights.weights(layer.name), bias: weights.bias(layer.name),
        input: activations[index - 1], output: activations[index], workers: workers,
        columnsPerWorker: Self.columnsPerItem(layer.outputChannels, lanes: lanes, workers: workers))
      let patchPixels = Self.paddedPixels(block.rowsPerItem * layer.outputSide)
      scratchFloats = max(scratchFloats, (block.depth + lanes - 1) / lanes * lanes * patchPixels)
      add(.standard(block), items: block.items, layers: index..<index + 1)
    }
    paddedClasses = kernels.panels.paddedColumns(architecture.classCount)
    classColumnsPerItem = Self.columnsPerItem(paddedClasses, lanes: lanes, workers: workers)
    add(.pool, items: 1, layers: layers.count - 3..<layers.count - 2)
    add(
      .fullyConnected, items: Self.items(of: paddedClasses, per: classColumnsPerItem),
      layers: layers.count - 2..<layers.count - 1)
    add(.softmax, items: 1, layers: layers.count - 1..<layers.count)
    self.work = work
    schedule = StepSchedule(steps: steps, layers: layers.count, team: team)

    shared = AlignedBuffer(sharedFloats)
    scratch = (0..<workers).map { _ in AlignedBuffer(scratchFloats) }
    logits = AlignedBuffer(paddedClasses)
    pooled = AlignedBuffer(layers[layers.count - 3].outputChannels)
  }

  deinit { offsets.deallocate() }

  private static func items(of total: Int, per item: Int) -> Int { (total + item - 1) / item }
  /// Output channels of one item where workers share them: whole panels, and two items a worker where there are as many.
  private static func columnsPerItem(_ columns: Int, lanes: Int, workers: Int) -> Int {
    max(1, columns / (2 * lanes) / (2 * workers)) * 2 * lanes
  }
  private static func firstRows(_ side: Int, _ workers: Int) -> Int { max(1, side / (8 * workers)) }
  /// Pixels of a channel block, padded to an odd number: an even number of cache lines between blocks would map them
  /// all to a few sets of the cache.
  static func paddedPixels(_ pixels: Int) -> Int { pixels | 1 }

  /// Runs the network on what stands in `input`.
  public func run() { schedule.run(self) }

  func perform(step: Int, item: Int, worker: Int) {
    switch work[step] {
    case .firstConvolution: firstConvolution(item: item)
    case .fused(let block):
      let rows = block.rowsPerItem * item..<min(block.rowsPerItem * (item + 1), block.side)
      let pixels = rows.count * block.side
      let stride = Self.paddedPixels(pixels) * kernels.lanes
      let output = scratch[worker].pointer
      let start = schedule.ticks()
      block.output.clearBorder(rows: rows)
      depthwise(block, rows: rows, channels: 0..<block.input.channels, output: output, blockStride: stride)
      let middle = schedule.ticks()
      pointwise(
        block, input: output, blockStride: stride, pixels: 0..<pixels, columns: 0..<block.pointwise.outputChannels,
        firstPixel: rows.lowerBound * block.side)
      let end = schedule.ticks()
      schedule.addParts(step: step, worker: worker, first: middle &- start, second: end &- middle)
    case .depthwise(let block):
      let channels = block.channels(ofItem: item)
      block.output.clearBorder(
        rows: block.side * item / block.depthwiseItems..<block.side * (item + 1) / block.depthwiseItems)
      depthwise(
        block, rows: 0..<block.side, channels: channels,
        output: shared.pointer, blockStride: Self.paddedPixels(block.side * block.side) * kernels.lanes)
    case .pointwise(let block):
      let columns = block.pointwise.outputChannels
      pointwise(
        block, input: shared.pointer, blockStride: Self.paddedPixels(block.side * block.side) * kernels.lanes,
        pixels: 0..<block.side * block.side,
        columns: block.columnsPerItem * item..<min(block.columnsPerItem * (item + 1), columns), firstPixel: 0)
    case .standard(let block): standardConvolution(block, item: item, scratch: scratch[worker].pointer)
    case .pool:
      kernels.averagePool(last.origin, last.side * last.side, last.channels, pooled.pointer)
    case .fullyConnected:
      kernels.fullyConnected(
        FullyConnectedArguments(
          input: pooled.pointer, inputChannels: last.channels,
          columns: classColumnsPerItem * item..<min(classColumnsPerItem * (item + 1), paddedClasses),
          weights: classWeights, bias: classBias, output: logits.pointer))
    case .softmax: kernels.softmax(logits.pointer, architecture.classCount, paddedClasses)
    }
  }

  private func firstConvolution(item: Int) {
    let output = first
    let perItem = Self.firstRows(output.side, team.count)
    let rows = perItem * item..<min(perItem * (item + 1), output.side)
    output.clearBorder(rows: rows)
    for y in rows {
      kernels.firstConvolution(
        FirstConvolutionArguments(
          input: input + 2 * y * inputRowStride, inputRowStride: inputRowStride, pixels: output.side,
          outputChannels: output.channels, weights: firstWeights, bias: firstBias,
          output: output.origin + y * output.rowStride))
    }
  }

  private func depthwise(
    _ block: Block, rows: Range<Int>, channels: Range<Int>, output: UnsafeMutablePointer<Float>, blockStride: Int
  ) {
    let input = block.input
    let corner = input.origin - input.before * (input.rowStride + input.channels) + channels.lowerBound
    let weights = block.depthwiseWeights + 10 * channels.lowerBound
    let output = output + channels.lowerBound / kernels.lanes * blockStride
    for y in rows {
      kernels.depthwise(
        DepthwiseArguments(
          input: corner + y * block.depthwise.stride * input.rowStride, inputRowStride: input.rowStride,
          inputPixelStride: input.channels, channels: channels.count, stride: block.depthwise.stride,
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
