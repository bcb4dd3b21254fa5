import Foundation
import MobileNet
import Platform
import TestSupport
import Testing

/// The commands that need no terminal, through the executable.
struct CommandTests {
  let folder = TemporaryFolder()

  @Test func headlessPrintsALineForEachResult() throws {
    let run = try Program.run(["live", "--source", "demo", "--headless", "--frames", "50"], in: folder)
    #expect(run.status == 0 && run.lines.count == 50, "\(run)")
    #expect(run.error == "", "\(run)")
    var last = -1
    var labels: Set<String> = []
    for line in run.lines {
      let json = try JSON(line)
      let sequence = try #require(json["sequence"].int)
      #expect(sequence > last, "frame \(sequence) after frame \(last)")
      last = sequence
      #expect(json["alpha"].double == 0.25 && json["resolution"].int == 224 && json["precision"].string == "fp32")
      #expect(json["trained"].bool == true)
      let network = json["network_us"].double ?? 0
      #expect(network > 0 && (json["glass_to_label_us"].double ?? 0) > network, "\(line)")
      let top = json["top"].array
      #expect(top.count == 5, "\(line)")
      let probabilities = top.compactMap { $0["probability"].double }
      #expect(probabilities == probabilities.sorted(by: >) && probabilities.reduce(0, +) <= 1.0001, "\(line)")
      if let best = top.first?["label"].string { labels.insert(best) }
    }
    // The reel begins with a cup of coffee.
    #expect(labels.contains("espresso"), "\(labels)")
  }

  @Test func withoutATerminalTheScreenIsLeftOut() throws {
    let run = try Program.run(["--source", "pattern", "--frames", "3"], in: folder)
    #expect(run.status == 0 && run.lines.count == 3, "\(run)")
    for line in run.lines { _ = try JSON(line) }
  }

  /// Pictures that are read, not watched: each one is one result, none is dropped.
  @Test func aFolderOfImagesIsReadFrameByFrame() throws {
    let run = try Program.run(["--source", Checkout.asset("demo"), "--headless"], in: folder)
    #expect(run.status == 0 && run.lines.count == 5, "\(run)")
    let labels = try run.lines.map { try JSON($0)["top"][0]["label"].string }
    // By name: astronaut, camera, chelsea, coffee, rocket.
    #expect(labels.count == 5 && labels[3] == "espresso", "\(labels)")
  }

  @Test func untrainedNetworksGiveNoLabels() throws {
    let run = try Program.run(
      [
        "--source", "demo", "--headless", "--frames", "2", "--alpha", "0.5", "--resolution", "128", "--weights",
        "random",
      ], in: folder)
    #expect(run.status == 0 && run.lines.count == 2, "\(run)")
    let line = try JSON(run.lines.first ?? "null")
    #expect(line["trained"].bool == false && line["top"].array.isEmpty && line["alpha"].double == 0.5)
    #expect(line["widened_from"].isNull)
  }

  /// Where nobody trained an α, the shipped weights are made wider: the same answers, told for what they are.
  @Test(arguments: ["fp32", "int8"] + ShortFloats.names)
  func everyWidthHasLabels(precision: String) throws {
    let photographs = ["coffee", "chelsea"].map { Checkout.asset("demo/\($0).jpg") }
    func classify(_ alpha: String, _ resolution: Int) throws -> [JSON] {
      let run = try Program.run(
        ["classify", "--json", "--alpha", alpha, "--resolution", "\(resolution)", "--precision", precision]
          + photographs, in: folder)
      #expect(run.status == 0 && run.error == "", "\(run)")
      return try JSON(run.output).array
    }
    for resolution in [224, 192, 160, 128] {
      let trained = try classify("0.25", resolution)
      #expect(trained.allSatisfy { $0["widened_from"].isNull && $0["trained"].bool == true })
      for alpha in ["0.5", "0.75", "1"] {
        for (wide, narrow) in zip(try classify(alpha, resolution), trained) {
          #expect(wide["widened_from"].double == 0.25 && wide["trained"].bool == true)
          #expect(wide["top"].array.count == 5 && wide["top"][0]["label"].string == narrow["top"][0]["label"].string)
          guard precision == "fp32" else { continue }
          for (a, b) in zip(wide["top"].array, narrow["top"].array) {
            #expect(a["label"].string == b["label"].string)
            let (p, q) = (try #require(a["probability"].double), try #require(b["probability"].double))
            #expect(abs(p - q) <= 1e-5, "α \(alpha) at \(resolution): \(p), not \(q)")
          }
        }
      }
    }
  }

  @Test func classifyNamesThePhotographs() throws {
    let files = ["coffee", "chelsea"].map { Checkout.asset("demo/\($0).jpg") }
    let run = try Program.run(["classify"] + files, in: folder)
    #expect(run.status == 0 && run.error == "", "\(run)")
    let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
    try #require(lines.count >= 12, "\(run)")
    #expect(lines[0].hasPrefix(files[0]) && lines[0].hasSuffix("α 0.25, 224 px, fp32"), "\(run)")
    #expect(lines[1].hasSuffix("%  espresso"), "\(run)")
    #expect(lines[6].hasPrefix(files[1]), "\(run)")
    #expect(Self.cats.contains { lines[7].hasSuffix("%  \($0)") }, "\(run)")
  }

  private static let cats = ["tabby", "tiger cat", "Egyptian cat", "Persian cat", "Siamese cat", "lynx"]

  @Test func classifyAsJSON() throws {
    let file = Checkout.asset("demo/coffee.jpg")
    let run = try Program.run(["classify", "--json", "--top", "3", file], in: folder)
    #expect(run.status == 0, "\(run)")
    let json = try JSON(run.output)
    #expect(json.array.count == 1)
    let first = json[0]
    #expect(first["file"].string == file && first["alpha"].double == 0.25 && first["resolution"].int == 224)
    #expect(first["precision"].string == "fp32" && first["top"].array.count == 3)
    let best = first["top"][0]
    #expect(best["class_index"].int == 967 && best["label"].string == "espresso")
    #expect((best["probability"].double ?? 0) > 0.5)
  }

  /// What one instruction set says, every other one says.
  @Test func instructionSetsAgree() throws {
    var answers: [String: [Double]] = [:]
    for isa in ["baseline", "avx2", "avxvnni", "avx512", "avx512vnni"] {
      let run = try Program.run(
        ["classify", "--json", Checkout.asset("demo/chelsea.jpg")], in: folder, environment: ["MOBILECAM_ISA": isa])
      if run.status == 1, run.error.contains("has no \(isa)") { continue }
      #expect(run.status == 0, "\(run)")
      let top = try JSON(run.output)[0]["top"].array
      answers[isa] = top.flatMap { [$0["class_index"].double ?? -1, $0["probability"].double ?? -1] }
    }
    let baseline = try #require(answers["baseline"])
    try #require(baseline.count == 10)
    for (isa, answer) in answers {
      #expect(zip(answer, baseline).allSatisfy { abs($0 - $1) <= 1e-4 }, "\(isa): \(answer), baseline: \(baseline)")
    }
  }

  @Test func aSweepBecomesAPage() throws {
    let page = folder.path + "/sweep.html"
    let options = ["bench", "--sweep", "--runs", "2", "--warmup", "0", "--threads", "1", "--html", page]
    let run = try Program.run(options + ["--resolution", "128"], in: folder)
    #expect(run.status == 0 && run.output.contains("fp32") && run.output.contains("int8"), "\(run)")
    let html = try String(contentsOfFile: page, encoding: .utf8)
    // Table 7 has one row at this resolution, Table 6 none.
    #expect(html.contains("<td>1.0 MobileNet-128</td><td>64.4 %</td><td>65.2 %</td><td>186</td><td>186.4</td>"))
    #expect(!html.contains("Table 6") && html.contains("Figure 4"))
    #expect(html.components(separatedBy: "<svg ").count - 1 == 3)
    #expect(html.contains("conv14 : dw13 + pw13"))
    for forbidden in ["<script", "src=", "@import", "url(", ">nan", ">inf", "NaN"] {
      #expect(!html.contains(forbidden), "\(forbidden)")
    }

    let refused = try Program.run(options, in: folder)
    #expect(refused.status == 1 && refused.output.isEmpty, "\(refused)")
    #expect(refused.error.contains("File exists; name another file, or give --force"), "\(refused)")
    #expect(try String(contentsOfFile: page, encoding: .utf8) == html)
    let alone = try Program.run(["bench", "--html", page], in: folder)
    #expect(alone.status == 2 && alone.error.contains("--html goes with --sweep"), "\(alone)")
  }

  @Test func standardConvolutionsStandBesideSeparableOnes() throws {
    let options = ["bench", "--convolution", "standard", "--alpha", "0.25", "--resolution", "32", "--runs", "3"]
    let run = try Program.run(options + ["--warmup", "1", "--threads", "1", "--json"], in: folder)
    #expect(run.status == 0, "\(run)")
    let json = try JSON(run.output)
    #expect(
      json["standard"]["convolution"].string == "standard" && json["separable"]["convolution"].string == "separable")
    #expect(json["blocks"].array.count == 13, "\(run)")
    for block in json["blocks"].array {
      let standard = block["standard_mult_adds"].double ?? 0
      let separable = block["separable_mult_adds"].double ?? 0
      let columns = block["output_channels"].double ?? 0
      #expect(abs(separable / standard - (1 / columns + 1.0 / 9)) < 1e-9, "\(run)")
      #expect((block["standard_us"].double ?? 0) > 0 && (block["separable_us"].double ?? 0) > 0, "\(run)")
    }
    let ratio = try #require(json["times_faster"].double)
    let medians = ["standard", "separable"].map { json[$0]["latency_us"]["p50"].double ?? 0 }
    #expect(abs(ratio - medians[0] / medians[1]) < 0.01, "\(run)")

    let refused = try Program.run(options + ["--precision", "int8"], in: folder)
    #expect(refused.status == 2 && refused.error.contains("--convolution standard runs in fp32 only"), "\(refused)")
  }

  @Test func benchKeepsACamerasPace() throws {
    let options = ["bench", "--alpha", "0.25", "--resolution", "64", "--threads", "1", "--runs", "20", "--rate", "100"]
    let began = Nanoseconds.now()
    let run = try Program.run(options + ["--json"], in: folder)
    #expect(run.status == 0, "\(run)")
    #expect((.now() - began).seconds >= 0.2, "20 runs, a hundredth of a second before each")
    let json = try JSON(run.output)
    #expect(json["rate"].double == 100 && json["runs"].int == 20)
    for name in ["latency_us", "back_to_back_us"] {
      let figures = ["min", "p50", "p90", "p99", "max"].compactMap { json[name][$0].double }
      #expect(figures.count == 5 && figures == figures.sorted() && figures[0] > 0, "\(name): \(figures)")
    }
    let text = try Program.run(options, in: folder)
    #expect(text.output.contains(/100 runs a second; back to back p50 \d[\d.]* ms: \d+\.\d\d × as long/), "\(text)")
    for wrong in [["--sweep"], ["--overhead"], ["--convolution", "standard"]] {
      let refused = try Program.run(options + wrong, in: folder)
      #expect(refused.status == 2 && refused.error.contains("--rate measures one α and resolution"), "\(refused)")
    }
    for rate in ["0", "-1", "nan", "1001"] {
      let refused = try Program.run(["bench", "--rate", rate], in: folder)
      #expect(refused.status == 2 && refused.error.contains("expected runs a second, 0.1 to 1000"), "\(refused)")
    }
  }

  @Test func benchAddsUp() throws {
    let run = try Program.run(
      ["bench", "--json", "--alpha", "0.5", "--resolution", "96", "--threads", "1", "--warmup", "2", "--runs", "20"],
      in: folder)
    #expect(run.status == 0, "\(run)")
    let json = try JSON(run.output)
    #expect(json["alpha"].double == 0.5 && json["resolution"].int == 96 && json["threads"].int == 1)
    #expect(json["runs"].int == 20 && json["precision"].string == "fp32" && json["isa"].string != nil)
    let latency = json["latency_us"]
    let figures = ["min", "p50", "p90", "p99", "max"].compactMap { latency[$0].double }
    #expect(figures.count == 5 && figures == figures.sorted() && figures[0] > 0, "\(figures)")
    #expect(json["workers"].double == 1)
    let layers = json["layers"].array
    #expect(layers.count == 30 && layers.first?["name"].string == "conv1" && layers.last?["name"].string == "softmax")
    #expect(
      layers.allSatisfy { ($0["us"].double ?? -1) >= 0 && $0["mult_adds"].int != nil && $0["kind"].string != nil })
    let sum = layers.reduce(json["unaccounted_us"].double ?? .nan) { $0 + ($1["us"].double ?? .nan) }
    // 32 figures of two decimals.
    #expect(abs(sum - (latency["mean"].double ?? .nan)) <= 32 * 0.005 + 1e-9, "\(sum) ≠ \(latency["mean"])")
    #expect(layers.reduce(0) { $0 + ($1["mult_adds"].int ?? 0) } == json["mult_adds"].int)
  }

  @Test func modelGivesThePapersFigures() throws {
    for (alpha, multAdds, parameters) in [(1.0, 568.7, 4.2), (0.75, 325.4, 2.6), (0.5, 149.5, 1.3), (0.25, 41.0, 0.5)] {
      let run = try Program.run(["model", "--json", "--alpha", "\(alpha)"], in: folder)
      #expect(run.status == 0, "\(run)")
      let json = try JSON(run.output)
      #expect(abs((json["mult_adds"].double ?? 0) / 1e6 - multAdds) <= 0.05, "α \(alpha)")
      #expect(abs((json["parameters"].double ?? 0) / 1e6 - parameters) <= 0.05, "α \(alpha)")
      #expect(json["layers"].array.count == 30)
    }
    let table = try Program.run(["model", "--rho", "0.714"], in: folder)
    #expect(table.status == 0 && table.output.contains("computed:  290.7 million mult-adds"), "\(table)")
  }

  @Test func devicesAsJSON() throws {
    let run = try Program.run(["devices", "--json"], in: folder)
    #expect(run.status == 0, "\(run)")
    #expect(try JSON(run.output).isArray, "\(run)")
  }

  @Test func helpGoesToStandardOutput() throws {
    let help = try Program.run(["--help"], in: folder)
    #expect(help.status == 0 && help.error == "", "\(help)")
    for command in ["live", "classify", "bench", "model", "devices"] { #expect(help.output.contains(command)) }
    let live = try Program.run(["live", "--help"], in: folder)
    #expect(live.status == 0 && live.output.contains("--source"), "\(live)")
  }
}
