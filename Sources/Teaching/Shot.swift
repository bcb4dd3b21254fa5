import Frames
import Pixels
import Platform

/// A shot: the square in the middle of a picture, small, as it is kept.
public enum Shot {
  /// Pixels a side, at most: the network sees 224, or fewer, of its middle.
  public static let side = 256

  /// The square in the middle of `[height, width, 3]` bytes, at most `side` pixels a side. The network's own crop of it is that
  /// of the picture.
  public static func square(_ pixels: UnsafeRawBufferPointer, width: Int, height: Int) -> RGBImage {
    let length = min(width, height)
    let square = RGBImage.square(
      of: pixels, width: width, x: (width - length) / 2, y: (height - length) / 2, side: length)
    return AreaAverage.fit(square, width: side, height: side, maximumPixels: side * side)
  }

  public static func square(_ picture: RGBImage) -> RGBImage {
    picture.pixels.withUnsafeBytes { square($0, width: picture.width, height: picture.height) }
  }

  /// Pixels a side of what a network of the largest usual resolution sees of a shot.
  public static let seenSide = 224

  /// The shot whose middle the network sees in a frame: of which its own crop is `crop` again. Where that reaches beyond the frame, the
  /// frame's edge goes on.
  /// - Parameters:
  ///   - crop: the square that the network sees.
  ///   - pixels: of the frame, `[height, width, 3]` bytes.
  public static func around(_ crop: Crop, in pixels: UnsafeRawBufferPointer, width: Int, height: Int) -> RGBImage {
    let side = Int((Double(crop.side) / CropChoice.centralFraction).rounded())
    let margin = (side - crop.side) / 2
    let columns = (0..<side).map { min(max(crop.x - margin + $0, 0), width - 1) * 3 }
    let square = RGBImage(
      width: side, height: side,
      pixels: [UInt8](unsafeUninitializedCapacity: side * side * 3) { target, count in
        var place = 0
        for row in 0..<side {
          let start = min(max(crop.y - margin + row, 0), height - 1) * width * 3
          for column in columns {
            for channel in 0..<3 { target[place + channel] = pixels[start + column + channel] }
            place += 3
          }
        }
        count = place
      })
    return AreaAverage.fit(square, width: Self.side, height: Self.side, maximumPixels: Self.side * Self.side)
  }

  /// What two shots are compared by: 16 × 16 means of brightness.
  public struct Thumbnail: Sendable, Hashable {
    private let means: [UInt8]

    public init(_ square: RGBImage) {
      var means: [UInt8] = []
      var average = BoxAverage()
      square.pixels.withUnsafeBytes {
        average.shrinkLuminance($0, width: square.width, height: square.height, columns: 16, rows: 16, into: &means)
      }
      self.means = means
    }

    /// Nearly the same picture: a second one teaches nothing. A camera's noise alone makes some tenths of a step of difference.
    public func isNear(_ other: Thumbnail) -> Bool {
      let difference = zip(means, other.means).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
      return difference <= means.count
    }
  }
}

extension RGBImage {
  /// A square of `[height, width, 3]` bytes.
  static func square(of pixels: UnsafeRawBufferPointer, width: Int, x: Int, y: Int, side: Int) -> RGBImage {
    let rowBytes = side * 3
    return RGBImage(
      width: side, height: side,
      pixels: [UInt8](unsafeUninitializedCapacity: side * rowBytes) { target, count in
        let target = UnsafeMutableRawBufferPointer(target)
        for row in 0..<side {
          let start = ((y + row) * width + x) * 3
          UnsafeMutableRawBufferPointer(rebasing: target[(row * rowBytes)...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: pixels[start..<start + rowBytes]))
        }
        count = side * rowBytes
      })
  }

  func square(x: Int, y: Int, side: Int) -> RGBImage {
    pixels.withUnsafeBytes { Self.square(of: $0, width: width, x: x, y: y, side: side) }
  }
}
