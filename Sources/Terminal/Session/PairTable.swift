/// Colour pairs of the terminal, given out as they are needed; the one that was not drawn for longest is used again.
///
/// ncurses knows colours only in numbered pairs, of which a terminal has between 64 and 65 536.
package struct PairTable {
  /// How many pairs there are besides pair 0, the terminal's own colours.
  package let capacity: Int
  private var pairs: [UInt64: Int32] = [:]
  private var keys: [UInt64] = [0]
  private var lastUsed: [Int] = [0]
  private var frame = 1
  private var hand = 1

  package init(capacity: Int) { self.capacity = capacity }

  /// Starts a frame; pairs of cells that stay on the screen are to be kept with `keep`.
  package mutating func beginFrame() { frame += 1 }

  package mutating func keep(_ pair: Int32) { lastUsed[Int(pair)] = frame }

  /// The pair for two colours, and whether it has to be defined first; `nil` when this frame uses every pair.
  package mutating func pair(foreground: Int32, background: Int32) -> (number: Int32, isNew: Bool)? {
    if foreground < 0 && background < 0 { return (0, false) }
    let key = UInt64(UInt32(bitPattern: foreground)) << 32 | UInt64(UInt32(bitPattern: background))
    if let known = pairs[key] {
      lastUsed[Int(known)] = frame
      return (known, false)
    }
    let number: Int
    if keys.count <= capacity {
      number = keys.count
      keys.append(key)
      lastUsed.append(frame)
    } else {
      guard let free = leastRecent() else { return nil }
      number = free
      pairs[keys[number]] = nil
      keys[number] = key
      lastUsed[number] = frame
    }
    pairs[key] = Int32(number)
    return (Int32(number), true)
  }

  /// One that the last frame did not use, found by a hand that goes round so that a search does not start anew each time.
  private mutating func leastRecent() -> Int? {
    guard capacity > 0 else { return nil }
    for _ in 0..<capacity {
      hand = hand % capacity + 1
      if lastUsed[hand] < frame { return hand }
    }
    return nil
  }
}
