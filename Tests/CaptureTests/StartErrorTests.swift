import CV4L2
import Capture
import Frames
import Glibc
import Platform
import Testing

/// What the user reads when a camera cannot be started: the whole text.
@Suite struct StartErrorTests {
  private func error(
    _ path: String = "/dev/video0", wish: StreamWish = StreamWish(), _ change: (inout FakeCamera.State) -> Void
  ) -> String {
    let camera = V4L2Camera(path: path, wish: wish, calls: FakeCamera(change).calls)
    return message { try camera.start(into: FrameRing(maximumPixels: 640 * 480)) }
  }

  @Test func missing() {
    #expect(
      error("/dev/video99") { _ in } == """
        /dev/video99: there is no such device. Cameras on this machine: /dev/video0 (Fake Camera). \
        '--source demo' plays the bundled reel.
        """)
    #expect(
      error { $0.isPresent = false } == """
        /dev/video0: there is no such device. No camera was found on this machine; '--source demo' plays the bundled reel.
        """)
  }

  @Test func notACamera() {
    #expect(
      error { $0.failures[cv4l2_QUERYCAP] = [ENOTTY] } == """
        /dev/video0: expected a camera, found a device that does not speak V4L2 (Video4Linux). \
        Cameras on this machine: /dev/video0 (Fake Camera). '--source demo' plays the bundled reel.
        """)
  }

  @Test func realPathsThatAreNoCameras() {
    let none = "No camera was found on this machine; '--source demo' plays the bundled reel."
    var calls = V4L2Calls.live
    calls.nodes = { [] }
    func live(_ path: String) -> String {
      message { try V4L2Camera(path: path, wish: StreamWish(), calls: calls).start(into: FrameRing()) }
    }
    #expect(
      live("/dev/null")
        == "/dev/null: expected a camera, found a device that does not speak V4L2 (Video4Linux). \(none)")
    #expect(live("/tmp") == "/tmp: expected a camera such as /dev/video0, found a folder. \(none)")
    #expect(live(#filePath) == "\(#filePath): expected a camera such as /dev/video0, found a file. \(none)")
    #expect(live("/dev/video99") == "/dev/video99: there is no such device. \(none)")
  }

  @Test func nodeThatDoesNotCapture() {
    #expect(
      error { $0.deviceCapabilities = UInt32(V4L2_CAP_META_CAPTURE) } == """
        /dev/video0 (Fake Camera): this node does not capture video; it may carry metadata, output or radio. \
        No camera was found on this machine; '--source demo' plays the bundled reel.
        """)
  }

  @Test(arguments: [cv4l2_S_FMT, cv4l2_REQBUFS, cv4l2_STREAMON])
  func busy(_ request: UInt) {
    #expect(
      error { $0.failures[request] = [EBUSY] } == """
        /dev/video0: the camera is in use by another program. Close it there, then try again.
        """)
  }

  @Test func notPermitted() {
    // The group is read from the node itself, which does not exist here.
    #expect(
      error { $0.openError = EACCES } == """
        /dev/video0: no permission to open the camera (its group is unknown). \
        Run 'sudo usermod -aG video $USER', then log in again.
        """)
  }

  @Test func severalPlanes() {
    #expect(
      error {
        $0.deviceCapabilities = UInt32(V4L2_CAP_VIDEO_CAPTURE_MPLANE) | UInt32(V4L2_CAP_STREAMING)
        $0.formats = [.init(fourCC: FourCC("NM12"), sizes: [(640, 480, [30])])]
      } == """
        /dev/video0 (Fake Camera): this camera gives each plane of a picture in memory of its own (NM12), which is not \
        read here. Relay it through v4l2loopback: \
        gst-launch-1.0 v4l2src device=/dev/video0 ! videoconvert ! v4l2sink device=/dev/videoN
        """)
  }

  @Test func rawSensorData() {
    #expect(
      error {
        $0.driver = "unicam"
        $0.formats = [.init(fourCC: FourCC("pRAA"), sizes: [(640, 480, [30])])]
      } == """
        /dev/video0 (driver unicam): this node gives raw sensor data (pRAA), which an image signal processor has to turn \
        into pictures first. libcamera does that: rpicam-vid -t 0 --codec mjpeg -o - | mobilecam --source -
        """)
  }

  @Test func noUsableFormat() {
    #expect(
      error { $0.formats = [.init(fourCC: FourCC("H264"), sizes: [(640, 480, [30])])] } == """
        /dev/video0: none of its formats can be decoded here (it offers H264). Expected YUYV, UYVY, NV12, NV21, YU12, \
        GREY, RGB3, BGR3, MJPG or another that libv4l converts. 'mobilecam devices' lists every camera's formats.
        """)
  }

  @Test func formatThatTheCameraDoesNotHave() {
    let camera = V4L2Camera(path: "/dev/video0", wish: StreamWish(format: "mjpg"), calls: FakeCamera().calls)
    #expect(
      message { try camera.start(into: FrameRing()) } == """
        /dev/video0: the camera has no format 'MJPG' that can be decoded here. It has YUYV; give one of them with \
        --format, or leave the choice to the program.
        """)
  }

  @Test func tooLarge() {
    #expect(
      error { $0.formats = [.init(fourCC: .yuyv, sizes: [(4000, 3000, [30])])] } == """
        /dev/video0: its smallest picture, 4000×3000, is larger than what this program keeps.
        """)
  }

  @Test func noBandwidthInAnyFormat() {
    #expect(
      error { $0.refusedFormat = (.yuyv, ENOSPC) } == """
        /dev/video0: the USB bus has no bandwidth left for 640×480 YUYV at 30 fps, nor for less, down to 640×480 YUYV at \
        15 fps. Plug the camera into another port, or unplug other cameras on the same hub.
        """)
    #expect(
      error(wish: StreamWish(format: "YUYV")) {
        $0.formats = [.init(fourCC: .yuyv, sizes: [(640, 480, [30])]), .init(fourCC: .nv12, sizes: [(640, 480, [30])])]
        $0.refusedFormat = (.yuyv, ENOSPC)
      } == """
        /dev/video0: the USB bus has no bandwidth left for 640×480 YUYV at 30 fps. Plug the camera into another port, or \
        unplug other cameras on the same hub, or leave out --format, so that a lighter one can be taken.
        """)
  }

  /// What is wrong with one format only.
  @Test func aFormatThatCannotBeStartedGivesWay() throws {
    let fake = FakeCamera {
      $0.formats = [
        .init(fourCC: .yuyv, sizes: [(640, 480, [30]), (320, 240, [30])]),
        .init(fourCC: .nv12, sizes: [(640, 480, [30])]),
      ]
      $0.refusedFormat = (.yuyv, EPIPE)
    }
    let camera = V4L2Camera(fake)
    try camera.start(into: FrameRing(maximumPixels: 640 * 480))
    defer { camera.stop() }
    #expect(camera.status.format == "640×480 NV12")
    #expect(
      camera.status.notice
        == "YUYV cannot be started (VIDIOC_STREAMON: Broken pipe): taking 640×480 NV12 instead")
  }

  @Test func noFormats() {
    #expect(
      error { ($0.formats, $0.driver) = ([], "v4l2 loopback") } == """
        /dev/video0 (Fake Camera): expected pictures, found a v4l2loopback device into which no program writes. \
        Feed it: ffmpeg -re -i clip.mp4 -pix_fmt yuv420p -f v4l2 /dev/video0
        """)
    #expect(
      error { $0.formats = [] } == """
        /dev/video0 (Fake Camera, driver fake): expected a camera that offers formats, found one that offers none. \
        Unplug it and plug it in again, or see what its driver says: sudo dmesg
        """)
  }

  @Test func noSignalAtTheStart() {
    #expect(
      error { $0.failures[cv4l2_STREAMON] = [ENOLINK] } == """
        /dev/video0: there is no video signal at the camera's input. Switch on what is plugged in there, then try again.
        """)
  }

  @Test func anythingElse() {
    #expect(
      error { $0.failures[cv4l2_STREAMON] = [EPIPE] } == """
        /dev/video0: the camera cannot be started (VIDIOC_STREAMON: Broken pipe). \
        Unplug it and plug it in again, then try again.
        """)
  }

  @Test func nothingStaysOpenAfterAFailure() {
    for request in [cv4l2_QUERYCAP, cv4l2_S_FMT, cv4l2_REQBUFS, cv4l2_QUERYBUF, cv4l2_QBUF, cv4l2_STREAMON] {
      let fake = FakeCamera { $0.failures[request] = [EIO] }
      let camera = V4L2Camera(fake)
      #expect(throws: UserError.self) { try camera.start(into: FrameRing()) }
      #expect(fake.with { $0.opened == $0.closed })
    }
  }
}
