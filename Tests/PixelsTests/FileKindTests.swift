import Pixels
import TestSupport
import Testing

/// What is no JPEG or PNG is named for what it is, with a way on.
@Suite struct FileKindTests {
  private static let play = "play it: ffmpeg -i a.x -pix_fmt yuv420p -f yuv4mpegpipe - | mobilecam --source -"
  private static let convert = "convert it: ffmpeg -i a.x a.x.png"
  private static let heic = "convert it: heif-convert a.x a.x.jpg"

  /// A first box of MPEG-4 with these brands; the version after the first.
  private static func brands(_ major: String, _ others: String...) -> String {
    "\0\0\0\(Character(UnicodeScalar(UInt8(16 + 4 * others.count))))ftyp\(major)\0\0\0\0" + others.joined()
  }

  static let kinds: [(start: String, found: String, next: String)] = [
    ("GIF89a…", "a GIF image", convert), ("BM……", "a BMP image", convert), ("RIFF1234WEBPVP8", "a WebP image", convert),
    ("II*\0", "a TIFF image", convert), ("MM\0*", "a TIFF image", convert),
    ("II*\0\u{10}\0\0\0CR\u{2}\0", "a camera's raw file (CR2)", "develop it into a JPEG image"),
    (brands("crx ", "isom"), "a camera's raw file (CR3)", "develop it into a JPEG image"),
    (brands("heic", "mif1", "heic"), "a HEIC image", heic), (brands("mif1", "mif1", "heic"), "a HEIC image", heic),
    (brands("avif", "mif1", "miaf"), "an AVIF image", convert), (brands("mif1", "avif"), "an AVIF image", convert),
    (brands("isom", "isom", "iso2", "avc1"), "a video (MP4)", play), (brands("mp42"), "a video (MP4)", play),
    (brands("qt  "), "a video (QuickTime)", play), ("\0\0\0\u{8}wide\0\0\0\0mdat", "a video (QuickTime)", play),
    (brands("M4A "), "a sound (M4A)", "give a JPEG or PNG image"), ("RIFF1234AVI LIST", "a video (AVI)", play),
    ("FLV\u{1}", "a video (FLV)", play), ("OggS", "a video (Ogg)", play),
    ("YUV4MPEG2 W4 H4", "a video (Y4M)", "play it: mobilecam --source a.x"),
    ("\0\0\u{1}", "a file that begins with the bytes 00 00 01", "convert it to JPEG or PNG"),
    ("\0\0\0\u{1}gB", "a video (H.264 or H.265)", play),
    ("%PDF-1.4", "a PDF document", "convert it: pdftoppm -png -r 150 a.x a.x"),
    ("8BPS", "a Photoshop image", convert), ("P6\n4 4", "a PPM image", convert),
    ("<?xml version='1.0'?>\n<svg", "an SVG drawing", "convert it: rsvg-convert a.x -o a.x.png"),
    ("\n<!DOCTYPE HTML><html>", "a web page", "download the picture itself"),
    ("PK\u{3}\u{4}", "an archive (ZIP)", "unpack it first"),
    ("hello, world", "a file that begins with the bytes 68 65 6c 6c 6f 2c 20 77", "convert it to JPEG or PNG"),
    ("\u{1}", "a file that begins with the bytes 01", "convert it to JPEG or PNG"),
    ("\0\0\0\0", "a file that begins with the bytes 00 00 00 00", "convert it to JPEG or PNG"),
  ]

  @Test(arguments: kinds)
  func otherFormats(start: String, found: String, next: String) throws {
    check(Array(start.utf8), found, next)
  }

  @Test func marksThatAreNoText() {
    check([0x1A, 0x45, 0xDF, 0xA3, 0x9F], "a video (Matroska or WebM)", Self.play)
    check([0x1F, 0x8B, 8], "an archive (gzip)", "unpack it first")
    check([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11], "a video (Windows Media)", Self.play)
    check([0, 0, 1, 0xBA], "a video (MPEG)", Self.play)
    check([0xFF, 0x0A], "a JPEG XL image", "convert it: djxl a.x a.x.png")
    check((0..<400).map { $0 % 188 == 0 ? 0x47 : 1 }, "a video (MPEG-TS)", Self.play)
  }

  private func check(_ bytes: [UInt8], _ found: String, _ next: String) {
    #expect(
      thrownMessage { _ = try ImageFile.decode(bytes, name: "a.x") }
        == "a.x: expected a JPEG or PNG image, found \(found); \(next)")
  }

  /// A command can be taken as it is, whatever the file is called.
  @Test(arguments: [
    ("my film.mp4", "'my film.mp4'"), ("it's.mp4", "'it'\\''s.mp4'"), ("-y.mp4", "./-y.mp4"),
    ("Häuser.mp4", "Häuser.mp4"),
    ("$(date)", "'$(date)'"), ("a;b", "'a;b'"), ("a\nb", "'a\nb'"), ("dir/a_b-1.mp4", "dir/a_b-1.mp4"),
  ])
  func namesInCommands(name: String, argument: String) {
    #expect(FileKind.playing(name).hasPrefix("ffmpeg -i \(argument) -pix_fmt"))
  }
}
