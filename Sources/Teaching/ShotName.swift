/// The name of a shot's file: `BURST-NN.jpg`, the burst's time and the shot's number. Shots of one burst are nearly the same
/// picture, and what is learnt of one says little when it is tested with another; a picture of any other name is a burst
/// of its own.
public struct ShotName: Sendable, Hashable {
  public let burst: String
  /// 1 … 99; `nil` for a picture of another name.
  public let number: Int?

  public static let mostShots = 99

  public init(burst: String, number: Int) {
    self.burst = burst
    self.number = number
  }

  /// - Parameter file: a file's name, without its folder.
  public init(file: String) {
    let scalars = Array(file.unicodeScalars)
    let stem = scalars.dropLast(7)
    let end = scalars.suffix(7)
    func digit(_ index: Int) -> Int? {
      let scalar = end[end.startIndex + index]
      return ("0"..."9").contains(scalar) ? Int(scalar.value) - 48 : nil
    }
    if end.count == 7, !stem.isEmpty, end.first == "-", let tens = digit(1), let ones = digit(2),
      String(String.UnicodeScalarView(end.suffix(4))).lowercased() == ".jpg"
    {
      burst = String(String.UnicodeScalarView(stem))
      number = 10 * tens + ones
    } else {
      burst = file
      number = nil
    }
  }

  /// The name that a picture of the name `file` has as a shot: with the ending of what is written.
  public init(picture file: String) {
    let dot = file.utf8.lastIndex(of: UInt8(ascii: "."))
    self.init(file: (dot.map { String(file[..<$0]) } ?? file) + ".jpg")
  }

  /// What `init(file:)` reads back.
  public var file: String {
    guard let number else { return burst }
    return "\(burst)-\(number < 10 ? "0" : "")\(number).jpg"
  }
}
