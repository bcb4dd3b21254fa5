import Foundation
import MobileNet
import TestSupport
import Testing

/// What a user gets wrong, or finds broken: one message in exact words, the exit status, nothing on standard output.
struct BadInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    var environment: [String: String] = [:]
    let status: Int32
    /// Standard error; where it ends in `…`, what it begins with (the rest names this machine's cameras).
    let message: String
    var testDescription: String { (environment.map { "\($0)=\($1)" } + arguments).joined(separator: " ") }
  }

  private static let cores = WorkerTeam.physicalCoreCount()
  private static let sets = InstructionSets.availableQuantized.map(\.name).joined(separator: ", ")
  private static let seeHelp = "\nSee 'mobilecam --help'."

  static let wrongUsage: [Case] = [
    (["--alpha", "7"], "--alpha 7: expected one of 0.25, 0.5, 0.75 and 1, the width multipliers of MobileNet V1."),
    (
      ["bench", "--alpha", "nan"],
      "--alpha nan: expected one of 0.25, 0.5, 0.75 and 1, the width multipliers of MobileNet V1."
    ),
    (["--alpha", "wide"], "The value 'wide' is invalid for '--alpha <alpha>'"),
    (
      ["live", "--resolution", "100"],
      "--resolution 100: expected a multiple of 32 from 32 to 320, such as 224, 192, 160 or 128."
    ),
    (
      ["classify", "--resolution", "352", "x.jpg"],
      "--resolution 352: expected a multiple of 32 from 32 to 320, such as 224, 192, 160 or 128."
    ),
    (
      ["--rho", "0.6"],
      "--rho 0.6: expected resolution / 224 of a multiple of 32 from 32 to 320, such as 1, 0.857, 0.714 or 0.571."
    ),
    (["--rho", "1", "--resolution", "224"], "--resolution and --rho say the same thing: give one of them."),
    (["bench", "--threads", "0"], "--threads 0: expected 1 to 256; this machine has \(cores) physical cores."),
    (["--threads", "9999"], "--threads 9999: expected 1 to 256; this machine has \(cores) physical cores."),
    (["--frames", "0"], "--frames 0: expected 1 or more."),
    (["bench", "--runs", "0"], "--runs 0: expected 1 to 1000000."),
    (
      ["classify", "--top", "32769", "x.jpg"],
      "--top 32769: expected 1 to 32768; what a network has no classes for is left out."
    ),
    (
      ["classify", "--weights", "x", "--input-range", "1..1", "x.jpg"],
      "--input-range 1..1: expected what black and white are, such as -1..1, 0..1 or 0..255."
    ),
    (
      ["classify", "--input-range", "0..1", "x.jpg"],
      "--input-range tells how to read --weights: give the file too."
    ),
    (["--nonsense"], "Unknown option '--nonsense'"),
    (["live", "--headless", "--nonsense"], "Unknown option '--nonsense'"),
    (["--alpha"], "Missing value for '--alpha <alpha>'"),
    (["classify"], "Missing expected argument '<file> ...'"),
    (["classify", "-", "-"], "-: standard input holds one picture: give it once."),
    (["live", "extra"], "Unexpected argument 'extra'"),
    (["--log-format", "csv"], "--log-format says nothing without --log FILE."),
  ].map { Case(arguments: $0.0, status: 2, message: $0.1 + seeHelp) }

  @Test(arguments: wrongUsage)
  func wrongUsageIsTold(_ test: Case) throws { try check(test, in: TemporaryFolder()) }

  /// bf16 and fp16 are refused where the CPU lacks them, and where it has them but a slower set was chosen.
  @Test(arguments: [["bench"], ["classify", "x.jpg"], ["--headless"]], ["bf16", "fp16"])
  func shortFloatsNeedTheirInstructions(command: [String], precision: String) throws {
    let isThere = (precision == "bf16" ? InstructionSets.bfloat16 : InstructionSets.float16) != nil
    let needed = precision == "bf16" ? InstructionSets.bfloat16Instructions : "ARMv8.2 FP16"
    let slower = Case(
      arguments: command + ["--precision", precision], environment: ["MOBILECAM_ISA": "baseline"], status: 2,
      message: "--precision \(precision) needs \(needed), which MOBILECAM_ISA=baseline leaves out. "
        + "Unset MOBILECAM_ISA, or take fp32 or int8." + Self.seeHelp)
    let lacking = Case(
      arguments: command + ["--precision", precision], status: 2,
      message: "--precision \(precision) needs a CPU with \(needed): this CPU, or its operating system, has none. "
        + "It has: \(Self.sets). Take fp32 or int8." + Self.seeHelp)
    try check(isThere ? slower : lacking, in: TemporaryFolder())
  }

  @Test func anUnknownPrecisionIsTold() throws {
    try check(
      Case(
        arguments: ["bench", "--precision", "bf8"], status: 2,
        message: "--precision bf8: expected fp32, int8, bf16, fp16." + Self.seeHelp), in: TemporaryFolder())
  }

  static let nothingThere: [Case] = [
    Case(
      arguments: ["--source", "/dev/video99"], status: 1,
      message: "/dev/video99: there is no such device. …"),
    Case(
      arguments: ["--source", "/dev/null"], status: 1,
      message: "/dev/null: expected a camera, found a device that does not speak V4L2 (Video4Linux). …"),
    Case(
      arguments: ["classify", "missing.jpg"], status: 1, message: "missing.jpg: no such file; check the path"),
    Case(
      arguments: ["bench", "--weights", "missing.safetensors"], status: 1,
      message:
        "cannot read weights 'missing.safetensors': No such file or directory. Give a .safetensors or .tflite file, or a directory that holds some: --weights PATH"
    ),
    Case(
      arguments: ["--source", "demo", "--headless", "--frames", "1", "--log", "/nonexistent/x.csv"], status: 1,
      message:
        "expected to create the log '/nonexistent/x.csv', found: No such file or directory; make the folder '/nonexistent' first, or choose another name"
    ),
    Case(
      arguments: ["bench", "--runs", "1"], environment: ["MOBILECAM_ISA": "nonsense"], status: 1,
      message:
        "MOBILECAM_ISA=nonsense is no instruction set: expected one of \(sets). Unset MOBILECAM_ISA to take the fastest."
    ),
    Case(
      arguments: ["classify", "x.jpg"], environment: ["MOBILECAM_ASSETS": "/nonexistent"], status: 1,
      message:
        "MOBILECAM_ASSETS: expected a folder that holds labels.txt, found /nonexistent; correct the variable or unset it"
    ),
  ]

  @Test(arguments: nothingThere)
  func whatIsMissingIsTold(_ test: Case) throws { try check(test, in: TemporaryFolder()) }

  @Test func filesOfAnotherKind() throws {
    let folder = TemporaryFolder()
    try folder.write("text.jpg", "hello\n")
    let notAnImage =
      "text.jpg: expected a JPEG or PNG image, found a file that begins with the bytes 68 65 6c 6c 6f 0a; convert it to JPEG or PNG"
    try check(Case(arguments: ["classify", "text.jpg"], status: 1, message: notAnImage), in: folder)
    try check(Case(arguments: ["--source", "text.jpg", "--headless"], status: 1, message: notAnImage), in: folder)

    try folder.write("text.safetensors", "hello\n")
    try check(
      Case(
        arguments: ["bench", "--weights", "text.safetensors"], status: 1,
        message:
          "cannot use weights 'text.safetensors': it is text. Names of classes are given with --labels FILE; weights are a .safetensors or .tflite file: --weights PATH"
      ), in: folder)
  }

  @Test func truncatedFiles() throws {
    let folder = TemporaryFolder()
    let weights = try Data(
      contentsOf: URL(filePath: Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors")))
    try folder.write("header.safetensors", weights.prefix(1000))
    let header = weights.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    try check(
      Case(
        arguments: ["bench", "--weights", "header.safetensors"], status: 1,
        message:
          "cannot use weights 'header.safetensors': it is truncated: its header claims \(header) bytes, only 992 follow. Give another file of MobileNet V1: --weights PATH, or install the official ones: mobilecam weights install"
      ), in: folder)
    // At any other place too: a message, and never a trap.
    for count in [0, 1, 7, 8, 9, 5000, weights.count / 2, weights.count - 1] {
      try folder.write("cut.safetensors", weights.prefix(count))
      let run = try Program.run(["bench", "--runs", "1", "--weights", "cut.safetensors"], in: folder)
      #expect(
        run.status == 1 && run.output == "" && run.error.hasPrefix("mobilecam: cannot use weights 'cut.safetensors': "),
        "\(run)")
    }
    let photograph = try Data(contentsOf: URL(filePath: Checkout.asset("demo/coffee.jpg")))
    for count in [0, 2, 100] {
      try folder.write("cut.jpg", photograph.prefix(count))
      let run = try Program.run(["classify", "cut.jpg"], in: folder)
      #expect(run.status == 1 && run.output == "" && run.error.hasPrefix("mobilecam: cut.jpg: "), "\(run)")
    }
  }

  /// One bad file among good ones: these are classified all the same, and the status tells of the other.
  @Test func oneBadFileAmongGoodOnes() throws {
    let folder = TemporaryFolder()
    let run = try Program.run(["classify", "--json", Checkout.asset("demo/coffee.jpg"), "missing.jpg"], in: folder)
    #expect(run.status == 1 && run.error == "mobilecam: missing.jpg: no such file; check the path\n", "\(run)")
    #expect(try JSON(run.output).array.count == 1, "\(run)")
  }

  @Test func labelsThatDoNotFitTheNetwork() throws {
    let folder = TemporaryFolder()
    try folder.write("labels.txt", (1...999).map { "thing \($0)\n" }.joined())
    let shipped = Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors")
    for (options, environment) in [
      (["--labels", "labels.txt"], [:]), (["--weights", shipped], ["MOBILECAM_ASSETS": folder.path]),
    ] {
      let run = try Program.run(
        ["classify", Checkout.asset("demo/coffee.jpg")] + options, in: folder, environment: environment)
      #expect(run.status == 1 && run.output == "" && run.error.contains("999"), "\(run)")
    }
  }

  @Test func filesThatMayNotBeRead() throws {
    let folder = TemporaryFolder()
    let file = try folder.write("secret.jpg", Data(contentsOf: URL(filePath: Checkout.asset("demo/coffee.jpg"))))
    try FileManager.default.setAttributes([.posixPermissions: 0o000], ofItemAtPath: file)
    let message = "mobilecam: secret.jpg: no permission to read it; see 'ls -l' and 'chmod u+r' the file\n"
    // Root may read everything, so that it must be somebody else who tries.
    let drop = geteuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : ""
    // Where that somebody finds everything, which need not be so of the checkout.
    let copied = try Program.shell("cp $M mobilecam && cp -r \(Checkout.asset("")) assets", in: folder)
    try #require(copied.status == 0, "\(copied)")
    let run = try Program.shell(
      "\(drop)./mobilecam classify secret.jpg", in: folder, environment: ["MOBILECAM_ASSETS": folder.file("assets")])
    #expect(run.status == 1 && run.output == "" && run.error == message, "\(run)")
  }

  private func check(_ test: Case, in folder: TemporaryFolder) throws {
    let run = try Program.run(test.arguments, in: folder, environment: test.environment)
    #expect(run.status == test.status && run.output == "", "\(run)")
    if test.message.hasSuffix("…") {
      #expect(run.error.hasPrefix("mobilecam: \(test.message.dropLast())"), "\(run)")
    } else {
      #expect(run.error == "mobilecam: \(test.message)\n", "\(run)")
    }
    #expect(run.error.filter { $0 == "\n" }.count <= 2, "more than one message: \(run)")
  }
}

/// Standard output and the terminal, where they are not what the program hopes for.
struct OutputTests {
  let folder = TemporaryFolder()

  /// On a pseudo-terminal, which `script` makes; it prints what the terminal shows.
  private func onTerminal(_ command: String) throws -> Run {
    try Program.shell("script -qec '\(command)' /dev/null", in: folder)
  }

  @Test func aTerminalWithoutAName() throws {
    let run = try onTerminal("env -u TERM $M --source demo")
    #expect(run.status == 1, "\(run)")
    #expect(
      run.output
        == "mobilecam: TERM should name the kind of terminal, but it is not set: try TERM=xterm-256color mobilecam, or --headless\r\n",
      "\(run)")
  }

  @Test func aTerminalThatNobodyKnows() throws {
    let run = try onTerminal("TERM=nonsense $M --source demo")
    #expect(run.status == 1, "\(run)")
    #expect(
      run.output
        == "mobilecam: TERM is 'nonsense', but terminfo has no such terminal: try TERM=xterm-256color mobilecam, or --headless\r\n",
      "\(run)")
  }

  @Test func aTerminalThatCannotPlaceTheCursor() throws {
    let run = try onTerminal("TERM=dumb $M --source demo")
    #expect(run.status == 1, "\(run)")
    #expect(
      run.output
        == "mobilecam: TERM is 'dumb', a terminal that cannot place the cursor, which the screen needs: try TERM=xterm-256color mobilecam, or --headless\r\n",
      "\(run)")
  }

  @Test func aReaderThatLeaves() throws {
    let run = try Program.shell("{ $M live --source demo --headless; echo $? > status; } | head -1", in: folder)
    #expect(run.lines.count == 1 && !run.hasTimedOut && run.error == "", "\(run)")
    #expect(try JSON(run.output)["sequence"].int != nil)
    #expect(try folder.text("status") == "0\n")
  }

  @Test func aClosedStandardOutput() throws {
    for line in ["$M live --source demo --headless --frames 3 >&-", "$M model >&-", "$M model --json >&- 2>&-"] {
      let run = try Program.shell(line, in: folder)
      #expect(run.status == 0 && run.error == "", "\(run)")
    }
  }

  /// Results that could not be written must not end in success.
  @Test func aFullDisk() throws {
    for line in ["$M live --source demo --headless --frames 3 >/dev/full", "$M model --json >/dev/full"] {
      let run = try Program.shell(line, in: folder)
      #expect(run.status == 1, "\(run)")
      #expect(
        run.error
          == "mobilecam: standard output could not be written: No space left on device; free some space, or send it elsewhere\n",
        "\(run)")
    }
  }
}
