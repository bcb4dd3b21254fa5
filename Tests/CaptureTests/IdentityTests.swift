import Capture
import Frames
import Platform
import Testing

/// Which of the cameras that are there is the one that was unplugged. udev's links play no part: /sys says it all.
@Suite(.serialized) struct IdentityTests {
  private static func usb(_ serial: String?) -> USBDevice { USBDevice(vendor: "1d6b", product: "0102", serial: serial) }

  /// The camera at usb-1 is unplugged while it streams; another one is there from the start, or comes, at usb-2.
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var ours: USBDevice?
    var other: USBDevice?
    var otherCard = "Fake Camera"
    var otherIndex = 0
    var isThereFromTheStart = false
    /// What is said when the other is taken for ours; `nil`: it is not taken.
    var remark: String??
  }

  static let cases = [
    Case(testDescription: "the same serial number", ours: usb("A7"), other: usb("A7"), remark: .some(nil)),
    Case(testDescription: "another serial number", ours: usb("A7"), other: usb("A8")),
    Case(testDescription: "a serial number on one of them", ours: usb("A7"), other: usb(nil)),
    Case(
      testDescription: "no serial numbers", ours: usb(nil), other: usb(nil),
      remark: """
        /dev/video2 at usb-2 is taken for the camera that was at usb-1: it has the same name, and no serial number to tell it by
        """),
    Case(
      testDescription: "no serial numbers, seen together", ours: usb(nil), other: usb(nil), isThereFromTheStart: true),
    Case(
      testDescription: "one serial number on two, seen together", ours: usb("0001"), other: usb("0001"),
      isThereFromTheStart: true),
    Case(testDescription: "another name", ours: usb("A7"), other: usb("A7"), otherCard: "Another"),
    Case(testDescription: "no USB", ours: nil, other: nil),
    Case(
      testDescription: "another product", ours: usb(nil), other: USBDevice(vendor: "1d6b", product: "0103")),
  ]

  @Test(arguments: cases) func theSameCameraAtAnotherPlace(_ it: Case) throws {
    let ours = FakeCamera { $0.usb = it.ours }
    let other = FakeCamera {
      ($0.path, $0.bus, $0.usb, $0.card) = ("/dev/video2", "usb-2", it.other, it.otherCard)
      $0.isPresent = it.isThereFromTheStart
    }
    let camera = V4L2Camera(path: "/dev/video0", wish: StreamWish(), calls: together([ours, other]))
    let ring = FrameRing(maximumPixels: 640 * 480)
    let reader = ring.makeReader()
    try camera.start(into: ring)
    defer { camera.stop() }
    #expect(reader.next(timeout: patience)?.info != nil)
    ours.with { $0.isPresent = false }
    #expect(eventually { camera.status.trouble?.contains("unplugged") ?? false })
    // Time for a look at what was there in that moment.
    #expect(eventually { ours.with { $0.pauses >= 1 } })
    other.with { $0.isPresent = true }
    if let remark = it.remark {
      #expect(eventually { other.with { $0.streamStarts } == 1 && camera.status.trouble == nil })
      #expect(camera.status.name == "/dev/video2" && camera.status.notice == remark)
    } else {
      let isTaken = eventually(within: Nanoseconds(milliseconds: 600)) { other.with { $0.streamStarts } > 0 }
      #expect(!isTaken)
      #expect(camera.status.trouble == "the camera was unplugged: waiting for it to come back")
      // At its own place it is taken, whatever else is there.
      ours.with { $0.isPresent = true }
      #expect(eventually { ours.with { $0.streamStarts } == 2 && camera.status.trouble == nil })
      #expect(camera.status.name == "/dev/video0")
    }
  }

  @Test func ofSeveralThatCouldBeItNoneIsTaken() throws {
    let ours = FakeCamera { $0.usb = Self.usb(nil) }
    let others = (2...3).map { number in
      FakeCamera {
        ($0.path, $0.bus, $0.usb, $0.isPresent) = ("/dev/video\(number)", "usb-\(number)", Self.usb(nil), false)
      }
    }
    var calls = together([ours] + others)
    // Both come at once.
    let nodes = calls.nodes
    let areShown = Monitor(false)
    calls.nodes = { areShown.withLock { $0 } ? nodes() : nodes().filter { $0 == "/dev/video0" } }
    let camera = V4L2Camera(path: "/dev/video0", wish: StreamWish(), calls: calls)
    try camera.start(into: FrameRing(maximumPixels: 640 * 480))
    defer { camera.stop() }
    ours.with { $0.isPresent = false }
    #expect(eventually { ours.with { $0.pauses >= 1 } })
    for other in others { other.with { $0.isPresent = true } }
    areShown.withLock { $0 = true }
    #expect(
      eventually {
        camera.status.trouble
          == """
          the camera was unplugged: waiting for it to come back; several could be it (/dev/video2 at usb-2, /dev/video3 at \
          usb-3), and nothing tells them apart
          """
      })
    #expect(others.allSatisfy { $0.with { $0.streamStarts } == 0 })
  }
}
