import Foundation
import Frames
import Platform
import Playback
import TestSupport

/// The checkout's `assets`, wherever the tests run from.
let assets = Checkout.asset("")

func bytes(base64: String) -> [UInt8] { [UInt8](Data(base64Encoded: base64)!) }

func asset(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(assets)/\(name)")))
}

/// A picture of one colour.
func flat(_ red: UInt8, _ green: UInt8, _ blue: UInt8, width: Int, height: Int) -> RGBImage {
  RGBImage(
    width: width, height: height, pixels: (0..<(width * height)).flatMap { _ in [red, green, blue] })
}

/// What `body` throws, as the user reads it; `nil` if it throws nothing.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

/// Small pictures made with Pillow, so that decoders are held to another program's encoder.
enum Sample {
  /// 32 × 16, quality 95: left half (200, 30, 40), right half (20, 60, 220).
  static let jpeg = bytes(
    base64: """
      /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDA\
      kKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAQACAD\
      AREAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAcI/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/EABYBAQEBAAAAAAAAAAAAAAAAAAAJB//EABQRAQ\
      AAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/AMjsfVQAT9bxCsBQEQ11AE/W8QrAf//Z
      """)
  /// 16 × 8, one component, all 77.
  static let greyJPEG = bytes(
    base64: """
      /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGB\
      IUFRT/wAALCAAIABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAj/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/AJ3H/9k=
      """)
  /// 16 × 8, Adobe CMYK: inks (255, 128, 0, 51), which is RGB (0, 102, 204).
  static let cmykJPEG = bytes(
    base64: """
      /9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoKCgYICwwLCgwJCg\
      oK/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EABcAAQEBAQAAAAAAAAAAAAAAAAAJAwr/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oADgRDAE0AWQBLAAA/\
      AOf9mv4pgAP/2Q==
      """)
  /// 2 × 1: opaque red, transparent green.
  static let transparentPNG = bytes(
    base64: "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAYAAAD0In+KAAAAEUlEQVR4nGP4z8Dwn+E/AwMAD/kC/ngnZtwAAAAASUVORK5CYII=")
  /// 2 × 1 with a palette: (10, 20, 30), (200, 100, 50).
  static let palettePNG = bytes(
    base64: """
      iVBORw0KGgoAAAANSUhEUgAAAAIAAAABAgMAAACJTJcZAAAADFBMVEUKFB7IZDIAAAAAAACQ1GKPAAAACklEQVR4nGMQAAAAEgARpVbHTgAAAABJRU\
      5ErkJggg==
      """)
  /// 2 × 1, grey: 5, 250.
  static let greyPNG = bytes(
    base64: "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNg/QUAAQcBALfWckIAAAAASUVORK5CYII=")
}

/// A copy of a frame: leases cannot be copied, and so cannot stand in `#expect`.
struct SeenFrame {
  let info: FrameInfo
  let pixels: [UInt8]
}

extension FrameReader {
  /// The next frame; waits longer than any slow machine needs, so that no test depends on time.
  func take(patience: Nanoseconds = Nanoseconds(seconds: 20)) -> SeenFrame? {
    guard let lease = next(timeout: patience) else { return nil }
    return SeenFrame(info: lease.info, pixels: Array(lease.pixels))
  }
}
