import Frames
import MobileNet
import Model
import Platform
import Testing

@Suite struct LabelSmootherTests {
  private func add(_ values: [Float], _ smoother: inout LabelSmoother, seconds: Double) {
    values.withUnsafeBufferPointer { smoother.add($0, at: Nanoseconds(seconds: seconds)) }
  }

  @Test func `one flicker does not turn the order, a lasting change does`() {
    var smoother = LabelSmoother()
    var top: [Prediction] = []
    for frame in 0..<30 { add([0.8, 0.2, 0], &smoother, seconds: Double(frame) / 30) }
    add([0.1, 0.9, 0], &smoother, seconds: 1)
    smoother.top(2, into: &top)
    #expect(top.map(\.classIndex) == [0, 1])
    #expect(abs(smoother.probabilities.reduce(0, +) - 1) < 1e-5, "still a distribution")
    for frame in 31..<60 { add([0.1, 0.9, 0], &smoother, seconds: Double(frame) / 30) }
    smoother.top(2, into: &top)
    #expect(top.map(\.classIndex) == [1, 0])
  }

  @Test func `as calm at ten frames a second as at a hundred`() {
    func after(_ rate: Double) -> Float {
      var smoother = LabelSmoother()
      add([1, 0], &smoother, seconds: 0)
      for frame in 1...Int(rate) { add([0, 1], &smoother, seconds: Double(frame) / rate) }
      return smoother.probabilities[1]
    }
    #expect(abs(after(10) - after(100)) < 0.05)
    #expect((0.85...0.99).contains(after(30)))
  }

  @Test func `starts with the first result, and anew after a reset or with other classes`() {
    var smoother = LabelSmoother()
    add([0.3, 0.7], &smoother, seconds: 1)
    #expect(smoother.probabilities == [0.3, 0.7])
    smoother.reset()
    add([0.9, 0.1], &smoother, seconds: 1.01)
    #expect(smoother.probabilities == [0.9, 0.1])
    add([0, 0, 1], &smoother, seconds: 1.02)
    #expect(smoother.probabilities == [0, 0, 1])
  }
}
