import Frames
import Glibc
import Model
import Pixels
import Platform

/// Keeps the squares of uncertain frames in a folder that a network can be taught from: one subfolder a label, in it
/// `BURST-NN.jpg`. Pictures are made and written by a thread of its own; a slow disk costs pictures (which are counted), never
/// frames.
public final class PictureKeeper: Sendable {
  public struct Options: Sendable, Hashable {
    public var folder: String
    /// A best probability below this is uncertain.
    public var below: Float
    /// The folder grows no larger, with what was in it before.
    public var limitBytes: Int
    /// Frames come by themselves, many a second.
    public var isLive: Bool

    public init(folder: String, below: Float, limitBytes: Int, isLive: Bool) {
      self.folder = folder
      self.below = below
      self.limitBytes = limitBytes
      self.isLive = isLive
    }
  }

  /// Pixels on a side of a kept picture, at most.
  static let side = 256
  /// Samples on a side by which frames are compared.
  private static let lookSide = 16
  /// Pictures that can wait for the disk.
  private static let mostWaiting = 8

  private struct State {
    var plan: KeepPlan
    var waiting = 0
    var kept = 0
    /// Could not be written; were not, since the disk was too slow.
    var failed = 0
    var leftOut = 0
    var bytes: Int
    var isFull = false
    var troubles: Set<String> = []
    var news: [Actions.News] = []

    mutating func tell(_ message: String) { news.append(Actions.News(message: message, isFailure: true)) }
  }

  private let options: Options
  private let state: Monitor<State>
  private let queue = SerialQueue(name: "keep")

  /// Makes the folder where there is none, and sees how much is in it.
  /// - Throws: `UserError` where nothing can be kept there.
  public init(_ options: Options) throws(UserError) {
    self.options = options
    func fault(_ found: String, _ advice: String) -> UserError {
      UserError("--keep \(options.folder): expected a folder that can be written to, found \(found); \(advice)")
    }
    if let kind = File.kind(of: options.folder), kind != .folder { throw fault("\(kind)", "give another name") }
    var failed = ""
    do throws(SystemError) {
      try Folder.make(options.folder, failed: &failed)
    } catch {
      throw fault("that '\(failed)' cannot be made (\(error))", "give another place")
    }
    let bytes: Int
    do throws(SystemError) {
      try File.mayAccess(options.folder, W_OK | X_OK)
      bytes = try Self.bytes(in: options.folder)
    } catch {
      throw fault("one that cannot be (\(error))", "check its permissions, or give another")
    }
    state = Monitor(State(plan: KeepPlan(below: options.below, isLive: options.isLive), bytes: bytes))
  }

  /// Of the pictures in a folder's subfolders.
  private static func bytes(in folder: String) throws(SystemError) -> Int {
    var bytes = 0
    for name in try Folder.names(in: folder) where Folder.exists("\(folder)/\(name)") {
      // One that cannot be read holds nothing of ours.
      for picture in (try? Folder.names(in: "\(folder)/\(name)")) ?? [] {
        bytes = bytes.addingSaturating(File.facts(of: "\(folder)/\(name)/\(picture)")?.bytes ?? 0)
      }
    }
    return bytes
  }

  // MARK: The inference thread

  /// The classes are others from now on.
  func reset() { state.withLock { $0.plan.reset() } }

  /// A result.
  /// - Parameters:
  ///   - pixels: of the frame, `[height, width, 3]`.
  ///   - crop: the square that the network saw.
  package func take(
    _ top: [Prediction], captured: Nanoseconds, wall: Nanoseconds, pixels: UnsafeRawBufferPointer, width: Int,
    crop: Crop
  ) {
    let shot: KeepPlan.Shot? = state.withLock { state in
      guard !state.isFull else { return nil }
      let shot = state.plan.take(top, at: captured, wall: wall) { Self.look(of: pixels, width: width, crop: crop) }
      guard shot != nil else { return nil }
      guard state.waiting < Self.mostWaiting else {
        state.leftOut += 1
        return nil
      }
      state.waiting += 1
      return shot
    }
    guard let shot else { return }
    var square: [UInt8] = []
    square.reserveCapacity(crop.side * crop.side * 3)
    for y in crop.y..<crop.y + crop.side {
      square += pixels[(y * width + crop.x) * 3..<(y * width + crop.x + crop.side) * 3]
    }
    let picture = RGBImage(width: crop.side, height: crop.side, pixels: square)
    do throws(UserError) {
      try queue.async { [self] in write(picture, shot) }
    } catch {
      end(.failure(error))
    }
  }

  private static func look(of pixels: UnsafeRawBufferPointer, width: Int, crop: Crop) -> [UInt8] {
    var look: [UInt8] = []
    look.reserveCapacity(lookSide * lookSide * 3)
    for row in 0..<lookSide {
      let y = crop.y + (2 * row + 1) * crop.side / (2 * lookSide)
      for column in 0..<lookSide {
        let place = (y * width + crop.x + (2 * column + 1) * crop.side / (2 * lookSide)) * 3
        look += pixels[place..<place + 3]
      }
    }
    return look
  }

  // MARK: The writing thread

  private func write(_ picture: RGBImage, _ shot: KeepPlan.Shot) {
    end(Result { () throws(UserError) in try save(picture, shot) })
  }

  /// - Returns: its bytes; `nil` where the folder is full.
  private func save(_ picture: RGBImage, _ shot: KeepPlan.Shot) throws(UserError) -> Int? {
    let small = AreaAverage.fit(picture, width: Self.side, height: Self.side, maximumPixels: Self.side * Self.side)
    let bytes = try JPEGEncoder.encode(small)
    guard state.withLock({ $0.bytes }) + bytes.count <= options.limitBytes else { return nil }
    let folder = "\(options.folder)/\(Self.folderName(of: shot.label))"
    var place = folder
    do throws(SystemError) {
      try Folder.make(folder, failed: &place)
      for number in shot.number...KeepPlan.mostShots {
        place = "\(folder)/\(TimeText.fileName(shot.burst))-\(number < 10 ? "0" : "")\(number).jpg"
        do throws(SystemError) {
          let file = try FileReplacement(path: place, replaces: false)
          try file.write(bytes)
          try file.finish()
          return bytes.count
        } catch {
          // Another picture of that name: of a run at the same time, or of a clock that was turned back.
          guard error.code == EEXIST else { throw error }
        }
      }
      throw SystemError(EEXIST)
    } catch {
      throw UserError("a picture could not be kept in \(folder): \(error)")
    }
  }

  private func end(_ result: Result<Int?, UserError>) {
    state.withLock { state in
      state.waiting -= 1
      switch result {
      case .success(let bytes?):
        state.kept += 1
        state.bytes += bytes
      case .success(nil):
        if !state.isFull {
          let limit = Amounts.text(bytes: options.limitBytes)
          state.tell("\(options.folder) has reached --keep-limit (\(limit)): no more is kept")
        }
        state.isFull = true
      case .failure(let error):
        state.failed += 1
        if state.troubles.insert(error.message).inserted { state.tell(error.message) }
      }
    }
    state.signal()
  }

  /// A label as the name of a folder: nothing in it that a file system gives a meaning to, and not too long for one.
  package static func folderName(of label: String) -> String {
    var name = ""
    for character in label {
      let isSafe = character.unicodeScalars.allSatisfy { scalar in
        !Printable.steers(scalar) && !"/\\:*?\"<>|\n\t\0".unicodeScalars.contains(scalar)
      }
      name.append(isSafe ? character : "_")
      if name.utf8.count > 100 {
        name.removeLast()
        break
      }
    }
    // A point in front hides it; one behind it is lost on other systems, and so are blanks.
    while name.last == "." || name.last == " " { name.removeLast() }
    while name.first == " " { name.removeFirst() }
    if name.first == "." { name = "_" + name.dropFirst() }
    return name.isEmpty ? "_" : name
  }

  // MARK: Whoever shows it

  var kept: Int { state.withLock { $0.kept } }
  /// Whether pictures are missing that should have been kept.
  var failed: Int { state.withLock { $0.failed } }

  package func takeNews() -> [Actions.News] {
    state.withLock { state in
      defer { state.news = [] }
      return state.news
    }
  }

  /// Waits for what is being written; not for ever, where a disk does not answer.
  /// - Returns: what to tell the user.
  package func finish(isHurried: Bool) -> String {
    state.wait(until: .now() + Nanoseconds(seconds: isHurried ? 0.5 : 5)) { $0.waiting == 0 }
    return state.withLock { state in
      var words = "kept \(counted(state.kept, "picture", "pictures")) in \(options.folder)"
      if state.plan.duplicates > 0 { words += "; \(state.plan.duplicates) more looked like one of them" }
      if state.leftOut > 0 { words += "; \(state.leftOut) left out, the disk was too slow for them" }
      if state.failed > 0 { words += "; \(state.failed) could not be written" }
      if state.waiting > 0 { words += "; \(state.waiting) are lost, the disk did not answer" }
      return words
    }
  }
}
