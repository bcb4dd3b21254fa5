import Frames
import MobileNet
import Testing

private func ms(_ x: Double) -> Nanoseconds { Nanoseconds(milliseconds: x) }

@Suite struct TradeOffTests {
  @Test func `nothing is said of latency before anything was measured`() {
    let points = TradeOff().points()
    #expect(points.count == 16 && points.map(\.pair) == NetworkPair.standard)
    #expect(points.allSatisfy { $0.latency == nil && !$0.isOnFront })
    #expect(points[0].pair == NetworkPair(alpha: .one, resolution: 224) && points[0].top1Percent == 70.9)
    #expect(points[15].multAdds == Architecture(alpha: .quarter, resolution: 128).multAdds)
  }

  @Test func `an estimate goes by mult-adds from the nearest that was measured`() throws {
    var tradeOff = TradeOff()
    let (small, large) = (NetworkPair(alpha: .quarter, resolution: 128), NetworkPair(alpha: .one, resolution: 224))
    tradeOff.record(.init(p50: ms(1), p95: ms(2), isMeasured: true), of: small)
    tradeOff.record(.init(p50: ms(20), p95: ms(30), isMeasured: true), of: large)
    #expect(tradeOff.latency(of: small) == .init(p50: ms(1), p95: ms(2), isMeasured: true))
    let near = try #require(tradeOff.latency(of: NetworkPair(alpha: .quarter, resolution: 160)))
    #expect(!near.isMeasured)
    let (nearExpected, farExpected): (Double, Double) = (21.1 / 13.6, 30 * 418.1 / 568.7)
    #expect(abs(near.p50.milliseconds - nearExpected) < 0.01, "from the small one: \(near.p50.milliseconds)")
    let far = try #require(tradeOff.latency(of: NetworkPair(alpha: .one, resolution: 192)))
    #expect(abs(far.p95.milliseconds - farExpected) < 0.1, "from the large one: \(far.p95.milliseconds)")
  }

  @Test func `nearest rank`() throws {
    let latency = try #require(TradeOff.Latency(measured: (1...20).map { Int64($0) * 1000 }.reversed()))
    #expect(latency.p50.count == 10_000 && latency.p95.count == 19_000 && latency.isMeasured)
    #expect(TradeOff.Latency(measured: []) == nil)
  }

  @Test func `the front is what nothing beats`() {
    var tradeOff = TradeOff()
    for (index, pair) in NetworkPair.standard.enumerated() {
      tradeOff.record(.init(p50: ms(Double(16 - index)), p95: ms(20), isMeasured: true), of: pair)
    }
    // α 0.5 at 192 (61.7 %) is as slow as α 1: both less accurate and slower than α 0.75 at 128 (62.1 %).
    let beaten = NetworkPair(alpha: .half, resolution: 192)
    tradeOff.record(.init(p50: ms(16), p95: ms(20), isMeasured: true), of: beaten)
    for point in tradeOff.points() {
      let others = tradeOff.points().filter { $0.pair != point.pair }
      let isBeaten = others.contains {
        $0.top1Percent! >= point.top1Percent! && $0.latency!.p50 <= point.latency!.p50
      }
      #expect(point.isOnFront == !isBeaten, "\(point.pair.name)")
    }
    #expect(tradeOff.points().first { $0.pair == beaten }?.isOnFront == false)
    #expect(tradeOff.points()[0].isOnFront)
  }

  @Test func `every pair is measured once, the small ones first`() {
    var tradeOff = TradeOff()
    var order: [NetworkPair] = []
    while let pair = tradeOff.nextToMeasure() {
      order.append(pair)
      tradeOff.record(.init(p50: ms(1), p95: ms(1), isMeasured: true), of: pair)
    }
    #expect(tradeOff.isComplete && Set(order).count == 16)
    let sizes = order.map { Architecture(alpha: $0.alpha, resolution: $0.resolution).multAdds }
    #expect(sizes == sizes.sorted())
    #expect(TradeOff().nextToMeasure(except: Set(NetworkPair.standard)) == nil)
  }
}
