import CCPU
import Kernels
import Model
import ModelFiles
import Platform

/// MobileNet V1 in 8-bit integers at one α, resolution and number of threads, ready to run: as `Network`, with bytes for
/// activations and 32-bit sums.
public final class QuantizedNetwork: RunnableNetwork, StepWorker {
  public let architecture: Architecture
  public let weights: QuantizedPackedWeights
  public let team: WorkerTeam
  public var labels: Labels
  public let precision = Precision.int8
  public var kernelsName: String { kernels.name }
  public var isTrained: Bool { weights.isTrained }
  public var widenedFrom: Alpha? { weights.widenedFrom }
  public var trainedResolution: Int? { weights.trainedResolution }

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

  let kernels: QuantizedKernelTable
  private let softmaxKernel: @Sendable (UnsafeMutablePointer<Float>, Int, Int) -> Void
  private let schedule: StepSchedule
  private let work: [StepPlan<QuantizedBlock, Never>.Work]
  private let featureMaps: FeatureMaps<UInt8>
  /// The image `[resolution + 1, inputRowStride / 3, 3]` of elements (`QuantizedKernelTable.elementBytes`).
  private let input: UnsafeMutableRawPointer
  /// Elements from one input row to the next.
  private let inputRowStride: Int
  private let first: FeatureMap<UInt8>
  private let firstWeights: QuantizedPackedWeights.Layer
  let classWeights: QuantizedPackedWeights.Layer
  private let firstRows: Items
  let last: FeatureMap<UInt8>
  private let pooled: AlignedBuffer
  private let logits: AlignedBuffer
  private let paddedClasses: Int
  /// Output classes of the classifier's items, padded to whole panels.
  private let classes: Items
  /// The depthwise output that workers share, `[pixels, C]` elements.
  private let shared: AlignedBuffer
  private let scratch: [AlignedBuffer]
  /// For each worker, what weight zero points add to each pixel's sums.
  private let corrections: [AlignedBuffer]
  /// A row of the image before it is made bytes.
  private let pixels: UnsafeMutablePointer<UInt8>

  /// Bytes of depthwise output that a worker makes before it goes on to the pointwise layer.
  private static let fusedBytes = 24 * 1024
  /// Feature maps up to this many pixels are cut by channels where there is more than one worker.
  private static let sharedPixels = 256

  /// - Precondition: `Architecture.isValid(resolution:)`.
  public init(weights: QuantizedPackedWeights, resolution: Int, team: WorkerTeam) {
    let architecture = Architecture(alpha: weights.alpha, resolution: resolution, classCount: weights.classCount)
    self.architecture = architecture
    self.weights = weights
    self.team = team
    labels = .numbered(outputs: architecture.classCount)
    kernels = weights.kernels
    softmaxKernel = InstructionSets.companion(of: weights.kernels).softmax
    let elementBytes = kernels.elementBytes
    let workers = team.count
    let layers = architecture.layers

    featureMaps = FeatureMaps(
      of: architecture, padding: weights.padding, inputElementBytes: elementBytes,
      zero: { UInt8(weights[$0.name].range.zeroPoint) })
    inputRowStride = featureMaps.inputRowStride
    input = featureMaps.input
    let maps = featureMaps.maps
    first = maps[0]
    firstWeights = weights["conv1"]
    classWeights = weights["fc"]
    last = maps[maps.count - 1]

    var plan = StepPlan<QuantizedBlock, Never>()
    firstRows = Items(total: first.side, size: max(1, first.side / (8 * workers)))
    plan.add(.firstConvolution, items: firstRows.count, layers: 0..<1)
    var scratchBytes = 0
    var sharedBytes = 0
    var correctionCount = first.side
    let panel = kernels.panels.vectors * kernels.panels.lanes
    for (number, index) in layers.indices.filter({ layers[$0].kind == .depthwise }).enumerated() {
      let depthwise = layers[index]
      let pointwise = layers[index + 1]
      let side = depthwise.outputSide
      let isShared = workers > 1 && side * side <= Self.sharedPixels
      let rowBytes = side * depthwise.outputChannels * elementBytes
      // At least four items a worker, so that none waits long for another; an even number, as rows are made in pairs.
      let rowsForBalance = workers == 1 ? side : max(1, side / (4 * workers))
      let rows = isShared ? max(1, side / (2 * workers)) : min(rowsForBalance, max(1, Self.fusedBytes / rowBytes))
      let evenRows = min(rows > 1 ? rows / 2 * 2 : 2, side)
      let block = QuantizedBlock(
        depthwise: depthwise, pointwise: pointwise, depthwiseWeights: weights[depthwise.name],
        pointwiseWeights: weights[pointwise.name], input: maps[number], output: maps[number + 1],
        rows: Items(total: side, size: evenRows), columns: columnItems(pointwise.outputChannels))
      if isShared {
        sharedBytes = max(sharedBytes, rowBytes * side)
        correctionCount = max(correctionCount, side * side)
        plan.add(.depthwise(block), items: block.rows.count, layers: index..<index + 1)
        plan.add(.pointwise(block), items: block.columns.count, layers: index + 1..<index + 2)
      } else {
        scratchBytes = max(scratchBytes, evenRows * rowBytes)
        correctionCount = max(correctionCount, evenRows * side)
        plan.add(.fused(block), items: block.rows.count, layers: index..<index + 2)
      }
    }
    let columns = kernels.panels.paddedColumns(architecture.classCount)
    paddedClasses = (columns + 15) / 16 * 16
    classes = Items(total: columns, size: max(1, paddedClasses / panel / (2 * workers)) * panel)
    plan.addClassifier(items: classes.count, layers: layers.count)
    work = plan.work
    schedule = StepSchedule(steps: plan.steps, layers: layers.count, team: team)

    // Kernels read and write whole vectors past the end.
    func aligned(_ bytes: Int) -> Int { (bytes + 191) / 64 * 64 }
    shared = AlignedBuffer(aligned(sharedBytes) / 4)
    scratch = (0..<workers).map { _ in AlignedBuffer(aligned(scratchBytes) / 4) }
    corrections = (0..<workers).map { _ in AlignedBuffer(correctionCount) }
    pooled = AlignedBuffer(last.channels)
    logits = AlignedBuffer(paddedClasses)
    pixels = .allocate(capacity: resolution * 3)
    fillInputBorder()

    func columnItems(_ columns: Int) -> Items {
      Items(total: columns, size: max(1, columns / panel / (2 * workers)) * panel)
    }
  }

  deinit { pixels.deallocate() }

  // MARK: Input

  private func fillInputBorder() {
    let resolution = architecture.resolution
    for place in 0..<featureMaps.inputBefore {
      store(weights.inputBorder[place % 3], at: place - featureMaps.inputBefore)
    }
    for y in 0...resolution {
      for x in 0..<inputRowStride where y == resolution || x >= resolution * 3 {
        store(weights.inputBorder[x % 3], at: y * inputRowStride + x)
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
  private func setRow(_ y: Int, _ row: UnsafePointer<UInt8>) {
    weights.pixelTable.withUnsafeBufferPointer { table in
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

  public func setInput(pixels: UnsafePointer<UInt8>) {
    let row = architecture.resolution * 3
    for y in 0..<architecture.resolution { setRow(y, pixels + y * row) }
  }

  public func setInput(frame: UnsafeRawBufferPointer, width: Int, height: Int, with preprocessor: Preprocessor) {
    preprocessor.run(pixels: frame, width: width, height: height, resolution: architecture.resolution) { y, row in
      setRow(y, row)
    }
  }

  // MARK: Running

  public func run() { schedule.run(self) }

  func perform(step: Int, item: Int, worker: Int) {
    switch work[step] {
    case .firstConvolution: firstConvolution(item: item, worker: worker)
    case .fused(let block):
      let rows = block.rows[item]
      let start = schedule.ticks()
      block.output.fillBorder(rows: rows)
      depthwise(block, rows: rows, output: scratch[worker].bytes)
      let middle = schedule.ticks()
      pointwise(
        block, input: scratch[worker].bytes, pixels: rows.count * block.side,
        columns: 0..<block.pointwise.outputChannels, firstPixel: rows.lowerBound * block.side, worker: worker)
      let end = schedule.ticks()
      schedule.addParts(step: step, worker: worker, first: middle &- start, second: end &- middle)
    case .depthwise(let block):
      let rows = block.rows[item]
      block.output.fillBorder(rows: rows)
      let rowBytes = block.side * block.depthwise.outputChannels * kernels.elementBytes
      depthwise(block, rows: rows, output: shared.bytes + rows.lowerBound * rowBytes)
    case .pointwise(let block):
      pointwise(
        block, input: shared.bytes, pixels: block.side * block.side, columns: block.columns[item], firstPixel: 0,
        worker: worker)
    case .pool: pool()
    case .fullyConnected: fullyConnected(item: item)
    case .softmax: softmax()
    }
  }

  private func firstConvolution(item: Int, worker: Int) {
    let output = first
    let layer = firstWeights
    let elementBytes = kernels.elementBytes
    let rows = firstRows[item]
    output.fillBorder(rows: rows)
    for y in rows {
      let line = featureMaps.inputCorner + 2 * y * inputRowStride * elementBytes
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
    of input: UnsafeRawPointer, _ layer: QuantizedPackedWeights.Layer, pixelStride: Int, runs: Int, runStride: Int,
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

  private func depthwise(_ block: QuantizedBlock, rows: Range<Int>, output: UnsafeMutablePointer<UInt8>) {
    let input = block.input
    let stride = block.depthwise.stride
    kernels.depthwise(
      QuantizedDepthwiseArguments(
        input: input.corner + rows.lowerBound * stride * input.rowStride, inputRowStrideBytes: input.rowStride,
        channels: input.channels, stride: stride, pixels: block.side, rows: rows.count,
        weights: block.depthwiseWeights.weights, parts: block.depthwiseWeights.parts,
        range: block.depthwiseWeights.range, output: output))
  }

  private func pointwise(
    _ block: QuantizedBlock, input: UnsafePointer<UInt8>, pixels: Int, columns: Range<Int>, firstPixel: Int, worker: Int
  ) {
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

  private func pool() {
    let pixels = last.side * last.side
    kernels.pool(
      QuantizedPoolArguments(
        input: last.origin, pixels: pixels, channels: last.channels,
        zero: Int32(pixels) * weights.poolInputZeroPoint, scale: Float(weights.poolScale / Double(pixels)),
        range: weights.poolRange, output: pooled.bytes))
  }

  private func fullyConnected(item: Int) {
    let layer = classWeights
    var correction: Int32 = 0
    if layer.correction != 0 {
      var sum: Int32 = 0
      for channel in 0..<last.channels { sum += Int32(pooled.bytes[channel]) }
      correction = sum * layer.correction
    }
    kernels.fullyConnected(
      QuantizedFullyConnectedArguments(
        input: pooled.bytes, words: kernels.panels.words(last.channels),
        columns: classes[item], weights: layer.weights, bias: layer.bias, scales: layer.scales, correction: correction,
        output: logits.pointer))
  }

  private func softmax() {
    if let steps = weights.logits {
      // The file's logits are bytes: what is lost in them is a part of the trained network.
      for index in 0..<architecture.classCount {
        let step = logits.pointer[index].rounded(.toNearestOrEven) + Float(steps.zeroPoint)
        logits.pointer[index] = (min(max(step, 0), 255) - Float(steps.zeroPoint)) * steps.scale
      }
    }
    softmaxKernel(logits.pointer, architecture.classCount, paddedClasses)
  }
}
