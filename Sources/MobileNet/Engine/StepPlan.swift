/// The steps of a network as they are planned: what each does, and how many items it is cut into.
///
/// - Block: a depthwise separable block.
/// - Standard: a standard convolution in its place; `Never` where there are none.
struct StepPlan<Block, Standard> {
  /// What a step does.
  enum Work {
    case firstConvolution
    /// Depthwise rows into the worker's own scratch and straight on into the pointwise layer: the depthwise output never
    /// leaves the cache.
    case fused(Block)
    /// Where a few pixels meet many channels the workers share the weights instead of the rows: depthwise first …
    case depthwise(Block)
    /// … then the pointwise layer, cut by output channels.
    case pointwise(Block)
    /// A standard convolution instead of a depthwise separable block.
    case standard(Standard)
    case pool
    case fullyConnected
    case softmax
  }

  private(set) var work: [Work] = []
  private(set) var steps: [StepSchedule.Step] = []

  mutating func add(_ task: Work, items: Int, layers: Range<Int>) {
    work.append(task)
    steps.append(StepSchedule.Step(items: items, layers: layers))
  }

  /// Pool, classifier and softmax: the last three of `layers`.
  mutating func addClassifier(items: Int, layers: Int) {
    add(.pool, items: 1, layers: layers - 3..<layers - 2)
    add(.fullyConnected, items: items, layers: layers - 2..<layers - 1)
    add(.softmax, items: 1, layers: layers - 1..<layers)
  }
}

/// Cuts `total` into items of `size`, the last of which may be smaller.
struct Items {
  let total: Int
  let size: Int
  var count: Int { (total + size - 1) / size }
  subscript(item: Int) -> Range<Int> { size * item..<min(size * (item + 1), total) }
}
