import CTurboJPEG
import CV4L2
import Capture
import Frames
import Glibc
import Pixels
import Platform
import TestSupport
import Testing

/// Frames as a camera's own encoder makes them.
private enum Recorded {
  /// One colour, 64 × 48.
  static func frame(_ color: [UInt8], width: Int = 64, height: Int = 48, grey: Bool = false) -> [UInt8] {
    let encoder = tjInitCompress()
    defer { tjDestroy(encoder) }
    let pixels = (0..<width * height).flatMap { _ in color }
    var output: UnsafeMutablePointer<UInt8>?
    var byteCount: UInt = 0
    let subsampling = grey ? TJSAMP_GRAY : TJSAMP_422
    let status = tjCompress2(
      encoder, pixels, Int32(width), 0, Int32(height), Int32(TJPF_RGB.rawValue), &output, &byteCount,
      Int32(subsampling.rawValue), 90, 0)
    defer { tjFree(output) }
    precondition(status == 0)
    return Array(UnsafeBufferPointer(start: output, count: Int(byteCount)))
  }

  /// Without its Huffman tables, as the AVI form of motion JPEG leaves them out: decoders know them.
  static func withoutTables(_ frame: [UInt8]) -> [UInt8] {
    var result = Array(frame[..<2])
    var index = 2
    while frame[index + 1] != 0xDA {
      let count = 2 + Int(frame[index + 2]) << 8 + Int(frame[index + 3])
      if frame[index + 1] != 0xC4 { result += frame[index..<index + count] }
      index += count
    }
    return result + frame[index...]
  }

  /// With bytes between two markers that belong to nothing.
  static func withExtraneousBytes(_ frame: [UInt8]) -> [UInt8] { frame[..<2] + [0, 0, 0] + frame[2...] }
}

private let color: [UInt8] = [200, 60, 90]

private struct Rig {
  let fake: FakeCamera
  let camera: V4L2Camera
  let reader: FrameReader
  let ring: FrameRing

  init(_ frames: [[UInt8]], size: (Int, Int) = (64, 48), others: [FakeCamera.Format] = []) throws {
    ring = FrameRing(maximumPixels: max(640 * 480, size.0 * size.1))
    fake = FakeCamera {
      $0.formats = [.init(fourCC: .mjpg, sizes: [(size.0, size.1, [30])])] + others
      $0.compressed = frames
    }
    camera = V4L2Camera(fake)
    reader = ring.makeReader()
    try camera.start(into: ring)
  }

  func saw(_ words: String) -> Bool { eventually { camera.status.lastTrouble?.contains(words) ?? false } }
}

@Suite(.serialized) struct MotionJPEGTests {
  @Test(arguments: [
    Recorded.frame(color), Recorded.withoutTables(Recorded.frame(color)),
    Recorded.withExtraneousBytes(Recorded.frame(color)), Recorded.frame(color) + [0, 0, 0, 0],
  ])
  func framesAreDecoded(_ frame: [UInt8]) throws {
    let rig = try Rig([frame])
    let lease = rig.reader.next(timeout: patience)
    guard let lease else {
      Issue.record("no frame within 5 s: \(rig.camera.status)")
      return
    }
    #expect(lease.info.width == 64 && lease.info.height == 48)
    for (index, value) in lease.pixels.enumerated() { #expect(abs(Int(value) - Int(color[index % 3])) <= 3) }
    #expect(rig.camera.status.badFrames == 0)
  }

  @Test func greyFramesOfAnInfraredCameraAreDecoded() throws {
    let rig = try Rig([Recorded.frame([120, 120, 120], grey: true)])
    let lease = rig.reader.next(timeout: patience)
    guard let lease else {
      Issue.record("no frame")
      return
    }
    #expect(lease.pixels.allSatisfy { abs(Int($0) - 120) <= 2 })
  }

  @Test func truncatedFramesAreCountedAndNeverShown() throws {
    let whole = Recorded.frame(color)
    // Cut off; cut off with an end mark put after it; too short to have its tables.
    let rig = try Rig([
      whole, Array(whole[..<(whole.count - 20)]), whole, Array(whole[..<300]) + [0xFF, 0xD9], whole, [0xFF, 0xD8],
    ])
    #expect(eventually { rig.camera.status.badFrames >= 6 })
    for _ in 0..<20 {
      guard let lease = rig.reader.next(timeout: patience) else {
        Issue.record("the good frames between the bad ones are missing")
        return
      }
      #expect(lease.pixels.enumerated().allSatisfy { abs(Int($0.element) - Int(color[$0.offset % 3])) <= 3 })
    }
    #expect(rig.fake.with { $0.streamStarts } == 1)
  }

  @Test func scrapsBeforeTheFirstFrameAreNoFault() throws {
    // The fake goes round: three scraps at the start, then good ones for longer than the test looks.
    let rig = try Rig(
      [[UInt8]](repeating: [0xFF, 0xD8, 0], count: 3) + [[UInt8]](repeating: Recorded.frame(color), count: 5000))
    #expect(rig.reader.next(timeout: patience)?.info.width == 64)
    #expect(rig.camera.status.badFrames == 0 && rig.camera.status.troubleCount == 0)
  }

  @Test func aCameraThatSendsOnlyBrokenFramesIsAskedForAnotherFormat() throws {
    let frame = Array(Recorded.frame(color).dropLast(20))
    let rig = try Rig([frame], others: [.init(fourCC: .yuyv, sizes: [(32, 24, [30])])])
    #expect(
      rig.saw(
        """
        the camera sends no picture that can be shown, but a JPEG frame of \(frame.count) bytes that is cut off (10 times): \
        trying another format than MJPG
        """))
    #expect(eventually { rig.camera.status.format == "32×24 YUYV" })
  }

  @Test func aFrameOfAnotherSizeIsShownAtItsSize() throws {
    let rig = try Rig([Recorded.frame(color, width: 32, height: 80)])
    let lease = rig.reader.next(timeout: patience)
    guard let lease else {
      Issue.record("no frame within 5 s: \(rig.camera.status)")
      return
    }
    #expect(lease.info.width == 32 && lease.info.height == 80 && lease.pixels.count == 32 * 80 * 3)
    for (index, value) in lease.pixels.enumerated() { #expect(abs(Int(value) - Int(color[index % 3])) <= 3) }
    #expect(
      eventually { rig.camera.status.notice == "the camera sends pictures of 32×80 where 64×48 was agreed" })
    #expect(rig.camera.status.badFrames == 0)
  }

  @Test func aFrameThatDoesNotFitIsCountedAndNamed() throws {
    let rig = try Rig([Recorded.frame(color, width: 800, height: 600)])
    #expect(rig.saw("the camera sends a JPEG frame of 480000 pixels where at most 307200 are kept"))
    #expect(rig.saw("the camera gives no picture in any of its formats (MJPG: a JPEG frame of 480000 pixels"))
  }

  /// What real cameras do to the ends of their pictures: the decoder says what a whole picture is.
  @Test(
    .enabled(if: Reference.isUsable, "no reference data beside the checkout"),
    arguments: ["lead", "trail1", "trailstale", "noeoi"])
  func picturesWithAFlawAreThoseWithoutIt(_ name: String) throws {
    let whole = [UInt8](try Reference.data("cases/pictures/mjpeg_lead.jpg").dropFirst(4))
    let decoder = JPEGDecoder()
    let size = try whole.withUnsafeBytes { try decoder.size(of: $0) }
    var wanted = [UInt8](repeating: 0, count: size.byteCount)
    try whole.withUnsafeBytes { whole in
      _ = try wanted.withUnsafeMutableBytes { try decoder.decode(whole, into: $0) }
    }
    let rig = try Rig(
      [[UInt8](try Reference.data("cases/pictures/mjpeg_\(name).jpg"))], size: (size.width, size.height))
    let lease = rig.reader.next(timeout: patience)
    guard let lease else {
      Issue.record("no frame within 5 s: \(rig.camera.status)")
      return
    }
    #expect(lease.info.width == size.width && lease.info.height == size.height)
    #expect(lease.pixels.elementsEqual(wanted))
    #expect(rig.camera.status.badFrames == 0 && rig.camera.status.notice == nil)
  }

  @Test(.enabled(if: Reference.isUsable, "no reference data beside the checkout"))
  func aPictureOfAnotherWidthThanAgreedIsShown() throws {
    let rig = try Rig([[UInt8](try Reference.data("cases/pictures/mjpeg_size640.jpg"))], size: (800, 800))
    let info = rig.reader.next(timeout: patience)?.info
    #expect(info?.width == 640, "\(rig.camera.status)")
    #expect(eventually { rig.camera.status.notice?.contains("pictures of 640×") ?? false })
  }

  /// Each kind by the words of its first, with its count.
  @Test func kindsOfBrokenFramesAreCounted() throws {
    let whole = Recorded.frame(color)
    let rig = try Rig([whole, whole, whole, whole.dropLast(20), whole, whole.dropLast(30), whole, [1, 2, 3]])
    #expect(eventually { rig.camera.status.badFrames >= 30 })
    rig.camera.stop()
    let kinds = rig.camera.status.badFrameKinds
    #expect(kinds.map(\.kind) == ["cut off", "no picture"])
    #expect(kinds.reduce(0) { $0 + $1.count } == rig.camera.status.badFrames)
    #expect(kinds.first?.fault == "a JPEG frame of \(whole.count - 20) bytes that is cut off")
    #expect((kinds.first?.count ?? 0) >= 18)
  }

  /// Bad frames in a row, of each of which something else is wrong, between good ones: one trouble for each row.
  @Test func damageIsToldOnceInARow() throws {
    let whole = Recorded.frame(color)
    let rig = try Rig([whole] + (1...5).map { Array(whole.dropLast(20 * $0)) })
    #expect(eventually { rig.camera.status.badFrames >= 50 })
    let status = rig.camera.status
    #expect(
      status.troubleCount > 0 && status.troubleCount <= status.badFrames / 5 + 1,
      "\(status.troubleCount) of \(status.badFrames)")
  }
}
