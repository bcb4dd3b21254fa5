import Capture
import Frames
import Platform

/// What we add to a frame's latency: the time from its dequeue to its place in the ring.
enum Latency {
  private static let warmUpFrames = 10
  private static let frames = 60

  static func report(_ arguments: [String]) throws {
    let format = arguments.count > 1 ? arguments[1] : nil
    let camera = V4L2Camera(path: arguments[0], wish: StreamWish(format: format, size: (640, 480)))
    let ring = FrameRing()
    let reader = ring.makeReader()
    try camera.start(into: ring)
    defer { camera.stop() }
    var ours: [Double] = []
    var sinceCapture: [Double] = []
    for index in 0..<warmUpFrames + frames {
      guard let frame = reader.next(timeout: Nanoseconds(seconds: 10)) else { throw UserError("no frame within 10 s") }
      guard index >= warmUpFrames else { continue }
      let info = frame.info
      sinceCapture.append((info.arrived - info.captured).microseconds)
      _ = consume frame
      ours.append(camera.transferTime.microseconds)
    }
    func summary(_ values: [Double]) -> String {
      let sorted = values.sorted()
      return "{\"least\":\(Int(sorted[0])),\"median\":\(Int(sorted[sorted.count / 2])),\"most\":\(Int(sorted.last!))}"
    }
    print(
      "{\"format\":\"\(camera.status.format)\",\"frames\":\(frames),\"dequeue_to_ring_us\":\(summary(ours)),"
        + "\"capture_to_ring_us\":\(summary(sinceCapture))}")
  }
}
