import Capture
import Platform

/// Cameras, permissions, formats, bandwidth.
enum CameraDiagnosis {
  /// USB leaves four fifths of its speed to streams, and a camera's packets do not fill that.
  private static let usableShare = 0.6

  static func findings(_ facts: DoctorFacts) -> [Finding] {
    var findings = facts.closedNodes.map { node in
      Finding(
        "camera", .wrong, "\(node.path): no permission to open it (its group is '\(node.group ?? "unknown")')",
        remedy: "sudo usermod -aG \(node.group ?? "video") $USER, then log in again")
    }
    let sensors = facts.cameras.filter(\.isSensor)
    let others = facts.cameras.filter { !$0.isSensor }
    findings += others.flatMap { of($0, facts) }
    // A sensor has several nodes.
    let groups = Dictionary(grouping: sensors, by: \.driver).values.sorted { $0[0].path < $1[0].path }
    for nodes in groups {
      let driver = nodes[0].driver
      let cards = Set(nodes.map(\.card)).sorted().joined(separator: ", ")
      findings.append(
        Finding(
          "camera", others.isEmpty ? .wrong : .note,
          "\(nodes.map(\.path).joined(separator: ", ")) (\(cards); driver \(driver)): a camera of a CSI "
            + "connector, which gives raw sensor data; libcamera makes pictures of it",
          remedy: Camera.libcameraCommand(driver: driver)))
    }
    if findings.isEmpty {
      findings.append(
        facts.nodes.isEmpty
          ? Finding(
            "camera", .wrong, "no camera: there is no /dev/video*",
            remedy: "plug one in; if lsusb shows it then: sudo modprobe uvcvideo")
          : Finding(
            "camera", .wrong, "no camera: none of \(facts.nodes.joined(separator: ", ")) captures video",
            remedy: "plug one in; if lsusb shows it then: sudo modprobe uvcvideo"))
    }
    return findings
  }

  private static func of(_ camera: Camera, _ facts: DoctorFacts) -> [Finding] {
    let name = "\(camera.path) (\(camera.card))"
    if camera.formats.isEmpty, camera.driver == CameraError.loopbackDriver {
      return [
        Finding(
          "camera", .note, "\(name): a v4l2loopback device into which no program writes",
          remedy: "to see something there: \(CameraError.feedingLoopback(camera.path))")
      ]
    }
    guard let plan = camera.plan() else {
      let formats = camera.formats.map(\.fourcc).joined(separator: ", ")
      return [
        Finding(
          "camera", .wrong,
          "\(name): none of its formats can be decoded here (\(formats.isEmpty ? "it lists none" : formats))",
          remedy: "libcamerify mobilecam, if it is a sensor behind libcamera; else relay it through v4l2loopback")
      ]
    }
    var findings: [Finding] = []
    let rate = fixed(plan.framesPerSecond, plan.framesPerSecond.rounded() == plan.framesPerSecond ? 0 : 2)
    let need = fixed(plan.megabitsPerSecond, 0)
    let message = "\(name): \(plan.format) at \(rate) fps, about \(need) Mbit/s"
    if let port = facts.usbMegabitsPerSecond[camera.path], plan.megabitsPerSecond > usableShare * port {
      // What is asked for together has to fit.
      let less = camera.plan(within: usableShare * port)
      findings.append(
        Finding(
          "camera", .wrong, "\(message), plugged in where USB gives \(fixed(port, 0)) Mbit/s",
          remedy: "plug it into a faster port"
            + (less.map { ", or ask for less (\(fixed($0.megabitsPerSecond, 0)) Mbit/s): mobilecam \($0.options)" }
              ?? ": nothing that it offers needs so little")))
    } else {
      findings.append(Finding("camera", .fine, message))
    }
    if let holder = camera.holder {
      findings.append(
        Finding(
          "camera", .wrong, "\(camera.path): in use by \(holder.name) (process \(holder.pid))",
          remedy: "close it there, or: kill \(holder.pid)"))
    }
    if !camera.hasColor {
      findings.append(
        Finding("camera", .note, "\(camera.path): gives no colour, as infrared cameras do; labels will be poor"))
    }
    return findings
  }
}
