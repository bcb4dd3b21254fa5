import CTurboJPEG
import Pixels
import TestSupport
import Testing

/// JPEG files as they come: flawed, unusual, huge.
@Suite struct JPEGFileTests {
  private func load(_ bytes: [UInt8], _ name: String = "a.jpg") throws -> RGBImage {
    try ImageFile.decode(bytes, name: name) { Issue.record("an unasked remark: \($0)") }
  }

  /// What belongs to no picture does no harm to it.
  @Test func flawsThatLoseNothing() throws {
    let random = testSeed()
    for (kind, jpeg) in [
      Sample.jpeg, Sample.greyJPEG, Sample.cmykJPEG, JPEGFile.make(width: 40, height: 30, isProgressive: true),
      JPEGFile.inserting(exif: ExifFile.make(orientation: 8, isLittle: true), in: JPEGFile.make(width: 40, height: 30)),
    ].enumerated() {
      let clean = try load(jpeg)
      var generator = SplitMix64(state: random)
      let noise = (0..<500).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 8) }
      let body = Array(jpeg.dropLast(2))
      let flawed: [[UInt8]] = [
        [0, 0, 0, 0] + jpeg, [UInt8](repeating: 0, count: 700) + jpeg, jpeg + [0x5A], jpeg + [0, 0], jpeg + [0xFF],
        jpeg + Array(jpeg.suffix(60)), jpeg + noise, jpeg + [0] + Array(jpeg.dropFirst(3)), body, body + [0xFF],
        body + [0, 0, 0], body + [UInt8](repeating: 0, count: 3000), body + [0xFF, 0xFF, 0xD9],
        body + [0, 0, 0xFF, 0xD9],
      ]
      for (flaw, bytes) in flawed.enumerated() {
        #expect(try load(bytes) == clean, "picture \(kind), flaw \(flaw)")
      }
    }
  }

  /// What libjpeg-turbo does not decode into 8 bits is named, and never called damaged.
  @Test func otherKindsOfJPEG() throws {
    let frame = try #require((0..<Sample.jpeg.count).first { Sample.jpeg[$0] == 0xFF && Sample.jpeg[$0 + 1] == 0xC0 })
    func message(_ change: (inout [UInt8]) -> Void) -> String? {
      var jpeg = Sample.jpeg
      change(&jpeg)
      return thrownMessage { _ = try load(jpeg) }
    }
    for (words, marker, precision) in [
      ("one of 12 bits", 0xC1, 12), ("one of 12 bits", 0xC2, 12), ("one of 16 bits", 0xC0, 16),
      ("a lossless one", 0xC3, 8), ("a lossless one", 0xC3, 16), ("a lossless one", 0xCB, 8),
      ("a JPEG-LS one", 0xF7, 8), ("a hierarchical one", 0xC5, 8), ("a hierarchical one", 0xCE, 8),
    ] as [(String, UInt8, UInt8)] {
      #expect(
        message {
          $0[frame + 1] = marker
          $0[frame + 4] = precision
        }
          == "a.jpg: expected a JPEG image of 8 bits a sample, baseline or progressive, found \(words); "
          + "save it as an ordinary JPEG or PNG image")
    }
  }

  @Test func arithmeticCoding() throws {
    #expect(try load(Sample.arithmeticJPEG).pixels == [UInt8](repeating: 77, count: 16 * 8 * 3))
    // Where its data ends cannot be told from where it is cut off.
    #expect(thrownMessage { _ = try load(Array(Sample.arithmeticJPEG.dropLast(2))) }?.contains("cut off") == true)
  }

  /// JPEG pictures in a row are a video; a camera's second picture in the same file is not.
  @Test func aRowOfPictures() throws {
    let frame = Sample.jpeg
    let words =
      "a.mjpeg: expected a JPEG or PNG image, found a video in JPEG pictures (MJPEG); "
      + "play it: mobilecam --source a.mjpeg"
    let (zeros, cut): ([UInt8], [UInt8]) = ([0, 0], Array(frame.dropLast(100)))
    let videos: [[UInt8]] = [frame + frame, frame + zeros + frame + frame, frame + cut]
    for video in videos {
      #expect(thrownMessage { _ = try load(video, "a.mjpeg") } == words)
    }
    let several = JPEGFile.inserting(0xE2, Array("MPF\0II*\0".utf8), in: frame) + frame
    #expect(try load(several) == load(frame))
    #expect(try load(frame + Sample.greyJPEG) == load(frame), "a smaller one: a thumbnail, a gain map")
  }

  /// More pixels than are kept: a half, a quarter, an eighth of the sides.
  @Test(arguments: [(9248, 6936, 4), (12000, 9000, 4), (5000, 4000, 2)])
  func hugePictures(width: Int, height: Int, divisor: Int) throws {
    for isProgressive in [false, true] {
      let jpeg = JPEGFile.make(
        width: width, height: height, TJPF_GRAY, TJSAMP_GRAY, isProgressive: isProgressive, grey: 77)
      let exif = ExifFile.make(orientation: 6, isLittle: true)
      let picture = try load(JPEGFile.inserting(exif: exif, in: jpeg))
      #expect(picture.width == height / divisor && picture.height == width / divisor)
      let grey = picture.pixels[0]
      #expect(abs(Int(grey) - 77) <= 3 && picture.pixels.allSatisfy { $0 == grey })
    }
  }

  /// A progressive picture is held whole until its last scan: what that takes is bounded.
  @Test func progressivePicturesThatTakeTooMuch() throws {
    var jpeg = JPEGFile.make(width: 24, height: 20, isProgressive: true)
    let frame = try #require((0..<jpeg.count).first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC2 })
    jpeg.replaceSubrange((frame + 5)..<(frame + 9), with: PNGFile.big(20000 << 16 | 20000))
    #expect(
      thrownMessage { _ = try load(jpeg) }
        == "a.jpg: expected a progressive JPEG image that takes at most 768 MiB to decode, found 20000×20000 pixels, "
        + "which take 1144 MiB; save it as a baseline JPEG image, or make it smaller")
  }
}
