import CV4L2
import Capture
import Frames
import Glibc
import Testing

@Suite struct ControlTests {
  private static let controls: [FakeCamera.State.Control] = [
    .init(id: 1, title: "Brightness", type: V4L2_CTRL_TYPE_INTEGER, range: 0...255, defaultValue: 128, value: 100),
    .init(id: 2, title: "White Balance, Automatic", type: V4L2_CTRL_TYPE_BOOLEAN, defaultValue: 1, value: 1),
    .init(
      id: 3, title: "Power Line Frequency", type: V4L2_CTRL_TYPE_MENU, range: 0...3, defaultValue: 1,
      items: ["Disabled", "50 Hz", nil, "Auto"], value: 1),
    .init(id: 4, title: "Reset All", type: V4L2_CTRL_TYPE_BUTTON, flags: V4L2_CTRL_FLAG_WRITE_ONLY, value: 0),
    .init(
      id: 5, title: "Focus", type: V4L2_CTRL_TYPE_INTEGER, range: -10_000...10_000, flags: V4L2_CTRL_FLAG_INACTIVE,
      value: 0),
    .init(id: 6, title: "Frames Seen", type: V4L2_CTRL_TYPE_INTEGER, flags: V4L2_CTRL_FLAG_READ_ONLY, value: 9),
  ]
  private let fake = FakeCamera { $0.controls = Self.controls }

  private func open() throws -> CameraControls { try CameraControls(path: "/dev/video0", calls: fake.calls) }
  private func value(_ id: UInt32) -> Int32? { fake.with { $0.controls.first { $0.id == id }?.value } }

  @Test func listsWhatHoldsANumber() throws {
    let list = try open().list()
    #expect(
      list.map(\.name) == ["brightness", "white_balance_automatic", "power_line_frequency", "focus", "frames_seen"])
    #expect(list[0].kind == .integer(0...255, step: 1) && list[0].value == 100 && list[0].defaultValue == 128)
    #expect(list.map(\.valueText) == ["100", "on", "50 Hz", "0", "9"])
    #expect(list.map(\.lock) == [nil, nil, nil, .inactive, .readOnly])
    #expect(list[0].share == 100.0 / 255 && list[1].share == nil && list[3].share == 0.5)
    guard case .menu(let items) = list[2].kind else {
      Issue.record("expected a menu, found \(list[2].kind)")
      return
    }
    #expect(items.map(\.value) == [0, 1, 3], "a gap in the menu is left out")
  }

  @Test func stepsStayWithinWhatTheControlCanBe() throws {
    let list = try open().list()
    #expect(list[0].value(after: 1) == 102 && list[0].value(after: -1) == 98)
    #expect(list[0].value(after: 1000) == 255 && list[0].value(after: -1000) == 0)
    #expect(list[1].value(after: 1) == 0)
    #expect(list[2].value(after: 1) == 3 && list[2].value(after: 2) == 3 && list[2].value(after: -1) == 0)
    #expect(list[3].value(after: 1) == 200)
  }

  /// A driver may say any number.
  @Test func extremeRanges() throws {
    let ends: [Int64] = [.min, -1, 0, 300, 1 << 32, .max]
    for low in ends {
      for high in ends where high >= low {
        for step in [0, 1, 1 << 31, 1 << 63, .max] as [UInt64] {
          for type in [V4L2_CTRL_TYPE_INTEGER, V4L2_CTRL_TYPE_MENU, V4L2_CTRL_TYPE_BOOLEAN] {
            fake.with {
              $0.controls = [.init(id: 1, title: "X", type: type, range: low...high, defaultValue: low, value: 0)]
              $0.controls[0].step = step
            }
            for control in try open().list() {
              for steps in [-1000, -1, 0, 1, 1000] { _ = control.value(after: steps) }
              _ = (control.share, control.valueText, control.allows(.max))
            }
          }
        }
      }
    }
  }

  @Test func setsByNumberWordAndMenuItem() throws {
    let controls = try open()
    #expect(try controls.set("brightness", to: "250") == 250)
    try controls.set("white_balance_automatic", to: "off")
    try controls.set("power_line_frequency", to: "auto")
    #expect(value(1) == 250 && value(2) == 0 && value(3) == 3)
    try controls.reset("brightness")
    #expect(value(1) == 128)
  }

  @Test func restoresWhatWasFoundTheLastOneFirst() throws {
    let controls = try open()
    try controls.set("white_balance_automatic", to: 0)
    try controls.set("brightness", to: 10)
    try controls.set("brightness", to: 20)
    fake.with { $0.controlsSet = [] }
    controls.restore()
    #expect(value(1) == 100 && value(2) == 1)
    #expect(fake.with { $0.controlsSet } == ["Brightness", "White Balance, Automatic"])
    controls.restore()
    #expect(fake.with { $0.controlsSet.count } == 2, "there is nothing left to put back")
  }

  @Test func saysWhatIsWrong() throws {
    let controls = try open()
    #expect(
      message { try controls.set("sharpnes", to: 1) }
        == "/dev/video0: the camera has no control 'sharpnes'. It has brightness, white_balance_automatic, "
        + "power_line_frequency, focus.")
    #expect(
      message { try controls.set("brightness", to: 256) } == "brightness: expected a number from 0 to 255, found '256'."
    )
    #expect(
      message { try controls.set("white_balance_automatic", to: "maybe") }
        == "white_balance_automatic: expected on or off, found 'maybe'.")
    #expect(
      message { try controls.set("power_line_frequency", to: 2) }
        == "power_line_frequency: expected 'Disabled' (0), '50 Hz' (1), 'Auto' (3), found '2'.")
    fake.with { $0.refusedControls = [5: EACCES, 1: EBUSY] }
    #expect(
      message { try controls.set("focus", to: 5) }
        == "/dev/video0: focus cannot be set to 5 (another control rules it now; switch its automatic off first).")
    #expect(
      message { try controls.set("brightness", to: 5) }
        == "/dev/video0: brightness cannot be set to 5 (VIDIOC_S_CTRL: Device or resource busy).")
    controls.restore()
    #expect(fake.with { $0.controlsSet.isEmpty }, "what was refused is not put back")
  }

  @Test func aStreamSetsThemAndPutsThemBack() throws {
    var wish = StreamWish()
    wish.controls = [ControlSetting(name: "brightness", value: "7")]
    let camera = V4L2Camera(path: "/dev/video0", wish: wish, calls: fake.calls)
    let ring = FrameRing(maximumPixels: 640 * 480)
    try camera.start(into: ring)
    #expect(value(1) == 7)
    camera.stop()
    #expect(value(1) == 100)
  }
}
