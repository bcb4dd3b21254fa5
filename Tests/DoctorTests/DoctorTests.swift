import Capture
import Foundation
import Telemetry
import Terminal
import Testing
import mobilecam

private let terminal = TerminalFacts(
  isTerminal: true, term: "xterm-256color", colors: 256, codeset: "UTF-8", width: 100, height: 30)
private let processor = DoctorFacts.Processor(
  machine: machine(model: "A CPU", cores: 4, governor: "performance"), kernels: ["baseline", "avx2"])
private let weights = DoctorFacts.Weights(alphas: [0.25, 0.5, 0.75, 1])

private func machine(model: String? = nil, cores: Int? = nil, governor: String) -> MachineFacts {
  var machine = MachineFacts()
  (machine.cpuModel, machine.cores, machine.governor) = (model, cores, governor)
  return machine
}

/// A camera as `mobilecam devices --json` writes it.
private func camera(_ fourCC: String = "YUYV", holder: String = "null") throws -> Camera {
  let json = """
    {"path": "/dev/video0", "number": 0, "card": "Cam", "driver": "uvcvideo", "bus": "usb-1", "holder": \(holder),
     "formats": [{"fourcc": "\(fourCC)", "description": "", "sizes": [{"width": 640, "height": 480, "rates_fps": [30]}]}]}
    """
  return try JSONDecoder().decode(Camera.self, from: Data(json.utf8))
}

private func facts(_ cameras: [Camera], _ change: (inout DoctorFacts) -> Void = { _ in }) -> DoctorFacts {
  var facts = DoctorFacts(
    nodes: cameras.map(\.path), cameras: cameras, terminal: terminal, processor: processor, weights: weights)
  change(&facts)
  return facts
}

/// The lines of the report, without what is always the same here.
private func text(_ topic: String, _ facts: DoctorFacts) -> String {
  Finding.report(facts.findings.filter { $0.topic == topic })
}

@Suite struct DoctorTests {
  @Test func aHealthyMachine() throws {
    #expect(
      Finding.report(facts([try camera()]).findings) == """
        camera    ok     /dev/video0 (Cam): 640×480 YUYV at 30 fps, about 147 Mbit/s
        terminal  ok     xterm-256color, 100×30 cells, 256 colours
        processor ok     A CPU, 4 cores; kernels: baseline, avx2
        weights   ok     α = 0.25, 0.5, 0.75, 1

        Nothing is wrong.
        """)
  }

  @Test func noCamera() {
    #expect(
      text("camera", facts([])) == """
        camera    wrong  no camera: there is no /dev/video*
                         -> plug one in; if lsusb shows it then: sudo modprobe uvcvideo

        1 thing is wrong.
        """)
    #expect(
      text("camera", facts([]) { $0.nodes = ["/dev/video0", "/dev/video1"] }) == """
        camera    wrong  no camera: none of /dev/video0, /dev/video1 captures video
                         -> plug one in; if lsusb shows it then: sudo modprobe uvcvideo

        1 thing is wrong.
        """)
  }

  @Test func noPermissionAndBusy() throws {
    let busy = try camera(holder: #"{"pid": 42, "name": "cheese"}"#)
    #expect(
      text("camera", facts([busy]) { $0.closedNodes = [ClosedNode(path: "/dev/video2", group: "video")] }) == """
        camera    wrong  /dev/video2: no permission to open it (its group is 'video')
                         -> sudo usermod -aG video $USER, then log in again
                  ok     /dev/video0 (Cam): 640×480 YUYV at 30 fps, about 147 Mbit/s
                  wrong  /dev/video0: in use by cheese (process 42)
                         -> close it there, or: kill 42

        2 things are wrong.
        """)
  }

  @Test func bandwidthFormatsAndColor() throws {
    #expect(
      text("camera", facts([try camera()]) { $0.usbMegabitsPerSecond = ["/dev/video0": 12] }) == """
        camera    wrong  /dev/video0 (Cam): 640×480 YUYV at 30 fps, about 147 Mbit/s, plugged in where USB gives 12 Mbit/s
                         -> plug it into a faster port: nothing that it offers needs so little

        1 thing is wrong.
        """)
    #expect(
      text("camera", facts([try camera()]) { $0.usbMegabitsPerSecond = ["/dev/video0": 480] })
        .hasSuffix("Nothing is wrong."))
    #expect(
      text("camera", facts([try camera("H264")])) == """
        camera    wrong  /dev/video0 (Cam): none of its formats can be decoded here (H264)
                         -> libcamerify mobilecam, if it is a sensor behind libcamera; else relay it through v4l2loopback

        1 thing is wrong.
        """)
    #expect(
      text("camera", facts([try camera("GREY")])) == """
        camera    ok     /dev/video0 (Cam): 640×480 GREY at 30 fps, about 74 Mbit/s
                  note   /dev/video0: gives no colour, as infrared cameras do; labels will be poor

        Nothing is wrong.
        """)
  }

  /// What is advised needs no more than there is.
  @Test(arguments: [
    (480, "Nothing is wrong."),
    (100, "ask for less (22 Mbit/s): mobilecam --format MJPG\n"),
    (12, "ask for less (6 Mbit/s): mobilecam --format MJPG --size 320x240\n"),
    (5, "ask for less (3 Mbit/s): mobilecam --format MJPG --size 320x240 --fps 15\n"),
    (1, "plug it into a faster port: nothing that it offers needs so little\n"),
  ]) func adviceFitsTogether(port: Double, remedy: String) throws {
    let json = """
      {"path": "/dev/video0", "number": 0, "card": "Cam", "driver": "uvcvideo", "bus": "usb-1", "formats": [
       {"fourcc": "YUYV", "description": "", "sizes": [{"width": 640, "height": 480, "rates_fps": [30]}]},
       {"fourcc": "MJPG", "description": "", "sizes": [{"width": 640, "height": 480, "rates_fps": [30]},
         {"width": 320, "height": 240, "rates_fps": [30, 15]}]}]}
      """
    let two = try JSONDecoder().decode(Camera.self, from: Data(json.utf8))
    let report = text("camera", facts([two]) { $0.usbMegabitsPerSecond = ["/dev/video0": port] })
    #expect(report.contains(remedy), "\(report)")
  }

  @Test func aLoopbackDeviceWithoutAWriter() throws {
    var loopback = try camera()
    (loopback.driver, loopback.formats) = ("v4l2 loopback", [])
    #expect(
      text("camera", facts([loopback])) == """
        camera    note   /dev/video0 (Cam): a v4l2loopback device into which no program writes
                         -> to see something there: ffmpeg -re -i clip.mp4 -pix_fmt yuv420p -f v4l2 /dev/video0

        Nothing is wrong.
        """)
  }

  /// What a Raspberry Pi's own camera and a laptop's behind Intel's processing unit look like.
  @Test func sensors() throws {
    func sensor(_ path: String, _ card: String, _ driver: String) throws -> Camera {
      var camera = try camera("pgAA")
      (camera.path, camera.card, camera.driver) = (path, card, driver)
      return camera
    }
    let pi = "rpicam-vid -t 0 --codec mjpeg -o - | mobilecam --source -"
    #expect(
      text("camera", facts([try sensor("/dev/video0", "unicam", "unicam")])) == """
        camera    wrong  /dev/video0 (unicam; driver unicam): a camera of a CSI connector, which gives raw sensor data; libcamera makes pictures of it
                         -> \(pi)

        1 thing is wrong.
        """)
    let nodes = try (0...2).map { try sensor("/dev/video\($0)", "rp1-cfe", "rp1-cfe") }
    var usb = try camera()
    usb.path = "/dev/video8"
    let report = text("camera", facts(nodes + [usb, try sensor("/dev/video9", "ipu6", "intel-ipu6-isys")]))
    #expect(
      report == """
        camera    ok     /dev/video8 (Cam): 640×480 YUYV at 30 fps, about 147 Mbit/s
                  note   /dev/video0, /dev/video1, /dev/video2 (rp1-cfe; driver rp1-cfe): a camera of a CSI connector, which gives raw sensor data; libcamera makes pictures of it
                         -> \(pi)
                  note   /dev/video9 (ipu6; driver intel-ipu6-isys): a camera of a CSI connector, which gives raw sensor data; libcamera makes pictures of it
                         -> gst-launch-1.0 -q libcamerasrc ! videoconvert ! jpegenc ! fdsink | mobilecam --source -

        Nothing is wrong.
        """)
  }

  @Test func poorTerminal() {
    let poor = TerminalFacts(
      isTerminal: true, term: "linux", colors: 8, codeset: "ANSI_X3.4-1968", width: 30, height: 9)
    #expect(
      text("terminal", facts([]) { $0.terminal = poor }) == """
        terminal  wrong  linux, 30×9 cells: the screen needs 40×10
                         -> make the window larger, or its letters smaller
                  note   linux has 8 colours: the preview is coarse in colour
                         -> export TERM=xterm-256color, if the terminal can do it
                  note   the locale's character set is ANSI_X3.4-1968: the screen is drawn in plain ASCII
                         -> export LANG=C.UTF-8

        1 thing is wrong.
        """)
  }

  @Test func unknownTerminalAndNone() {
    var unknown = terminal
    unknown.trouble = "TERM is 'x', but terminfo has no such terminal"
    #expect(
      text("terminal", facts([]) { $0.terminal = unknown }) == """
        terminal  wrong  TERM is 'x', but terminfo has no such terminal
                         -> export TERM=xterm-256color

        1 thing is wrong.
        """)
    var none = terminal
    none.isTerminal = false
    #expect(
      text("terminal", facts([]) { $0.terminal = none }) == """
        terminal  note   standard output is no terminal, so it was not looked at; --headless needs none

        Nothing is wrong.
        """)
  }

  @Test func slowAndHotProcessor() {
    let slow = DoctorFacts.Processor(
      machine: machine(governor: "powersave"), kernels: ["baseline"], temperatureMillidegrees: 96_500, throttleCount: 7)
    #expect(
      text("processor", facts([]) { $0.processor = slow }) == """
        processor ok     unknown processor; kernels: baseline
                  note   it has no AVX2: the network takes several times as long
                  note   its governor is 'powersave': latencies vary with its frequency
                         -> sudo cpupower frequency-set -g performance
                  wrong  it is at 96 °C, where processors slow themselves down
                         -> let it cool down, or: mobilecam --threads 1
                  note   it was slowed down for its heat 7 times since it was switched on

        1 thing is wrong.
        """)
  }

  /// Bits of a Raspberry Pi's firmware, as it shows them after a weak supply and a warm day.
  @Test(arguments: [(0x0, false, false), (0x50000, true, true), (0x10000, true, false), (0x8_0008, false, true)])
  func weakSupplyAndHeat(flags: Int, isWeak: Bool, isHeldDown: Bool) {
    var board = DoctorFacts.Processor(
      machine: machine(governor: "ondemand"), kernels: ["baseline", "neon"], isX86: false)
    board.firmwareFlags = flags
    let found = text("processor", facts([]) { $0.processor = board })
    #expect(found.contains("wrong  its voltage was too low") == isWeak, "\(found)")
    #expect(found.contains("note   its firmware held its frequency down") == isHeldDown, "\(found)")
    #expect(!found.contains("AVX2"))
  }

  @Test func missingWeights() {
    #expect(
      text("weights", facts([]) { $0.weights = .init(alphas: [0.25], problems: ["weights 'x' are damaged"]) }) == """
        weights   wrong  weights 'x' are damaged
                         -> mobilecam weights install
                  ok     α = 0.25
                  note   none for α = 0.5, 0.75, 1: no more accurate there than at a smaller α
                         -> mobilecam weights install

        1 thing is wrong.
        """)
    #expect(
      text("weights", facts([]) { $0.weights = .init(alphas: []) }) == """
        weights   wrong  no trained weights: there is latency to see, but no labels
                         -> mobilecam weights install

        1 thing is wrong.
        """)
  }
}
