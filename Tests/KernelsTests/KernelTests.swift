import Kernels
import MobileNet
import Testing

/// Every kernel of every instruction set that this machine has, against the scalar reference.
struct KernelTests {
  @Test(arguments: realTables.map(\.name), Kernel.allCases)
  func agreesWithTheReference(isa: String, kernel: Kernel) throws {
    let table = try #require(realTables.first { $0.name == isa })
    let findings = kernel.check(table)
    #expect(findings.isEmpty, "\(isa) \(kernel.rawValue), MOBILECAM_SEED=\(Seed.value): \(findings)")
    // Nothing compared would pass too.
    #expect(findings.worst > 0, "\(isa) \(kernel.rawValue): every output is exact, which no sum in float32 is")
  }

  @Test func theListOfKernelsIsWhole() {
    // A kernel that is added to the table must be added to the list.
    let description = ["name", "lanes", "format", "order", "panels", "classPanels", "firstPanels", "depthwiseLayout"]
    let kernels = Mirror(reflecting: KernelTable.baseline).children.compactMap(\.label)
      .filter { !description.contains($0) }
    #expect(Set(kernels) == Set(Kernel.allCases.map(\.rawValue)))
  }

  @Test(arguments: realTables.map(\.name))
  func panelsCoverEveryColumn(isa: String) throws {
    let table = try #require(realTables.first { $0.name == isa })
    for panels in [table.panels, table.classPanels, table.firstPanels] { checkCover(panels) }
  }

  private func checkCover(_ panels: PanelLayout) {
    for columns in 1...200 {
      let padded = panels.paddedColumns(columns)
      #expect(padded >= columns && padded < columns + panels.granule && padded % panels.granule == 0)
      var column = 0
      while column < padded { column += panels.width(at: column, of: padded) }
      #expect(column == padded)
    }
  }
}

/// The checks themselves: each fault that they are there for must be found.
struct PlantedFaultTests {
  @Test func nanIsNeverWithinTolerance() {
    var findings = Findings()
    findings.compare([1, .nan], with: [1, 2], in: "planted", tolerance: { _ in .infinity })
    #expect(findings.count == 1)
    findings.compare([1, 2], with: [1, .nan], in: "planted", tolerance: { _ in .infinity })
    #expect(findings.count == 2)
  }

  @Test func toleranceIsABound() {
    var findings = Findings()
    findings.compare([1, 2.5], with: [1, 2], in: "planted", tolerance: { _ in 0.5 })
    #expect(findings.isEmpty && findings.worst == 1)
    findings.compare([1, 2.5], with: [1, 2], in: "planted", tolerance: { _ in 0.4 })
    findings.compare([1], with: [1, 2], in: "planted", tolerance: { _ in 0.4 })
    #expect(findings.count == 2)
    #expect(Tolerance.after(1024) < 1e-4 && Tolerance.after(1) > Float.ulpOfOne)
  }

  @Test func guardsSeeAWriteOnEitherSide() {
    for index in [-1, 8] {
      let buffer = GuardedFloats([Float](repeating: 0, count: 8))
      var findings = Findings()
      findings.checkGuards(buffer, in: "planted")
      #expect(findings.isEmpty)
      buffer.pointer[index] = 0
      findings.checkGuards(buffer, in: "planted")
      #expect(findings.count == 1)
    }
  }

  /// Kernels that do their work, and then one thing wrong.
  @Test(arguments: Kernel.allCases, Fault.allCases)
  func aFaultyKernelIsFound(kernel: Kernel, fault: Fault) {
    for table in [KernelTable.baseline] + shortTables {
      let findings = kernel.check(fault.planted(in: table))
      #expect(!findings.isEmpty, "\(table.name) \(kernel.rawValue) with \(fault.rawValue) passes")
    }
  }

  enum Fault: String, CaseIterable, Sendable {
    case nan = "a NaN", offByOne = "a write past the end", slightlyWrong = "a value off by a thousandth"

    private func apply(_ output: UnsafeMutablePointer<Float>, last: Int) {
      switch self {
      case .nan: output[last] = .nan
      case .offByOne: output[last + 1] = 0
      case .slightlyWrong: output[last] += 1e-3
      }
    }

    /// The same for activations, of which two may share a word; 16 bits have no thousandths: a sixty-fourth of it.
    private func apply(_ output: UnsafeMutablePointer<Float>, lastWord last: Int, of table: KernelTable) {
      guard table.isPaired, self == .slightlyWrong else { return apply(output, last: last) }
      let pair = table.values([output[last]])
      output[last] = table.words([pair[0], pair[1] + max(pair[1] / 64, 1e-3)])[0]
    }

    func planted(in table: KernelTable) -> KernelTable {
      let lanes = table.lanes
      return KernelTable(
        name: "faulty", lanes: lanes, format: table.format, order: table.order, granule: table.panels.granule,
        inputsAbreast: table.panels.inputsAbreast, depthwiseStorage: table.depthwiseLayout.storage,
        pointwise: {
          table.pointwise($0)
          apply(
            $0.output + Int($0.outputOffsets[$0.pixels.upperBound - 1]),
            lastWord: table.words($0.columns.upperBound) - 1, of: table)
        },
        firstConvolution: {
          table.firstConvolution($0)
          apply($0.output, lastWord: table.words($0.pixels * $0.outputChannels) - 1, of: table)
        },
        depthwise: {
          table.depthwise($0)
          let blocks = max(1, $0.channels / table.blockChannels)
          let words = min(lanes, table.words($0.channels))
          apply(
            $0.output + (blocks - 1) * $0.outputBlockStride, lastWord: ($0.pixels - 1) * lanes + words - 1, of: table)
        },
        averagePool: {
          table.averagePool($0, $1, $2, $3)
          apply($3, lastWord: table.words($2) - 1, of: table)
        },
        fullyConnected: {
          table.fullyConnected($0)
          // The last column may be padding, which nobody looks at: the first one of the part then.
          apply($0.output, last: self == .offByOne ? $0.columns.upperBound - 1 : $0.columns.lowerBound)
        },
        resizeRow: {
          table.resizeRow($0)
          apply($0.output, last: $0.pixels * 3)
        },
        softmax: {
          table.softmax($0, $1, $2)
          apply($0, last: self == .offByOne ? $2 - 1 : 0)
        })
    }
  }
}
