import Model

/// A feature map `[side + border, side + border, C]` with the border that the next 3 × 3 layer reads.
///
/// Sizes and strides are in elements: a byte of an 8-bit network, a word of one float32 or of two numbers of 16 bits.
struct FeatureMap<Element> {
  /// Pixel (0, 0), channel 0.
  let origin: UnsafeMutablePointer<Element>
  let side: Int
  let channels: Int
  /// Elements from one pixel to the next.
  let pixelStride: Int
  /// Border pixels at top and left (`Padding`).
  let before: Int
  /// Border pixels at bottom and right.
  let after: Int
  /// What stands for zero.
  let zero: Element
  /// Elements from `origin` to each pixel, row by row.
  let offsets: UnsafePointer<Int32>

  var rowStride: Int { (side + before + after) * pixelStride }
  /// The top left tap of the next layer's first pixel.
  var corner: UnsafeMutablePointer<Element> { origin - before * (rowStride + pixelStride) }

  /// Fills the border of some rows; the first and the last row bring the border above and below along.
  func fillBorder(rows: Range<Int>) {
    guard after > 0 else { return }
    for y in rows {
      let row = origin + y * rowStride
      if before > 0 { (row - pixelStride).update(repeating: zero, count: pixelStride) }
      (row + side * pixelStride).update(repeating: zero, count: pixelStride)
    }
    if rows.lowerBound == 0, before > 0 { corner.update(repeating: zero, count: rowStride) }
    if rows.upperBound == side {
      (origin + side * rowStride - before * pixelStride).update(repeating: zero, count: rowStride)
    }
  }
}

/// The memory of a network's input and of its feature maps.
final class FeatureMaps<Element> {
  /// Pixel (0, 0) of the image `[resolution + 1, resolution + 1, 3]`, whatever its elements are.
  let input: UnsafeMutableRawPointer
  /// The top left tap of the first layer's first pixel. Where that lies in front of the image, each row's border on the left is
  /// the one on the right of the row above.
  let inputCorner: UnsafeMutableRawPointer
  /// Elements of the image from one row to the next.
  let inputRowStride: Int
  /// Elements of the image from `inputCorner` to `input`.
  let inputBefore: Int
  /// What the convolutions and pointwise layers write, in their order. Two places take turns: what one layer wrote is still in
  /// the cache when the next reads it.
  let maps: [FeatureMap<Element>]
  private let storage: AlignedBuffer
  private let offsets: UnsafeMutablePointer<Int32>

  /// - Parameters:
  ///   - inputElementBytes: of an element of the image.
  ///   - channelsPerElement: how many channels share an element.
  ///   - zero: what stands for zero in a layer's output.
  init(
    of architecture: Architecture, padding: Padding, inputElementBytes: Int, channelsPerElement: Int = 1,
    zero: (Architecture.Layer) -> Element
  ) {
    let layers = architecture.layers
    let writers = layers.indices.filter { layers[$0].kind == .convolution || layers[$0].kind == .pointwise }
    func border(after index: Int) -> (before: Int, after: Int) {
      guard [.depthwise, .convolution].contains(layers[index + 1].kind) else { return (0, 0) }
      return (padding.before(stride: layers[index + 1].stride), 1)
    }
    func width(_ index: Int) -> Int {
      layers[index].outputSide + border(after: index).before + border(after: index).after
    }
    func pixelStride(_ index: Int) -> Int { layers[index].outputChannels / channelsPerElement }
    // Kernels of bytes read up to two cache lines more than there are.
    func aligned(_ bytes: Int) -> Int { (bytes + 191) / 64 * 64 }

    inputRowStride = (architecture.resolution + 1) * 3
    inputBefore = padding.before(stride: layers[0].stride) * (inputRowStride + 3)
    let inputBytes = ((architecture.resolution + 1) * inputRowStride + inputBefore) * inputElementBytes
    var sizes = [0, 0]
    for (turn, index) in writers.enumerated() {
      let bytes = width(index) * width(index) * pixelStride(index) * MemoryLayout<Element>.stride
      sizes[turn % 2] = max(sizes[turn % 2], aligned(bytes))
    }
    storage = AlignedBuffer((aligned(inputBytes) + sizes[0] + sizes[1]) / 4)
    let start = UnsafeMutableRawPointer(storage.pointer)
    inputCorner = start
    input = start + inputBefore * inputElementBytes
    let places = [aligned(inputBytes), aligned(inputBytes) + sizes[0]].map {
      (start + $0).assumingMemoryBound(to: Element.self)
    }
    offsets = .allocate(capacity: writers.reduce(0) { $0 + layers[$1].outputSide * layers[$1].outputSide })
    var next = offsets
    var maps: [FeatureMap<Element>] = []
    for (turn, index) in writers.enumerated() {
      let (before, after) = border(after: index)
      let (side, width, stride) = (layers[index].outputSide, width(index), pixelStride(index))
      maps.append(
        FeatureMap(
          origin: places[turn % 2] + before * (width + 1) * stride, side: side,
          channels: layers[index].outputChannels, pixelStride: stride, before: before, after: after,
          zero: zero(layers[index]), offsets: next))
      for y in 0..<side {
        for x in 0..<side { next[y * side + x] = Int32((y * width + x) * stride) }
      }
      next += side * side
    }
    self.maps = maps
  }

  deinit { offsets.deallocate() }
}
