import Foundation
import Pixels
import Platform
import TestSupport
import Testing

@Suite struct ImageFileTests {
  let folder: TemporaryFolder

  init() throws { folder = TemporaryFolder() }

  /// Largest distance of any channel of a pixel from what is expected there.
  func distance(_ picture: RGBImage, x: Int, y: Int, _ expected: [Int]) -> Int {
    let base = (y * picture.width + x) * 3
    return (0..<3).map { abs(Int(picture.pixels[base + $0]) - expected[$0]) }.max()!
  }

  @Test func readsColorJPEG() throws {
    let picture = try ImageFile.load(path: folder.write("a.jpg", Sample.jpeg))
    #expect(picture.width == 32 && picture.height == 16)
    #expect(distance(picture, x: 3, y: 8, [200, 30, 40]) <= 3)
    #expect(distance(picture, x: 28, y: 8, [20, 60, 220]) <= 3)
  }

  @Test func readsGreyJPEG() throws {
    let picture = try ImageFile.decode(Sample.greyJPEG, name: "grey")
    #expect(picture.width == 16 && picture.height == 8)
    #expect(distance(picture, x: 9, y: 4, [77, 77, 77]) <= 1)
  }

  @Test func readsCMYKJPEG() throws {
    let picture = try ImageFile.decode(Sample.cmykJPEG, name: "cmyk")
    #expect(picture.width == 16 && picture.height == 8)
    #expect(distance(picture, x: 9, y: 4, [0, 102, 204]) <= 3)
  }

  @Test func readsPNGs() throws {
    #expect(try ImageFile.decode(Sample.palettePNG, name: "p").pixels == [10, 20, 30, 200, 100, 50])
    #expect(try ImageFile.decode(Sample.greyPNG, name: "g").pixels == [5, 5, 5, 250, 250, 250])
    // Transparent parts are laid on black.
    #expect(try ImageFile.decode(Sample.transparentPNG, name: "t").pixels == [255, 0, 0, 0, 0, 0])
  }

  @Test func writesPNGs() throws {
    let picture = RGBImage(width: 7, height: 5, pixels: (0..<105).map { UInt8($0 * 37 % 256) })
    #expect(try ImageFile.decode(PNG.encode(picture), name: "made") == picture)
  }

  @Test func namesDoNotMatter() throws {
    let picture = try ImageFile.load(path: folder.write("picture.png", Sample.jpeg))
    #expect(picture.width == 32)
    #expect(try ImageFile.load(path: folder.write("picture", Sample.greyPNG)).width == 2)
  }

  @Test func readsTheDemosPhotographs() throws {
    for name in ["coffee", "chelsea", "camera", "astronaut", "rocket"] {
      let picture = try ImageFile.load(path: Checkout.asset("demo/\(name).jpg"))
      #expect(picture.width >= 800 && picture.height >= 600, "\(name)")
    }
  }
}

@Suite struct ImageFileErrorTests {
  let folder: TemporaryFolder

  init() throws { folder = TemporaryFolder() }

  func loading(_ path: String) -> String? { thrownMessage { _ = try ImageFile.load(path: path) } }

  @Test func missing() {
    #expect(loading("\(folder.path)/no.jpg") == "\(folder.path)/no.jpg: no such file; check the path")
  }

  @Test func throughAFile() throws {
    let path = try folder.write("a.jpg", Sample.jpeg) + "/b.jpg"
    #expect(loading(path) == "\(path): a part of the path is no folder; check the path")
  }

  /// Root may read everything, and tests may run as root: so the text is tested, not the system.
  @Test func noPermission() {
    #expect(
      "\(UserError.unreadable("a.jpg", SystemError(EACCES)))"
        == "a.jpg: no permission to read it; see 'ls -l' and 'chmod u+r' the file")
    #expect(
      "\(UserError.unreadable("a.jpg", SystemError(EIO)))" == "a.jpg: cannot be read: Input/output error (errno 5)")
  }

  @Test func otherKinds() throws {
    #expect(
      loading(folder.path)
        == "\(folder.path): expected an image file, found a folder; give the path of a JPEG or PNG file")
    #expect(
      loading("/dev/null")
        == "/dev/null: expected an image file, found a character device; give the path of a JPEG or PNG file")
    let pipe = "\(folder.path)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(loading(pipe) == "\(pipe): expected an image file, found a pipe; give the path of a JPEG or PNG file")
  }

  @Test func empty() throws {
    let path = try folder.write("a.jpg", [])
    #expect(loading(path) == "\(path): expected an image file, found an empty file; make or download it again")
  }

  @Test func cutOffJPEG() throws {
    let whole = try Checkout.assetBytes("demo/coffee.jpg")
    for count in [whole.count / 10, whole.count / 2, whole.count * 3 / 4] {
      let path = try folder.write("a.jpg", Array(whole[..<count]))
      #expect(
        loading(path) == "\(path): expected a whole JPEG image, found one that is cut off; download or copy it again")
    }
  }

  /// A picture without a few rows is a picture, and it is told.
  @Test func theEndOfAJPEGIsMissing() throws {
    let whole = try Checkout.assetBytes("demo/coffee.jpg")
    let picture = try ImageFile.decode(whole, name: "whole")
    for (missing, part) in [
      (8, "some of its detail"), (2000, "% of the picture"), (whole.count / 50, "% of the picture"),
    ] {
      var remarks: [String] = []
      let cut = try ImageFile.decode(Array(whole.dropLast(missing)), name: "a.jpg") { remarks.append($0) }
      #expect(
        remarks.count == 1 && remarks[0].hasPrefix("a.jpg: expected a whole JPEG image, found one that is cut off"))
      #expect(remarks[0].contains(part), "\(remarks)")
      let same = picture.pixels.count * 7 / 8
      #expect(cut.pixels[..<same] == picture.pixels[..<same])
    }
  }

  /// Of its two units of 16 × 16 pixels the second may lose its last bits, but not be missing.
  @Test func everyCutOfASmallJPEG() throws {
    let whole = try ImageFile.decode(Sample.jpeg, name: "whole")
    var count = 3
    while thrownMessage({ _ = try ImageFile.decode(Array(Sample.jpeg[..<count]), name: "cut") }) != nil { count += 1 }
    #expect(count > Sample.jpeg.count - 20)
    for count in count..<Sample.jpeg.count {
      let picture = try ImageFile.decode(Array(Sample.jpeg[..<count]), name: "cut")
      for y in 0..<16 { #expect(picture.pixels[(y * 96)..<(y * 96 + 45)] == whole.pixels[(y * 96)..<(y * 96 + 45)]) }
    }
  }

  @Test func damagedJPEG() throws {
    let path = try folder.write("a.jpg", [0xFF, 0xD8, 0xFF, 0xE0] + [UInt8](repeating: 0x5A, count: 400))
    let text = try #require(loading(path))
    #expect(text.hasPrefix("\(path): expected a"))
    #expect(text.hasSuffix("; download or copy it again"))
  }

  /// Whatever stands in the data: a picture or an error, never a trap.
  @Test func garbageInsideJPEG() {
    for place in 2..<Sample.jpeg.count {
      for garbage: UInt8 in [0x00, 0x01, 0x7F, 0xD8, 0xFF] {
        var data = Sample.jpeg
        data[place] = garbage
        let outcome = thrownMessage { _ = try ImageFile.decode(data, name: "garbled") }
        #expect(outcome == nil || outcome!.hasPrefix("garbled: expected"), "byte \(place) = \(garbage)")
      }
    }
  }

  /// Some cameras leave bytes before a marker: harmless, and no reason to refuse the picture.
  @Test func extraneousBytesAreTolerated() throws {
    var data = Sample.jpeg
    data.insert(contentsOf: [0, 0, 0, 0], at: data.count - 2)
    #expect(try ImageFile.decode(data, name: "camera") == ImageFile.decode(Sample.jpeg, name: "clean"))
    // … unless they hide that the end is missing.
    #expect(thrownMessage { _ = try ImageFile.decode(Array(data.dropLast(16)), name: "camera") } != nil)
  }

  @Test func absurdSizes() throws {
    var jpeg = Sample.jpeg
    // The start-of-frame marker: FF C0 or FF C1, length, precision, height, width.
    let frame = try #require((0..<jpeg.count).first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
    jpeg.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0x00, 0xFF, 0x00])
    #expect(
      thrownMessage { _ = try ImageFile.decode(jpeg, name: "a.jpg") }
        == "a.jpg: expected a JPEG image of at most 1024 million pixels, found 65280×65280; give a smaller image")

    // A header chunk for 100000 × 100000 pixels; libpng checks its CRC.
    let png: [UInt8] =
      Array(Sample.greyPNG[..<8]) + PNGFile.chunk("IHDR", [0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0, 8, 0, 0, 0, 0])
      + PNGFile.chunk("IDAT", [])
    #expect(
      thrownMessage { _ = try ImageFile.decode(png, name: "a.png") }
        == "a.png: expected a PNG image of at most 64 million pixels, found 100000×100000; make it smaller: "
        + "ffmpeg -i a.png -vf scale=1024:-1 smaller.png")
  }

  /// What is no picture, or too large, is refused by its first bytes and its size: nothing else of it is read.
  @Test func largeFiles() async {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      func peak() throws -> Int {
        let status = try #require(File.text(of: "/proc/self/status"))
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
      }
      for (start, size, words) in [
        ([0x42, 0x4D, 0, 0], 500 << 20, "found a BMP image"), ([0xFF, 0xD8, 0xFF, 0xE0], 1 << 40, "found 1048576 MiB"),
      ] as [([UInt8], Int, String)] {
        let path = try folder.write("large.jpg", start)
        try File.open(path, O_WRONLY).truncate(to: size)
        let before = try peak()
        #expect(thrownMessage { _ = try ImageFile.load(path: path) }?.contains(words) == true)
        #expect(try peak() - before < 10_000 || Checkout.isSanitized, "kB for \(size) bytes")
      }
      // Sixty bytes that claim to be 64 million pixels.
      let before = try peak()
      let png: [UInt8] =
        Array(Sample.greyPNG[..<8]) + PNGFile.chunk("IHDR", [0, 0, 0x1F, 0x40, 0, 0, 0x1F, 0x40, 8, 2, 0, 0, 0])
        + PNGFile.chunk("IDAT", [])
      #expect(thrownMessage { _ = try ImageFile.decode(png, name: "a.png") }?.contains("damaged data") == true)
      #expect(try peak() - before < 20_000 || Checkout.isSanitized)
    }
  }

  @Test func damagedPNG() throws {
    for count in 8..<(Sample.palettePNG.count - 16) {
      let text = thrownMessage { _ = try ImageFile.decode(Array(Sample.palettePNG[..<count]), name: "a.png") }
      #expect(text?.hasPrefix("a.png: expected a PNG image, found damaged data (") == true, "\(count) bytes")
    }
  }
}

@Suite struct JPEGDecoderTests {
  /// Decodes into a buffer with guard bytes behind the picture.
  func decode(_ decoder: JPEGDecoder, _ jpeg: [UInt8], capacity: Int) -> (Result<JPEGDecoder.Size, any Error>, [UInt8])
  {
    var buffer = [UInt8](repeating: 0xA5, count: capacity + 64)
    let result = buffer.withUnsafeMutableBytes { buffer in
      jpeg.withUnsafeBytes { jpeg in
        Result { try decoder.decode(jpeg, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<capacity])) }
      }
    }
    return (result, buffer)
  }

  @Test func oneDecoderManyPictures() throws {
    let decoder = JPEGDecoder()
    for (jpeg, width, height) in [
      (Sample.jpeg, 32, 16), (Sample.greyJPEG, 16, 8), (Sample.cmykJPEG, 16, 8), (Sample.jpeg, 32, 16),
    ] {
      let (result, buffer) = decode(decoder, jpeg, capacity: width * height * 3)
      let size = try result.get()
      #expect(size.width == width && size.height == height)
      #expect(buffer.suffix(64).allSatisfy { $0 == 0xA5 })
      #expect(Array(buffer.dropLast(64)) == (try ImageFile.decode(jpeg, name: "same")).pixels)
    }
  }

  @Test func goesOnAfterAFailure() throws {
    let decoder = JPEGDecoder()
    let (failed, _) = decode(decoder, Array(Sample.jpeg.dropLast(20)), capacity: 32 * 16 * 3)
    #expect(throws: JPEGDecoder.Failure.truncated) { try failed.get() }
    let (good, _) = decode(decoder, Sample.jpeg, capacity: 32 * 16 * 3)
    #expect(try good.get().width == 32)
  }

  @Test func smallBufferStaysUntouched() {
    let (result, buffer) = decode(JPEGDecoder(), Sample.jpeg, capacity: 100)
    #expect(throws: JPEGDecoder.Failure.bufferTooSmall(neededBytes: 1536)) { try result.get() }
    #expect(buffer.allSatisfy { $0 == 0xA5 })
  }

  /// Made smaller while it is decoded, colours and sides rounded up stay.
  @Test(arguments: [2, 4, 8])
  func smaller(divisor: Int) throws {
    let decoder = JPEGDecoder()
    for (jpeg, width, height) in [(Sample.jpeg, 32, 16), (Sample.greyJPEG, 16, 8), (Sample.cmykJPEG, 16, 8)] {
      let (wide, high) = ((width + divisor - 1) / divisor, (height + divisor - 1) / divisor)
      var pixels = [UInt8](repeating: 0xA5, count: wide * high * 3 + 64)
      let size = try pixels.withUnsafeMutableBytes { pixels in
        try jpeg.withUnsafeBytes { jpeg in
          #expect(try decoder.size(of: jpeg, dividedBy: divisor) == JPEGDecoder.Size(width: wide, height: high))
          return try decoder.decode(
            jpeg, dividedBy: divisor, into: UnsafeMutableRawBufferPointer(rebasing: pixels[..<(wide * high * 3)]))
        }
      }
      #expect(size == JPEGDecoder.Size(width: wide, height: high) && pixels.suffix(64).allSatisfy { $0 == 0xA5 })
      let whole = try ImageFile.decode(jpeg, name: "whole")
      for channel in 0..<3 { #expect(abs(Int(pixels[channel]) - Int(whole.pixels[channel])) <= 6) }
    }
  }

  @Test(
    arguments: [
      (640, 480, 1), (4000, 3000, 1), (4000, 4000, 1), (4001, 4000, 2), (6000, 4000, 2), (9248, 6936, 4),
      (12000, 9000, 4),
      (16320, 12240, 4), (30000, 30000, 8), (65500, 300, 1), (65500, 1000, 2), (32000, 32000, 8), (32001, 32000, nil),
    ] as [(Int, Int, Int?)])
  func howMuchSmaller(width: Int, height: Int, divisor: Int?) throws {
    var jpeg = Sample.jpeg
    let frame = try #require((0..<jpeg.count).first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
    jpeg.replaceSubrange((frame + 5)..<(frame + 9), with: PNGFile.big(height << 16 | width))
    let found = try? jpeg.withUnsafeBytes { try JPEGDecoder().divisor(of: $0) }
    #expect(found == divisor)
  }

  @Test func emptyData() {
    let (result, _) = decode(JPEGDecoder(), [], capacity: 100)
    #expect(throws: JPEGDecoder.Failure.self) { try result.get() }
  }
}
