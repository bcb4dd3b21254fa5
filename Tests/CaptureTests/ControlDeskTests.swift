import CV4L2
import Capture
import Frames
import Glibc
import Platform
import Testing

/// The controls as the panel uses them: live, beside the stream, over an absence of the camera.
@Suite struct ControlDeskTests {
  private static let controls: [FakeCamera.State.Control] = [
    .init(id: 1, title: "Brightness", type: V4L2_CTRL_TYPE_INTEGER, range: 0...255, standard: 128, value: 100),
    .init(id: 2, title: "Exposure, Automatic", type: V4L2_CTRL_TYPE_BOOLEAN, standard: 1, value: 0),
    .init(
      id: 3, title: "Gain", type: V4L2_CTRL_TYPE_INTEGER, range: 0...10, flags: V4L2_CTRL_FLAG_INACTIVE, value: 5),
    .init(id: 4, title: "Privacy", type: V4L2_CTRL_TYPE_BOOLEAN, flags: V4L2_CTRL_FLAG_READ_ONLY, value: 1),
  ]
  private let fake = FakeCamera { $0.controls = Self.controls }
  private let ring = FrameRing(maximumPixels: 640 * 480)

  private func value(_ id: UInt32) -> Int32? { fake.with { $0.controls.first { $0.id == id }?.value } }

  private func started(_ wish: StreamWish = StreamWish()) throws -> (V4L2Camera, ControlDesk) {
    let camera = V4L2Camera(path: "/dev/video0", wish: wish, calls: fake.calls)
    try camera.start(into: ring)
    camera.controls.refresh()
    try #require(eventually { camera.controls.board.isKnown })
    return (camera, camera.controls)
  }

  @Test func turnsAndPutsBack() throws {
    let (camera, desk) = try started()
    #expect(desk.board.controls.map(\.name) == ["brightness", "exposure_automatic", "gain", "privacy"])
    for _ in 0..<3 { desk.turn("brightness", by: 1) }
    #expect(desk.board.controls[0].value == 106, "shown before the camera has taken it")
    #expect(eventually { value(1) == 106 })
    desk.turn("exposure_automatic", by: 1)
    desk.reset("brightness")
    #expect(eventually { value(1) == 128 && value(2) == 1 })
    camera.stop()
    #expect(value(1) == 100 && value(2) == 0)
  }

  @Test func keepsWhatWasSetWhereToldTo() throws {
    var wish = StreamWish()
    wish.keepsControls = true
    let (camera, desk) = try started(wish)
    desk.turn("brightness", by: -1)
    camera.stop()
    #expect(value(1) == 98, "a wish that was still waiting is carried out, and stays")
  }

  @Test func aLockedControlStaysAndSaysWhy() throws {
    let (camera, desk) = try started()
    defer { camera.stop() }
    desk.turn("gain", by: 1)
    #expect(desk.board.words == "Gain: another control rules it now; switch its automatic off first")
    desk.turn("privacy", by: 1)
    #expect(desk.board.words == "Privacy: it can only be read")
    desk.turn("brightness", by: 1)
    #expect(desk.board.words == nil)
    #expect(eventually { value(1) == 102 })
    #expect(value(3) == 5 && value(4) == 1)
  }

  @Test func aRefusalIsShownAndTheRealValueWithIt() throws {
    let (camera, desk) = try started()
    defer { camera.stop() }
    fake.with { $0.refusedControls = [1: EIO] }
    desk.turn("brightness", by: 1)
    #expect(eventually { desk.board.words?.contains("brightness cannot be set to 102") == true })
    #expect(eventually { desk.board.controls[0].value == 100 })
  }

  @Test func resetsAllButWhatIsLocked() throws {
    let (camera, desk) = try started()
    desk.resetAll()
    #expect(eventually { value(1) == 128 && value(2) == 1 })
    #expect(value(3) == 5)
    camera.stop()
    #expect(value(1) == 100 && value(2) == 0)
  }

  @Test func aValueThatTurnsByItselfIsReadAgain() throws {
    let (camera, desk) = try started()
    defer { camera.stop() }
    fake.with { $0.controls[2].value = 9 }
    desk.refresh()
    #expect(eventually { desk.board.controls[2].value == 9 })
  }

  /// Unplugged, turned meanwhile, plugged in again with the driver's defaults.
  @Test func setsAgainWhatWasSetWhenTheCameraIsBack() throws {
    let (camera, desk) = try started()
    desk.turn("exposure_automatic", by: 1)
    #expect(eventually { value(2) == 1 })
    fake.with { $0.isPresent = false }
    desk.refresh()
    // The stream has noticed it, too: a camera that is back before that was never gone.
    #expect(eventually { desk.board.isAway && camera.status.trouble != nil })
    #expect(desk.board.controls.count == 4, "the last known ones")
    desk.turn("brightness", by: 1)
    #expect(desk.board.controls[0].value == 102)
    fake.with {
      $0.controls[0].value = 128
      $0.controls[1].value = 0
      $0.isPresent = true
    }
    #expect(eventually { value(1) == 102 && value(2) == 1 })
    desk.refresh()
    #expect(eventually { !desk.board.isAway && desk.board.controls[0].value == 102 })
    camera.stop()
    #expect(value(1) == 100 && value(2) == 0, "what was found at the start")
  }

  /// A control that the camera refuses after a fault must not keep it from streaming.
  @Test func aRefusedControlDoesNotKeepTheCameraAway() throws {
    let (camera, desk) = try started()
    defer { camera.stop() }
    desk.turn("brightness", by: 1)
    #expect(eventually { value(1) == 102 })
    fake.with {
      $0.refusedControls = [1: EIO]
      $0.failures[cv4l2_DQBUF] = [EIO]
    }
    #expect(eventually { fake.with { $0.streamStarts } == 2 && camera.status.trouble == nil })
  }

  @Test func whatWasSetBeforeAFailedStartIsPutBack() throws {
    var wish = StreamWish()
    wish.controls = [ControlSetting(name: "brightness", value: "7"), ControlSetting(name: "sharpnes", value: "1")]
    let camera = V4L2Camera(path: "/dev/video0", wish: wish, calls: fake.calls)
    #expect(message { try camera.start(into: ring) }.contains("no control 'sharpnes'"))
    #expect(value(1) == 100)
  }

  /// A control that takes its time holds up nobody but itself.
  @Test func aSlowControlDoesNotBlock() throws {
    var calls = fake.calls
    let ioctl = calls.ioctl
    calls.ioctl = { descriptor, request, argument in
      if request == cv4l2_S_CTRL { usleep(300_000) }
      return ioctl(descriptor, request, argument)
    }
    let camera = V4L2Camera(path: "/dev/video0", wish: StreamWish(), calls: calls)
    try camera.start(into: ring)
    defer { camera.stop() }
    camera.controls.refresh()
    try #require(eventually { camera.controls.board.isKnown })
    let reader = ring.makeReader()
    let start = Nanoseconds.now()
    for _ in 0..<20 { camera.controls.turn("brightness", by: 1) }
    #expect(Nanoseconds.now() - start < Nanoseconds(milliseconds: 100))
    var frames = 0
    while Nanoseconds.now() - start < Nanoseconds(milliseconds: 250) {
      if reader.next(timeout: Nanoseconds(milliseconds: 50)) != nil { frames += 1 }
    }
    #expect(frames > 5, "frames came while the control was being set: \(frames)")
    #expect(value(1) == 100)
  }
}
