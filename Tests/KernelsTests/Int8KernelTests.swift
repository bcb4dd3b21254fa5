import Kernels
import MobileNet
import TestSupport
import Testing

/// The one list of 8-bit kernels: each with its check against the scalar reference.
enum Int8Kernel: String, CaseIterable, Sendable {
  case convolution, depthwise, pool, fullyConnected, byteSums

  func check(_ table: QuantizedKernelTable) -> Findings {
    switch self {
    case .convolution: checkInt8Convolution(table)
    case .depthwise: checkInt8Depthwise(table)
    case .pool: checkInt8Pool(table)
    case .fullyConnected: checkInt8FullyConnected(table)
    case .byteSums: checkInt8ByteSums(table)
    }
  }
}

/// Every 8-bit kernel of every instruction set that this machine has: the same bytes as the scalar reference.
struct Int8KernelTests {
  static let names = QuantizedTables.all.map(\.name)

  @Test(arguments: names, Int8Kernel.allCases)
  func agreesWithTheReference(isa: String, kernel: Int8Kernel) throws {
    let table = try #require(QuantizedTables.all.first { $0.name == isa })
    let findings = kernel.check(table)
    #expect(findings.isEmpty, "\(isa) \(kernel.rawValue), MOBILECAM_SEED=\(Seed.value): \(findings)")
  }

  @Test func theListOfKernelsIsWhole() {
    let kernels = Mirror(reflecting: QuantizedKernelTable.baseline).children.compactMap(\.label)
      .filter { !["name", "elementBytes", "panels", "depthwiseLayout"].contains($0) }
    #expect(Set(kernels) == Set(Int8Kernel.allCases.map(\.rawValue)))
  }

  @Test(arguments: names)
  func panelsHoldEveryChannelOnce(isa: String) throws {
    let panels = try #require(QuantizedTables.all.first { $0.name == isa }).panels
    for columns in stride(from: 8, through: 264, by: 8) {
      for isNatural in [false, true] {
        let order = panels.order(columns, isNatural: isNatural)
        #expect(order.count == panels.paddedColumns(columns))
        #expect(order.compactMap { $0 }.sorted() == Array(0..<columns))
      }
    }
  }

  /// Kernels that do their work, and then one thing wrong.
  @Test(arguments: Int8Kernel.allCases, Int8Fault.allCases)
  func aFaultyKernelIsFound(kernel: Int8Kernel, fault: Int8Fault) {
    let findings = kernel.check(fault.planted(in: .baseline))
    #expect(!findings.isEmpty, "\(kernel.rawValue) with \(fault.rawValue) passes")
  }
}

enum Int8Fault: String, CaseIterable, Sendable {
  case offByOne = "a write past the end", slightlyWrong = "a value off by one"

  private func apply(_ output: UnsafeMutableRawPointer, count: Int) {
    switch self {
    case .offByOne: output.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
    case .slightlyWrong:
      let last = output + count - 1
      last.storeBytes(of: last.load(as: UInt8.self) ^ 1, as: UInt8.self)
    }
  }

  func planted(in table: QuantizedKernelTable) -> QuantizedKernelTable {
    let bytes = table.elementBytes
    return QuantizedKernelTable(
      name: "faulty", elementBytes: bytes, panels: table.panels, depthwiseLayout: table.depthwiseLayout,
      convolution: {
        table.convolution($0)
        apply($0.output + Int($0.outputOffsets[$0.pixels - 1]), count: $0.columns.upperBound)
      },
      depthwise: {
        table.depthwise($0)
        apply($0.output, count: $0.rows * $0.pixels * $0.channels * bytes)
      },
      pool: {
        table.pool($0)
        apply($0.output, count: $0.channels * bytes)
      },
      fullyConnected: {
        table.fullyConnected($0)
        // The last columns may be padding, which nobody looks at: the sign of the part's first one then.
        apply($0.output, count: self == .offByOne ? 4 * $0.columns.upperBound : 4 * $0.columns.lowerBound + 4)
      },
      byteSums: {
        table.byteSums($0)
        apply($0.output, count: 4 * $0.pixels)
      })
  }
}
