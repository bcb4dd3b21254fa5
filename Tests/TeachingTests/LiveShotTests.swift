import Foundation
import Frames
import Pixels
import Platform
import Teaching
import TestSupport
import Testing

/// Shots of frames, and what it costs to answer each.
struct LiveShotTests {
  /// Its red is the column, its green the row.
  private static func frame(_ width: Int, _ height: Int) -> RGBImage {
    RGBImage(
      width: width, height: height,
      pixels: (0..<width * height).flatMap { [UInt8($0 % width), UInt8($0 / width), 7] })
  }

  private static func shot(_ crop: Crop, of frame: RGBImage) -> RGBImage {
    frame.pixels.withUnsafeBytes { Shot.around(crop, in: $0, width: frame.width, height: frame.height) }
  }

  /// What a network will see of the file is what it saw of the frame.
  @Test func theNetworksCropOfAShotIsTheSquareThatItSaw() {
    let frame = Self.frame(240, 230)
    for side in 1...220 {
      let shot = Self.shot(Crop(x: 10, y: 5, side: side), of: frame)
      let seen = CropChoice.central.crop(width: shot.width, height: shot.height)
      #expect(seen.side == side, "\(side)")
      for place in [0, side / 2, side - 1] {
        let pixel = ((seen.y + place) * shot.width + seen.x + place) * 3
        #expect(Array(shot.pixels[pixel..<pixel + 3]) == [UInt8(10 + place), UInt8(5 + place), 7], "\(side)")
      }
    }
  }

  @Test func beyondTheFrameItsEdgeGoesOn() {
    let shot = Self.shot(Crop(x: 0, y: 0, side: 70), of: Self.frame(70, 70))
    #expect(shot.width == 80)
    func pixel(_ x: Int, _ y: Int) -> [UInt8] { Array(shot.pixels[(y * 80 + x) * 3..<(y * 80 + x) * 3 + 2]) }
    #expect(pixel(0, 0) == [0, 0] && pixel(5, 40) == [0, 35] && pixel(40, 5) == [35, 0])
    #expect(pixel(79, 79) == [69, 69] && pixel(74, 79) == [69, 69] && pixel(40, 79) == [35, 69])
  }

  @Test func theMiddleIsWhatPicturesFromFilesGive() throws {
    let picture = try ImageFile.load(path: Checkout.asset("demo/coffee.jpg"))
    let crop = CropChoice.central.crop(width: picture.width, height: picture.height)
    let (live, file) = (Self.shot(crop, of: picture), Shot.square(picture))
    #expect(live.width == Shot.side && live.height == Shot.side)
    // A pixel's difference of the square's side, by rounding, moves edges a little.
    let difference = zip(live.pixels, file.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    #expect(Double(difference) / Double(file.pixels.count) < 2)
  }

  /// The time is reported only: this machine's cores may be busy.
  @Test(.enabled(if: Checkout.isOptimised && !Checkout.isSanitized, "skipped: slow"))
  func whatTwentyClassesCostAFrame() {
    var random = SplitMix64(state: testSeed())
    func features() -> [Float] { (0..<1024).map { _ in Float(random.next() % 1000) / 200 } }
    let mean = features()
    for bursts in [2, TaughtClassifier.mostDirections] {
      var classifier = TaughtClassifier(threshold: 0.6)
      for name in 0..<20 {
        for burst in 0..<bursts {
          classifier.add(Embedding(features: features(), mean: mean), to: "\(name)", burst: burst)
        }
      }
      let picture = features()
      var least = Nanoseconds(seconds: 1)
      for _ in 0..<2000 {
        let began = Nanoseconds.now()
        let answer = classifier.answer(Embedding(features: picture, mean: mean))
        least = min(least, .now() - began)
        #expect(answer.top.count == 5)
      }
      print("20 classes of \(bursts) bursts, 1024 features: \(number(least.microseconds)) µs")
    }
  }
}
