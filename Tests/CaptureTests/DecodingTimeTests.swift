import CTurboJPEG
import CV4L2
import Capture
import Frames
import Glibc
import Pixels
import Platform
import TestSupport
import Testing

/// What decoding costs in processor time of its own thread, by the least of many runs: what else the machine does leaves
/// that alone.
@Suite(.serialized) struct DecodingTimeTests {
  private static let (leastRuns, mostRuns) = (60, 1000)

  /// A picture with detail everywhere, as a camera's encoder makes it.
  private static func picture(width: Int, height: Int) -> [UInt8] {
    let encoder = tjInitCompress()
    defer { tjDestroy(encoder) }
    let pixels = (0..<width * height).flatMap { index -> [UInt8] in
      let (x, y) = (index % width, index / width)
      return [UInt8((x * x / 64 + y) & 255), UInt8((x / 2 + y * 3) & 255), UInt8((x ^ y) & 255)]
    }
    var output: UnsafeMutablePointer<UInt8>?
    var byteCount: UInt = 0
    let status = tjCompress2(
      encoder, pixels, Int32(width), 0, Int32(height), Int32(TJPF_RGB.rawValue), &output, &byteCount,
      Int32(TJSAMP_422.rawValue), 85, 0)
    defer { tjFree(output) }
    precondition(status == 0)
    return Array(UnsafeBufferPointer(start: output, count: Int(byteCount)))
  }

  /// Against the bare call into libjpeg-turbo, the same picture, in turns.
  @Test func motionJPEGTakesWhatLibjpegTurboTakes() throws {
    let (width, height) = (1280, 720)
    let jpeg = Self.picture(width: width, height: height)
    let pixels = UnsafeMutableRawBufferPointer.allocate(byteCount: width * height * 3, alignment: 64)
    defer { pixels.deallocate() }
    let ours = JPEGDecoder()
    let theirs = tjInitDecompress()
    defer { tjDestroy(theirs) }
    var (ourTime, theirTime) = (Nanoseconds(seconds: 10), Nanoseconds(seconds: 10))
    var isDecoded = true
    jpeg.withUnsafeBytes { jpeg in
      for run in 0..<Self.mostRuns {
        // On a busy machine it takes longer until both have had a turn without disturbance.
        if run >= Self.leastRuns, ourTime.milliseconds <= 1.02 * theirTime.milliseconds { break }
        ourTime = min(
          ourTime, processorTime { isDecoded = isDecoded && (try? ours.decode(jpeg, into: pixels)) != nil })
        theirTime = min(
          theirTime,
          processorTime {
            let status = tjDecompress2(
              theirs, jpeg.bindMemory(to: UInt8.self).baseAddress, UInt(jpeg.count),
              pixels.baseAddress!.assumingMemoryBound(to: UInt8.self), 0, 0, 0, Int32(TJPF_RGB.rawValue), 0)
            isDecoded = isDecoded && status == 0
          })
      }
    }
    #expect(isDecoded)
    print("MJPEG 1280×720: \(ourTime.milliseconds) ms, libjpeg-turbo alone \(theirTime.milliseconds) ms")
    #expect(ourTime.milliseconds <= 1.1 * theirTime.milliseconds)
  }

  /// From dequeue to ring, through the whole capture thread: the driver reads its clock when it gives a buffer and when it
  /// gets it back.
  @Test(arguments: [FourCC.yuyv, .uyvy, .nv12, .nv21, .yu12, .grey, .rgb3, .bgr3])
  func aRawFrameIsInTheRingWithinAMillisecond(format: FourCC) throws {
    let fake = FakeCamera { $0.formats = [.init(fourCC: format, sizes: [(640, 480, [30])])] }
    let time = Monitor((given: Nanoseconds?.none, least: Nanoseconds(seconds: 1)))
    var calls = fake.calls
    let ioctl = calls.ioctl
    calls.ioctl = { descriptor, request, argument in
      let now = Nanoseconds.of(CLOCK_THREAD_CPUTIME_ID)
      if request == cv4l2_QBUF {
        time.withLock { time in
          if let given = time.given { time.least = min(time.least, now - given) }
          time.given = nil
        }
      }
      let answer = ioctl(descriptor, request, argument)
      if request == cv4l2_DQBUF, answer.error == 0 { time.withLock { $0.given = .of(CLOCK_THREAD_CPUTIME_ID) } }
      return answer
    }
    let camera = V4L2Camera(path: "/dev/video0", wish: StreamWish(), calls: calls)
    let ring = FrameRing(maximumPixels: 640 * 480)
    let reader = ring.makeReader()
    try camera.start(into: ring)
    defer { camera.stop() }
    for _ in 0..<40 { #expect(reader.next(timeout: patience)?.info != nil) }
    let least = time.withLock { $0.least }
    #expect(camera.transferTime.count > 0)
    print("\(format) 640×480: \(least.microseconds) µs from dequeue to ring")
    #expect(least < Nanoseconds(milliseconds: 1))
  }
}
