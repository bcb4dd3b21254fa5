import Foundation
import Frames
import Pixels
import Platform
import TestSupport

/// The checkout's `assets`, wherever the tests run from.
let assets = Checkout.asset("")

func asset(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(assets)/\(name)")))
}

/// A picture of one colour.
func flat(_ red: UInt8, _ green: UInt8, _ blue: UInt8, width: Int, height: Int) -> RGBImage {
  RGBImage(
    width: width, height: height, pixels: (0..<(width * height)).flatMap { _ in [red, green, blue] })
}

/// What `body` throws, as the user reads it; `nil` if it throws nothing.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

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
