import Frames
import Platform
import TestSupport

/// The folder `assets` of the checkout.
let assets = Checkout.asset("")

/// A copy of a frame: leases cannot be copied, and so cannot stand in `#expect`.
struct SeenFrame {
  let info: FrameInfo
  let pixels: [UInt8]
}

extension FrameReader {
  /// The next frame; waits longer than any slow machine needs, so that no test depends on time.
  func take(patience: Nanoseconds = Nanoseconds(seconds: 20)) -> SeenFrame? {
    guard let lease = next(timeout: patience) else { return nil }
    return SeenFrame(info: lease.info, pixels: Array(lease.pixels))
  }
}
