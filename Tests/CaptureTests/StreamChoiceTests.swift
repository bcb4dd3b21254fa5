import Capture
import Testing

private func format(_ name: String, _ sizes: [(Int, Int, [Double])]) -> CameraFormat {
  CameraFormat(
    fourCC: FourCC(name), description: name,
    sizes: sizes.map { CameraSize(width: $0.0, height: $0.1, rates: $0.2) })
}

private func best(_ formats: [CameraFormat], maximumPixels: Int = 1920 * 1080) -> StreamChoice? {
  StreamChoice.all(formats, wish: StreamWish(), maximumPixels: maximumPixels).first
}

@Suite struct StreamChoiceTests {
  @Test func takesTheWishWhereItExists() {
    let formats = [format("MJPG", [(640, 480, [30])]), format("YUYV", [(1280, 720, [10]), (640, 480, [30, 15])])]
    #expect(best(formats) == StreamChoice(fourCC: .yuyv, width: 640, height: 480, rate: 30))
  }

  @Test func aCompressedFormatBeatsAnUncompressedOneThatIsTooSlow() {
    let formats = [format("YUYV", [(640, 480, [15])]), format("MJPG", [(640, 480, [30])])]
    #expect(best(formats)?.fourCC == .mjpg)
  }

  @Test func colorBeatsGreyWhateverItsRate() {
    let formats = [format("GREY", [(640, 480, [30])]), format("YUYV", [(320, 240, [5])])]
    #expect(best(formats)?.fourCC == .yuyv)
  }

  @Test func theNearestSizeOfTheSameShapeIsTaken() {
    let formats = [format("YUYV", [(320, 180, [30]), (640, 360, [30]), (800, 600, [30]), (1280, 720, [30])])]
    let choice = best(formats)
    #expect(choice?.width == 800 && choice?.height == 600)
  }

  @Test func picturesThatTheRingCannotHoldAreLeftOut() {
    #expect(best([format("YUYV", [(1920, 1080, [30])])], maximumPixels: 640 * 480) == nil)
  }

  @Test func absurdSizesAreLeftOut() {
    let sides = [0, 1 << 31, 1 << 32 - 1]
    for width in sides {
      for height in sides { #expect(best([format("YUYV", [(width, height, [30])])]) == nil) }
    }
  }

  @Test func aDriverThatListsNoSizesIsAskedForTheWish() {
    #expect(best([format("YUYV", [])]) == StreamChoice(fourCC: .yuyv, width: 640, height: 480, rate: 30))
  }

  @Test func undecodableFormatsAreLeftOut() {
    #expect(best([format("H264", [(640, 480, [30])]), format("pRAA", [(640, 480, [30])])]) == nil)
  }

  @Test func withoutBandwidthTheOrderIsCompressedThenSmallerThenSlower() {
    let formats = [
      format("YUYV", [(640, 480, [30, 15]), (320, 240, [30])]), format("MJPG", [(640, 480, [30])]),
    ]
    let all = StreamChoice.all(formats, wish: StreamWish(), maximumPixels: 1920 * 1080)
    let lighter = StreamChoice.lighter(than: all[0], among: Array(all.dropFirst()), wish: StreamWish())
    #expect(
      lighter == [
        StreamChoice(fourCC: .mjpg, width: 640, height: 480, rate: 30),
        StreamChoice(fourCC: .yuyv, width: 320, height: 240, rate: 30),
        StreamChoice(fourCC: .yuyv, width: 640, height: 480, rate: 15),
      ])
  }

  @Test func theFormatThatWasAskedForIsTheOnlyOneTaken() {
    let formats = [format("YUYV", [(640, 480, [30])]), format("MJPG", [(320, 240, [30])])]
    let wish = StreamWish(format: "MJPG")
    #expect(StreamChoice.all(formats, wish: wish, maximumPixels: 1920 * 1080).map(\.fourCC) == [.mjpg])
  }

  @Test func aSizeOrRateThatWasAskedForAndIsNotThereIsTold() {
    let wish = StreamWish(size: (1280, 720), rate: 60)
    #expect(
      wish.difference(width: 640, height: 480, rate: 60)
        == "asked for 1280×720: the nearest that the camera has is 640×480")
    #expect(
      wish.difference(width: 1280, height: 720, rate: 29.97)
        == "asked for 60 fps: the nearest that the camera has is 29.97 fps")
    #expect(wish.difference(width: 1280, height: 720, rate: 59.94) == nil)
    #expect(StreamWish().difference(width: 1280, height: 720, rate: 10) == nil)
  }

  @Test func fourCharacterCodesReadAsPeopleWriteThem() {
    #expect(FourCC.yuyv.description == "YUYV")
    #expect(FourCC("Y16").description == "Y16")
    #expect(FourCC(FourCC("Y16").code | 1 << 31).description == "Y16-BE")
    #expect(FourCC("Y16 ") == FourCC("Y16"))
  }
}
