import ArgumentParser
import Live
import Platform

/// The options that say what a run does of its results by itself: `docs/acting.md`.
struct ActionOptions: ParsableArguments {
  @Option(
    name: .customLong("on"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Act when a class's probability is above a threshold for so many results in a row: 'cup>0.8 for 3'. Can be repeated, each with its --run.",
      valueName: "condition"))
  var conditions: [String] = []

  @Option(
    name: .customLong("run"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "What --on runs: a program and its arguments, without a shell; \(CommandWords.frame) stands for the path of a saved picture. MOBILECAM_LABEL, _PROBABILITY, _TIME and _FRAME are in its environment.",
      valueName: "command"))
  var commands: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Run again after this time while --on still holds, and never sooner: 10s, 500ms, 2m, 1h. Once for all of --on, or once for each.",
      valueName: "time"))
  var every: [String] = []

  @Option(
    help: ArgumentHelp(
      "Keep the square of each frame that the network is uncertain of in this folder, in a subfolder by its label.",
      valueName: "folder"))
  var keep: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Uncertain is a best probability below this (0.5 unless given), and two labels that change places.",
      valueName: "probability"))
  var keepBelow: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The most that --keep's folder may hold: 200M unless given.", valueName: "bytes"))
  var keepLimit: String?

  func validate() throws {
    do throws(UserError) { _ = try rules() } catch { throw ValidationError(error.message + ".") }
    if keep == nil, keepBelow != nil || keepLimit != nil {
      throw ValidationError("--keep-below and --keep-limit say nothing without --keep FOLDER.")
    }
    if let keep, keep.isEmpty { throw ValidationError("--keep: expected a folder's name, found none.") }
    if let keepBelow, !(keepBelow > 0 && keepBelow <= 1) {
      throw ValidationError("--keep-below \(keepBelow): expected a probability above 0, at most 1, such as 0.5.")
    }
    if let keepLimit, Amounts.bytes(keepLimit) == nil {
      throw ValidationError("--keep-limit \(keepLimit): expected bytes from 1k to 1000T, such as 200M.")
    }
  }

  /// - Throws: `UserError` where they are no rules.
  func rules() throws(UserError) -> [ActionRule] {
    guard conditions.count == commands.count else {
      throw UserError(
        "expected a --run for each --on, found \(conditions.count) --on and \(commands.count) --run; give them in pairs, such as --on 'cup>0.8' --run 'notify-send cup'"
      )
    }
    guard every.count <= 1 || every.count == conditions.count, every.isEmpty || !conditions.isEmpty else {
      throw UserError(
        "expected --every once for all --on, or once for each, found \(every.count) with \(conditions.count) --on; give it once"
      )
    }
    var times: [Nanoseconds] = []
    for text in every {
      guard let time = Amounts.time(text) else {
        throw UserError("--every \(text): expected a time with its unit, such as 10s, 500ms, 2m or 1h")
      }
      times.append(time)
    }
    var rules: [ActionRule] = []
    for (index, condition) in conditions.enumerated() {
      rules.append(
        ActionRule(
          try ActionRule.Condition(condition), run: try CommandWords(commands[index]),
          every: times.isEmpty ? nil : times[min(index, times.count - 1)]))
    }
    return rules
  }

  /// What is to be done, where anything is.
  /// - Parameters:
  ///   - labels: of the network that runs first; `nil` where its weights are not trained.
  ///   - isLive: frames come by themselves.
  /// - Throws: `UserError` where a rule could never act, or nothing can be kept.
  func actions(labels: [String]?, isLive: Bool, log: RunLog) throws(UserError) -> Actions? {
    let rules = try rules()
    guard !rules.isEmpty || keep != nil else { return nil }
    guard let labels else {
      throw UserError(
        "--on and --keep: expected a network that knows labels, found random weights; leave --weights random out")
    }
    try ActionRule.require(rules, of: labels)
    var keeper: PictureKeeper?
    if let keep {
      keeper = try PictureKeeper(
        PictureKeeper.Options(
          folder: keep, below: keepBelow ?? 0.5, limitBytes: keepLimit.flatMap(Amounts.bytes) ?? 200_000_000,
          isLive: isLive))
    }
    return Actions(rules, keeper: keeper, log: log)
  }
}
