import ArgumentParser
import Capture
import Platform

/// `mobilecam devices`: the cameras, their formats, sizes and rates.
struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices", abstract: "The cameras of this machine: formats, sizes, rates.")

  @Flag(help: "Print JSON: an array with one object for each camera.") var json = false

  func run() throws {
    let cameras = CameraCatalog.cameras()
    if json { return try printJSON(cameras) }
    guard !cameras.isEmpty else {
      try Output.print("No camera found. 'mobilecam --source demo' plays the bundled reel.")
      return
    }
    for camera in cameras { try Output.print(Self.text(camera)) }
  }

  static func text(_ camera: Camera) -> String {
    var lines = ["\(camera.path)  \(camera.card)  (\(camera.driver), \(camera.bus))"]
    if let path = camera.stablePath { lines.append("  \(path)") }
    if let holder = camera.holder { lines.append("  in use by \(holder.name), process \(holder.pid)") }
    for format in camera.formats {
      lines.append("  \(format.fourcc)  \(format.description)")
      for size in format.sizes {
        let rates = size.rates.map { number(($0 * 100).rounded() / 100) }.joined(separator: ", ")
        lines.append("    \(size.width)×\(size.height)" + (rates.isEmpty ? "" : "  \(rates) fps"))
      }
    }
    return lines.map(Printable.line).joined(separator: "\n")
  }
}
