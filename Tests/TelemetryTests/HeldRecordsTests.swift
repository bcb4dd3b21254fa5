import Model
import ModelFiles
import Platform
import Telemetry
import TestSupport
import Testing

/// Records that wait for the screen: each is released once, in order, and only what was drawn has times.
@Suite struct HeldRecordsTests {
  private func record(_ sequence: Int) -> FrameRecord {
    var record = fullRecord(sequence: sequence)
    record.captured = Nanoseconds(Int64(sequence) * 100)
    (record.render, record.glassToLabel) = (nil, nil)
    return record
  }

  private var drawn = FrameRecord()

  private func hold(_ sequence: Int, in held: inout HeldRecords, _ released: inout [FrameRecord]) {
    var record = record(sequence)
    held.hold(&record) { released.append(copy $0) }
  }

  @Test mutating func aDrawnRecordHasItsTimes() {
    var held = HeldRecords(layerCount: 30)
    var released: [FrameRecord] = []
    hold(1, in: &held, &released)
    #expect(released.isEmpty)
    let isNew = held.beginDrawing(into: &drawn) { released.append(copy $0) }
    #expect(isNew && drawn == record(1))
    let shown = held.endDrawing(began: 150, ended: 170) { released.append(copy $0) }
    #expect(released.map(\.sequence) == [1])
    #expect(released[0].render == 20 && released[0].glassToLabel == 70)
    #expect(released[0].layerTimes == fullRecord().layerTimes)
    #expect(shown?.glassToLabel == 70 && shown?.configuration == record(1).configuration)
    // The same result on the next screen is nothing new.
    let isNewAgain = held.beginDrawing(into: &drawn) { released.append(copy $0) }
    let again = held.endDrawing(began: 180, ended: 190) { released.append(copy $0) }
    #expect(!isNewAgain && again == nil && released.count == 1)
  }

  @Test mutating func anOvertakenRecordHasNone() {
    var held = HeldRecords(layerCount: 30)
    var released: [FrameRecord] = []
    for sequence in 1...3 { hold(sequence, in: &held, &released) }
    #expect(released.map(\.sequence) == [1, 2])
    _ = held.beginDrawing(into: &drawn) { released.append(copy $0) }
    #expect(drawn.sequence == 3)
    for sequence in 4...6 { hold(sequence, in: &held, &released) }
    #expect(released.count == 2, "the order waits for the one being drawn")
    _ = held.endDrawing(began: 400, ended: 450) { released.append(copy $0) }
    #expect(released.map(\.sequence) == [1, 2, 3, 4, 5])
    #expect(released.map(\.render) == [nil, nil, 50, nil, nil])
    #expect(released.map(\.glassToLabel) == [nil, nil, 150, nil, nil])
    held.releaseAll { released.append(copy $0) }
    #expect(released.map(\.sequence) == Array(1...6))
  }

  @Test mutating func randomOrdersReleaseEachOnceInOrder() {
    var random = SplitMix64(state: testSeed())
    for _ in 0..<200 {
      var held = HeldRecords(capacity: Int.random(in: 2...6, using: &random), layerCount: 1)
      var released: [FrameRecord] = []
      var newest = 0
      var drawnCount = 0
      for _ in 0..<100 {
        switch Int.random(in: 0...3, using: &random) {
        case 0, 1:
          newest += 1
          hold(newest, in: &held, &released)
        case 2:
          if held.beginDrawing(into: &drawn, release: { released.append(copy $0) }) {
            #expect(drawn.sequence == newest)
          }
        default:
          let shown = held.endDrawing(began: 0, ended: 1) { released.append(copy $0) }
          if shown != nil { drawnCount += 1 }
        }
      }
      held.releaseAll { released.append(copy $0) }
      #expect(released.map(\.sequence) == Array(0..<newest).map { $0 + 1 })
      #expect(released.filter { $0.render != nil }.count == drawnCount)
    }
  }
}
