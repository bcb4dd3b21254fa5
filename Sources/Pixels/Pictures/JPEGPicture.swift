import Platform

/// A JPEG file in memory, from its markers to an upright picture.
struct JPEGPicture {
  private let bytes: UnsafeRawBufferPointer
  private let name: String
  private let markers: JPEGMarkers

  /// - Parameters:
  ///   - bytes: the file; zeros may stand in front of it.
  ///   - name: what errors call it.
  init(_ bytes: UnsafeRawBufferPointer, name: String) {
    self.bytes = JPEGDecoder.withoutZerosInFront(bytes)
    self.name = name
    markers = JPEGMarkers(self.bytes)
  }

  /// - Parameter remark: takes what the user should know of a picture that was read all the same.
  func decode(_ remark: (String) -> Void) throws(UserError) -> RGBImage {
    try refuseWhatIsNotRead()
    let decoder = JPEGDecoder()
    let orientation = markers.exif.map { Orientation(exif: UnsafeRawBufferPointer(rebasing: bytes[$0])) } ?? .upright
    do throws(JPEGDecoder.Failure) {
      let divisor = try decoder.divisor(of: bytes)
      let size = try decoder.size(of: bytes, dividedBy: divisor)
      var isCutOff = false
      let picture = try RGBImage(width: size.width, height: size.height) { (pixels) throws(JPEGDecoder.Failure) in
        do throws(JPEGDecoder.Failure) {
          try decoder.decode(bytes, dividedBy: divisor, into: pixels)
        } catch {
          guard error == .truncated else { throw error }
          isCutOff = true
        }
      }
      if isCutOff {
        // Of arithmetic coding nobody can tell what is missing.
        let missing =
          markers.frame?.isArithmetic == true
          ? 1 : Self.missingPart(of: picture, unitHeight: (markers.frame?.unitHeight ?? 8) / divisor)
        guard missing <= ImageFile.mostMissing else { throw .truncated }
        let part = missing == 0 ? "some of its detail" : "\(Int((missing * 100).rounded(.up))) % of the picture"
        remark(
          "\(name): expected a whole JPEG image, found one that is cut off at its end; "
            + "\(part) is missing, the rest was used")
      }
      return orientation.upright(picture)
    } catch {
      throw message(error)
    }
  }

  /// What is no picture that libjpeg-turbo decodes into 8 bits is named for what it is.
  private func refuseWhatIsNotRead() throws(UserError) {
    if isVideo == true {
      throw UserError(
        "\(name): expected a JPEG or PNG image, found a video in JPEG pictures (MJPEG); "
          + "play it: \(FileKind.showing(name))")
    }
    guard let frame = markers.frame else { return }
    let kind: String? =
      switch frame.process {
      case .lossless: "a lossless one"
      case .hierarchical: "a hierarchical one"
      case .jpegLS: "a JPEG-LS one"
      case .sequential, .progressive: frame.precision == 8 ? nil : "one of \(frame.precision) bits"
      }
    if let kind {
      throw UserError(
        "\(name): expected a JPEG image of 8 bits a sample, baseline or progressive, found \(kind); "
          + "save it as an ordinary JPEG or PNG image")
    }
    guard !markers.needsAllCoefficients || frame.coefficientBytes <= ImageFile.maximumCoefficientBytes else {
      throw UserError(
        "\(name): expected a progressive JPEG image that takes at most \(ImageFile.maximumCoefficientBytes >> 20) MiB "
          + "to decode, found \(frame.width)×\(frame.height) pixels, which take \(frame.coefficientBytes >> 20) MiB; "
          + "save it as a baseline JPEG image, or make it smaller")
    }
  }

  /// Whether another picture of the same size follows the first one at once, which does not say that it should; `nil`
  /// where the bytes end before that is seen.
  var isVideo: Bool? {
    guard let end = markers.end else { return nil }
    guard let frame = markers.frame, !markers.isMultiPicture else { return false }
    let rest = JPEGDecoder.withoutZerosInFront(UnsafeRawBufferPointer(rebasing: bytes[end...]))
    guard rest.starts(with: [0xFF, 0xD8, 0xFF]) else { return rest.allSatisfy { $0 == 0 } ? nil : false }
    guard let next = JPEGMarkers(rest).frame else { return nil }
    return next.width == frame.width && next.height == frame.height
  }

  private func message(_ failure: JPEGDecoder.Failure) -> UserError {
    switch failure {
    case .truncated:
      UserError("\(name): expected a whole JPEG image, found one that is cut off; download or copy it again")
    case .unreadable(let why), .damaged(let why):
      if markers.frame?.isArithmetic == true, why.contains("rithmetic") || why.contains("SOF") {
        UserError(
          "\(name): expected a JPEG image with Huffman coding, found one with arithmetic coding, which this machine's "
            + "libjpeg-turbo does not read; save it as an ordinary JPEG or PNG image")
      } else {
        UserError("\(name): expected a JPEG image, found damaged data (\(why)); download or copy it again")
      }
    case .tooManyPixels(let size):
      UserError(
        "\(name): expected a JPEG image of at most \(JPEGDecoder.maximumPixelsDivided / 1_000_000) million pixels, found "
          + "\(size.width)×\(size.height); give a smaller image")
    case .bufferTooSmall: preconditionFailure("the buffer was made from the header")
    }
  }

  /// How much at the end of a picture is what libjpeg puts where data is missing: grey, unit after unit.
  /// - Parameter unitHeight: rows that were coded together.
  private static func missingPart(of picture: RGBImage, unitHeight: Int) -> Double {
    let unitHeight = max(1, unitHeight)
    var missing = 0
    var bottom = picture.height
    while bottom > 0 {
      let top = (bottom - 1) / unitHeight * unitHeight
      /// Columns at the right of which nothing but grey stands, in all rows of the band.
      var column = picture.width
      while column > 0,
        (top..<bottom).allSatisfy({ row in
          let place = (row * picture.width + column - 1) * 3
          return picture.pixels[place..<place + 3].allSatisfy { $0 == 128 }
        })
      { column -= 1 }
      missing += (picture.width - column) * (bottom - top)
      if column > 0 { break }
      bottom = top
    }
    return Double(missing) / Double(picture.width * picture.height)
  }
}
