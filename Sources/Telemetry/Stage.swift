import Platform

/// The spans that a frame's latency is made of, in the order in which they happen.
public enum Stage: Int, Sendable, Hashable, CaseIterable {
  /// From the capture timestamp until the program had the frame's bytes.
  case captureWait
  /// Turning those bytes into RGB in the ring.
  case decode
  /// How long the decoded frame lay in the ring until the network's thread took it.
  case queueAge
  /// Crop, scale and normalise.
  case preprocess
  /// The network, all layers.
  case network
  /// Drawing the screen that shows the label.
  case render
  /// From the capture timestamp until the label was shown.
  case glassToLabel

  /// `allCases` without an allocation each time.
  package static let all = allCases

  /// As people read it.
  public var title: String {
    switch self {
    case .captureWait: "capture wait"
    case .decode: "decode"
    case .queueAge: "queue age"
    case .preprocess: "preprocess"
    case .network: "network"
    case .render: "render"
    case .glassToLabel: "glass to label"
    }
  }
}

extension FrameRecord {
  /// A stage's time, `nil` where it is unknown.
  public subscript(stage: Stage) -> Nanoseconds? {
    switch stage {
    case .captureWait: captureWait
    case .decode: decode
    case .queueAge: queueAge
    case .preprocess: preprocess
    case .network: network
    case .render: render
    case .glassToLabel: glassToLabel
    }
  }
}
