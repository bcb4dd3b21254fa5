import Capture
import Frames
import Platform

/// What a live run is made of, with a screen or without one.
public struct LiveSession {
  public let source: any FrameSource
  /// Of the source, where it is a camera.
  public let controls: ControlQueue?
  public let ring: FrameRing
  public let inference: Inference
  public let log: RunLog
  public let actions: Actions?
  /// Of classes of one's own, where there are some and a screen to teach them with.
  public let teacher: Teacher?
  /// What the user should know about the choice of the source.
  public let notice: String?

  public init(
    source: any FrameSource, controls: ControlQueue?, ring: FrameRing, inference: Inference, log: RunLog,
    actions: Actions?, teacher: Teacher? = nil, notice: String?
  ) {
    self.source = source
    self.controls = controls
    self.ring = ring
    self.inference = inference
    self.log = log
    self.actions = actions
    self.teacher = teacher
    self.notice = notice
  }

  var state: InferenceState { inference.state }

  /// Starts the source, then the log that was asked for.
  /// - Throws: `UserError`: then nothing runs.
  func start() throws {
    try source.start(into: ring)
    do {
      try log.startIfWanted(state.view)
    } catch {
      source.stop()
      throw error
    }
  }

  /// Ends the log; returns what to tell the user of it.
  func stopLog() -> String? {
    state.releaseRecords()
    return log.stop()
  }
}
