import Foundation
import Live
import Model
import Pixels
import Platform
import Teaching
import TestSupport
import Testing

/// Shots on their way into a collection; the thread that writes is the test's.
@Suite struct TeacherTests {
  private let folder = TemporaryFolder()
  private let writing = Later()
  private let now = Nanoseconds(seconds: 10)

  private static func picture(_ brightness: UInt8) -> RGBImage {
    RGBImage(width: 64, height: 64, pixels: Array(repeating: brightness, count: 64 * 64 * 3))
  }

  /// In the plane of the first two features, at so many degrees.
  private static func shot(_ degrees: Double) -> Embedding {
    var features = [Float](repeating: 0, count: 8)
    (features[0], features[1]) = (Float(cos(degrees * .pi / 180)), Float(sin(degrees * .pi / 180)))
    return Embedding(features: features, mean: Array(repeating: 0, count: 8))
  }

  private func teacher(_ path: String? = nil) throws -> Teacher {
    let path = path ?? folder.file("things")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let teacher = Teacher(
      try ClassCollection(folder: path, mayBeEmpty: true),
      schedule: { [writing] (work) throws(UserError) in try writing.take(work) },
      wallClock: { Nanoseconds(seconds: 1_795_680_000) })
    teacher.begin(Lesson(mean: [], classifier: TaughtClassifier(threshold: 0.5)))
    writing.happen()
    return teacher
  }

  /// Shoots a class as the inference thread does; returns the burst's number in it.
  @discardableResult
  private func shoot(_ teacher: Teacher, _ name: String, _ burst: Int, brightness: UInt8 = 0, at degrees: Double = 0)
    -> Int?
  {
    teacher.shoot(ShotOrder(name: name, burst: burst))
    guard let order = teacher.takeOrder() else { return nil }
    let picture = Self.picture(brightness)
    return teacher.admit(picture, for: order).flatMap { teacher.add(picture, Self.shot(degrees), $0, at: now) }
  }

  private func files(_ name: String) -> [String] { (try? Folder.names(in: folder.file("things/\(name)"))) ?? [] }

  @Test func burstsBecomeFiles() throws {
    let teacher = try teacher()
    #expect([0, 20, 40].map { shoot(teacher, "cup", 1, brightness: $0) } == [0, 0, 0])
    #expect(shoot(teacher, "cup", 2) == 1 && shoot(teacher, ClassName.none, 3) == 0)
    #expect(files("cup").isEmpty, "whoever has frames does not wait for the disk")
    writing.happen()
    // Another burst of the same millisecond is not mixed with the first.
    let burst = "20261126T080000000Z"
    #expect(files("cup") == ["\(burst)-01.jpg", "\(burst)-02.jpg", "\(burst)-03.jpg", "\(burst)_2-01.jpg"])
    #expect(files("none") == ["\(burst)-01.jpg"])
    let status = teacher.status
    #expect(status.shot == 5 && status.counts["cup"] == .init(bursts: 2, shots: 4) && status.names == ["cup"])
    let picture = try ImageFile.load(path: folder.file("things/cup/\(burst)-02.jpg"))
    #expect(picture.width == 64 && abs(Int(picture.pixels[0]) - 20) < 3)
    #expect(try ClassCollection(folder: folder.file("things")).all.map(\.bursts.count) == [2, 1])
    #expect(teacher.finish(isHurried: false) == "taught 5 shots into \(folder.file("things"))")
  }

  @Test func nearDuplicatesAreSkippedAndCountedInABurstOnly() throws {
    let teacher = try teacher()
    #expect(shoot(teacher, "cup", 1) == 0 && shoot(teacher, "cup", 1, brightness: 1) == nil)
    #expect(shoot(teacher, "cup", 1, brightness: 9) == 0 && shoot(teacher, "cup", 2) == 1)
    writing.happen()
    #expect(files("cup").count == 3 && teacher.status.skipped == 1)
  }

  @Test func theLastBurstIsTakenBack() throws {
    let teacher = try teacher()
    shoot(teacher, "cup", 1)
    shoot(teacher, "cup", 2)
    shoot(teacher, "mug", 3, at: 90)
    writing.happen()
    shoot(teacher, "mug", 3, brightness: 50, at: 90)
    // One more is on its way through the network when the key comes, and one is still wished for.
    teacher.shoot(ShotOrder(name: "mug", burst: 3))
    let late = try #require(teacher.takeOrder())
    let ticket = try #require(teacher.admit(Self.picture(100), for: late))
    teacher.shoot(ShotOrder(name: "mug", burst: 3))
    teacher.takeBack()
    #expect(teacher.add(Self.picture(100), Self.shot(90), ticket, at: now) == nil && teacher.takeOrder() == nil)
    #expect(teacher.admit(Self.picture(150), for: late) == nil, "the burst is over")
    writing.happen()
    #expect(try Folder.names(in: folder.file("things")) == ["cup"] && files("cup").count == 2)
    #expect(teacher.takeNews() == ["took back 2 shots of mug"])
    #expect(teacher.status.shot == 2 && teacher.status.counts["mug"] == .init())
    let changes = teacher.takeChanges()
    #expect(changes.classifier?.names == ["cup"] && !changes.wantsLesson)
    #expect(teacher.takeChanges().classifier == nil, "handed over once")
    teacher.takeBack()
    writing.happen()
    #expect(shoot(teacher, "cup", 4) == 1, "the first burst is still there")
    for _ in 0..<3 { teacher.takeBack() }
    writing.happen()
    #expect(try Folder.names(in: folder.file("things")).isEmpty)
    #expect(teacher.takeNews().last == "took back 1 shot of cup")
    #expect(teacher.takeChanges().classifier?.isEmpty == true && !teacher.status.hasClasses)
    teacher.takeBack()
    #expect(teacher.takeNews() == ["nothing to take back: no burst was shot in this run"])
  }

  /// What was there before stays, whatever is taken back.
  @Test func onlyBurstsOfTheRunAreTakenBack() throws {
    try FileManager.default.createDirectory(atPath: folder.file("things/cup"), withIntermediateDirectories: true)
    try folder.write("things/cup/20261126T080000000Z-01.jpg", "old")
    let teacher = try teacher()
    shoot(teacher, "cup", 1)
    shoot(teacher, "cup", 1, brightness: 50)
    writing.happen()
    #expect(
      files("cup") == [
        "20261126T080000000Z-01.jpg", "20261126T080000000Z_2-01.jpg", "20261126T080000000Z_2-02.jpg",
      ], "a burst that is there is not gone on with")
    for _ in 0..<3 { teacher.takeBack() }
    writing.happen()
    #expect(files("cup") == ["20261126T080000000Z-01.jpg"])
  }

  @Test func afterAnotherLessonABurstThatIsTakenBackIsLookedForAnew() throws {
    let teacher = try teacher()
    shoot(teacher, "cup", 1)
    writing.happen()
    var support = SupportSet()
    support.classes = [.init(name: "cup", bursts: [[Self.shot(0)]])]
    teacher.begin(Lesson(mean: [], classifier: TaughtClassifier(support, threshold: 0.5), support: support))
    #expect(shoot(teacher, "cup", 1, brightness: 50) == 1, "a burst goes on, beside what the lesson knows of it")
    teacher.takeBack()
    writing.happen()
    #expect(files("cup").isEmpty && teacher.takeChanges().wantsLesson)
  }

  @Test func howWellTheyAreToldApartIsFoundOutWhenABurstIsOver() throws {
    let teacher = try teacher()
    for (number, degrees) in [0.0, 2, 90, 91].enumerated() {
      shoot(teacher, number < 2 ? "cup" : "mug", number + 1, at: degrees)
    }
    writing.happen()
    teacher.tick(at: now + Nanoseconds(milliseconds: 599))
    writing.happen()
    #expect(teacher.status.report?.count == 0)
    teacher.tick(at: now + Nanoseconds(milliseconds: 600))
    writing.happen()
    let report = try #require(teacher.status.report)
    #expect(report.right == 4 && report.count == 4 && report.isEnough)
    #expect(teacher.takeChanges().threshold == report.threshold)
  }

  @Test func aBurstHasAnEnd() throws {
    let teacher = try teacher()
    for number in 0..<ShotName.mostShots + 2 {
      shoot(teacher, "cup", 1, brightness: UInt8(2 * number))
      writing.happen()
    }
    #expect(files("cup").count == 99 && teacher.status.shot == 99)
    #expect(teacher.takeNews() == ["a burst holds 99 shots: let the key go, and hold it again"])
  }

  @Test func aSlowDiskCostsShots() throws {
    let teacher = try teacher()
    for number in 0..<34 { shoot(teacher, "cup", 1, brightness: UInt8(4 * number)) }
    #expect(teacher.status.shot == 32 && teacher.status.failed == 2 && teacher.hasLostShots)
    #expect(teacher.takeNews().last?.contains("too slow") == true)
    writing.happen()
    #expect(files("cup").count == 32)
  }

  /// Not learnt either: what is in the folder is what is known.
  private func expectLost(_ teacher: Teacher, _ words: String) {
    writing.happen()
    let status = teacher.status
    #expect(status.shot == 1 && status.failed == 1 && status.counts["cup"] == .init(bursts: 1, shots: 1))
    #expect(teacher.takeNews().last?.contains(words) == true)
    #expect(teacher.takeChanges().classifier?.cosines(of: Self.shot(90)).first ?? 1 < 0.01)
    #expect(teacher.hasLostShots && teacher.finish(isHurried: false)?.hasSuffix("; 1 could not be written") == true)
  }

  @Test func whatWasLostMayBeShotAgain() throws {
    let teacher = try teacher()
    try FileManager.default.removeItem(atPath: folder.file("things"))
    try folder.write("things", [])
    shoot(teacher, "cup", 1)
    writing.happen()
    #expect(teacher.status.failed == 1 && teacher.status.shot == 0)
    try FileManager.default.removeItem(atPath: folder.file("things"))
    try FileManager.default.createDirectory(atPath: folder.file("things"), withIntermediateDirectories: true)
    // In the same burst, and the same picture: a key that is held.
    shoot(teacher, "cup", 1)
    writing.happen()
    #expect(teacher.status.shot == 1 && teacher.status.skipped == 0 && files("cup").count == 1)
  }

  @Test(.enabled(if: SmallDisk.isUsable, "skipped: no right to mount a tmpfs")) func aReadOnlyFolder() throws {
    let disk = try SmallDisk()
    let teacher = try teacher(disk.path + "/things")
    shoot(teacher, "cup", 1)
    writing.happen()
    try disk.makeReadOnly()
    shoot(teacher, "cup", 2, at: 90)
    expectLost(teacher, "Read-only file system")
    // Nor can a burst be taken back there, which is said.
    teacher.takeBack()
    writing.happen()
    #expect(teacher.takeNews().last?.contains("1 cannot be removed") == true)
  }

  @Test(.enabled(if: SmallDisk.isUsable, "skipped: no right to mount a tmpfs")) func aFullDisk() throws {
    let disk = try SmallDisk(free: 4 << 10)
    let teacher = try teacher(disk.path + "/things")
    shoot(teacher, "cup", 1)
    writing.happen()
    shoot(teacher, "cup", 1, brightness: 50, at: 90)
    expectLost(teacher, "No space left on device")
    #expect(try Folder.names(in: disk.path + "/things/cup").count == 1, "nothing is half written")
  }

  @Test func withoutAThreadShotsAreLostInWords() throws {
    let teacher = try teacher()
    shoot(teacher, "cup", 1)
    writing.happen()
    writing.refusal = UserError("no thread")
    shoot(teacher, "cup", 2, at: 90)
    writing.refusal = nil
    teacher.tick(at: now + Nanoseconds(seconds: 1))
    expectLost(teacher, "no thread")
  }
}
