import CTurboJPEG
import Glibc
import HTTP
import MobileNet
import Model
import ModelFiles
import Pixels
import Platform
import Playback
import Reports
import Telemetry
import TestSupport
import WeightInstaller

/// A reader of files from outside, and how it is tried.
struct Reader {
  let name: String
  /// Valid files; made when the reader's turn comes.
  let seeds: () throws -> [Seed]
  /// What is done to a changed file so that it gets past its checksums; not always.
  var mend: (inout [UInt8]) -> Void = { _ in }
  /// What stands around a changed file.
  var wrap: ([UInt8]) -> [UInt8] = { $0 }
  /// Reads a file wholly.
  /// - Throws: `UserError` where it is refused; anything else is a fault of the reader.
  let check: ([UInt8]) throws -> Void

  /// One changed file.
  func input(_ seeds: [Seed], _ random: inout SplitMix64) -> [UInt8] {
    var bytes = Mutation.mutated(random.pick(seeds), &random)
    if random.below(8) > 0 { mend(&bytes) }
    bytes = wrap(bytes)
    return random.below(8) == 0 ? Mutation.mutated(Seed(bytes), &random) : bytes
  }
}

/// For readers that take a path or a descriptor: a file in memory that gets one content after the other.
final class ScratchFile {
  /// Of this run. Where a reader ends the program it stays, and with it what was read last.
  private static let folder = (Folder.exists("/dev/shm") ? "/dev/shm" : "/tmp") + "/reader-fuzz-\(getpid())"

  let file: File
  var path: String { file.path }

  init(_ name: String) throws {
    var failed = ""
    try Folder.make(Self.folder, failed: &failed)
    file = try File.open("\(Self.folder)/\(name)", O_RDWR | O_CREAT | O_TRUNC)
  }

  static func removeAll() {
    for name in (try? Folder.names(in: folder)) ?? [] { File.remove("\(folder)/\(name)") }
    rmdir(folder)
  }

  func put(_ bytes: [UInt8]) throws {
    try file.truncate(to: 0)
    lseek(file.descriptor, 0, SEEK_SET)
    try file.write(bytes)
    lseek(file.descriptor, 0, SEEK_SET)
  }
}

enum Readers {
  static var all: [Reader] {
    [tflite, safetensors, jpeg, png, y4m, mjpeg, address, catalogue, tar, labels] + LogFormat.allCases.map(log)
  }

  private static func loadWeights(_ bytes: [UInt8]) throws {
    // Which ones, follows from the file itself, so that a failure comes again.
    let isRun = Checksums.crc(bytes) % 8 == 0
    try bytes.withUnsafeBytes {
      let file = MappedFile(borrowing: $0, path: "FILE")
      for outputs in [5, 1000] { _ = try WeightFile.labels(in: file, outputs: outputs) }
      switch try WeightFile.load(file: file) {
      case .float(let source):
        try readLayers(source)
        if isRun { run(try QuantizedPackedWeights(quantizing: source, kernels: InstructionSets.chosenQuantized())) }
      case .quantized(let weights):
        try readLayers(DequantizedWeights(weights))
        if isRun { run(QuantizedPackedWeights(weights, kernels: try InstructionSets.chosenQuantized())) }
      }
    }
  }

  private static func readLayers(_ source: some FloatWeightSource) throws {
    for layer in source.architecture.layers where layer.hasWeights { _ = try source.layer(named: layer.name) }
  }

  /// What a file says of scales is computed with long after it was read. That takes long: one in eight.
  private static func run(_ weights: QuantizedPackedWeights) {
    guard let team = try? WorkerTeam(count: 1) else { return }
    let network = QuantizedNetwork(weights: weights, resolution: 32, team: team)
    network.setInput(pixels: (0..<32 * 32 * 3).map { UInt8(truncatingIfNeeded: $0) })
    network.run()
  }

  private static var tflite: Reader {
    Reader(
      name: "tflite",
      seeds: {
        TFLiteFixture.Kind.allCases.map { kind in
          let written = TFLiteFixture(kind).written
          return Seed(written.bytes, structure: written.structure)
        }
          + TFLiteFixture.Clothes.allCases.map { clothes in
            let fixture = TFLiteFixture(clothes)
            let written = fixture.written
            let end = written.bytes.count
            return Seed(
              written.bytes + fixture.appended,
              structure: written.structure + [end..<end + fixture.appended.count].filter { !$0.isEmpty })
          }
      }, check: loadWeights)
  }

  private static var safetensors: Reader {
    Reader(
      name: "safetensors",
      seeds: {
        let file = try File.open(Assets.directory() + "/weights/mobilenet_v1_0.25_224.safetensors", O_RDONLY)
        let bytes = try file.bytes(limit: 1 << 24)!
        let header = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        return [Seed(bytes, structure: [0..<8 + header])]
          + SafetensorsFixture.Library.allCases.map { library in
            let fixture = SafetensorsFixture(library, type: library == .timm ? "F16" : "BF16", classes: 2)
            return Seed(fixture.bytes, structure: [0..<8 + fixture.header.utf8.count])
          }
      }, check: loadWeights)
  }

  /// Pixels up to which every picture is decoded; of larger ones, which changed sizes make of small ones, few: they take long.
  private static let quickPixels = 1 << 20

  private static func decode(_ bytes: [UInt8], pixels: Int) throws {
    if pixels > quickPixels, bytes.count % 64 != 0 { return }
    _ = try ImageFile.decode(bytes, name: "FILE")
  }

  private static var jpeg: Reader {
    let decoder = JPEGDecoder()
    let frame = UnsafeMutableRawBufferPointer.allocate(byteCount: 24 * 20 * 3, alignment: 16)
    return Reader(
      name: "jpeg",
      seeds: {
        [
          JPEGFile.make(width: 24, height: 20), JPEGFile.make(width: 24, height: 20, isProgressive: true),
          JPEGFile.make(width: 17, height: 9, TJPF_RGB, TJSAMP_422), JPEGFile.make(width: 9, height: 8, TJPF_CMYK),
          JPEGFile.make(width: 16, height: 8, TJPF_GRAY, TJSAMP_GRAY),
        ].map { Seed($0) }
          + [(6, true), (3, false)].map { orientation, isLittle in
            // Half of the changes where Exif stands.
            let exif = ExifFile.make(orientation: orientation, isLittle: isLittle)
            let jpeg = JPEGFile.inserting(exif: exif, in: JPEGFile.make(width: 24, height: 20))
            return Seed(jpeg, structure: [2..<12 + exif.count, 0..<12 + exif.count])
          }
      },
      check: { bytes in
        // As a camera's frames are decoded, into a buffer of one size, and as a file is.
        let size = bytes.withUnsafeBytes { jpeg in
          _ = try? decoder.decode(jpeg, into: frame)
          return try? decoder.size(of: jpeg)
        }
        try decode(bytes, pixels: size.map { $0.width * $0.height } ?? 0)
      })
  }

  private static var png: Reader {
    Reader(
      name: "png",
      seeds: {
        [
          (7, 5, 8, 2, false), (13, 6, 2, 3, false), (5, 4, 16, 6, false), (11, 9, 8, 4, true), (9, 3, 1, 0, false),
          (6, 7, 16, 0, true),
        ].map { width, height, depth, color, isInterlaced in
          let exif = ExifFile.make(orientation: width % 8 + 1, isLittle: height % 2 == 0)
          let palette: [PNGFile.Chunk] = [("PLTE", (0..<12).map { UInt8($0 * 20) }), ("tRNS", [0, 128])]
          return PNGFile.make(
            width: width, height: height, depth: depth, color: color, isInterlaced: isInterlaced,
            before: (color == 3 ? palette : []) + [("gAMA", PNGFile.big(45455))]
              + (depth == 16 ? [("eXIf", exif)] : []),
            after: depth == 16 ? [] : [("eXIf", exif)]
          ) { x, y, channel in (x * 37 + y * 11 + channel * 5) & (1 << depth - 1) }
        }.map { Seed($0) }
      },
      mend: PNGFile.mend,
      check: { bytes in
        func side(_ place: Int) -> Int { bytes.dropFirst(place).prefix(4).reduce(0) { $0 << 8 | Int($1) } }
        try decode(bytes, pixels: side(16).multipliedSaturating(by: side(20)))
      })
  }

  private static var y4m: Reader {
    let scratch = try? ScratchFile("fuzz.y4m")
    return Reader(
      name: "y4m",
      seeds: {
        [("C420jpeg", 36), ("C422", 48), ("C411", 40), ("C444 XCOLORRANGE=FULL", 72), ("Cmono", 24)].map { tag, count in
          let header = "YUV4MPEG2 W6 H4 F30000:1001 Ip A1:1 \(tag)\n"
          let frame = Array("FRAME\n".utf8) + (0..<count).map { UInt8($0) }
          return Seed(Array(header.utf8) + frame + frame, structure: [0..<header.utf8.count + 6])
        }
      },
      check: { bytes in
        guard let scratch else { return }
        try scratch.put(bytes)
        let reader = try Y4MReader(descriptor: scratch.file.descriptor, name: "FILE", maximumPixels: 1 << 20)
        _ = Nanoseconds(seconds: 1 / (reader.header.rate ?? 30))
        var pixels = [UInt8](repeating: 0, count: reader.header.layout.width * reader.header.layout.height * 3)
        while try reader.readFrame() {
          for divisor in [1, 2, 4, 8] {
            pixels.withUnsafeMutableBytes { _ = reader.convert(dividedBy: divisor, into: $0) }
          }
        }
      })
  }

  /// A stream, cut as its own checksum has it, so that a failure comes again.
  private static var mjpeg: Reader {
    Reader(
      name: "mjpeg",
      seeds: {
        let plain = JPEGFile.make(width: 24, height: 20)
        let progressive = JPEGFile.make(width: 17, height: 9, isProgressive: true)
        let thumbnail = JPEGFile.inserting(0xE1, Array("Exif\0\0".utf8) + progressive, in: plain)
        let part = Array("\r\n--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: 99\r\n\r\n".utf8)
        let cut: [UInt8] = [0, 0] + Array(plain.dropLast(2)) + Array(progressive.dropLast(50))
        let streams: [[UInt8]] = [plain + progressive + plain, part + plain + part + thumbnail, cut]
        return streams.map { Seed($0) }
      },
      check: { bytes in
        let limit = 1500
        var splitter = JPEGSplitter(largestPicture: limit)
        var random = SplitMix64(state: UInt64(Checksums.crc(bytes)))
        var place = 0
        func see(_ picture: UnsafeRawBufferPointer) {
          precondition(picture.count <= limit + 2 && picture.starts(with: [0xFF, 0xD8]), "no picture")
          precondition(picture[picture.count - 2] == 0xFF && picture[picture.count - 1] == 0xD9, "no end")
        }
        do {
          while place < bytes.count {
            let end = min(place + 1 + Int(random.below(200)), bytes.count)
            try bytes[place..<end].withUnsafeBytes { try splitter.push($0, see) }
            place = end
          }
          splitter.finish(see)
        } catch let found as JPEGSplitter.NoPicture {
          throw UserError("\(found.bytes) bytes without a picture")
        }
      })
  }

  private static var address: Reader {
    Reader(
      name: "address",
      seeds: {
        ["http://user:pass%40word@host:8080/stream?a=b#c", "https://[::1]:81/", "http://h"].map { Seed(Array($0.utf8)) }
      },
      check: { _ = try HTTPAddress(String(decoding: $0, as: UTF8.self)) })
  }

  private static var catalogue: Reader {
    Reader(
      name: "catalogue",
      seeds: {
        let hash = String(repeating: "0123456789abcDEF", count: 4)
        return [
          "alpha,resolution,quantized,archive,sha256\n0.25,128,yes,a/b.tgz,\(hash)\n1.0,224,no,c.tgz,\(hash)\n",
          "sha256,x,archive,quantized,resolution,alpha\r\n\(hash),,é.tgz,no,160,0.5\r\n",
        ].map { Seed(Array($0.utf8)) }
      },
      check: { _ = try WeightArchive.catalogue(text: String(decoding: $0, as: UTF8.self), path: "FILE") })
  }

  private static var tar: Reader {
    let scratch = try? ScratchFile("fuzz.tgz")
    var limits = Limits()
    limits.unpackedBytes = 1 << 20
    limits.members = 100
    let kept = limits
    return Reader(
      name: "tar",
      seeds: {
        [
          TarFile.make([("./info.txt", Array("text".utf8)), ("./member", Array(repeating: 7, count: 600))]),
          TarFile.make([("a", []), ("b", []), ("member", Array(repeating: 1, count: 512))]),
        ].map { Seed($0) }
      },
      mend: TarFile.mend, wrap: TarFile.gzip,
      check: { bytes in
        guard let scratch else { return }
        try scratch.put(bytes)
        try TarGzip(path: scratch.path, limits: kept).extract("member") { _ in }
      })
  }

  private static var labels: Reader {
    Reader(
      name: "labels",
      seeds: {
        let lines = (0..<1000).map { "class \($0), é\n" }
        let texts = [
          lines.joined(), (["background\r\n"] + lines).joined(), "0: a\n1: b\n2: c\n",
          "n01440764 tench\nn01443537 goldfish\n",
          #"{"a": 1, "id2label": {"0": "a", "1": "b\u00e9"}}"#, #"["a", "b"]"#, #"{"a": 0, "b": 1}"#,
          #"{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}"#,
        ]
        return texts.map { Seed(Array($0.utf8)) } + [Seed([0xff, 0xfe, 0x61, 0, 10, 0, 0x62, 0])]
      },
      check: { bytes in
        let list = try LabelList(bytes, path: "FILE")
        for outputs in [2, 3, 1000, 1001] {
          guard let labels = Labels(fitting: list, outputs: outputs) else { continue }
          for index in 0..<outputs - labels.background { _ = labels.label(index) }
        }
      })
  }

  /// A log, read for a report, in text and as a page.
  private static func log(_ format: LogFormat) -> Reader {
    let scratch = try? ScratchFile("fuzz\(format.pathExtension)")
    return Reader(
      name: "log-\(format.rawValue)",
      seeds: {
        // Beside the file that changes lies what the format puts there.
        guard let scratch else { return [] }
        let bytes = try LogSeed.write(format, beside: scratch.path)
        return [Seed(bytes)]
      },
      check: { bytes in
        guard let scratch else { return }
        try scratch.put(bytes)
        let report = Report(paths: [scratch.path])
        _ = report.text
        _ = report.page.html
        if let failure = report.failures.first { throw failure }
      })
  }
}

enum LogSeed {
  /// The bytes of a small log. What the format keeps in files of their own goes beside `path`.
  static func write(_ format: LogFormat, beside path: String) throws -> [UInt8] {
    let folder = path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    let log = try LogWriter.open(
      path: "\(folder)/seed\(format.pathExtension)", format: format, header: header(layers: ["conv1", "dw1", "fc"]))
    for number in 0..<6 {
      var record = fullRecord(sequence: number)
      record.configuration.alpha = number < 3 ? .half : .quarter
      record.top = [Prediction(classIndex: 967, label: "espresso, \"black\"", probability: 0.875)]
      record.layerTimes = [1000, 2000, 3007]
      record.unaccounted = 1_685_227
      log.append(record)
    }
    _ = log.close()
    for (made, wanted) in zip(LogFormat.companions(of: log.path, format), LogFormat.companions(of: path, format)) {
      try? File.rename(made, to: wanted)
    }
    defer { File.remove(log.path) }
    return try File.open(log.path, O_RDONLY).bytes(limit: 1 << 24) ?? []
  }
}
