import Frames
import MobileNet
import Model
import NetworkSelection
import Platform
import Testing

private func float(_ alpha: Alpha, _ resolution: Int) -> Configuration {
  Configuration(alpha: alpha, resolution: resolution)
}
private func int8(_ alpha: Alpha, _ resolution: Int) -> Configuration {
  Configuration(alpha: alpha, resolution: resolution, precision: .int8)
}
private func ms(_ x: Double) -> Nanoseconds { Nanoseconds(milliseconds: x) }

@Suite struct TradeOffTests {
  @Test func `nothing is said of latency before anything was measured`() {
    let points = TradeOff().points(precision: .fp32, threads: 1)
    #expect(points.count == 16 && points.map(\.configuration) == Configuration.paperPairs())
    #expect(points.allSatisfy { $0.latency == nil && !$0.isOnFront })
    #expect(points[0].configuration == Configuration(alpha: .one, resolution: 224) && points[0].top1Percent == 70.9)
  }

  @Test func `an estimate goes by mult-adds from the nearest that was measured`() throws {
    var tradeOff = TradeOff()
    let (small, large) = (float(.quarter, 128), float(.one, 224))
    tradeOff.record(.init(p50: ms(1), p95: ms(2), isMeasured: true), of: small)
    tradeOff.record(.init(p50: ms(20), p95: ms(30), isMeasured: true), of: large)
    #expect(tradeOff.latency(of: small) == .init(p50: ms(1), p95: ms(2), isMeasured: true))
    let near = try #require(tradeOff.latency(of: float(.quarter, 160)))
    #expect(!near.isMeasured)
    let (nearExpected, farExpected): (Double, Double) = (21.1 / 13.6, 30 * 418.1 / 568.7)
    #expect(abs(near.p50.milliseconds - nearExpected) < 0.01, "from the small one: \(near.p50.milliseconds)")
    let far = try #require(tradeOff.latency(of: float(.one, 192)))
    #expect(abs(far.p95.milliseconds - farExpected) < 0.1, "from the large one: \(far.p95.milliseconds)")
  }

  @Test func `nearest rank`() throws {
    let latency = try #require(TradeOff.Latency(measured: (1...20).map { Int64($0) * 1000 }.reversed()))
    #expect(latency.p50.count == 10_000 && latency.p95.count == 19_000 && latency.isMeasured)
    #expect(latency.least.count == 1000)
    #expect(TradeOff.Latency(measured: []) == nil)
  }

  @Test func `the front is what nothing beats`() {
    var tradeOff = TradeOff()
    for (index, pair) in Configuration.paperPairs().enumerated() {
      tradeOff.record(.init(p50: ms(Double(16 - index)), p95: ms(20), isMeasured: true), of: pair)
    }
    // α 0.5 at 192 (61.7 %) is as slow as α 1: both less accurate and slower than α 0.75 at 128 (62.1 %).
    let beaten = Configuration(alpha: .half, resolution: 192)
    tradeOff.record(.init(p50: ms(16), p95: ms(20), isMeasured: true), of: beaten)
    for point in tradeOff.points(precision: .fp32, threads: 1) {
      let others = tradeOff.points(precision: .fp32, threads: 1).filter { $0.configuration != point.configuration }
      let isBeaten = others.contains {
        $0.top1Percent! >= point.top1Percent! && $0.latency!.p50 <= point.latency!.p50
      }
      #expect(point.isOnFront == !isBeaten, "\(point.configuration.name)")
    }
    #expect(tradeOff.points(precision: .fp32, threads: 1).first { $0.configuration == beaten }?.isOnFront == false)
    #expect(tradeOff.points(precision: .fp32, threads: 1)[0].isOnFront)
  }

  @Test func `the front goes by what load disturbs least`() {
    var tradeOff = TradeOff()
    for pair in Configuration.paperPairs() {
      let time = ms(Double(pair.architecture.multAdds) / 1e8)
      tradeOff.record(.init(p50: time, p95: time, isMeasured: true), of: pair)
    }
    let front = { tradeOff.points(precision: .fp32, threads: 1).map(\.isOnFront) }
    let idle = front()
    for pair in Configuration.paperPairs() where pair.alpha == .half {
      let least = ms(Double(pair.architecture.multAdds) / 1e8)
      tradeOff.record(.init(p50: ms(15), p95: ms(30), least: least, isMeasured: true), of: pair)
    }
    #expect(front() == idle)
  }

  @Test(arguments: [
    // α 0.5 at 128 in a busy moment, slower than α 1 at 224; then all of its runs, then half of them.
    (15.0, 14.0, true), (15.0, 1.0, true), (1.2, 1.0, false), (2.4, 2.3, true), (2.1, 2.1, false),
  ])
  func `what is slower than a larger network is doubtful, and so is that one`(p50: Double, least: Double, found: Bool) {
    var tradeOff = TradeOff()
    let (small, large, other) = (float(.half, 128), float(.one, 224), float(.quarter, 224))
    tradeOff.record(.init(p50: ms(2.1), p95: ms(3), least: ms(2), isMeasured: true), of: large)
    // More pixels and fewer channels: nothing that one could say of the other.
    tradeOff.record(.init(p50: ms(0.5), p95: ms(1), isMeasured: true), of: other)
    tradeOff.record(.init(p50: ms(9), p95: ms(9), isMeasured: true), of: int8(.half, 128))
    tradeOff.record(.init(p50: ms(9), p95: ms(9), isMeasured: true), of: small.on(threads: 2))
    tradeOff.record(.init(p50: ms(p50), p95: ms(20), least: ms(least), isMeasured: true), of: small)
    #expect(tradeOff.doubtful == (found ? [small, large] : []))
    let marked = tradeOff.points(precision: .fp32, threads: 1).filter(\.isDoubtful).map(\.configuration)
    #expect(Set(marked) == tradeOff.doubtful)
    tradeOff.record(.init(p50: ms(1), p95: ms(2), isMeasured: true), of: small)
    #expect(tradeOff.doubtful.isEmpty)
  }

  @Test func `of another precision, until there is one of its own`() throws {
    var tradeOff = TradeOff()
    let quantized = int8(.quarter, 160)
    tradeOff.record(.init(p50: ms(2), p95: ms(3), isMeasured: true), of: float(.quarter, 160))
    #expect(tradeOff.latency(of: quantized) == .init(p50: ms(2), p95: ms(3), isMeasured: false))
    let own = int8(.quarter, 128)
    tradeOff.record(.init(p50: ms(1), p95: ms(1), isMeasured: true), of: own)
    let estimate = try #require(tradeOff.latency(of: quantized))
    #expect(abs(estimate.p50.milliseconds - 21.1 / 13.6) < 0.01, "\(estimate.p50.milliseconds)")
    #expect(tradeOff.points(precision: .int8, threads: 1)[14].top1Percent == 43.4)
  }

  @Test func `what was measured on other threads says nothing`() {
    var tradeOff = TradeOff()
    tradeOff.record(.init(p50: ms(1), p95: ms(1), isMeasured: true), of: float(.quarter, 128))
    #expect(tradeOff.latency(of: float(.quarter, 128).on(threads: 2)) == nil)
    #expect(tradeOff.points(precision: .fp32, threads: 2).allSatisfy { $0.latency == nil })
  }

  @Test func `what is measured under another load is brought to the first one`() {
    var tradeOff = TradeOff()
    let (running, other) = (float(.quarter, 224), float(.quarter, 128))
    func record(_ time: Double, running now: Double) {
      tradeOff.record(
        .init(p50: ms(time), p95: ms(2 * time), isMeasured: true), of: other, beside: running,
        at: .init(p50: ms(now), p95: ms(now), isMeasured: true))
    }
    record(0.3, running: 1)
    #expect(tradeOff.latency(of: running)?.p50 == ms(1))
    // Twice as slow as then: nothing has changed between the two.
    record(0.6, running: 2)
    #expect(tradeOff.latency(of: other) == .init(p50: ms(0.3), p95: ms(0.6), isMeasured: true))
    #expect(tradeOff.latency(of: running)?.p50 == ms(1))
    record(0.8, running: 2)
    #expect(tradeOff.latency(of: other)?.p50 == ms(0.4), "the first time something had disturbed it")
    tradeOff.record(
      .init(p50: ms(3), p95: ms(3), isMeasured: true), of: running, beside: running,
      at: .init(p50: ms(3), p95: ms(3), isMeasured: true))
    #expect(tradeOff.latency(of: running)?.p50 == ms(1), "what all others are measured by stays")
    // Another network runs that was not recorded yet, on a machine half as fast as in the beginning.
    let next = float(.half, 224)
    tradeOff.record(
      .init(p50: ms(2), p95: ms(3), isMeasured: true), of: running, beside: next,
      at: .init(p50: ms(5), p95: ms(6), isMeasured: true))
    #expect(tradeOff.latency(of: running)?.p50 == ms(1))
    #expect(tradeOff.latency(of: next)?.p50 == ms(2.5))
  }

  @Test func `a disturbed median of the one that runs is renewed, its shortest time stays`() {
    var tradeOff = TradeOff()
    let (running, larger) = (float(.quarter, 128), float(.one, 224))
    func record(running median: Double, least: Double) {
      tradeOff.record(
        .init(p50: ms(4 * least), p95: ms(4 * least), isMeasured: true), of: larger, beside: running,
        at: .init(p50: ms(median), p95: ms(2 * median), least: ms(least), isMeasured: true))
    }
    record(running: 9, least: 1)
    #expect(tradeOff.doubtful == [running, larger])
    // Measured again on a machine half as fast.
    record(running: 2.2, least: 2)
    #expect(
      tradeOff.measurement(of: running) == .init(p50: ms(1.1), p95: ms(2.2), least: ms(1), isMeasured: true))
    #expect(tradeOff.measurement(of: larger)?.least == ms(4))
    #expect(tradeOff.doubtful.isEmpty)
  }

  @Test func `every choice is measured once, the small ones first`() {
    var tradeOff = TradeOff()
    var order: [Configuration] = []
    let choices = [Precision.fp32, .int8].flatMap { Configuration.paperPairs(precision: $0) }
    while let choice = tradeOff.nextToMeasure(among: choices) {
      order.append(choice)
      tradeOff.record(.init(p50: ms(1), p95: ms(1), isMeasured: true), of: choice)
    }
    #expect(order.count == 32 && Set(order).count == 32)
    let sizes = order.map { Architecture(alpha: $0.alpha, resolution: $0.resolution).multAdds }
    #expect(sizes == sizes.sorted())
    #expect(TradeOff().nextToMeasure(among: choices, except: Set(choices)) == nil)
  }

  @Test func `a name beside another says what differs`() {
    let running = float(.quarter, 224)
    for (other, name) in [
      (int8(.quarter, 224), "int8"), (float(.quarter, 160), "160 px"),
      (int8(.quarter, 160), "160 px int8"),
      (float(.half, 224), "α 0.5 at 224 fp32"),
    ] { #expect(other.name(beside: running) == name) }
  }
}
