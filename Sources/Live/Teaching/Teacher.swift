import Glibc
import Model
import Pixels
import Platform
import Teaching

/// What a run is taught while it goes on. The screen wishes for shots, the inference thread takes them of its frames and learns them, and a thread of
/// its own writes them into the class collection and says how well the classes are told apart. Safe from any thread; who has frames,
/// or draws, never waits for a disk.
public final class Teacher: Sendable {
  package struct Count: Sendable, Hashable {
    package var bursts = 0
    package var shots = 0

    package init(bursts: Int = 0, shots: Int = 0) {
      self.bursts = bursts
      self.shots = shots
    }
  }

  package struct Status: Sendable {
    /// Whether the running network has looked at the collection: before that nothing is shot.
    package var isReady = false
    /// By class, also that of `ClassName.none`.
    package var counts: [String: Count] = [:]
    /// Of the last state of the collection that was looked at; `nil` before the first.
    package var report: HeldOutReport?
    /// Of this run.
    package var shot = 0
    package var skipped = 0
    /// Shots that could not be written, and so are not learnt.
    package var failed = 0

    package init() {}

    /// Why there is nothing to be taught.
    package var trouble: String?

    package var hasClasses: Bool { counts.contains { $0.key != ClassName.none && $0.value.bursts > 0 } }
    package var names: [String] { counts.keys.filter { $0 != ClassName.none }.sorted() }
  }

  /// What a network's lesson is changed to, beyond the shots that were added.
  package struct Changes: Sendable {
    package var threshold: Float?
    /// Something was taken away.
    package var classifier: TaughtClassifier?
    /// What was taken away was learnt from the folder: it has to be looked at anew.
    package var wantsLesson = false
  }

  /// A shot that is let in.
  package struct Ticket: Sendable {
    let order: ShotOrder
    /// Of the burst's files.
    let file: String
    let number: Int
    let thumbnail: Shot.Thumbnail
  }

  private struct Burst {
    let id: Int
    let name: String
    let file: String
    var thumbnails: [Shot.Thumbnail] = []
    var numbers = 0
    var shots = 0
    /// Its place in the support set's class; `nil` where none of its shots was learnt since the lesson.
    var place: Int?
    /// Whether the lesson knows shots of it, from the folder.
    var isInLesson = false
    var hasToldOfEnd = false
  }

  private struct State {
    var status = Status()
    var orders: [ShotOrder] = []
    /// What the running network knows; `nil` until it has looked at the collection.
    var support: SupportSet?
    /// Of this run, oldest first.
    var bursts: [Burst] = []
    /// The highest number of a burst that was wished for; up to which bursts are over.
    var newest = 0
    var closed = 0
    /// By burst: under which name its shots are in the folder, and where.
    var files: [Int: (name: String, paths: [String])] = [:]
    /// Of `support`.
    var revision = 0
    var changes = Changes()
    var needsClassifier = false
    var isAssessing = false
    var assessmentDue: Nanoseconds?
    /// Pieces of work that are not done.
    var waiting = 0
    var news: [String] = []

    mutating func tell(_ words: String) {
      if news.count == Teacher.mostWaiting { news.removeFirst() }
      news.append(words)
    }

    mutating func edit(_ name: String, _ change: (inout [[Embedding]]) -> Void) {
      guard let bursts = support?.edit(name, change) else { return }
      revision += 1
      status.counts[name] = Self.count(bursts)
    }

    static func count(_ bursts: [[Embedding]]) -> Count {
      Count(bursts: bursts.count, shots: bursts.reduce(0) { $0 + $1.count })
    }

    /// Takes a burst's shots out, all or one; a burst that has none left goes, and those behind it move up.
    mutating func withdraw(_ shot: Embedding? = nil, name: String, place: Int) {
      var isGone = false
      edit(name) { bursts in
        guard bursts.indices.contains(place) else { return }
        if let shot {
          if let index = bursts[place].firstIndex(of: shot) { bursts[place].remove(at: index) }
        } else {
          bursts[place] = []
        }
        isGone = bursts[place].isEmpty
        if isGone { bursts.remove(at: place) }
      }
      needsClassifier = true
      guard isGone else { return }
      for index in bursts.indices where bursts[index].name == name {
        guard let other = bursts[index].place else { continue }
        bursts[index].place = other == place ? nil : other > place ? other - 1 : other
      }
    }
  }

  /// Shots that can wait for the disk, and words for the screen.
  private static let mostWaiting = 32
  private static let slowDisk = "the disk is too slow: shots are left out"

  public let folder: String
  private let state = Monitor(State())
  private let schedule: @Sendable (@escaping @Sendable () -> Void) throws(UserError) -> Void
  private let wallClock: @Sendable () -> Nanoseconds

  /// - Parameter collection: what is there at the beginning.
  public convenience init(_ collection: ClassCollection) {
    let queue = SerialQueue(name: "teacher")
    self.init(collection, schedule: { (work) throws(UserError) in try queue.async(work) })
  }

  /// - Parameter schedule: has work done later, a piece at a time.
  package init(
    _ collection: ClassCollection,
    schedule: @escaping @Sendable (@escaping @Sendable () -> Void) throws(UserError) -> Void,
    wallClock: @escaping @Sendable () -> Nanoseconds = { .of(CLOCK_REALTIME) }
  ) {
    folder = collection.folder
    self.schedule = schedule
    self.wallClock = wallClock
    state.withLock { state in
      for group in collection.all {
        state.status.counts[group.name] = Count(bursts: group.bursts.count, shots: group.shotCount)
      }
      for name in collection.empty { state.status.counts[name] = Count() }
    }
  }

  // MARK: The screen

  /// Wishes for a shot of the next frame. Of several of one burst that no frame came for, one is left.
  package func shoot(_ order: ShotOrder) {
    state.withLock { state in
      guard state.support != nil else {
        return state.tell("no shots: " + (state.status.trouble ?? "the network is looking at your classes"))
      }
      state.newest = max(state.newest, order.burst)
      if state.orders.last?.burst != order.burst, state.orders.count < Self.mostWaiting { state.orders.append(order) }
    }
  }

  /// Takes the last burst back, also from the folder.
  package func takeBack() {
    let burst: Burst? = state.withLock { state in
      guard state.support != nil else {
        state.tell("nothing is taken back: " + (state.status.trouble ?? "the network is looking at your classes"))
        return nil
      }
      state.orders = []
      state.closed = state.newest
      // Of what could not be written nothing is there.
      while state.bursts.last?.shots == 0 { state.bursts.removeLast() }
      guard let burst = state.bursts.popLast() else {
        state.tell("nothing to take back: no burst was shot in this run")
        return nil
      }
      if let place = burst.place { state.withdraw(name: burst.name, place: place) }
      state.status.shot -= burst.shots
      return burst
    }
    guard let burst else { return }
    queue({ [self] in remove(burst) }) { (state, error) in state.tell(error.message) }
  }

  /// Where a burst is over, how well the classes are told apart is found out anew.
  package func tick(at now: Nanoseconds) {
    if state.withLock({ $0.assessmentDue.map { now >= $0 } ?? false }) { assessLater() }
  }

  package var status: Status { state.withLock { $0.status } }

  /// What there is to tell since the last call.
  package func takeNews() -> [String] {
    state.withLock { state in
      defer { state.news = [] }
      return state.news
    }
  }

  /// Shots are missing that should be in the folder: the run has not done all its work.
  public var hasLostShots: Bool { status.failed > 0 }

  /// Waits for what is being written; not for ever, where a disk does not answer.
  /// - Returns: what to tell the user; `nil` where nothing was shot.
  package func finish(isHurried: Bool) -> String? {
    waitUntilWritten(Nanoseconds(seconds: isHurried ? 0.5 : 5))
    return state.withLock { state in
      let status = state.status
      guard status.shot + status.failed + status.skipped > 0 else { return nil }
      var words = "taught \(counted(status.shot, "shot", "shots")) into \(folder)"
      if status.skipped > 0 { words += "; \(counted(status.skipped, "near-duplicate", "near-duplicates")) skipped" }
      if status.failed > 0 { words += "; \(status.failed) could not be written" }
      if state.waiting > 0 { words += "; some may be lost, the disk did not answer" }
      return words
    }
  }

  // MARK: The learner

  /// Waits until the folder holds every shot that was taken before.
  public func waitUntilWritten(_ patience: Nanoseconds = Nanoseconds(seconds: 30)) {
    state.wait(until: .now() + patience) { $0.waiting == 0 }
  }

  // MARK: The inference thread

  /// Another network runs, which knows nothing yet.
  func forget() {
    state.withLock { state in
      state.support = nil
      state.status.isReady = false
      state.status.trouble = nil
      state.revision += 1
      state.orders = []
      state.changes = Changes()
      state.needsClassifier = false
      state.assessmentDue = nil
    }
  }

  /// It has looked at the collection.
  package func begin(_ lesson: Lesson) {
    state.withLock { state in
      state.support = lesson.support
      state.status.isReady = true
      state.status.report = lesson.report
      state.revision += 1
      for name in state.status.counts.keys { state.status.counts[name] = Count() }
      for group in lesson.support.classes { state.status.counts[group.name] = State.count(group.bursts) }
      state.status.counts[ClassName.none] = State.count(lesson.support.none)
      for index in state.bursts.indices {
        state.bursts[index].place = nil
        state.bursts[index].isInLesson = state.bursts[index].shots > 0
      }
    }
    if lesson.report == nil { assessLater() }
  }

  /// It cannot.
  package func fail(_ words: String) { state.withLock { $0.status.trouble = words } }

  /// What is to be changed of the lesson, before the next frame is answered.
  package func takeChanges() -> Changes {
    state.withLock { state in
      defer { state.changes = Changes() }
      return state.changes
    }
  }

  /// A shot that is wished for, if any.
  package func takeOrder() -> ShotOrder? {
    state.withLock { $0.orders.isEmpty || $0.support == nil ? nil : $0.orders.removeFirst() }
  }

  /// Nobody waits any more for what no frame came for.
  func dropOrders() { state.withLock { $0.orders = [] } }

  /// Whether this picture is to be learnt: nearly the same one in its burst teaches nothing.
  package func admit(_ picture: RGBImage, for order: ShotOrder) -> Ticket? {
    let thumbnail = Shot.Thumbnail(picture)
    return state.withLock { state in
      guard state.support != nil, order.burst > state.closed else { return nil }
      let place = state.bursts.firstIndex { $0.id == order.burst } ?? state.bursts.count
      if place == state.bursts.count {
        state.bursts.append(Burst(id: order.burst, name: order.name, file: TimeText.fileName(wallClock())))
      }
      guard state.bursts[place].numbers < ShotName.mostShots else {
        if !state.bursts[place].hasToldOfEnd {
          state.tell("a burst holds \(ShotName.mostShots) shots: let the key go, and hold it again")
        }
        state.bursts[place].hasToldOfEnd = true
        return nil
      }
      guard !state.bursts[place].thumbnails.contains(where: thumbnail.isNear) else {
        state.status.skipped += 1
        return nil
      }
      guard state.status.counts.values.reduce(0, { $0 + $1.shots }) < ClassCollection.mostShots else {
        state.tell("a collection holds at most \(ClassCollection.mostShots) shots")
        return nil
      }
      guard state.waiting < Self.mostWaiting else {
        state.status.failed += 1
        state.tell(Self.slowDisk)
        return nil
      }
      state.bursts[place].thumbnails.append(thumbnail)
      state.bursts[place].numbers += 1
      return Ticket(
        order: order, file: state.bursts[place].file, number: state.bursts[place].numbers, thumbnail: thumbnail)
    }
  }

  /// The running network has learnt a shot.
  /// - Returns: the number of its burst in the class; `nil` where it was taken back meanwhile.
  package func add(_ picture: RGBImage, _ shot: Embedding, _ ticket: Ticket, at now: Nanoseconds) -> Int? {
    let order = ticket.order
    let place: Int? = state.withLock { state in
      guard let index = state.bursts.firstIndex(where: { $0.id == order.burst }), state.support != nil else {
        return nil
      }
      state.bursts[index].shots += 1
      state.status.shot += 1
      state.assessmentDue = now + TeachingKeys.burstGap
      var own = state.bursts[index].place
      state.edit(order.name) { bursts in
        let number = own ?? bursts.count
        if number == bursts.count { bursts.append([]) }
        bursts[number].append(shot)
        own = number
      }
      state.bursts[index].place = own
      return own
    }
    guard let place else { return nil }
    queue({ [self] in write(picture, shot, ticket) }) { (state, error) in
      Self.lose(shot, ticket, error.message, in: &state)
    }
    return place
  }

  // MARK: The writing thread

  /// - Parameter refused: what happens where there is no thread for it.
  private func queue(_ work: @escaping @Sendable () -> Void, refused: (inout State, UserError) -> Void) {
    state.withLock { $0.waiting += 1 }
    do throws(UserError) {
      try schedule { [self] in
        work()
        state.withLock { $0.waiting -= 1 }
        state.signal()
      }
    } catch {
      state.withLock { state in
        state.waiting -= 1
        refused(&state, error)
      }
      state.signal()
    }
  }

  private func write(_ picture: RGBImage, _ shot: Embedding, _ ticket: Ticket) {
    let order = ticket.order
    // The first one may have got another name, where its own was taken.
    let burst = state.withLock { $0.files[order.burst]?.name } ?? ticket.file
    do throws(UserError) {
      let bytes = try JPEGEncoder.encode(picture)
      let names = [ShotName(burst: burst, number: ticket.number)]
      let paths = try CollectionWriter(folder: folder).add(names, to: order.name) { _ in bytes }
      state.withLock { state in
        guard let path = paths.first else { return }
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let file = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        state.files[order.burst, default: (ShotName(file: file).burst, [])].paths.append(path)
      }
    } catch {
      state.withLock { Self.lose(shot, ticket, error.message, in: &$0) }
      assessLater()
    }
  }

  /// What is not in the folder is not learnt either.
  private static func lose(_ shot: Embedding, _ ticket: Ticket, _ words: String, in state: inout State) {
    state.status.failed += 1
    state.tell(words)
    guard let index = state.bursts.firstIndex(where: { $0.id == ticket.order.burst }) else { return }
    state.status.shot -= 1
    state.bursts[index].shots -= 1
    // The same picture may be shot again.
    state.bursts[index].thumbnails.removeAll { $0 == ticket.thumbnail }
    if let place = state.bursts[index].place { state.withdraw(shot, name: ticket.order.name, place: place) }
  }

  private func remove(_ burst: Burst) {
    let paths = state.withLock { $0.files.removeValue(forKey: burst.id)?.paths } ?? []
    paths.forEach(File.remove)
    let left = paths.count(where: File.exists)
    Folder.removeEmpty("\(folder)/\(burst.name)")
    let shots = counted(paths.count - left, "shot", "shots")
    let name = burst.name == ClassName.none ? TaughtAnswer.none : burst.name
    state.withLock { state in
      state.tell(
        left == 0
          ? "took back \(shots) of \(name)"
          : "took back \(shots) of \(name); \(left) cannot be removed from \(folder): see 'ls -ld' of the folder")
      if burst.isInLesson, state.support != nil { state.changes.wantsLesson = true }
    }
    assessLater()
  }

  private func assessLater() {
    let isNew = state.withLock { state in
      state.assessmentDue = nil
      guard state.support != nil, !state.isAssessing else { return false }
      state.isAssessing = true
      return true
    }
    if isNew { queue({ [self] in assess() }) { (state, _) in state.isAssessing = false } }
  }

  /// Again where something changed meanwhile: what is handed over is of the last state.
  private func assess() {
    while true {
      let now = state.withLock { ($0.support, $0.revision, $0.needsClassifier) }
      guard let support = now.0 else { return state.withLock { $0.isAssessing = false } }
      let report = HeldOutReport(support)
      let classifier = now.2 ? TaughtClassifier(support, threshold: report.threshold) : nil
      let isDone = state.withLock { state in
        guard state.revision == now.1 else { return false }
        state.status.report = report
        state.changes.threshold = report.threshold
        if let classifier { (state.changes.classifier, state.needsClassifier) = (classifier, false) }
        state.isAssessing = false
        return true
      }
      if isDone { return }
    }
  }
}

extension SupportSet {
  /// Changes the bursts of a class, which is there as long as it has some.
  /// - Returns: the bursts that it has now.
  fileprivate mutating func edit(_ name: String, _ change: (inout [[Embedding]]) -> Void) -> [[Embedding]] {
    guard name != ClassName.none else {
      change(&none)
      return none
    }
    let place = classes.firstIndex { $0.name == name } ?? classes.count
    if place == classes.count { classes.append(Class(name: name, bursts: [])) }
    change(&classes[place].bursts)
    let bursts = classes[place].bursts
    if bursts.isEmpty { classes.remove(at: place) }
    return bursts
  }
}
