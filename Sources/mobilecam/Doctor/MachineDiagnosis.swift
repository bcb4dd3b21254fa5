import Platform
import Terminal

/// Terminal, processor, weights.
enum MachineDiagnosis {
  private static let hotMillidegrees = 90_000

  static func terminal(_ facts: TerminalFacts) -> [Finding] {
    guard facts.isTerminal else {
      return [
        Finding("terminal", .note, "standard output is no terminal, so it was not looked at; --headless needs none")
      ]
    }
    if let trouble = facts.trouble {
      return [Finding("terminal", .wrong, trouble, remedy: "export TERM=xterm-256color")]
    }
    let term = facts.term ?? ""
    var findings: [Finding] = []
    let least = TerminalFacts.leastSize
    if facts.width < least.width || facts.height < least.height {
      findings.append(
        Finding(
          "terminal", .wrong,
          "\(term), \(facts.width)×\(facts.height) cells: the screen needs \(least.width)×\(least.height)",
          remedy: "make the window larger, or its letters smaller"))
    } else {
      findings.append(
        Finding("terminal", .fine, "\(term), \(facts.width)×\(facts.height) cells, \(facts.colors) colours"))
    }
    if facts.colors < 256 {
      findings.append(
        Finding(
          "terminal", .note, "\(term) has \(facts.colors) colours: the preview is coarse in colour",
          remedy: "export TERM=xterm-256color, if the terminal can do it"))
    }
    if facts.codeset != "UTF-8" {
      findings.append(
        Finding(
          "terminal", .note, "the locale's character set is \(facts.codeset): the screen is drawn in plain ASCII",
          remedy: "export LANG=C.UTF-8"))
    }
    return findings
  }

  static func processor(_ facts: DoctorFacts.Processor) -> [Finding] {
    let cores = facts.machine.cores.map { ", " + counted($0, "core", "cores") } ?? ""
    let name = (facts.machine.cpuModel ?? "unknown processor") + cores
    var findings = [Finding("processor", .fine, "\(name); kernels: \(facts.kernels.joined(separator: ", "))")]
    if facts.isX86, !facts.kernels.contains("avx2") {
      findings.append(Finding("processor", .note, "it has no AVX2: the network takes several times as long"))
    }
    if let governor = facts.machine.governor, governor == "powersave" || governor == "conservative" {
      findings.append(
        Finding(
          "processor", .note, "its governor is '\(governor)': latencies vary with its frequency",
          remedy: "sudo cpupower frequency-set -g performance"))
    }
    if let temperature = facts.temperatureMillidegrees, temperature >= hotMillidegrees {
      findings.append(
        Finding(
          "processor", .wrong, "it is at \(temperature / 1000) °C, where processors slow themselves down",
          remedy: "let it cool down, or: mobilecam --threads 1"))
    }
    if let count = facts.throttleCount, count > 0 {
      findings.append(
        Finding("processor", .note, "it was slowed down for its heat \(count) times since it was switched on"))
    }
    // Since it was switched on: bit 16 the voltage was too low, 17 to 19 its frequency was held down.
    if let flags = facts.firmwareFlags, flags >> 16 & 1 == 1 {
      findings.append(
        Finding(
          "processor", .wrong, "its voltage was too low since it was switched on, and it slows down then",
          remedy: "a power supply that the board's maker recommends, and a short cable"))
    }
    if let flags = facts.firmwareFlags, flags >> 17 & 0b111 != 0 {
      findings.append(
        Finding(
          "processor", .note, "its firmware held its frequency down since it was switched on",
          remedy: "a fan or a heat sink, and a power supply that the board's maker recommends"))
    }
    return findings
  }

  static func weights(_ facts: DoctorFacts.Weights) -> [Finding] {
    var findings = facts.problems.map {
      Finding("weights", .wrong, $0, remedy: "mobilecam weights install")
    }
    let all = [0.25, 0.5, 0.75, 1]
    let there = all.filter(facts.alphas.contains).map { number($0) }
    let missing = all.filter { !facts.alphas.contains($0) }.map { number($0) }
    if there.isEmpty {
      findings.append(
        Finding(
          "weights", .wrong, "no trained weights: there is latency to see, but no labels",
          remedy: "mobilecam weights install"))
    } else {
      findings.append(Finding("weights", .fine, "α = \(there.joined(separator: ", "))"))
      if !missing.isEmpty {
        findings.append(
          Finding(
            "weights", .note,
            "none for α = \(missing.joined(separator: ", ")): no more accurate there than at a smaller α",
            remedy: "mobilecam weights install"))
      }
    }
    return findings
  }
}

extension DoctorFacts {
  /// What there is to say of these facts.
  package var findings: [Finding] {
    CameraDiagnosis.findings(self) + MachineDiagnosis.terminal(terminal) + MachineDiagnosis.processor(processor)
      + MachineDiagnosis.weights(weights)
  }
}
