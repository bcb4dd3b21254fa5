import CV4L2
import Capture
import Foundation
import Testing

@Suite struct CatalogTests {
  @Test func aMetadataNodeIsNoCamera() {
    // `capabilities` speaks for the whole device, so the metadata node's says that it captures video.
    let metadata = FakeCamera { $0.deviceCapabilities = UInt32(V4L2_CAP_META_CAPTURE) | UInt32(V4L2_CAP_STREAMING) }
    #expect(CameraCatalog.cameras(metadata.calls).isEmpty)
    let old = FakeCamera { $0.deviceCapabilities = nil }
    #expect(CameraCatalog.cameras(old.calls).map(\.path) == ["/dev/video0"])
  }

  @Test func tellsWhatACameraOffers() throws {
    let camera = try #require(CameraCatalog.cameras(FakeCamera().calls).first)
    #expect(camera.card == "Fake Camera" && camera.driver == "fake" && camera.bus == "usb-1" && camera.number == 0)
    #expect(camera.formats.map(\.fourcc) == ["YUYV"])
    #expect(camera.formats[0].sizes[0].rates == [30, 15])
  }

  @Test func everyDescriptorIsClosed() {
    let fake = FakeCamera()
    _ = CameraCatalog.cameras(fake.calls)
    #expect(fake.with { $0.opened == 1 && $0.closed == 1 })
  }

  @Test func colorCamerasComeBeforeInfraredOnes() {
    // Two fakes behind one set of calls: /dev/video0 is grey, /dev/video2 has colour.
    let infrared = FakeCamera { $0.formats = [.init(fourCC: .grey, sizes: [(640, 480, [30])])] }
    let color = FakeCamera { $0.path = "/dev/video2" }
    let (first, second) = (infrared.calls, color.calls)
    var calls = first
    calls.nodes = { ["/dev/video0", "/dev/video2"] }
    calls.open = { path in
      let answer = second.open(path)
      return answer.error == 0 ? Answer(8) : first.open(path)
    }
    calls.close = { $0 == 8 ? second.close($0) : first.close($0) }
    calls.ioctl = { $0 == 8 ? second.ioctl($0, $1, $2) : first.ioctl($0, $1, $2) }
    #expect(CameraCatalog.cameras(calls).map(\.path) == ["/dev/video2", "/dev/video0"])
  }

  @Test func jsonKeysAreInSnakeCaseAndComeBack() throws {
    var camera = try #require(CameraCatalog.cameras(FakeCamera().calls).first)
    camera.stablePath = "/dev/v4l/by-id/usb-fake"
    let data = try JSONEncoder().encode([camera])
    let objects = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    #expect(objects[0]["stable_path"] as? String == "/dev/v4l/by-id/usb-fake")
    let sizes = (objects[0]["formats"] as? [[String: Any]])?[0]["sizes"] as? [[String: Any]]
    #expect(sizes?[0]["rates_fps"] as? [Double] == [30, 15])
    #expect(try JSONDecoder().decode([Camera].self, from: data) == [camera])
  }

  @Test func findsByNumberPathAndName() throws {
    let cameras = CameraCatalog.cameras(FakeCamera().calls)
    for text in ["0", "/dev/video0", "fake cam"] {
      #expect(try CameraCatalog.find(text, among: cameras).path == "/dev/video0")
    }
  }

  @Test func sayWhatThereIsWhereNothingFits() {
    let cameras = CameraCatalog.cameras(FakeCamera().calls)
    #expect(
      message { try CameraCatalog.find("logitech", among: cameras) } == """
        No camera has 'logitech' for its number, path or name. Cameras on this machine: /dev/video0 (Fake Camera). \
        '--source demo' plays the bundled reel.
        """)
    #expect(
      message { try CameraCatalog.find("fake", among: cameras + cameras) } == """
        'fake' fits several cameras: /dev/video0 (Fake Camera), /dev/video0 (Fake Camera). Give the path of one.
        """)
  }
}

/// What an error that `body` throws says; empty where it throws none.
func message(_ body: () throws -> some Any) -> String {
  do {
    _ = try body()
    return ""
  } catch { return "\(error)" }
}
