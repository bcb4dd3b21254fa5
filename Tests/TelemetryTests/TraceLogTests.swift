import Foundation
import ModelFiles
import Platform
import Telemetry
import TestSupport
import Testing

/// The trace as an independent JSON reader (Foundation's) and a strict checker of the format see it.
@Suite struct TraceLogTests {
  struct Slice {
    var name: String
    var start: Double
    var end: Double
  }

  func events(_ records: [FrameRecord]) throws -> [[String: Any]] {
    let folder = TemporaryFolder()
    let path = folder.file("run.trace.json")
    try writeLog(path, .trace, records, header: header())
    let parsed = try JSONSerialization.jsonObject(with: Data(contents(path)))
    return try #require(parsed as? [[String: Any]])
  }

  /// Slices of one thread lie apart or one within the other; to a nanosecond, as Doubles of microseconds allow.
  func checkNesting(_ slices: [Slice]) {
    var open: [Slice] = []
    for slice in slices.sorted(by: { $0.start != $1.start ? $0.start < $1.start : $0.end > $1.end }) {
      #expect(slice.end >= slice.start)
      while let last = open.last, last.end <= slice.start + 0.001 { open.removeLast() }
      if let last = open.last {
        #expect(slice.end <= last.end + 0.001, "\(slice.name) sticks out of \(last.name)")
      }
      open.append(slice)
    }
  }

  func check(_ events: [[String: Any]]) throws {
    var slices: [Int: [Slice]] = [:]
    var openSpans: [Int: [String]] = [:]
    for event in events {
      let name = try #require(event["name"] as? String)
      let phase = try #require(event["ph"] as? String)
      #expect(event["pid"] as? Int == 1)
      if phase != "M" { #expect(event["ts"] is NSNumber) }
      switch phase {
      case "X":
        let start = try #require(event["ts"] as? Double)
        let duration = try #require(event["dur"] as? Double)
        slices[try #require(event["tid"] as? Int), default: []]
          .append(Slice(name: name, start: start, end: start + duration))
      case "b":
        openSpans[try #require(event["id"] as? Int), default: []].append(name)
      case "e":
        #expect(openSpans[try #require(event["id"] as? Int)]?.popLast() == name)
      case "C":
        #expect((event["args"] as? [String: Any])?["value"] is NSNumber)
      case "M", "i": break
      default: Issue.record("unknown phase \(phase)")
      }
    }
    #expect(openSpans.values.allSatisfy { $0.isEmpty })
    for thread in slices.values { checkNesting(thread) }
  }

  @Test func steadyStreamNests() throws {
    let records = (1...20).map { fullRecord(sequence: $0) }
    let events = try events(records)
    try check(events)
    let names = events.compactMap { $0["name"] as? String }
    #expect(names.filter { $0 == "network" }.count == 20)
    for layer in layerNames { #expect(names.filter { $0 == layer }.count == 20) }
    let network = try #require(events.first { $0["name"] as? String == "network" })
    #expect(network["dur"] as? Double == 1691.234)
    // Captured, waited, decoded, queued, preprocessed: in microseconds.
    let start = 5_033_333.333 + 1000.001 + 2500.5 + 300.007 + 410
    #expect(abs(try #require(network["ts"] as? Double) - start) < 0.002)
  }

  @Test func anyRecordsNest() throws {
    var random = SplitMix64(state: testSeed())
    for _ in 0..<5 {
      var records = (0..<20).map { _ in randomRecord(using: &random) }
      for index in records.indices {
        records[index].sequence = index
        records[index].captured = Nanoseconds(
          Int64(index) * 3_000_000 + .random(in: 0...9_000_000, using: &random))
      }
      try check(try events(records))
    }
  }
}
