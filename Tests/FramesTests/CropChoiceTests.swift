import Frames
import Testing

/// Which square of a frame the network sees.
@Suite struct CropChoiceTests {
  @Test func unlessAskedOtherwiseItIsTheMiddle() {
    for (width, height) in [(640, 480), (480, 640), (1280, 720), (641, 479), (300, 300), (17, 3), (1, 1), (5, 2)] {
      let crop = CropChoice.central.crop(width: width, height: height)
      let side = max(1, Int((Double(min(width, height)) * 0.875).rounded()))
      #expect(crop == Crop(x: (width - side) / 2, y: (height - side) / 2, side: side), "\(width)×\(height)")
    }
  }

  @Test(arguments: [
    ("0,0,1", Crop(x: 0, y: 0, side: 480)), ("0.5,0.5,0.5", Crop(x: 320, y: 240, side: 240)),
    ("0.25,0.1,0.25", Crop(x: 160, y: 48, side: 120)), ("80,40,240", Crop(x: 80, y: 40, side: 240)),
    ("0,0,16", Crop(x: 0, y: 0, side: 16)), ("160,0,480", Crop(x: 160, y: 0, side: 480)),
    // Moved in, made smaller.
    ("1,1,0.5", Crop(x: 400, y: 240, side: 240)), ("600,400,200", Crop(x: 440, y: 280, side: 200)),
    ("0,0,4000", Crop(x: 0, y: 0, side: 480)),
  ])
  func theTextOfAChoice(text: String, expected: Crop) throws {
    let choice = try CropChoice(text)
    #expect(choice.crop(width: 640, height: 480) == expected)
    #expect(choice.fits(width: 640, height: 480) == !["600,400,200", "0,0,4000"].contains(text))
  }

  @Test(arguments: [
    "", "1", "1,2", "1,2,3,4", "a,b,c", "0,0,0", "0,0,0.05", "0,0,-1", "-1,0,100", "0,0,15", "0.5,0,100", "2,0,0.5",
    "nan,0,1", "0,0,inf", "1e9,0,100", "0,0,100.5", "0;0;1", "0,0,1,",
  ])
  func otherTextIsRefused(text: String) {
    #expect(throws: (any Error).self) { try CropChoice(text) }
    do { _ = try CropChoice(text) } catch { #expect(error.message.hasSuffix("found \(text)"), "\(error)") }
  }

  @Test func ofNothingThereIsNoSquare() throws {
    for choice in [CropChoice.central, try CropChoice("0,0,0.5"), try CropChoice("0,0,50")] {
      #expect(choice.crop(width: 0, height: 3) == Crop(x: 0, y: 0, side: 0))
    }
  }

  /// Whatever is pressed, the square lies in the frame.
  @Test func aSquareNeverLeavesTheFrame() throws {
    for start in [CropChoice.central, try CropChoice("0,0,1"), try CropChoice("600,10,300"), try CropChoice("1,1,0.1")]
    {
      for (width, height) in [(640, 480), (1080, 1920), (33, 1000), (5, 5)] {
        var choice = start
        for step in 0..<200 {
          choice =
            step % 3 == 0
            ? choice.zoomed(by: step % 2 == 0 ? 0.8 : 1.25, width: width, height: height)
            : choice.moved(
              x: [-0.125, 0, 1, 1.0 / 64][step % 4], y: [0.125, -0.5, 0][step % 3], width: width, height: height)
          let crop = choice.crop(width: width, height: height)
          #expect(
            crop.x >= 0 && crop.y >= 0 && crop.side >= 1 && crop.x + crop.side <= width && crop.y + crop.side <= height,
            "\(choice) gives \(crop) in \(width)×\(height)")
        }
      }
    }
  }

  @Test func zoomKeepsTheCentreAndMovingTheSide() {
    let near = CropChoice.central.zoomed(by: 0.5, width: 640, height: 480)
    #expect(near.crop(width: 640, height: 480) == Crop(x: 215, y: 135, side: 210))
    let moved = near.moved(x: 0.5, y: -0.125, width: 640, height: 480)
    #expect(moved.crop(width: 640, height: 480) == Crop(x: 320, y: 108, side: 210))
    let corner = near.moved(x: 99, y: 99, width: 640, height: 480)
    #expect(corner.crop(width: 640, height: 480) == Crop(x: 430, y: 270, side: 210))
    // A step is seen, however small the square is.
    let least = CropChoice.pixels(Crop(x: 10, y: 10, side: 16)).moved(x: 1.0 / 64, y: 0, width: 640, height: 480)
    #expect(least.crop(width: 640, height: 480) == Crop(x: 11, y: 10, side: 16))
    #expect(near.zoomed(by: 1e-9, width: 640, height: 480).crop(width: 640, height: 480).side == 48)
    #expect(near.zoomed(by: 1e9, width: 640, height: 480).crop(width: 640, height: 480).side == 480)
  }
}
