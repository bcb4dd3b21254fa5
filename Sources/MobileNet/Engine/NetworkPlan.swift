import Model
import Platform

/// How one network is run, whatever its numbers are: its layers cut into steps and items, and the buffers between them.
///
/// - LayerWeights: a layer's weights, as the network's kernels read them.
/// - Element: of activations.
final class NetworkPlan<LayerWeights, Element> {
  /// What a step does.
  enum Work {
    case firstConvolution
    /// Depthwise rows into the worker's own scratch and straight on into the pointwise layer: the depthwise output never
    /// leaves the cache.
    case fused(Block<LayerWeights, Element>)
    /// Where a few pixels meet many channels the workers share the weights instead of the rows: depthwise first …
    case depthwise(Block<LayerWeights, Element>)
    /// … then the pointwise layer, cut by output channels.
    case pointwise(Block<LayerWeights, Element>)
    /// A standard convolution instead of a depthwise separable block.
    case standard(StandardBlock<LayerWeights, Element>)
    case pool
    case fullyConnected
    case softmax
  }

  let architecture: Architecture
  let featureMaps: FeatureMaps<Element>
  let first: FeatureMap<Element>
  let last: FeatureMap<Element>
  let firstWeights: LayerWeights
  let classWeights: LayerWeights
  /// Rows of the first convolution's items.
  let firstRows: Items
  /// Output classes of the classifier's items, padded as its kernel wants them.
  let classes: Items
  let work: [Work]
  let schedule: StepSchedule
  /// The depthwise output that workers share, and each one's own, laid out as the kernels want it.
  let shared: AlignedBuffer
  let scratch: [AlignedBuffer]
  let pooled: AlignedBuffer
  let logits: AlignedBuffer
  /// The most pixels that a step's kernels are called for at once.
  let mostPixels: Int

  /// - Parameters:
  ///   - panel: output channels of a whole panel.
  ///   - paddedClasses: columns that the classifier's kernel writes.
  ///   - weights: of the layer of a name.
  ///   - cut: how a depthwise layer is cut for the team; is told how its channels would be shared.
  ///   - scratchWords: 32-bit words that take some pixels of so many channels between two kernels.
  init(
    _ architecture: Architecture, team: WorkerTeam, featureMaps: FeatureMaps<Element>, panel: Int, paddedClasses: Int,
    weights: (String) -> LayerWeights, cut: (Architecture.Layer, Items) -> BlockCut, scratchWords: (Int, Int) -> Int
  ) {
    self.architecture = architecture
    self.featureMaps = featureMaps
    let (workers, maps, layers) = (team.count, featureMaps.maps, architecture.layers)
    first = maps[0]
    last = maps[maps.count - 1]
    firstWeights = weights("conv1")
    classWeights = weights("fc")
    /// Output channels where workers share them: whole panels, and two items a worker where there are as many.
    func columnItems(_ columns: Int) -> Items {
      Items(total: columns, size: columns / (2 * workers), unit: panel)
    }
    var work: [Work] = []
    var steps: [StepSchedule.Step] = []
    func add(_ task: Work, items: Int, layers: Range<Int>) {
      work.append(task)
      steps.append(StepSchedule.Step(items: items, layers: layers))
    }
    var (ownWords, sharedWords, mostPixels) = (0, 0, first.side)
    firstRows = Items(total: first.side, size: max(1, first.side / (8 * workers)))
    add(.firstConvolution, items: firstRows.count, layers: 0..<1)
    for (number, index) in layers.indices.filter({ layers[$0].kind == .depthwise }).enumerated() {
      let (depthwise, pointwise) = (layers[index], layers[index + 1])
      let side = depthwise.outputSide
      let block = Block(
        depthwise: depthwise, pointwise: pointwise, depthwiseWeights: weights(depthwise.name),
        pointwiseWeights: weights(pointwise.name), input: maps[number], output: maps[number + 1],
        cut: cut(depthwise, columnItems(depthwise.outputChannels)), columns: columnItems(pointwise.outputChannels))
      let pixels = side * (block.cut.isShared ? side : block.cut.rows.size)
      let words = scratchWords(pixels, depthwise.outputChannels)
      mostPixels = max(mostPixels, pixels)
      if block.cut.isShared {
        sharedWords = max(sharedWords, words)
        add(.depthwise(block), items: block.cut.count, layers: index..<index + 1)
        add(.pointwise(block), items: block.columns.count, layers: index + 1..<index + 2)
      } else {
        ownWords = max(ownWords, words)
        add(.fused(block), items: block.cut.count, layers: index..<index + 2)
      }
    }
    for index in layers.indices.dropFirst() where layers[index].kind == .convolution {
      let layer = layers[index]
      let block = StandardBlock(
        layer: layer, weights: weights(layer.name), input: maps[index - 1], output: maps[index], workers: workers,
        columnsPerWorker: columnItems(layer.outputChannels).size)
      ownWords = max(ownWords, scratchWords(block.rowsPerItem * layer.outputSide, block.depth))
      add(.standard(block), items: block.items, layers: index..<index + 1)
    }
    classes = columnItems(paddedClasses)
    add(.pool, items: 1, layers: layers.count - 3..<layers.count - 2)
    add(.fullyConnected, items: classes.count, layers: layers.count - 2..<layers.count - 1)
    add(.softmax, items: 1, layers: layers.count - 1..<layers.count)
    self.work = work
    schedule = StepSchedule(steps: steps, layers: layers.count, team: team)
    self.mostPixels = mostPixels
    shared = AlignedBuffer(sharedWords)
    scratch = (0..<workers).map { _ in AlignedBuffer(ownWords) }
    pooled = AlignedBuffer(last.pixelStride)
    // Softmax works on whole vectors.
    logits = AlignedBuffer((paddedClasses + 15) / 16 * 16)
  }

  deinit { schedule.end() }
}

/// A network that is run by its plan: what the networks of real numbers and of bytes do alike.
protocol PlannedNetwork: RunnableNetwork, StepWorker {
  associatedtype LayerWeights
  associatedtype Element
  var plan: NetworkPlan<LayerWeights, Element> { get }

  /// One row of `resolution × 3` bytes into the input.
  func setRow(_ y: Int, _ row: UnsafePointer<UInt8>)

  func firstConvolution(rows: Range<Int>, worker: Int)
  /// - Parameters:
  ///   - output: takes `pixels` pixels, from those of `firstRow` on.
  func depthwise(
    _ block: Block<LayerWeights, Element>, rows: Range<Int>, channels: Range<Int>, output: UnsafeMutablePointer<Float>,
    firstRow: Int,
    pixels: Int)
  /// - Parameter input: what `depthwise` wrote, of so many pixels.
  func pointwise(
    _ block: Block<LayerWeights, Element>, input: UnsafeMutablePointer<Float>, pixels: Int, columns: Range<Int>,
    firstPixel: Int,
    worker: Int)
  func standardConvolution(_ block: StandardBlock<LayerWeights, Element>, item: Int, worker: Int)
  func pool()
  func fullyConnected(columns: Range<Int>)
  func softmax()

  /// A class's weights for a step of each channel of the last feature map, in the order in which `dot` has them.
  /// - Returns: what zero points add to every pixel's product.
  func copyWeights(ofColumn column: Int, to weights: UnsafeMutablePointer<Float>) -> Float
  func dot(_ pixel: UnsafePointer<Element>, _ weights: UnsafePointer<Float>) -> Float
  /// The mean of each channel of the last feature map, in the channels' own order.
  /// - Parameter features: takes `[featureCount]`.
  func copyFeatures(to features: UnsafeMutablePointer<Float>)
}

extension PlannedNetwork {
  public var architecture: Architecture { plan.architecture }
  public var team: WorkerTeam { plan.schedule.team }
  public var probabilities: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: plan.logits.pointer, count: architecture.classCount)
  }
  public var total: Nanoseconds { plan.schedule.total }
  public var layerTimes: [Nanoseconds] { plan.schedule.layerTimes }
  public var unaccounted: Nanoseconds { plan.schedule.unaccounted }
  public var workers: Int { plan.schedule.workers }
  public var timesLayers: Bool {
    get { plan.schedule.timesLayers }
    set { plan.schedule.timesLayers = newValue }
  }

  public func setInput(pixels: UnsafePointer<UInt8>) {
    for y in 0..<architecture.resolution { setRow(y, pixels + y * architecture.resolution * 3) }
  }

  public func run() { plan.schedule.run(self) }

  func perform(step: Int, item: Int, worker: Int) {
    switch plan.work[step] {
    case .firstConvolution:
      let rows = plan.firstRows[item]
      plan.first.fillBorder(rows: rows)
      firstConvolution(rows: rows, worker: worker)
    case .fused(let block):
      let (rows, channels) = block.cut[item]
      let pixels = rows.count * block.side
      // Objects that all workers share are asked for what is needed of them as rarely as can be: each counts its users.
      let (scratch, schedule) = (plan.scratch[worker].pointer, plan.schedule)
      let start = schedule.ticks()
      block.output.fillBorder(rows: rows)
      depthwise(
        block, rows: rows, channels: channels, output: scratch, firstRow: rows.lowerBound, pixels: pixels)
      let middle = schedule.ticks()
      pointwise(
        block, input: scratch, pixels: pixels, columns: 0..<block.pointwise.outputChannels,
        firstPixel: rows.lowerBound * block.side, worker: worker)
      let end = schedule.ticks()
      schedule.addParts(step: step, worker: worker, first: middle &- start, second: end &- middle)
    case .depthwise(let block):
      let (rows, channels) = block.cut[item]
      let items = block.cut.count
      block.output.fillBorder(rows: block.side * item / items..<block.side * (item + 1) / items)
      depthwise(
        block, rows: rows, channels: channels, output: plan.shared.pointer, firstRow: 0, pixels: block.side * block.side
      )
    case .pointwise(let block):
      pointwise(
        block, input: plan.shared.pointer, pixels: block.side * block.side, columns: block.columns[item], firstPixel: 0,
        worker: worker)
    case .standard(let block): standardConvolution(block, item: item, worker: worker)
    case .pool: pool()
    case .fullyConnected: fullyConnected(columns: plan.classes[item])
    case .softmax: softmax()
    }
  }

  public func copyFeatures(into features: inout [Float]) {
    if features.count != plan.last.channels { features = Array(repeating: 0, count: plan.last.channels) }
    features.withUnsafeMutableBufferPointer { copyFeatures(to: $0.baseAddress!) }
  }

  public func activationMap(class classIndex: Int, into map: inout [Float]) {
    let column = classIndex + labels.background
    precondition(column >= 0 && column < architecture.classCount)
    let last = plan.last
    map.removeAll(keepingCapacity: true)
    withUnsafeTemporaryAllocation(byteCount: last.channels * MemoryLayout<Float>.stride, alignment: 64) { bytes in
      let weights = bytes.bindMemory(to: Float.self).baseAddress!
      let offset = copyWeights(ofColumn: column, to: weights)
      for y in 0..<last.side {
        for x in 0..<last.side {
          map.append(dot(last.origin + y * last.rowStride + x * last.pixelStride, weights) - offset)
        }
      }
    }
  }
}
