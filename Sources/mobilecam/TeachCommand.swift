import ArgumentParser
import Frames
import MobileNet
import Model
import ModelFiles
import Pixels
import Platform
import Playback
import Reports
import Teaching

/// `mobilecam teach`: classes of one's own from a few pictures each, how well they are told apart, and the network that knows them as a
/// file.
struct Teach: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "teach", abstract: "Teach classes of your own from a few pictures each.",
    discussion: """
      A class collection is a folder with a subfolder of pictures for each class; the subfolder none holds what is none of them. \
      Pictures that are named BURST-NN.jpg were shot in one go.
      """)

  @OptionGroup var network: NetworkOptions
  @Argument(help: ArgumentHelp("The class collection.", valueName: "folder")) var folder: String
  @Option(
    help: ArgumentHelp("The class that --shots are added to: none for what is none of the classes.", valueName: "name"))
  var name: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Pictures to add to the class --name, or folders of them.", valueName: "picture"))
  var shots: [String] = []
  @Flag(help: "How well the classes are told apart, with each burst left out in turn.") var report = false
  @Flag(help: "Print the report as JSON.") var json = false
  @Option(
    help: ArgumentHelp(
      "Write the network with these classes to FILE: .safetensors for mobilecam, .tflite for LiteRT.", valueName: "file"
    ))
  var export: String?

  func validate() throws {
    if shots.isEmpty != (name == nil) {
      throw ValidationError("--shots and --name go together: pictures, and their class.")
    }
    if json, !report { throw ValidationError("--json prints the report: give --report too.") }
    if let export, Self.format(export) == nil {
      throw ValidationError("--export \(export): expected a file's name that ends in .safetensors or .tflite.")
    }
  }

  func run() throws {
    if let name { try add(to: name) }
    guard report || export != nil else {
      // Shots were added, and said so.
      if name == nil { try Output.print(Self.listing(ClassCollection(folder: folder))) }
      return
    }
    let collection = try ClassCollection(folder: folder)
    let store = try network.store()
    var configuration = network.configuration(in: store)
    // What is exported is float32, and its classes are those of its own features.
    if export != nil, !report { configuration.precision = .fp32 }
    let taught = try TaughtClasses(collection, try store.network(configuration), in: store)
    if report {
      let result = Report(collection, taught, configuration)
      if json { try printJSON(result) } else { try Output.print(Self.text(result)) }
    }
    guard let export else { return }
    let exported =
      configuration.precision == .fp32
      ? taught
      : try {
        configuration.precision = .fp32
        return try TaughtClasses(collection, try store.network(configuration), in: store)
      }()
    guard let weights = try store.floatWeights(configuration) else {
      throw UserError("there are no weights to export; name some with --weights")
    }
    try write(exported, weights, to: export)
  }

  // MARK: Adding shots

  private func add(to name: String) throws {
    let writer = try CollectionWriter(folder: folder)
    try writer.check(class: name)
    var files: [String] = []
    for path in shots {
      guard Folder.exists(path) else {
        files.append(path)
        continue
      }
      let found = try ImageFolder.files(in: path).filter { !Folder.exists($0) }
      guard !found.isEmpty else { throw ImageFolder.empty(path) }
      files += found
    }
    guard files.count <= ClassCollection.mostShots else {
      throw UserError("--shots: expected at most \(ClassCollection.mostShots) pictures, found \(files.count)")
    }
    var thumbnails: [String: [Shot.Thumbnail]] = [:]
    var skipped = 0
    let names = files.map { path in
      // Its place in a burst is kept.
      let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
      return ShotName(picture: slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path)
    }
    let placed = try writer.add(names, to: name) { (index) throws(UserError) in
      let square = Shot.square(try ImageFile.load(path: files[index], remark: Output.tell))
      let thumbnail = Shot.Thumbnail(square)
      if thumbnails[names[index].burst, default: []].contains(where: thumbnail.isNear) {
        skipped += 1
        return nil
      }
      thumbnails[names[index].burst, default: []].append(thumbnail)
      return try JPEGEncoder.encode(square)
    }
    let near = skipped == 0 ? "" : "; \(counted(skipped, "near-duplicate", "near-duplicates")) skipped"
    let collection = try ClassCollection(folder: folder)
    let group = collection.all.first { $0.name == name }
    if !json {
      try Output.print(
        "\(Printable.line(name)): \(counted(placed.count, "shot", "shots")) added\(near); now \(counted(group?.shotCount ?? 0, "shot", "shots")) in "
          + counted(group?.bursts.count ?? 0, "burst", "bursts"))
    }
  }

  // MARK: What there is

  static func listing(_ collection: ClassCollection) -> String {
    var table = Table([
      .text("class", classColumns(collection.all.map(\.name))), .number("bursts", 8), .number("shots", 8), .text(""),
    ])
    for group in collection.all {
      let isEnough = group.isNone || group.bursts.count >= HeldOutReport.enoughBursts
      table.rows.append([
        Printable.line(group.name), "\(group.bursts.count)", "\(group.shotCount)",
        isEnough ? "" : "  not enough: shoot another burst",
      ])
    }
    return (table.lines + ["", "mobilecam teach FOLDER --report says how well they are told apart"]).joined(
      separator: "\n")
  }

  private static func classColumns(_ names: [String]) -> Int {
    min(max(names.map { Printable.line($0).count }.max() ?? 0, 12), 60) + 2
  }

  // MARK: The report

  struct Report: Encodable {
    struct Class: Encodable {
      let name: String
      let bursts: Int
      let shots: Int
      let heldOut: HeldOut
      let enough: Bool
    }
    struct HeldOut: Encodable {
      let right: Int
      let count: Int
    }
    struct Proportion: Encodable {
      let right: Int
      let count: Int
      /// Of the proportion, at 95 %; null where nothing could be left out.
      let low: OrNull<Double>
      let high: OrNull<Double>
    }
    struct Confusion: Encodable {
      let shown: String
      let answered: String
      let count: Int
    }
    struct None: Encodable {
      let bursts: Int
      let shots: Int
      /// Those that pass for a class.
      let taken: Int
    }

    let alpha: Double
    let resolution: Int
    let precision: String
    let classes: [Class]
    let none: None
    let heldOut: Proportion
    let threshold: Float
    /// False where it is the usual one, since no burst could be left out.
    let thresholdMeasured: Bool
    let confusions: [Confusion]
    let enough: Bool

    init(_ collection: ClassCollection, _ taught: TaughtClasses, _ configuration: Configuration) {
      let report = taught.report
      (alpha, resolution) = (configuration.alpha.rawValue, configuration.resolution)
      precision = configuration.precision.name
      classes = report.classes.map {
        Class(
          name: $0.name, bursts: $0.bursts, shots: $0.shots, heldOut: HeldOut(right: $0.right, count: $0.count),
          enough: $0.isEnough)
      }
      none = None(bursts: taught.support.none.count, shots: report.strangers, taken: report.strangersTaken)
      heldOut = Proportion(
        right: report.right, count: report.count, low: OrNull(report.interval?.lowerBound),
        high: OrNull(report.interval?.upperBound))
      threshold = report.threshold
      thresholdMeasured = report.isThresholdMeasured
      confusions = report.confusions.map { Confusion(shown: $0.shown, answered: $0.answered, count: $0.count) }
      enough = report.isEnough
    }
  }

  static func text(_ report: Report) -> String {
    func percent(_ value: Double) -> String { fixed(100 * value, 1) }
    var table = Table([
      .text("class", classColumns(report.classes.map(\.name))), .number("bursts", 8), .number("shots", 8),
      .number("right, left out", 18), .text(""),
    ])
    for group in report.classes {
      table.rows.append([
        Printable.line(group.name), "\(group.bursts)", "\(group.shots)",
        group.heldOut.count == 0 ? "–" : "\(group.heldOut.right) of \(group.heldOut.count)",
        group.enough ? "" : "  not enough: shoot another burst",
      ])
    }
    if report.none.shots > 0 { table.rows.append([ClassName.none, "\(report.none.bursts)", "\(report.none.shots)"]) }
    var lines = ["α \(number(report.alpha)), \(report.resolution) px, \(report.precision)", ""] + table.lines + [""]
    let heldOut = report.heldOut
    if let low = heldOut.low.value, let high = heldOut.high.value {
      lines.append(
        "held out: \(heldOut.right) of \(heldOut.count) right, \(percent(Double(heldOut.right) / Double(heldOut.count))) % "
          + "(95 % interval \(percent(low)) to \(percent(high)) %, a burst being one observation)")
    } else {
      lines.append("held out: nothing to test with yet: it takes two bursts of a class")
    }
    lines.append(
      "threshold: cosine \(fixed(Double(report.threshold), 3))"
        + (report.thresholdMeasured ? "" : " (the usual one: no burst could be left out)"))
    if report.none.shots > 0 {
      lines.append("none of these: \(report.none.taken) of \(report.none.shots) shots would pass for a class")
    }
    for confusion in report.confusions.prefix(10) {
      lines.append(
        "confused: \(Printable.line(confusion.shown)) taken for \(Printable.line(confusion.answered)), "
          + counted(confusion.count, "shot", "shots"))
    }
    let missing = report.classes.filter { !$0.enough }.map { Printable.line($0.name) }
    lines.append(missing.isEmpty ? "enough to go on" : "missing: another burst of \(missing.joined(separator: ", "))")
    return lines.joined(separator: "\n")
  }

  // MARK: Export

  private static func format(_ path: String) -> String? {
    [".safetensors", ".tflite"].first { path.lowercased().hasSuffix($0) }
  }

  private func write(_ taught: TaughtClasses, _ weights: any FloatWeightSource, to path: String) throws {
    let head = TaughtHead(
      taught.support, threshold: taught.report.threshold, length: taught.support.featureLength,
      mean: taught.embedder.mean)
    let file = try WeightExport(weights, head: head.layer, labels: head.labels)
    let bytes = try Self.format(path) == ".tflite" ? file.tflite() : file.safetensors()
    do throws(SystemError) {
      let replacement = try FileReplacement(path: path)
      try replacement.write(bytes)
      try replacement.finish()
    } catch {
      throw UserError("\(path): cannot be written: \(error); nothing was kept; give another path, or free some space")
    }
    if !json {
      try Output.print(
        "wrote \(Printable.line(path)): \(counted(head.labels.count, "class", "classes")), \(head.labels.last ?? "") the last"
      )
    }
  }
}
