import Foundation
import Live
import Model
import Platform
import Teaching
import TestSupport
import Testing

/// Teaching a network that runs: frames, shots and answers in turn, with the test's clock and threads.
@Suite struct TeachingRunTests {
  private static let other = Configuration(alpha: .half, resolution: 160)

  /// A run on a new collection, which its first network has looked at.
  private final class Run {
    let folder = TemporaryFolder()
    let learning = Later()
    let writing = Later()
    let teacher: Teacher
    private(set) var bench: Bench!  // after the teacher
    /// How often a network has looked at the collection.
    var lessons: Int { counter.count }
    private let counter = Counter()

    private final class Counter: @unchecked Sendable {  // of one thread
      var count = 0
    }

    init() throws {
      teacher = Teacher(
        try ClassCollection(folder: folder.path, mayBeEmpty: true),
        schedule: { [writing] (work) throws(UserError) in try writing.take(work) })
      bench = try Bench(
        learner: ClassLearner(
          total: 0,
          learn: { [teacher, counter] configuration, _ in
            counter.count += 1
            teacher.waitUntilWritten(Nanoseconds(seconds: 1))
            return Lesson(
              mean: Array(repeating: 0, count: configuration.architecture.featureCount),
              classifier: TaughtClassifier(threshold: 0.5))
          }, schedule: { [learning] (work) throws(UserError) in try learning.take(work) }), teacher: teacher)
      bench.step()
      learning.happen()
      bench.step()
      writing.happen()
      bench.state.teach(true)
    }

    /// A frame that looks like this is there when a shot of it is wished for.
    func shoot(_ name: String, _ burst: Int, looks feature: Int, brightness: UInt8 = 0) {
      bench.network.feature = feature
      bench.brightness = brightness
      teacher.shoot(ShotOrder(name: name, burst: burst))
      bench.step()
    }

    /// What the next frame is answered with.
    func answer(looks feature: Int) -> TaughtAnswer? {
      bench.network.feature = feature
      bench.step()
      return bench.state.view.taught
    }
  }

  @Test func aBurstIsLearntWithinOneFrameAfterItsLastShot() throws {
    let run = try Run()
    for (number, brightness) in [UInt8(0), 50].enumerated() {
      run.shoot("cup", 1, looks: 2 + number, brightness: brightness)
    }
    let answer = try #require(run.answer(looks: 3))
    #expect(answer.top.map(\.label) == ["cup"] && !answer.isNone)
    // The last of two shots at right angles to each other.
    #expect(abs(answer.top[0].cosine - 1 / Float(2).squareRoot()) < 1e-4)
    #expect(run.answer(looks: 9)?.isNone == true)
    #expect(run.folder.names.isEmpty, "and nobody has waited for the disk")
    run.writing.happen()
    #expect(run.folder.names == ["cup"] && (try? Folder.names(in: run.folder.file("cup")))?.count == 2)
  }

  @Test func oneShotForEachPress() throws {
    let run = try Run()
    run.shoot("cup", 1, looks: 2)
    for brightness in [UInt8(50), 100, 150] {
      run.bench.brightness = brightness
      run.bench.step()
    }
    #expect(run.teacher.status.shot == 1)
  }

  @Test func whileItIsClosedNothingIsShot() throws {
    let run = try Run()
    run.teacher.shoot(ShotOrder(name: "cup", burst: 1))
    run.bench.state.teach(false)
    run.bench.step()
    run.bench.state.teach(true)
    #expect(run.answer(looks: 2) == nil && run.teacher.status.shot == 0, "nor is it when it is opened again")
  }

  @Test func noneOfTheseAndASecondClass() throws {
    let run = try Run()
    run.shoot("cup", 1, looks: 2)
    run.shoot("mug", 2, looks: 3)
    #expect(run.answer(looks: 3)?.label == "mug")
    #expect(run.answer(looks: 2)?.label == "cup")
    run.shoot(ClassName.none, 3, looks: 5)
    #expect(run.answer(looks: 5)?.isNone == true)
  }

  @Test func aBurstThatIsTakenBackIsForgotten() throws {
    let run = try Run()
    run.shoot("cup", 1, looks: 2)
    run.shoot("mug", 2, looks: 3)
    run.teacher.takeBack()
    run.writing.happen()
    let answer = run.answer(looks: 3)
    #expect(answer?.top.map(\.label) == ["cup"] && answer?.isNone == true)
    run.teacher.takeBack()
    run.writing.happen()
    #expect(run.answer(looks: 2) == nil && run.folder.names.isEmpty)
    #expect(run.lessons == 1, "nothing is looked at anew")
  }

  /// A shot that cannot be written is not known either.
  @Test func whatIsNotWrittenIsForgotten() throws {
    let run = try Run()
    run.shoot("cup", 1, looks: 2)
    run.writing.happen()
    try FileManager.default.removeItem(atPath: run.folder.path)
    try Data().write(to: run.folder.url)
    run.shoot("mug", 2, looks: 3)
    #expect(run.answer(looks: 3)?.label == "mug")
    run.writing.happen()
    #expect(run.answer(looks: 3)?.top.map(\.label) == ["cup"])
    #expect(run.teacher.status.failed == 1 && run.teacher.hasLostShots)
    #expect(run.teacher.takeNews().last?.contains("expected the folder of a class collection") == true)
  }

  @Test func anotherNetworkLooksAtTheFolderFirst() throws {
    let run = try Run()
    run.shoot("cup", 1, looks: 2)
    run.writing.happen()
    run.bench.state.request(Self.other)
    run.bench.later.happen()
    run.bench.step()
    #expect(!run.teacher.status.isReady && run.bench.state.view.learning != nil)
    run.shoot("cup", 2, looks: 2, brightness: 50)
    #expect(run.teacher.takeNews() == ["no shots: the network is looking at your classes"])
    run.learning.happen()
    run.bench.step()
    #expect(run.teacher.status.isReady && run.lessons == 2)
    run.shoot("mug", 3, looks: 3, brightness: 100)
    #expect(run.answer(looks: 3)?.label == "mug")
    // The first burst is the folder's now: without it the folder has to be looked at.
    run.teacher.takeBack()
    run.teacher.takeBack()
    run.writing.happen()
    run.bench.step()
    #expect(!run.teacher.status.isReady && run.folder.names.isEmpty)
    run.learning.happen()
    run.bench.step()
    #expect(run.teacher.status.isReady && run.lessons == 3)
  }

  @Test func whyNothingCanBeTaughtIsTold() throws {
    let folder = TemporaryFolder()
    let teacher = Teacher(
      try ClassCollection(folder: folder.path, mayBeEmpty: true), schedule: { _ throws(UserError) in })
    teacher.fail("no trained weights")
    teacher.shoot(ShotOrder(name: "cup", burst: 1))
    teacher.takeBack()
    #expect(
      teacher.takeNews() == ["no shots: no trained weights", "nothing is taken back: no trained weights"])
  }
}
