import ArgumentParser
import MobileNet
import Model
import ModelFiles
import Platform
import Reports

/// `mobilecam model`: the architecture at α and ρ, computed, with what was published beside it.
struct Model: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "The layers of the network at α and ρ: shapes, mult-adds, parameters.")

  @OptionGroup var network: NetworkOptions
  @Option(
    help: ArgumentHelp(
      "separable, or standard: every block as a standard convolution, which the paper compares with.",
      valueName: "kind"))
  var convolution = Architecture.Convolution.separable
  @Flag(help: "Print JSON.") var json = false

  struct Report: Encodable {
    struct LayerSize: Encodable {
      let name: String
      let kind: String
      let stride: Int
      let inputShape: [Int]
      let outputShape: [Int]
      let multAdds: Int
      let parameters: Int
    }
    struct Share: Encodable {
      let kind: String
      let multAddsPercent: Double
      let parametersPercent: Double
    }
    struct Published: Encodable {
      let multAddsMillion: Int
      let parametersMillion: Double
      let top1Percent: Double
      let top5Percent: Double?
    }
    let alpha: Double
    let rho: Double
    let resolution: Int
    let convolution: String
    let multAdds: Int
    let parameters: Int
    let shares: [Share]
    let published: Published?
    let layers: [LayerSize]
  }

  func run() throws {
    var architecture = Architecture(
      alpha: network.chosenAlpha ?? .one, resolution: network.chosenResolution ?? 224, convolution: convolution)
    if network.weights != nil {
      let store = try network.store()
      let configuration = network.configuration(in: store)
      architecture = Architecture(
        alpha: configuration.alpha, resolution: configuration.resolution,
        classCount: store.places.file(configuration)?.classCount ?? architecture.classCount, convolution: convolution)
    }
    let report = Self.report(architecture)
    if json { try printJSON(report) } else { try Output.print(Self.table(report)) }
  }

  static func report(_ architecture: Architecture) -> Report {
    let kinds: [Architecture.Kind] = [.pointwise, .convolution, .depthwise, .fullyConnected]
    let shares = kinds.map { kind in
      let layers = architecture.layers.filter { $0.kind == kind }
      func percent(_ part: Int, _ whole: Int) -> Double { (10_000 * Double(part) / Double(whole)).rounded() / 100 }
      return Report.Share(
        kind: kind.rawValue, multAddsPercent: percent(layers.reduce(0) { $0 + $1.multAdds }, architecture.multAdds),
        parametersPercent: percent(layers.reduce(0) { $0 + $1.parameters }, architecture.parameters))
    }
    return Report(
      alpha: architecture.alpha.rawValue, rho: (architecture.rho * 1000).rounded() / 1000,
      resolution: architecture.resolution, convolution: architecture.convolution.rawValue,
      multAdds: architecture.multAdds, parameters: architecture.parameters,
      shares: shares,
      published: published(architecture),
      layers: architecture.layers.map {
        Report.LayerSize(
          name: $0.name, kind: $0.kind.rawValue, stride: $0.stride,
          inputShape: $0.inputShape, outputShape: $0.outputShape, multAdds: $0.multAdds,
          parameters: $0.parameters)
      })
  }

  private static func published(_ architecture: Architecture) -> Report.Published? {
    guard Labels.isImageNet(outputs: architecture.classCount) else { return nil }
    guard architecture.convolution == .separable else {
      // The paper's Table 4.
      return architecture.alpha == .one && architecture.resolution == 224
        ? Report.Published(multAddsMillion: 4866, parametersMillion: 29.3, top1Percent: 71.7, top5Percent: nil) : nil
    }
    return Catalogue.published(alpha: architecture.alpha, resolution: architecture.resolution).map {
      Report.Published(
        multAddsMillion: $0.multAddsMillion, parametersMillion: $0.parametersMillion, top1Percent: $0.top1Percent,
        top5Percent: $0.top5Percent)
    }
  }

  static func table(_ report: Report) -> String {
    func shape(_ s: [Int]) -> String { s.map(String.init).joined(separator: "×") }
    let layers = Table(
      [
        .text("layer", 9), .text("kind", 17), .number("stride", 6), .number("input", 14), .number("output", 14),
        .number("M mult-adds", 13), .number("M parameters", 14),
      ],
      rows: report.layers.map {
        [
          $0.name, $0.kind, "\($0.stride)", shape($0.inputShape), shape($0.outputShape), million($0.multAdds, 3),
          million($0.parameters, 3),
        ]
      } + [["sum", "", "", "", "", million(report.multAdds, 3), million(report.parameters, 3)]])
    let standard = report.convolution == "standard" ? " with standard convolutions" : ""
    var lines = [
      "MobileNet V1\(standard), α = \(number(report.alpha)), ρ = \(fixed(report.rho, 3)) "
        + "(\(report.resolution) × \(report.resolution))", "",
    ]
    lines += layers.lines + [""]
    for share in report.shares {
      lines.append(
        "\(padRight(share.kind, 16)) \(padLeft(fixed(share.multAddsPercent, 2), 6)) % of the mult-adds, "
          + "\(padLeft(fixed(share.parametersPercent, 2), 6)) % of the parameters")
    }
    lines.append("")
    lines.append(
      "computed:  \(million(report.multAdds, 1)) million mult-adds, \(million(report.parameters, 2)) million parameters"
    )
    if let published = report.published {
      lines.append(
        "published: \(published.multAddsMillion) million mult-adds, \(number(published.parametersMillion)) million "
          + "parameters, top-1 \(number(published.top1Percent)) %"
          + (published.top5Percent.map { ", top-5 \(number($0)) %" } ?? ""))
    } else {
      lines.append("published: nothing for this α, resolution and number of classes")
    }
    return lines.joined(separator: "\n")
  }
}
