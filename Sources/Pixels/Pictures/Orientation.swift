/// How a picture has to be turned to stand upright (Exif 2.32, tag 0x0112): cameras store it as the sensor lay.
enum Orientation: Int, CaseIterable {
  case upright = 1
  case mirrored, upsideDown, flipped, transposed, quarterTurn, transversed, quarterTurnBack

  /// Of a TIFF structure as Exif has it, in either byte order. What is broken, or no Exif, says nothing.
  init(exif: UnsafeRawBufferPointer) {
    // In PNG the name that begins JPEG's segment has no place; some write it.
    let hasName = exif.starts(with: "Exif\0\0".utf8)
    let value = Self.value(UnsafeRawBufferPointer(rebasing: exif[(hasName ? 6 : 0)...]))
    self = value.flatMap(Orientation.init) ?? .upright
  }

  private static func value(_ exif: UnsafeRawBufferPointer) -> Int? {
    let order = exif.prefix(4)
    let isLittle = order.elementsEqual([0x49, 0x49, 0x2A, 0])
    guard isLittle || order.elementsEqual([0x4D, 0x4D, 0, 0x2A]) else { return nil }
    /// A number of some bytes; `nil` where they do not all lie in the structure.
    func number(_ place: Int, _ count: Int) -> Int? {
      guard place >= 0, place + count <= exif.count else { return nil }
      return (0..<count).reduce(0) { $0 << 8 | Int(exif[isLittle ? place + count - 1 - $1 : place + $1]) }
    }
    // Only the main picture's directory: the next one is the thumbnail's.
    guard let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
    for index in 0..<entries {
      let entry = directory + 2 + 12 * index
      guard let tag = number(entry, 2), let type = number(entry + 2, 2), let count = number(entry + 4, 4) else {
        return nil
      }
      guard tag == 0x0112 else { continue }
      // SHORT it has to be; BYTE and LONG are what some write.
      guard count == 1, let bytes = [1: 1, 3: 2, 4: 4][type] else { return nil }
      return number(entry + 8, bytes)
    }
    return nil
  }

  /// The picture as it is to be seen; of a quarter turn width and height change places.
  func upright(_ picture: RGBImage) -> RGBImage {
    let (width, height) = (picture.width, picture.height)
    let (right, down) = (3, 3 * width)
    let (lastColumn, lastRow) = (right * (width - 1), down * (height - 1))
    // Where the first output pixel comes from, and how far the next to its right and the next below lie from there.
    let (start, across, along) =
      switch self {
      case .upright: (0, right, down)
      case .mirrored: (lastColumn, -right, down)
      case .upsideDown: (lastColumn + lastRow, -right, -down)
      case .flipped: (lastRow, right, -down)
      case .transposed: (0, down, right)
      case .quarterTurn: (lastRow, -down, right)
      case .transversed: (lastColumn + lastRow, -down, -right)
      case .quarterTurnBack: (lastColumn, down, -right)
      }
    if self == .upright { return picture }
    let isTurned = abs(across) != right
    let (outWidth, outHeight) = isTurned ? (height, width) : (width, height)
    return picture.pixels.withUnsafeBytes { source in
      RGBImage(width: outWidth, height: outHeight) { target in
        var output = 0
        for y in 0..<outHeight {
          var input = start + y * along
          for _ in 0..<outWidth {
            for channel in 0..<3 { target[output + channel] = source[input + channel] }
            output += 3
            input += across
          }
        }
      }
    }
  }
}
