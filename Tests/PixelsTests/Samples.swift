import Foundation

func bytes(base64: String) -> [UInt8] { [UInt8](Data(base64Encoded: base64)!) }

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
  /// 16 × 8, one component, all 77, with arithmetic coding: of libjpeg-turbo's cjpeg.
  static let arithmeticJPEG = bytes(
    base64: """
      /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zND\
      L/yQALCAAIABABAREA/8wABgAQEAX/2gAIAQEAAD8A/wCfYP/Z
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
