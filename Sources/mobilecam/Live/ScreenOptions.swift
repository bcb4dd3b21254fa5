import ArgumentParser
import Frames
import Platform

/// The options of the screen that say how fast, and how it is sent.
struct ScreenOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Keep 95 % of the network's times within this many milliseconds by choosing α, resolution and, without --precision, precision.",
      valueName: "ms"))
  var budget: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Send the terminal at most this many kilobits a second (8 = 1 kB/s).", valueName: "kbps"))
  var maxKbps: Double?

  @Flag(help: "Never hold a frame until it is complete (synchronized output), also where the terminal can.")
  var noSync = false

  func validate() throws {
    if let budget, !(budget >= 0.01 && budget <= 100_000) {
      throw ValidationError("--budget \(number(budget)): expected milliseconds from 0.01 to 100000.")
    }
    if let maxKbps, !(maxKbps >= 8 && maxKbps <= 10_000_000) {
      throw ValidationError("--max-kbps \(number(maxKbps)): expected kilobits a second, 8 or more.")
    }
  }

  var budgetTime: Nanoseconds? { budget.map { Nanoseconds(milliseconds: $0) } }
  var maxBytesPerSecond: Double? { maxKbps.map { $0 * 1000 / 8 } }
}
