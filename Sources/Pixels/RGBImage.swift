/// A picture in memory.
public struct RGBImage: Sendable, Hashable {
  public let width: Int
  public let height: Int
  /// `[H, W, 3]` bytes, RGB, full range, no padding between rows.
  public let pixels: [UInt8]

  /// - Precondition: `pixels` holds `width × height × 3` bytes.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// Pixels as `fill` writes them, all of them or none. Memory is taken as they come: what a damaged file claims of its size
  /// costs nothing.
  init<E: Error>(width: Int, height: Int, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void) throws(E) {
    let count = width * height * 3
    var failure: E?
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(E) {
        try fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
        filled = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    self.init(width: width, height: height, pixels: pixels)
  }
}
