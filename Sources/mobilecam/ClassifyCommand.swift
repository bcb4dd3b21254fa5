import ArgumentParser
import Frames
import Live
import MobileNet
import Model
import NetworkSelection
import Pixels
import Platform
import Playback

/// `mobilecam classify`: the likeliest classes of image files.
struct Classify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify", abstract: "The likeliest classes of image files (JPEG, PNG).")

  @OptionGroup var network: NetworkOptions
  @Option(name: .customLong("top"), parsing: .unconditional, help: "How many classes to print for each file.")
  var count = 5
  @Flag(help: "Print JSON: an array with one object for each file.") var json = false
  @Argument(help: ArgumentHelp("Image files.", valueName: "file")) var files: [String]

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

  func validate() throws {
    let most = Architecture.classCountRange.upperBound
    if !(1...most).contains(count) {
      throw ValidationError("--top \(count): expected 1 to \(most); what a network has no classes for is left out.")
    }
  }

  func run() throws {
    let store = try network.store()
    let model = try store.network(network.configuration(in: store))
    let preprocessor = Preprocessor(kernels: store.kernels)

    // A file that cannot be read does not keep the others from being classified; it is told at the end.
    var reports: [Report] = []
    var failures: [UserError] = []
    for file in files {
      do {
        let image = try ImageFile.load(path: file)
        image.pixels.withUnsafeBytes {
          model.setInput(frame: $0, width: image.width, height: image.height, with: preprocessor)
        }
        model.run()
        let top = Prediction.top(count, of: model.probabilities, labels: model.labels)
        let report = Report(
          file: file, alpha: model.architecture.alpha.rawValue, resolution: model.architecture.resolution,
          precision: model.precision.name, trained: model.isTrained,
          widenedFrom: OrNull(model.widenedFrom?.rawValue), top: top)
        reports.append(report)
        if !json { try Output.print(Self.text(report)) }
      } catch {
        failures.append(error)
      }
    }
    if json { try printJSON(reports) }
    if reports.contains(where: { $0.trained && $0.top.contains { !$0.probability.isFinite } }) {
      Output.tell(noNumbers(model))
    }
    for failure in failures { Output.tell(failure.message) }
    if !failures.isEmpty { throw ExitCode(1) }
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
