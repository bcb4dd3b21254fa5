import ArgumentParser
import Frames
import MobileNet
import Model
import ModelFiles
import NetworkSelection
import Platform
import Playback
import Reports

/// `mobilecam weights list`: for every α and resolution, what is there, and which file the network runs on.
struct WeightsList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "What is installed for every α and resolution, and which file is used.")

  @Option(help: ArgumentHelp("Look here first: a weights file, or a folder of them.", valueName: "path"))
  var weights: String?
  @Flag(help: "Print JSON: an array with one object for each α and resolution.") var json = false

  struct Row: Encodable {
    /// One kind of weights for ImageNet's classes, trained at the row's resolution.
    struct Kind: Encodable {
      /// Absent where there is no such file.
      let file: String?
      /// Of the official weights, whosever the file is.
      let publishedTop1Percent: Double?
    }
    /// The file that a precision runs on.
    struct Used: Encodable {
      let file: String
      /// Absent where the file does not say.
      let trainedAt: Int?
      /// The file's α, where it is widened to the row's.
      let widenedFrom: OrNull<Double>
      /// Outputs; 1000, or 1001 with background, are taken for ImageNet's.
      let classes: Int
    }
    let alpha: Double
    let resolution: Int
    let float32: Kind
    let quantized: Kind
    /// By precision; without those that have no trained weights for this α. `bf16` and `fp16` run on what `fp32` does.
    let used: [String: Used]
  }

  /// Those that do not run on the same files.
  private static let precisions = [Precision.fp32, .int8]

  func run() throws {
    let store = try NetworkStore(weights: weights, assets: try? Assets.directory())
    let rows = Self.rows(store)
    if json { try printJSON(rows) } else { try Output.print(Self.table(rows)) }
    for problem in store.places.collections.flatMap(\.problems) { Output.tell(problem.message) }
  }

  static func rows(_ store: NetworkStore) -> [Row] {
    let files = store.places.collections.flatMap(\.files)
    return Alpha.allCases.sorted(by: >).flatMap { alpha in
      Architecture.paperResolutions.map { resolution in
        func kind(_ quantized: Bool) -> Row.Kind {
          Row.Kind(
            file: files.first {
              $0.isImageNet && $0.alpha == alpha && $0.trainedResolution == resolution && $0.isQuantized == quantized
            }?.path,
            publishedTop1Percent: Catalogue.published(alpha: alpha, resolution: resolution, quantized: quantized)?
              .top1Percent)
        }
        return Row(
          alpha: alpha.rawValue, resolution: resolution, float32: kind(false), quantized: kind(true),
          used: Dictionary(
            uniqueKeysWithValues: precisions.compactMap { precision in
              let configuration = Configuration(alpha: alpha, resolution: resolution, precision: precision)
              return store.places.file(configuration).map { file in
                let used = Row.Used(
                  file: file.path, trainedAt: file.trainedResolution,
                  widenedFrom: OrNull(file.widened(for: configuration)?.rawValue), classes: file.classCount)
                return (precision.name, used)
              }
            }))
      }
    }
  }

  /// The published top-1 stands beside each kind; files have numbers, which are explained below the table.
  static func table(_ rows: [Row]) -> String {
    var files: [String] = []
    var classes: [Int] = []
    for used in rows.flatMap({ row in precisions.compactMap { row.used[$0.name] } }) where !files.contains(used.file) {
      files.append(used.file)
      classes.append(used.classes)
    }
    func used(_ row: Row, _ precision: Precision) -> String {
      guard let used = row.used[precision.name], let number = files.firstIndex(of: used.file) else {
        return "untrained"
      }
      if let narrow = used.widenedFrom.value { return "[\(number + 1)], widened from \(fixed(narrow, 2))" }
      guard used.trainedAt != row.resolution else { return "[\(number + 1)]" }
      return "[\(number + 1)], trained at \(used.trainedAt.map(String.init) ?? "?")"
    }
    // Two spaces apart from the numbers before them.
    let table = Table(
      [.number("α", 4), .number("px", 5), .text("  float32", 21), .text("quantized", 19)]
        + precisions.map { .text("\($0) runs on", 24) },
      rows: rows.map { row in
        [fixed(row.alpha, 2), "\(row.resolution)", "  " + text(row.float32), text(row.quantized)]
          + precisions.map { used(row, $0) }
      })
    var lines = table.lines + [""]
    lines += files.indices.map { index in
      let own = Labels.isImageNet(outputs: classes[index]) ? "" : "  \(classes[index]) classes of its own"
      return "[\(index + 1)] \(files[index])\(own)"
    }
    lines.append("%: top-1 that was published for the official weights. Untrained: random weights, for latency only.")
    lines.append("Widened: the labels of a smaller α, at the cost of this one. bf16 and fp16 run on what fp32 does.")
    lines.append("Weights are installed in \(WeightPlaces.installDirectory)")
    lines.append("More: mobilecam weights install --alpha 0.5 --resolution 160, or --all")
    return lines.joined(separator: "\n")
  }

  private static func text(_ kind: Row.Kind) -> String {
    padRight(kind.file == nil ? "–" : "installed", 10) + (kind.publishedTop1Percent.map { "\(fixed($0, 1)) %" } ?? "")
  }
}
