/// The names of arm64 cores, of which `/proc/cpuinfo` tells only numbers.
enum ARMCores {
  /// Arm's own, by `CPU part` (MIDR_EL1, part number): those of boards and servers since ARMv8.
  private static let parts: [Int: String] = [
    0xd03: "Cortex-A53", 0xd04: "Cortex-A35", 0xd05: "Cortex-A55", 0xd07: "Cortex-A57", 0xd08: "Cortex-A72",
    0xd09: "Cortex-A73", 0xd0a: "Cortex-A75", 0xd0b: "Cortex-A76", 0xd0c: "Neoverse N1", 0xd0d: "Cortex-A77",
    0xd0e: "Cortex-A76AE", 0xd40: "Neoverse V1", 0xd41: "Cortex-A78", 0xd42: "Cortex-A78AE", 0xd44: "Cortex-X1",
    0xd46: "Cortex-A510", 0xd47: "Cortex-A710", 0xd48: "Cortex-X2", 0xd49: "Neoverse N2", 0xd4b: "Cortex-A78C",
    0xd4d: "Cortex-A715", 0xd4e: "Cortex-X3", 0xd4f: "Neoverse V2", 0xd80: "Cortex-A520", 0xd81: "Cortex-A720",
    0xd82: "Cortex-X4",
  ]
  private static let arm = 0x41

  /// How many of which kind, the most advanced first where the kernel lists them last, as it does on boards with cores of two
  /// kinds: `4 × Cortex-A76 + 4 × Cortex-A55`. `nil` where no core is known by its number.
  static func text(_ cpuinfo: String) -> String? {
    let implementers = FactFiles.values(of: "CPU implementer", in: cpuinfo).map(number)
    let numbers = FactFiles.values(of: "CPU part", in: cpuinfo).map(number)
    var kinds: [(name: String, count: Int)] = []
    for (implementer, part) in zip(implementers, numbers) {
      guard implementer == arm, let part, let name = parts[part] else { continue }
      if let at = kinds.firstIndex(where: { $0.name == name }) {
        kinds[at].count += 1
      } else {
        kinds.append((name, 1))
      }
    }
    return kinds.isEmpty
      ? nil : kinds.reversed().map { "\($0.count) × \($0.name)" }.joined(separator: " + ")
  }

  private static func number(_ text: String) -> Int? {
    text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
  }
}
