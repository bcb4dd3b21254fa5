import Foundation
import Pixels

extension Checkout {
  /// The content of a file in `assets`.
  package static func assetBytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: asset(name))))
  }
}

extension RGBImage {
  /// A picture of one colour.
  package static func flat(_ red: UInt8, _ green: UInt8, _ blue: UInt8, width: Int, height: Int) -> RGBImage {
    RGBImage(width: width, height: height, pixels: (0..<(width * height)).flatMap { _ in [red, green, blue] })
  }
}

/// What `body` throws, as the user reads it; `nil` if it throws nothing.
package func thrownMessage(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
