import Frames
import MobileNet
import Model
import Platform
import Telemetry

/// What is made of a result for the eye alone: averaged labels, and where the network looked.
struct ResultView {
  var isSmoothing = false {
    didSet { if isSmoothing != oldValue { smoother.reset() } }
  }
  var hasActivation = false
  private var smoother = LabelSmoother()

  /// Another network: its probabilities are not mixed with those of the last one.
  mutating func reset() { smoother.reset() }

  mutating func update(
    _ published: inout Inference.Published, network: any RunnableNetwork, labels: Labels, now: Nanoseconds
  ) {
    published.shown.removeAll(keepingCapacity: true)
    published.activation.removeAll(keepingCapacity: true)
    guard network.isTrained else { return }
    if isSmoothing {
      smoother.add(network.probabilities, at: now)
      smoother.top(FrameRecord.topCount, labels: labels, into: &published.shown)
    } else {
      published.shown.append(contentsOf: published.record.top)
    }
    if hasActivation, let best = published.shown.first {
      (network as? any ActivationMapping)?.activationMap(class: best.classIndex, into: &published.activation)
    }
  }
}

/// When the next frame is due, by the times at which the last ones came.
struct FramePace {
  private var last: FrameInfo?
  private var interval = Nanoseconds.zero

  mutating func add(_ info: FrameInfo) {
    defer { last = info }
    guard let last, info.sequence > last.sequence else { return }
    let each = Nanoseconds((info.arrived - last.arrived).count / Int64(info.sequence - last.sequence))
    interval = interval == .zero ? each : Nanoseconds((interval.count * 7 + each.count) / 8)
  }

  /// A millisecond before it; in the past until two frames have come.
  var nextFrame: Nanoseconds {
    guard let last else { return .zero }
    return last.arrived + interval - Nanoseconds(milliseconds: 1)
  }
}
