import Frames
import Kernels
import MobileNet
import TestSupport
import Testing

/// The square that a network sees of a frame.
@Suite struct PreprocessorTests {
  /// A square of a frame is what the same square would be as a frame of its own.
  @Test(arguments: InstructionSets.available.map(\.name))
  func aSquareIsAPictureOfItsOwn(isa: String) throws {
    let kernels = try #require(InstructionSets.available.first { $0.name == isa })
    var random = SplitMix64(seed: 17, for: "square")
    let (width, height) = (97, 61)
    let frame = (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &random) }
    let preprocessor = Preprocessor(kernels: kernels)
    func input(_ pixels: [UInt8], _ width: Int, _ height: Int, _ crop: Crop?, _ resolution: Int) -> [UInt8] {
      var output: [UInt8] = []
      preprocessor.crop = crop
      pixels.withUnsafeBytes {
        preprocessor.run(pixels: $0, width: width, height: height, resolution: resolution) { _, row in
          output += UnsafeBufferPointer(start: row, count: resolution * 3)
        }
      }
      return output
    }
    for crop in [
      Crop(x: 0, y: 0, side: 61), Crop(x: 36, y: 0, side: 61), Crop(x: 81, y: 45, side: 16), Crop(x: 7, y: 3, side: 40),
      Crop(x: 96, y: 60, side: 1),
    ] {
      let cut = (0..<crop.side).flatMap { y in
        let start = ((crop.y + y) * width + crop.x) * 3
        return frame[start..<start + crop.side * 3]
      }
      for resolution in [32, 48] {
        #expect(
          input(frame, width, height, crop, resolution)
            == input(cut, crop.side, crop.side, Crop(x: 0, y: 0, side: crop.side), resolution), "\(crop)")
      }
    }
    let middle = CropChoice.central.crop(width: width, height: height)
    #expect(input(frame, width, height, nil, 32) == input(frame, width, height, middle, 32))
  }

  /// What is seen of a frame that was made smaller is the same square to a fraction of a pixel: a picture that grows brighter
  /// evenly shows where each value comes from.
  @Test(
    arguments: [2, 4, 8], [Crop(x: 13, y: 7, side: 301), Crop(x: 0, y: 0, side: 360), Crop(x: 279, y: 59, side: 300)])
  func aDividedFrameHasTheSameSquare(divisor: Int, crop: Crop) throws {
    let preprocessor = Preprocessor(kernels: InstructionSets.available.last!)
    let resolution = 32
    func input(dividedBy divisor: Int) -> [Float] {
      let (width, height) = ((579 + divisor - 1) / divisor, (360 + divisor - 1) / divisor)
      var pixels = [UInt8](repeating: 0, count: width * height * 3)
      for y in 0..<height {
        for x in 0..<width {
          // Where the middle of the pixel is in the whole picture.
          let (column, row) = ((Double(x) + 0.5) * Double(divisor), (Double(y) + 0.5) * Double(divisor))
          pixels[(y * width + x) * 3] = UInt8(min(column / 580 * 255, 255))
          pixels[(y * width + x) * 3 + 1] = UInt8(min(row / 361 * 255, 255))
        }
      }
      var output = [Float](repeating: 0, count: resolution * resolution * 3 + 1)
      preprocessor.crop = crop
      preprocessor.divisor = divisor
      pixels.withUnsafeBytes {
        preprocessor.run(
          pixels: $0, width: width, height: height, resolution: resolution, output: &output,
          outputRowStride: resolution * 3)
      }
      return output.map { ($0 + 1) * 127.5 }
    }
    let whole = input(dividedBy: 1)
    let small = input(dividedBy: divisor)
    var sums = (0.0, 0.0)
    for y in 1..<resolution - 1 {
      for x in 1..<resolution - 1 {
        let place = (y * resolution + x) * 3
        #expect(abs(whole[place] - small[place]) < 1.5 && abs(whole[place + 1] - small[place + 1]) < 1.5)
        sums.0 += Double(whole[place] - small[place])
        sums.1 += Double(whole[place + 1] - small[place + 1])
      }
    }
    // Rounding down to bytes evens out; half a pixel of the divided picture would be more.
    #expect(abs(sums.0) / 900 < 0.25 && abs(sums.1) / 900 < 0.25, "\(sums)")
  }
}
