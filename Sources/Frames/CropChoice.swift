import Platform

/// Which square of its frames the network is to see, whatever their size.
public enum CropChoice: Sendable, Hashable {
  /// By its centre, in fractions of the frame's width and height; the side in a fraction of the shorter of them.
  case centred(x: Double, y: Double, side: Double)
  /// By its upper left corner, in the same fractions.
  case cornered(x: Double, y: Double, side: Double)
  /// In the pixels that the source gives.
  case pixels(Crop)

  /// The middle, 87.5 % of the shorter side, as in slim's evaluation.
  public static let central = CropChoice.centred(x: 0.5, y: 0.5, side: centralFraction)
  public static let centralFraction = 0.875

  /// Smaller squares hold nothing that a network could name.
  public static let leastFraction = 0.1
  public static let leastPixels = 16

  /// The square in a frame of this size; one that would reach outside is made smaller and moved in.
  public func crop(width: Int, height: Int) -> Crop {
    let shorter = min(width, height)
    guard shorter > 0 else { return Crop(x: 0, y: 0, side: 0) }
    if case .pixels(let square) = self {
      let side = min(max(1, square.side), shorter)
      return Crop(x: min(square.x, width - side), y: min(square.y, height - side), side: side)
    }
    let (centreX, centreY, fraction) = parts(width: width, height: height)
    let side = min(max(1, Int((Double(shorter) * fraction).rounded())), shorter)
    func start(_ centre: Double, of length: Int) -> Int {
      // A hair more, for what rounding takes away from a half.
      min(max(Int((centre * Double(length) - Double(side) / 2 + 1e-9).rounded(.down)), 0), length - side)
    }
    return Crop(x: start(centreX, of: width), y: start(centreY, of: height), side: side)
  }

  /// Whether the square is used as it was asked for.
  public func fits(width: Int, height: Int) -> Bool {
    guard case .pixels(let square) = self else { return true }
    return square == crop(width: width, height: height)
  }

  // MARK: Turning it

  /// The same centre, with a side of so many times today's.
  public func zoomed(by factor: Double, width: Int, height: Int) -> CropChoice {
    let (centreX, centreY, side) = parts(width: width, height: height)
    return .centred(x: centreX, y: centreY, side: min(max(side * factor, Self.leastFraction), 1))
  }

  /// Moved by fractions of its own side, as far as the frame goes, but by a pixel at least.
  public func moved(x: Double, y: Double, width: Int, height: Int) -> CropChoice {
    let (centreX, centreY, side) = parts(width: width, height: height)
    let length = side * Double(min(width, height))
    func moved(_ centre: Double, by steps: Double, in size: Int) -> Double {
      let pixels = steps == 0 ? 0 : max(abs(steps) * length, 1) * (steps < 0 ? -1 : 1)
      let half = length / 2 / Double(size)
      return min(max(centre + pixels / Double(size), half), 1 - half)
    }
    return .centred(x: moved(centreX, by: x, in: width), y: moved(centreY, by: y, in: height), side: side)
  }

  private func parts(width: Int, height: Int) -> (centreX: Double, centreY: Double, side: Double) {
    let (width, height) = (Double(width), Double(height))
    let shorter = min(width, height)
    switch self {
    case .centred(let x, let y, let side): return (x, y, side)
    case .cornered(let x, let y, let side):
      return (x + side * shorter / width / 2, y + side * shorter / height / 2, side)
    case .pixels:
      let square = crop(width: Int(width), height: Int(height))
      let half = Double(square.side) / 2
      return ((Double(square.x) + half) / width, (Double(square.y) + half) / height, Double(square.side) / shorter)
    }
  }
}

extension CropChoice {
  /// `X,Y,SIDE`: the upper left corner and the side. Pixels where SIDE is above 1; else fractions, of the width, the height
  /// and the shorter side.
  /// - Throws: `UserError` for anything else.
  public init(_ text: String) throws(UserError) {
    let expected =
      "expected X,Y,SIDE: in pixels (80,40,240; a side of \(Self.leastPixels) at least) or in fractions of the picture "
      + "(0.1,0.2,0.5; a side of \(Self.leastFraction) at least)"
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard parts.count == 3, let x = parts[0], let y = parts[1], let side = parts[2],
      (0..<1e6).contains(x), (0..<1e6).contains(y), (0..<1e6).contains(side)
    else { throw UserError("\(expected), found \(text)") }
    if side > 1 {
      guard side >= Double(Self.leastPixels), [x, y, side].allSatisfy({ $0 == $0.rounded() }) else {
        throw UserError("\(expected), found \(text)")
      }
      self = .pixels(Crop(x: Int(x), y: Int(y), side: Int(side)))
    } else {
      guard side >= Self.leastFraction, x <= 1, y <= 1 else { throw UserError("\(expected), found \(text)") }
      self = .cornered(x: x, y: y, side: side)
    }
  }
}
