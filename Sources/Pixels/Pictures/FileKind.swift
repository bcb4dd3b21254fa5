/// What a file is, by its first bytes, where it is no JPEG or PNG; and how its owner goes on.
package struct FileKind: Sendable {
  private enum Way {
    /// ffmpeg decodes it.
    case play
    /// A command line that plays or converts it; `IN` stands for the file, `OUT` for its name without an extension's point.
    case command(_ purpose: String, String)
    case advice(String)
  }

  /// With its article: `a GIF image`.
  let noun: String
  private let way: Way

  private init(_ noun: String, _ way: Way) {
    self.noun = noun
    self.way = way
  }

  /// What the owner of the file can do with it: a command, where there is one.
  func next(_ name: String) -> String {
    let name = Self.file(name)
    return switch way {
    case .play: "play it: \(Self.playing(name))"
    case .command(let purpose, let command):
      purpose + " it: "
        + command.split(separator: " ").map { word in
          word == "IN"
            ? Self.argument(name) : word.hasPrefix("OUT") ? Self.argument(name + word.dropFirst(3)) : "\(word)"
        }.joined(separator: " ")
    case .advice(let text): text
    }
  }

  /// The command line that plays a video: ffmpeg decodes it.
  package static func playing(_ name: String) -> String {
    "ffmpeg -i \(argument(file(name))) -pix_fmt yuv420p -f yuv4mpegpipe - | mobilecam --source -"
  }

  /// The command line that plays what the program itself reads.
  static func showing(_ name: String) -> String { "mobilecam --source \(argument(file(name)))" }

  /// The command line that makes a picture smaller; a network sees no more of it.
  static func shrinking(_ name: String) -> String { "ffmpeg -i \(argument(file(name))) -vf scale=1024:-1 smaller.png" }

  /// What standard input has in the place of a name, in a command.
  private static func file(_ name: String) -> String { name == ImageFile.standardInput ? "FILE" : name }

  /// A name as a shell takes it whole, and a program does not take for an option.
  private static func argument(_ name: String) -> String {
    let name = name.hasPrefix("-") ? "./\(name)" : name
    let isPlain = name.utf8.allSatisfy { byte in
      byte >= 0x80 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || "/._-+,:@%=".utf8.contains(byte)
    }
    return isPlain ? name : "'" + name.replacing("'", with: "'\\''") + "'"
  }

  private static func convert(_ command: String) -> Way { .command("convert", command) }

  // MARK: Recognising

  /// How many of a file's first bytes tell its kind.
  static let startBytes = 4096

  /// Of a file that begins so; one of no known kind is told by its bytes.
  static func of(start bytes: some Collection<UInt8>) -> FileKind {
    let start = Array(bytes.prefix(startBytes))
    func has(_ mark: String, _ place: Int) -> Bool {
      start.dropFirst(place).starts(with: mark.unicodeScalars.map { UInt8($0.value) })
    }
    if has("ftyp", 4) { return isoMedia(start) }
    // A transport stream has its mark every 188 bytes.
    if start.count > 376, start[0] == 0x47, start[188] == 0x47, start[376] == 0x47 {
      return FileKind("a video (MPEG-TS)", .play)
    }
    if let kind = table.first(where: { $0.marks.allSatisfy { has($0.text, $0.place) } })?.kind { return kind }
    let text = String(decoding: start.prefix(256), as: UTF8.self).lowercased()
    if text.contains("<svg") { return FileKind("an SVG drawing", convert("rsvg-convert IN -o OUT.png")) }
    if text.contains("<html") || text.contains("<!doctype html") {
      return FileKind("a web page", .advice("download the picture itself"))
    }
    let hex = start.prefix(8).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    return FileKind(
      "a file that begins with the bytes \(hex.joined(separator: " "))", .advice("convert it to JPEG or PNG"))
  }

  private static let image = convert("ffmpeg -i IN OUT.png")
  private static let raw = Way.advice("develop it into a JPEG image")
  private static let archive = Way.advice("unpack it first")

  /// Text at places; each character is a byte.
  private static let table: [(marks: [(text: String, place: Int)], kind: FileKind)] =
    ([
      ([("GIF8", 0)], "a GIF image", image),
      ([("RIFF", 0), ("WEBP", 8)], "a WebP image", image),
      ([("RIFF", 0), ("AVI ", 8)], "a video (AVI)", .play),
      ([("RIFF", 0), ("WAVE", 8)], "a sound (WAV)", .advice("give a JPEG or PNG image")),
      ([("\u{1A}E\u{DF}\u{A3}", 0)], "a video (Matroska or WebM)", .play),
      ([("moov", 4)], "a video (QuickTime)", .play),
      ([("mdat", 4)], "a video (QuickTime)", .play),
      ([("wide", 4)], "a video (QuickTime)", .play),
      ([("FLV\u{1}", 0)], "a video (FLV)", .play),
      ([("OggS", 0)], "a video (Ogg)", .play),
      ([("0&\u{B2}u\u{8E}f\u{CF}\u{11}", 0)], "a video (Windows Media)", .play),
      ([("\u{0}\u{0}\u{1}\u{BA}", 0)], "a video (MPEG)", .play),
      ([("\u{0}\u{0}\u{1}\u{B3}", 0)], "a video (MPEG)", .play),
      ([("\u{0}\u{0}\u{0}\u{1}", 0)], "a video (H.264 or H.265)", .play),
      ([("DKIF", 0)], "a video (IVF)", .play),
      ([("YUV4MPEG2", 0)], "a video (Y4M)", .command("play", "mobilecam --source IN")),
      ([("II*\u{0}", 0), ("CR", 8)], "a camera's raw file (CR2)", raw),
      ([("II*\u{0}", 0)], "a TIFF image", image),
      ([("MM\u{0}*", 0)], "a TIFF image", image),
      ([("FUJIFILMCCD-RAW", 0)], "a camera's raw file (RAF)", raw),
      ([("\u{0}\u{0}\u{0}\u{C}jP  ", 0)], "a JPEG 2000 image", image),
      ([("\u{FF}O\u{FF}Q", 0)], "a JPEG 2000 image", image),
      ([("\u{0}\u{0}\u{0}\u{C}JXL ", 0)], "a JPEG XL image", convert("djxl IN OUT.png")),
      ([("\u{FF}\u{A}", 0)], "a JPEG XL image", convert("djxl IN OUT.png")),
      ([("8BPS", 0)], "a Photoshop image", image),
      ([("\u{0}\u{0}\u{1}\u{0}", 0)], "an icon (ICO)", image),
      ([("qoif", 0)], "a QOI image", image),
      ([("P5", 0)], "a PGM image", image),
      ([("P6", 0)], "a PPM image", image),
      ([("BM", 0)], "a BMP image", image),
      ([("%PDF", 0)], "a PDF document", convert("pdftoppm -png -r 150 IN OUT")),
      ([("PK\u{3}\u{4}", 0)], "an archive (ZIP)", archive),
      ([("\u{1F}\u{8B}", 0)], "an archive (gzip)", archive),
      ([("7z\u{BC}\u{AF}", 0)], "an archive (7z)", archive),
      ([("\u{FD}7zXZ", 0)], "an archive (xz)", archive),
      ([("(\u{B5}/\u{FD}", 0)], "an archive (Zstandard)", archive),
      (
        [("TFL3", 4)], "a network's weights (TFLite)", .advice("give them with --weights, and a JPEG or PNG image here")
      ),
    ] as [([(String, Int)], String, Way)]).map { ($0.0, FileKind($0.1, $0.2)) }

  /// Files of ISO boxes (ISO/IEC 14496-12): the first one names what the others hold, its major brand and those that
  /// fit it too.
  private static func isoMedia(_ start: [UInt8]) -> FileKind {
    let length = min(max(start.prefix(4).reduce(0) { $0 << 8 | Int($1) }, 12), start.count)
    let brands = stride(from: 8, to: length, by: 4).map {
      String(decoding: start[$0..<min($0 + 4, length)], as: UTF8.self)
    }
    func any(_ names: String...) -> Bool { brands.contains { names.contains($0) } }
    if any("avif", "avis") { return FileKind("an AVIF image", image) }
    if any("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1") {
      return FileKind("a HEIC image", convert("heif-convert IN OUT.jpg"))
    }
    switch brands.first {
    case "crx ": return FileKind("a camera's raw file (CR3)", raw)
    case "M4A ", "M4B ": return FileKind("a sound (M4A)", .advice("give a JPEG or PNG image"))
    case "qt  ": return FileKind("a video (QuickTime)", .play)
    default: return FileKind("a video (MP4)", .play)
    }
  }
}
