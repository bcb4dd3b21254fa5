import ArgumentParser
import Frames
import Live
import MobileNet
import Model
import NetworkSelection
import Pixels
import Platform
import Playback
import Teaching

/// `mobilecam classify`: the likeliest classes of image files, of those in folders, and of one on standard input.
struct Classify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify", abstract: "The likeliest classes of image files (JPEG, PNG).")

  @OptionGroup var network: NetworkOptions
  @OptionGroup var square: CropOption
  @Option(name: .customLong("top"), parsing: .unconditional, help: "How many classes to print for each file.")
  var count = 5
  @Option(
    help: ArgumentHelp("A class collection, whose classes answer instead of the network's own.", valueName: "folder"))
  var classes: String?
  @Flag(help: "Print JSON: an array with one object for each file.") var json = false
  @Argument(
    help: ArgumentHelp(
      "Image files; folders, for the pictures in them by name; - for one picture on standard input.", valueName: "file")
  )
  var files: [String]

  struct Report: Encodable {
    let file: String
    let alpha: Double
    let resolution: Int
    let precision: String
    let trained: Bool
    /// The α whose weights were widened.
    let widenedFrom: OrNull<Double>
    let top: [Prediction]
  }

  /// With classes of one's own.
  struct TaughtReport: Encodable {
    let file: String
    let alpha: Double
    let resolution: Int
    let precision: String
    let top: [Match]
    let noneOfThese: Bool
  }

  func validate() throws {
    let most = Architecture.classCountRange.upperBound
    if !(1...most).contains(count) {
      throw ValidationError("--top \(count): expected 1 to \(most); what a network has no classes for is left out.")
    }
    if files.count(where: { $0 == "-" }) > 1 {
      throw ValidationError("-: standard input holds one picture: give it once.")
    }
  }

  func run() throws {
    let store = try network.store()
    let model = try store.network(network.configuration(in: store))
    let preprocessor = Preprocessor(kernels: store.kernels)
    let taught = try classes.map { try TaughtClasses(ClassCollection(folder: $0), model, in: store) }

    // A file that cannot be read does not keep the others from being classified; it is told at the end.
    var reports: [Report] = []
    var taughtReports: [TaughtReport] = []
    var features: [Float] = []
    var failures: [UserError] = []
    func classify(_ file: String) throws {
      let image =
        try file == "-"
        ? ImageFile.loadStandardInput(remark: Output.tell) : ImageFile.load(path: file, remark: Output.tell)
      if let crop = square.crop {
        guard crop.fits(width: image.width, height: image.height) else {
          throw UserError(
            "\(file): expected a picture with the square of --crop in it, found \(image.width)×\(image.height) pixels")
        }
        preprocessor.crop = crop.crop(width: image.width, height: image.height)
      }
      image.pixels.withUnsafeBytes {
        model.setInput(frame: $0, width: image.width, height: image.height, with: preprocessor)
      }
      model.run()
      if let taught {
        model.copyFeatures(into: &features)
        let answer = taught.classifier.answer(
          Embedding(features: features, mean: taught.embedder.mean), count: count)
        let report = TaughtReport(
          file: file, alpha: model.architecture.alpha.rawValue, resolution: model.architecture.resolution,
          precision: model.precision.name, top: answer.top, noneOfThese: answer.isNone)
        taughtReports.append(report)
        if !json { try Output.print(Self.text(report)) }
        return
      }
      let top = Prediction.top(count, of: model.probabilities, labels: model.labels)
      let report = Report(
        file: file, alpha: model.architecture.alpha.rawValue, resolution: model.architecture.resolution,
        precision: model.precision.name, trained: model.facts.isTrained,
        widenedFrom: OrNull(model.facts.widenedFrom?.rawValue), top: top)
      reports.append(report)
      if !json { try Output.print(Self.text(report)) }
    }
    for file in files {
      do {
        if Folder.exists(file) {
          try forEachPicture(in: file, &failures, classify)
        } else {
          try classify(file)
        }
      } catch let failure as UserError {
        failures.append(failure)
      }
    }
    if json { try taught == nil ? printJSON(reports) : printJSON(taughtReports) }
    if reports.contains(where: { $0.trained && $0.top.contains { !$0.probability.isFinite } }) {
      Output.tell(noNumbers(model))
    }
    for failure in failures { Output.tell(failure.message) }
    if !failures.isEmpty { throw ExitCode(1) }
  }

  /// What is no picture is skipped, and told; a picture that cannot be read is a failure, and so is a folder without any.
  private func forEachPicture(
    in folder: String, _ failures: inout [UserError], _ body: (String) throws -> Void
  ) throws {
    let files = try ImageFolder.files(in: folder).filter { !Folder.exists($0) }
    guard !files.isEmpty else { throw ImageFolder.empty(folder) }
    var skipped: [UserError] = []
    for file in files {
      do {
        try body(file)
      } catch let failure as UserError {
        if ImageFile.isPicture(path: file) { failures.append(failure) } else { skipped.append(failure) }
      }
    }
    guard skipped.count < files.count else {
      throw UserError(
        "\(folder): expected JPEG or PNG images, found none in \(files.count) files; first: \(skipped[0].message)")
    }
    for failure in skipped { Output.tell("skipped \(failure.message)") }
  }

  static func text(_ report: TaughtReport) -> String {
    let heading =
      "\(Printable.line(report.file))  α \(number(report.alpha)), \(report.resolution) px, \(report.precision)"
    return
      ([heading + (report.noneOfThese ? "  none of these" : "")]
      + report.top.map { "  \(padLeft(fixed(Double($0.cosine), 3), 6))  \(Printable.line($0.label))" }).joined(
        separator: "\n")
  }

  static func text(_ report: Report) -> String {
    let heading =
      "\(Printable.line(report.file))  α \(number(report.alpha)), \(report.resolution) px, \(report.precision)"
      + (report.trained ? "" : "  untrained: latency only")
      + (report.widenedFrom.value.map { "  widened from α \(number($0))" } ?? "")
    guard report.trained else { return heading }
    return ([heading] + report.top.map { "  \(padLeft(fixed(Double($0.probability) * 100, 1), 5)) %  \($0.label)" })
      .joined(separator: "\n")
  }
}
