/// Depthwise weights by channel block: `[C / B][10][B]`, the bias first and then the nine taps; B channels make a block of
/// activations. What is left over comes in blocks of B / 2 and B / 4.
public struct DepthwiseLayout: Sendable, Hashable {
  /// B
  public let blockChannels: Int
  /// Of the activations, which weights are rounded as.
  public let format: WordFormat
  /// What weights and biases are held as: float32, unless sums are of another format too.
  public let storage: WordFormat
  /// In which channels stand.
  public let order: PairOrder

  public init(
    blockChannels: Int, format: WordFormat = .float32, storage: WordFormat = .float32, order: PairOrder = .natural
  ) {
    self.blockChannels = blockChannels
    self.format = format
    self.storage = storage
    self.order = order
  }

  /// Words that `pack` writes.
  public func words(channels: Int) -> Int { 10 * channels / storage.channelsPerWord }

  /// - Parameters:
  ///   - kernel: `[3, 3, C]`
  ///   - destination: takes `words` of them.
  public func pack(
    kernel: UnsafePointer<Float>, bias: UnsafePointer<Float>, channels: Int,
    into destination: UnsafeMutablePointer<Float>
  ) {
    var start = 0
    while start < channels {
      let width = width(ofBlockWith: channels - start)
      for row in 0..<10 {
        func value(_ place: Int) -> Float {
          let channel = order.channel(at: start + place, of: channels)
          return row == 0 ? bias[channel] : format.rounded(kernel[(row - 1) * channels + channel])
        }
        let target = destination + (10 * start + row * width) / storage.channelsPerWord
        for word in 0..<width / storage.channelsPerWord {
          target[word] =
            storage == .float32 ? value(word) : storage.pair(value(2 * word), value(2 * word + 1))
        }
      }
      start += width
    }
  }

  private func width(ofBlockWith left: Int) -> Int {
    var width = blockChannels
    while width > left { width /= 2 }
    return width
  }
}
