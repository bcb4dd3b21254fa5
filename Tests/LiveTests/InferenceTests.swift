import Frames
import Live
import Model
import Platform
import Telemetry
import Testing

/// The inference thread's work, step by step.
@Suite struct InferenceTests {
  private static let other = Configuration(alpha: .half, resolution: 160, precision: .int8)

  @Test func aFrameBecomesARecord() throws {
    let bench = try Bench()
    #expect(bench.step() == .result)
    let record = try #require(bench.drawn())
    #expect(record.sequence == 1 && record.configuration == Bench.first && record.isa == "fake")
    #expect(record.network == Nanoseconds(milliseconds: 1) && record.layerTimes.count == 30)
    #expect(record.top.first == Prediction(classIndex: 967, label: "class 967", probability: 0.75))
    #expect(record.isWarmUp && !record.isSwitch && record.badFrames == 0)
    let view = bench.state.view
    #expect(view.count == 1 && view.facts.isTrained && view.isa == "fake" && view.shown.first?.label == "class 967")
    #expect(bench.drawn() == nil, "drawn once")
  }

  @Test func withoutAFrameNothingHappens() throws {
    let bench = try Bench()
    #expect(bench.step(frame: false) == .idle)
    #expect(bench.network.runs == 0 && bench.drawn() == nil)
  }

  @Test func untrainedWeightsGiveNoLabels() throws {
    let bench = try Bench(isTrained: false)
    bench.step()
    #expect(bench.drawn()?.top.isEmpty == true && bench.state.view.shown.isEmpty)
  }

  // MARK: The square

  @Test func theSquareIsInTheRecordAndStaysOverASwitch() throws {
    let bench = try Bench()
    bench.step()
    #expect(bench.drawn()?.crop == Crop(x: 0, y: 0, side: 7))
    bench.state.look(at: .cornered(x: 0.5, y: 0.25, side: 0.5))
    bench.step()
    #expect(bench.drawn()?.crop == Crop(x: 4, y: 2, side: 4))
    bench.state.request(Self.other)
    bench.later.happen()
    bench.step()
    let record = try #require(bench.drawn())
    #expect(record.configuration == Self.other && record.crop == Crop(x: 4, y: 2, side: 4))
  }

  @Test func aSquareThatDoesNotFitIsToldOfOnce() throws {
    let bench = try Bench()
    bench.state.look(at: .pixels(Crop(x: 4, y: 0, side: 16)))
    bench.step()
    #expect(
      bench.told() == "the square that was asked for does not fit into 8×8 pixels: X,Y,SIDE are 0,0,8 now")
    bench.step()
    #expect(bench.told() == nil)
    #expect(bench.record.crop == Crop(x: 0, y: 0, side: 8))
  }

  // MARK: Switching

  @Test func theOldNetworkRunsUntilTheNewOneIsBuilt() throws {
    let bench = try Bench()
    bench.step()
    bench.state.request(Self.other)
    #expect(bench.state.view.switching == Self.other)
    bench.step()
    #expect(bench.drawn()?.configuration == Bench.first)
    bench.later.happen()
    bench.step()
    let record = try #require(bench.drawn())
    #expect(record.configuration == Self.other && record.isSwitch && record.isWarmUp)
    let view = bench.state.view
    #expect(view.configuration == Self.other && view.switching == nil)
  }

  @Test func ofSeveralRequestsTheLastOneCounts() throws {
    let bench = try Bench()
    for alpha in [Alpha.one, .threeQuarters, .half] {
      bench.state.request(Configuration(alpha: alpha, resolution: 224))
    }
    bench.later.happen()
    bench.step()
    #expect(bench.drawn()?.configuration.alpha == .half)
    #expect(bench.networks.map(\.architecture.alpha) == [.quarter, .half], "nobody waits for the others")
  }

  @Test func aNetworkThatCannotBeHadIsToldOfOnce() throws {
    let bench = try Bench()
    bench.failures[Self.other] = "no such weights"
    bench.state.request(Self.other)
    bench.later.happen()
    #expect(bench.step() == .result)
    let view = bench.state.view
    #expect(view.switching == nil && view.configuration == Bench.first)
    #expect(bench.told() == "no such weights" && bench.record.configuration == Bench.first)
    #expect(bench.told() == nil)
  }

  @Test func withoutAThreadToBuildItTheOldOneGoesOn() throws {
    let bench = try Bench()
    bench.later.refusal = UserError("no thread")
    bench.state.request(Self.other)
    bench.step()
    #expect(bench.told() == "no thread")
  }

  // MARK: Holding

  @Test func aHeldPictureStaysAndItsFramesAreNoDrops() throws {
    let bench = try Bench()
    bench.step()
    bench.state.hold(true)
    for _ in 0..<3 { #expect(bench.step() == .idle) }
    #expect(bench.network.runs == 1)
    bench.state.hold(false)
    bench.step()
    let record = try #require(bench.drawn())
    #expect(record.sequence == 5 && record.ringDrops == 0)
  }

  @Test func aSwitchComesThroughWhileThePictureIsHeld() throws {
    let bench = try Bench()
    bench.step()
    bench.state.hold(true)
    bench.state.request(Self.other)
    bench.later.happen()
    bench.step()
    #expect(bench.state.view.configuration == Self.other)
  }

  // MARK: Ends

  @Test(arguments: [FrameRing.Ending.finished, .failed("the cable is out")])
  func theStreamsEndEndsIt(_ ending: FrameRing.Ending) throws {
    let bench = try Bench()
    bench.frame()
    bench.ring.end(ending)
    #expect(bench.step(frame: false) == .result, "what is there is still worked on")
    #expect(bench.step(frame: false) == .finished)
  }

  @Test func theLimitEndsIt() throws {
    let bench = try Bench(frameLimit: 2)
    #expect(bench.step() == .result)
    #expect(bench.step() == .finished)
    #expect(bench.drawn()?.sequence == 2, "the last one counts")
  }

  @Test func stopEndsItEvenWhileHeld() throws {
    let bench = try Bench()
    bench.state.hold(true)
    bench.state.stop()
    #expect(bench.step() == .finished)
  }

  // MARK: What the eye gets

  @Test func brokenWeightsAreToldOfOncePerNetwork() throws {
    let bench = try Bench()
    bench.network.answer.probability = .nan
    bench.step()
    #expect(bench.told()?.contains("probabilities that are no numbers") == true)
    bench.step()
    #expect(bench.told() == nil)
  }

  @Test func smoothedLabelsAreForTheScreenAlone() throws {
    let bench = try Bench()
    bench.state.smooth(true)
    bench.step()
    bench.network.answer = (1, 0.9)
    bench.step()
    #expect(bench.drawn()?.top.first?.classIndex == 1, "the record is raw")
    let shown = bench.state.view.shown
    #expect(shown.first?.classIndex == 967 && shown.contains { $0.classIndex == 1 })
    bench.state.smooth(false)
    bench.step()
    #expect(bench.state.view.shown.first?.classIndex == 1)
  }

  @Test func whereItLooksIsToldWhenAsked() throws {
    let bench = try Bench()
    bench.step()
    #expect(bench.state.view.activation.isEmpty)
    bench.state.showActivation(true)
    bench.step()
    #expect(bench.state.view.activation == Array(repeating: 967, count: 49))
  }

  // MARK: Records

  @Test func aResultThatAnotherOneOvertookIsNotDrawn() throws {
    let bench = try Bench()
    for _ in 0..<3 { bench.step() }
    #expect(bench.drawn()?.sequence == 3)
    #expect(bench.state.view.count == 3)
  }
}
