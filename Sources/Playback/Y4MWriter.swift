import Glibc
import Pixels
import Platform

/// Records frames as a YUV4MPEG2 file: 4:4:4, full range, so that only rounding is lost. Belongs to one thread.
public final class Y4MWriter {
  private let file: File
  private let width: Int
  private let height: Int
  /// `FRAME\n` and the planes, written as one block.
  private let block: UnsafeMutableRawBufferPointer
  private static let frameLine = Array("FRAME\n".utf8)

  /// Creates the file. Errors: a file that is there already and not empty (a recording is never overwritten), no
  /// permission, no such folder, a full disk.
  /// - Parameter framesPerSecond: a whole rate, as the file's header says it.
  public init(path: String, width: Int, height: Int, framesPerSecond: Int) throws(UserError) {
    precondition(width > 0 && height > 0 && framesPerSecond > 0)
    do throws(SystemError) {
      file = try File.open(path, O_WRONLY | O_CREAT)
      guard try file.facts().bytes == 0 else { throw SystemError(EEXIST) }
    } catch {
      guard error.code != EEXIST else {
        throw UserError("\(path): expected no such file yet, found one; give another name or remove it")
      }
      throw Self.failure(path, error)
    }
    self.width = width
    self.height = height
    block = .allocate(byteCount: Self.frameLine.count + width * height * 3, alignment: 64)
    block.copyBytes(from: Self.frameLine)
    let header = "YUV4MPEG2 W\(width) H\(height) F\(framesPerSecond):1 Ip A1:1 C444 XCOLORRANGE=FULL\n"
    try Array(header.utf8).withUnsafeBufferPointer { (header) throws(UserError) in
      try write(UnsafeRawBufferPointer(header))
    }
  }

  deinit { block.deallocate() }

  /// Appends a frame, `[H, W, 3]` bytes. Errors: another size than the file's, a full disk.
  public func append(_ pixels: UnsafeRawBufferPointer, width: Int, height: Int) throws(UserError) {
    guard width == self.width, height == self.height else {
      throw UserError(
        "\(file.path): expected frames of \(self.width)×\(self.height), found \(width)×\(height); "
          + "a Y4M file has one size: record to another file")
    }
    precondition(pixels.count >= width * height * 3)
    YUV444.separate(
      pixels, pixelCount: width * height,
      into: UnsafeMutableRawBufferPointer(rebasing: block[Self.frameLine.count...]))
    try write(UnsafeRawBufferPointer(block))
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(UserError) {
    do throws(SystemError) {
      try file.write(bytes)
    } catch {
      throw Self.failure(file.path, error)
    }
  }

  private static func failure(_ path: String, _ error: SystemError) -> UserError {
    UserError(
      "\(path): cannot be written: \(error) (errno \(error.code)); check the folder, its permissions and the disk")
  }
}
