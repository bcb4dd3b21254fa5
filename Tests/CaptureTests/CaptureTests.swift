import CV4L2
import Capture
import Frames
import Glibc
import Platform
import Testing

/// A camera on a fake driver, its ring, and a reader.
private struct Rig {
  let fake: FakeCamera
  let camera: V4L2Camera
  let ring = FrameRing(maximumPixels: 640 * 480)
  let reader: FrameReader

  init(_ change: (inout FakeCamera.State) -> Void = { _ in }) throws {
    fake = FakeCamera(change)
    camera = V4L2Camera(fake)
    reader = ring.makeReader()
    try camera.start(into: ring)
  }

  func frame(within time: Nanoseconds = patience) -> FrameInfo? { reader.next(timeout: time)?.info }

  func saw(_ words: String) -> Bool { eventually { camera.status.trouble?.contains(words) ?? false } }

  /// Frames come and nothing is said to be wrong.
  func flows() -> Bool {
    reader.skipToNewest()
    return frame() != nil && eventually { camera.status.trouble == nil }
  }
}

@Suite(.serialized) struct CaptureTests {
  @Test func framesAreDecodedAndDescribed() throws {
    let rig = try Rig { $0.content = 128 }
    guard let lease = rig.reader.next(timeout: patience) else {
      Issue.record("no frame")
      return
    }
    #expect(lease.info.width == 640 && lease.info.height == 480)
    // Luma 128 of 16…235, no chroma.
    #expect(lease.pixels.allSatisfy { $0 == 130 })
    #expect(lease.info.clock == .driver)
    #expect((lease.info.arrived - lease.info.captured).milliseconds >= 1, "a millisecond old at the dequeue")
    let status = rig.camera.status
    #expect(status.name == "/dev/video0" && status.format == "640×480 YUYV" && status.nominalRate == 30)
    #expect(status.trouble == nil)
  }

  @Test(arguments: [nil, -1_000_000_000, 3_000_000_000] as [Int64?])
  func implausibleTimestampsGiveWayToTheTimeOfTheDequeue(_ age: Int64?) throws {
    let rig = try Rig { $0.age = age }
    let before = Nanoseconds.now()
    rig.reader.skipToNewest()
    _ = rig.frame()
    let info = try #require(rig.frame())
    #expect(info.captured >= before && info.captured <= info.arrived)
  }

  @Test func gapsInTheSequenceAreDriverDrops() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with { $0.skipped = 7 }
    #expect(eventually { rig.camera.status.driverDrops == 7 })
    #expect(eventually { rig.frame()?.driverDrops == 7 })
  }

  @Test func stopFreesTheCameraAndStartTakesItAgain() throws {
    let rig = try Rig()
    let first = try #require(rig.frame())
    rig.camera.stop()
    rig.camera.stop()
    #expect(rig.fake.with { $0.opened == 1 && $0.closed == 1 })
    try rig.camera.start(into: rig.ring)
    rig.reader.skipToNewest()
    let second = try #require(rig.frame())
    #expect(second.sequence > first.sequence, "the numbers go on where they were")
  }

  @Test func resumedWhileBusyItWaits() throws {
    let rig = try Rig()
    let first = try #require(rig.frame())
    rig.camera.stop()
    rig.fake.with { $0.failures[cv4l2_S_FMT] = [EBUSY, EBUSY] }
    try rig.camera.resume(into: rig.ring)
    #expect(rig.saw("the camera is in use by another program"))
    rig.reader.skipToNewest()
    let second = try #require(rig.frame())
    #expect(second.sequence > first.sequence)
  }

  @Test func aTroubleIsToldThoughItIsOver() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with { $0.failures[cv4l2_DQBUF] = [EIO] }
    #expect(eventually { rig.camera.status.troubleCount == 1 && rig.camera.status.trouble == nil })
    #expect(
      rig.camera.status.lastTrouble
        == "the stream broke (VIDIOC_DQBUF: Input/output error): restarting the camera")
  }

  @Test func aDroppedCameraStopsItsThread() throws {
    let fake = FakeCamera()
    do {
      let camera = V4L2Camera(fake)
      try camera.start(into: FrameRing(maximumPixels: 640 * 480))
    }
    #expect(fake.with { $0.opened == 1 && $0.closed == 1 })
  }

  @Test func interruptedAndEmptyCallsAreNoFaults() throws {
    let rig = try Rig { $0.failures[cv4l2_DQBUF] = [EINTR, 0, EAGAIN, 0, EINTR, EINTR] }
    for _ in 0..<5 { #expect(rig.frame() != nil) }
    #expect(rig.fake.with { $0.streamStarts } == 1)
    #expect(rig.camera.status.trouble == nil)
  }

  @Test func unpluggedAndPluggedInAgain() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with { $0.isPresent = false }
    #expect(rig.saw("the camera was unplugged: waiting for it to come back"))
    #expect(rig.ring.end == nil)
    // It is back under a second after its node: looked for, again and again, at shorter intervals.
    #expect(eventually { rig.fake.with { $0.pauses >= 3 } })
    rig.fake.with { $0.isPresent = true }
    #expect(rig.flows())
    #expect(rig.fake.with { $0.streamStarts == 2 && (1..<500).contains($0.longestPause) })
  }

  @Test func comesBackUnderAnotherNumber() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with { $0.isPresent = false }
    #expect(rig.saw("unplugged"))
    rig.fake.with {
      $0.path = "/dev/video3"
      $0.isPresent = true
    }
    #expect(rig.flows())
    #expect(rig.camera.status.name == "/dev/video3")
  }

  @Test func anotherCameraIsNotTakenForIt() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with { $0.isPresent = false }
    #expect(rig.saw("unplugged"))
    let pauses: Int = rig.fake.with {
      $0.card = "Another"
      $0.isPresent = true
      return $0.pauses
    }
    // It is looked at in between, again and again.
    #expect(eventually { rig.fake.with { $0.pauses >= pauses + 3 } })
    #expect(rig.fake.with { $0.streamStarts } == 1)
    #expect(rig.camera.status.trouble?.contains("unplugged") ?? false)
  }

  @Test func aNodeThatIsBackAndClosedSaysWhy() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with { $0.isPresent = false }
    #expect(rig.saw("unplugged"))
    rig.fake.with {
      $0.openError = EACCES
      $0.isPresent = true
    }
    #expect(rig.saw("no permission to open the camera"))
    rig.fake.with { $0.openError = nil }
    #expect(rig.flows())
  }

  @Test func fatalErrorRestartsTheStream() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with { $0.failures[cv4l2_DQBUF] = [EIO] }
    #expect(eventually { rig.fake.with { $0.streamStarts } == 2 })
    #expect(rig.flows())
  }

  @Test func restartsUntilTheDriverIsWellAgain() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with {
      $0.failures[cv4l2_DQBUF] = [EIO]
      $0.failures[cv4l2_REQBUFS] = [EIO, EINVAL]
    }
    #expect(rig.saw("Trying again."))
    #expect(rig.flows())
  }

  @Test func busyAfterARestartIsWaitedFor() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with {
      $0.failures[cv4l2_DQBUF] = [EIO]
      $0.failures[cv4l2_S_FMT] = [EBUSY, EBUSY]
    }
    #expect(rig.saw("the camera is in use by another program"))
    #expect(rig.flows())
  }

  @Test func stalledStreamIsRestarted() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with { $0.isSilent = true }
    #expect(rig.saw("no frame for 2 s: restarting the camera"))
    rig.fake.with { $0.isSilent = false }
    #expect(rig.flows())
    #expect(rig.fake.with { $0.streamStarts } >= 2)
  }

  @Test func flaggedFramesAreCountedAndNotShown() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with {
      $0.flaggedFrames = 3; $0.isSilentAfterFlagged = true
    }
    #expect(rig.saw("the camera's driver marks frames as corrupt"))
    rig.reader.skipToNewest()
    #expect(rig.frame(within: Nanoseconds(milliseconds: 100)) == nil)
    #expect(rig.camera.status.badFrames == 3)
    #expect(rig.camera.status.badFrameKinds.map(\.fault) == ["the camera's driver marks frames as corrupt"])
    rig.fake.with {
      $0.flaggedFrames = 0; $0.isSilent = false
    }
    #expect(rig.flows())
    #expect(rig.camera.status.driverDrops == 0)
  }

  /// Some cameras have all their frames flagged, and whole: after a while they are shown, and short ones still not.
  @Test func wholeFramesAreShownWhereAllAreFlagged() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with { $0.flaggedFrames = .max }
    #expect(rig.saw("the camera's driver marks frames as corrupt"))
    #expect(rig.flows())
    #expect(
      eventually {
        rig.camera.status.notice
          == "the camera's driver marks every frame as corrupt: whole ones are shown all the same"
      })
    #expect(rig.camera.status.badFrames == 10)
    rig.fake.with { $0.missingBytes = 1 }
    #expect(rig.saw("a frame of 614399 bytes where 614400 were due"))
  }

  /// uvcvideo gives all its buffers back empty, flagged and numbered 0 when one transfer fails.
  @Test func aFailedTransferLosesNoMoreThanItsFrames() throws {
    let rig = try Rig()
    for _ in 0..<50 { _ = rig.frame() }
    rig.fake.with { $0.unfilledFrames = 4 }
    #expect(eventually { rig.camera.status.badFrames == 4 })
    #expect(rig.flows())
    rig.fake.with { $0.skipped = 2 }
    #expect(eventually { rig.camera.status.driverDrops == 2 })
    #expect(rig.camera.status.badFrameKinds.map(\.fault) == ["transfers from the camera fail"])
    #expect(rig.fake.with { $0.streamStarts } == 1)
  }

  @Test func transfersThatFailAgainAndAgainRestartTheStream() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with { $0.unfilledFrames = 10 }
    #expect(rig.saw("the stream broke (transfers from the camera fail): restarting the camera"))
    #expect(rig.flows())
  }

  /// A format that never yields a frame counts as one whose frames are broken: the others have their turn.
  @Test func aFormatThatStaysSilentGivesWayToAnother() throws {
    let rig = try Rig {
      $0.formats = [
        .init(fourCC: .yuyv, sizes: [(640, 480, [30])]), .init(fourCC: .nv12, sizes: [(640, 480, [30])]),
      ]
      $0.silentFormat = .yuyv
    }
    #expect(rig.saw("no frame for 2 s: trying another format than YUYV"))
    #expect(rig.flows())
    #expect(rig.camera.status.format == "640×480 NV12")
    #expect(rig.fake.with { $0.streamStarts } == 3)
  }

  /// Named, it is the only one: the program never says that it tries another, and goes on waiting, or ends.
  @Test(arguments: [false, true]) func aSilentFormatThatWasAskedFor(_ ends: Bool) throws {
    let fake = FakeCamera {
      $0.formats = [
        .init(fourCC: .yuyv, sizes: [(640, 480, [30])]), .init(fourCC: .nv12, sizes: [(640, 480, [30])]),
      ]
      $0.silentFormat = .nv12
    }
    var wish = StreamWish(format: "NV12")
    wish.endsWithoutPicture = ends
    let camera = V4L2Camera(path: "/dev/video0", wish: wish, calls: fake.calls)
    let ring = FrameRing(maximumPixels: 640 * 480)
    try camera.start(into: ring)
    defer { camera.stop() }
    let words = """
      /dev/video0: the camera gives no picture in NV12, the format that was asked for (NV12: no frame for 2 s). \
      Without --format another one is tried as well.
      """
    #expect(eventually { camera.status.lastTrouble == words + " Trying again." })
    #expect(fake.with { $0.streamStarts } == 2)
    if ends {
      #expect(eventually { ring.end == .failed(words) })
    } else {
      #expect(eventually { fake.with { $0.streamStarts } >= 3 })
      #expect(ring.end == nil)
    }
  }

  /// A picture that came once is enough: a camera that is silent later is waited for.
  @Test func aRunThatHadPicturesIsNotEnded() throws {
    let fake = FakeCamera()
    var wish = StreamWish()
    wish.endsWithoutPicture = true
    let camera = V4L2Camera(path: "/dev/video0", wish: wish, calls: fake.calls)
    let ring = FrameRing(maximumPixels: 640 * 480)
    let reader = ring.makeReader()
    try camera.start(into: ring)
    defer { camera.stop() }
    #expect(reader.next(timeout: patience)?.info != nil)
    fake.with { $0.isSilent = true }
    #expect(eventually { camera.status.lastTrouble?.contains("gives no picture in any of its formats") ?? false })
    #expect(ring.end == nil)
    fake.with { $0.isSilent = false }
    #expect(eventually { camera.status.trouble == nil })
  }

  /// HDMI grabbers and TV cards go on giving frames without a signal.
  @Test func withoutASignalNothingIsShownUntilItIsBack() throws {
    let rig = try Rig()
    _ = rig.frame()
    rig.fake.with { $0.inputStatus = V4L2_IN_ST_NO_SIGNAL }
    #expect(rig.saw("no video signal at the camera's input 'HDMI': waiting for a signal"))
    rig.reader.skipToNewest()
    #expect(rig.frame(within: Nanoseconds(milliseconds: 200)) == nil)
    // A driver that gives no frames meanwhile has not stalled.
    rig.fake.with { $0.isSilent = true }
    let hasStalled = eventually(within: Nanoseconds(seconds: 2.5)) {
      rig.camera.status.lastTrouble?.contains("no frame") ?? false
    }
    #expect(!hasStalled)
    rig.fake.with { ($0.inputStatus, $0.isSilent) = (0, false) }
    #expect(rig.flows())
    #expect(rig.camera.status.lastTrouble == "the video signal is back: restarting the camera")
    #expect(rig.camera.status.badFrames == 0 && rig.fake.with { $0.streamStarts } == 2)
  }

  @Test func shortFramesAreCountedAndTheFormatIsChanged() throws {
    let rig = try Rig {
      $0.formats = [
        .init(fourCC: .yuyv, sizes: [(640, 480, [30])]), .init(fourCC: .nv12, sizes: [(640, 480, [30])]),
      ]
    }
    _ = rig.frame()
    rig.fake.with { $0.missingBytes = 1 }
    #expect(rig.saw("a frame of 614399 bytes where 614400 were due"))
    #expect(eventually { rig.camera.status.format == "640×480 NV12" })
    rig.fake.with { $0.missingBytes = 0 }
    #expect(rig.flows())
    #expect(rig.camera.status.badFrames >= 10)
  }

  @Test func withoutBandwidthALighterFormatIsTaken() throws {
    let rig = try Rig {
      $0.formats = [
        .init(fourCC: .yuyv, sizes: [(640, 480, [30])]), .init(fourCC: .nv12, sizes: [(320, 240, [30])]),
      ]
      $0.refusedFormat = (.yuyv, ENOSPC)
    }
    _ = rig.frame()
    #expect(rig.camera.status.format == "320×240 NV12")
    #expect(
      eventually {
        rig.camera.status.notice
          == "the USB bus has no bandwidth for 640×480 YUYV at 30 fps: taking 320×240 NV12 instead"
      })
    #expect(rig.camera.status.trouble == nil)
  }

  @Test func theRingsEndStopsTheCamera() throws {
    let rig = try Rig()
    rig.ring.end()
    #expect(eventually { rig.fake.with { $0.opened == $0.closed } })
  }
}
