import CV4L2
import Capture
import Frames
import Glibc
import Platform
import Testing

/// The controls as the panel uses them: live, beside the stream, over an absence of the camera.
@Suite struct ControlQueueTests {
  private static let controls: [FakeCamera.State.Control] = [
    .init(id: 1, title: "Brightness", type: V4L2_CTRL_TYPE_INTEGER, range: 0...255, defaultValue: 128, value: 100),
    .init(id: 2, title: "Exposure, Automatic", type: V4L2_CTRL_TYPE_BOOLEAN, defaultValue: 1, value: 0),
    .init(
      id: 3, title: "Gain", type: V4L2_CTRL_TYPE_INTEGER, range: 0...10, flags: V4L2_CTRL_FLAG_INACTIVE, value: 5),
    .init(id: 4, title: "Privacy", type: V4L2_CTRL_TYPE_BOOLEAN, flags: V4L2_CTRL_FLAG_READ_ONLY, value: 1),
  ]
  private let fake = FakeCamera { $0.controls = Self.controls }
  private let ring = FrameRing(maximumPixels: 640 * 480)

  private func value(_ id: UInt32) -> Int32? { fake.with { $0.controls.first { $0.id == id }?.value } }

  private func started(_ wish: StreamWish = StreamWish()) throws -> (V4L2Camera, ControlQueue) {
    let camera = V4L2Camera(path: "/dev/video0", wish: wish, calls: fake.calls)
    try camera.start(into: ring)
    camera.controls.refresh()
    try #require(eventually { camera.controls.state.isKnown })
    return (camera, camera.controls)
  }

  @Test func turnsAndPutsBack() throws {
    let (camera, controls) = try started()
    #expect(controls.state.controls.map(\.name) == ["brightness", "exposure_automatic", "gain", "privacy"])
    for _ in 0..<3 { controls.turn("brightness", by: 1) }
    #expect(controls.state.controls[0].value == 106, "shown before the camera has taken it")
    #expect(eventually { value(1) == 106 })
    controls.turn("exposure_automatic", by: 1)
    controls.reset("brightness")
    #expect(eventually { value(1) == 128 && value(2) == 1 })
    camera.stop()
    #expect(value(1) == 100 && value(2) == 0)
  }

  @Test func keepsWhatWasSetWhereToldTo() throws {
    var wish = StreamWish()
    wish.keepsControls = true
    let (camera, controls) = try started(wish)
    controls.turn("brightness", by: -1)
    camera.stop()
    #expect(value(1) == 98, "a wish that was still waiting is carried out, and stays")
  }

  @Test func aLockedControlStaysAndSaysWhy() throws {
    let (camera, controls) = try started()
    defer { camera.stop() }
    controls.turn("gain", by: 1)
    #expect(controls.state.message == "Gain: another control rules it now; switch its automatic off first")
    controls.turn("privacy", by: 1)
    #expect(controls.state.message == "Privacy: it can only be read")
    controls.turn("brightness", by: 1)
    #expect(controls.state.message == nil)
    #expect(eventually { value(1) == 102 })
    #expect(value(3) == 5 && value(4) == 1)
  }

  @Test func aRefusalIsShownAndTheRealValueWithIt() throws {
    let (camera, controls) = try started()
    defer { camera.stop() }
    fake.with { $0.refusedControls = [1: EIO] }
    controls.turn("brightness", by: 1)
    #expect(eventually { controls.state.message?.contains("brightness cannot be set to 102") == true })
    #expect(eventually { controls.state.controls[0].value == 100 })
  }

  @Test func resetsAllButWhatIsLocked() throws {
    let (camera, controls) = try started()
    controls.resetAll()
    #expect(eventually { value(1) == 128 && value(2) == 1 })
    #expect(value(3) == 5)
    camera.stop()
    #expect(value(1) == 100 && value(2) == 0)
  }

  @Test func aValueThatTurnsByItselfIsReadAgain() throws {
    let (camera, controls) = try started()
    defer { camera.stop() }
    fake.with { $0.controls[2].value = 9 }
    controls.refresh()
    #expect(eventually { controls.state.controls[2].value == 9 })
  }

  /// Unplugged, turned meanwhile, plugged in again with the driver's defaults.
  @Test func setsAgainWhatWasSetWhenTheCameraIsBack() throws {
    let (camera, controls) = try started()
    controls.turn("exposure_automatic", by: 1)
    #expect(eventually { value(2) == 1 })
    fake.with { $0.isPresent = false }
    controls.refresh()
    // The stream has noticed it, too: a camera that is back before that was never gone.
    #expect(eventually { controls.state.isAway && camera.status.trouble != nil })
    #expect(controls.state.controls.count == 4, "the last known ones")
    controls.turn("brightness", by: 1)
    #expect(controls.state.controls[0].value == 102)
    fake.with {
      $0.controls[0].value = 128
      $0.controls[1].value = 0
      $0.isPresent = true
    }
    #expect(eventually { value(1) == 102 && value(2) == 1 })
    controls.refresh()
    #expect(eventually { !controls.state.isAway && controls.state.controls[0].value == 102 })
    camera.stop()
    #expect(value(1) == 100 && value(2) == 0, "what was found at the start")
  }

  /// A control that the camera refuses after a fault must not keep it from streaming.
  @Test func aRefusedControlDoesNotKeepTheCameraAway() throws {
    let (camera, controls) = try started()
    defer { camera.stop() }
    controls.turn("brightness", by: 1)
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
    // Until the test lets it go; for a queue that waits for it, too, there is an end.
    let isSlow = Monitor(true)
    var calls = fake.calls
    let ioctl = calls.ioctl
    calls.ioctl = { descriptor, request, argument in
      if request == cv4l2_S_CTRL { _ = isSlow.wait(until: .now() + patience) { !$0 } }
      return ioctl(descriptor, request, argument)
    }
    let camera = V4L2Camera(path: "/dev/video0", wish: StreamWish(), calls: calls)
    try camera.start(into: ring)
    defer { camera.stop() }
    camera.controls.refresh()
    try #require(eventually { camera.controls.state.isKnown })
    let reader = ring.makeReader()
    for _ in 0..<20 { camera.controls.turn("brightness", by: 1) }
    #expect(camera.controls.state.controls[0].value == 140)
    for _ in 0..<20 { #expect(reader.next(timeout: patience)?.info != nil) }
    #expect(value(1) == 100, "frames came, and the controls were answered, while the first was being set")
    isSlow.withLock { $0 = false }
    isSlow.signal()
    #expect(eventually { value(1) == 140 })
  }

  /// A camera whose every answer on controls takes a while holds up neither the start nor the end.
  @Test func slowControlsHoldUpNeitherStartNorEnd() throws {
    let asked = Monitor(0)
    // Until the test lets it go; for a start that waits for it, too, there is an end.
    let isHeld = Monitor(true)
    let isSlow = Monitor(false)
    var calls = fake.calls
    let ioctl = calls.ioctl
    calls.ioctl = { descriptor, request, argument in
      if request == cv4l2_QUERY_EXT_CTRL || request == cv4l2_S_CTRL {
        asked.withLock { $0 += 1 }
        _ = isHeld.wait(until: .now() + patience) { !$0 }
        if isSlow.withLock({ $0 }) { usleep(400_000) }
      }
      return ioctl(descriptor, request, argument)
    }
    var wish = StreamWish()
    wish.controls = [ControlSetting(name: "brightness", value: "7"), ControlSetting(name: "sharpnes", value: "1")]
    let camera = V4L2Camera(path: "/dev/video0", wish: wish, calls: calls)
    let reader = ring.makeReader()
    try camera.start(into: ring)
    #expect(reader.next(timeout: patience)?.info != nil)
    let askedAtStart = asked.withLock { $0 }
    #expect(askedAtStart <= 1, "the camera has answered nothing yet")
    isHeld.withLock { $0 = false }
    isHeld.signal()
    #expect(eventually { value(1) == 7 })
    // What was wrong is told all the same.
    #expect(eventually { camera.status.notice?.contains("no control 'sharpnes'") ?? false })
    isSlow.withLock { $0 = true }
    let before = asked.withLock { $0 }
    camera.controls.refresh()
    #expect(eventually { asked.withLock { $0 } > before })
    let atStop = asked.withLock { $0 }
    camera.stop()
    // One control to put back, and one answer where its question came in that moment: not the list's other answers.
    let askedWhileStopping = asked.withLock { $0 } - atStop
    #expect(askedWhileStopping <= 2)
    #expect(value(1) == 100)
  }
}
