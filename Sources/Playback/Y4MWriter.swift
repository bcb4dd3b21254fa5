import Frames
import Glibc
import Platform

/// Records frames as a YUV4MPEG2 file: 4:4:4, full range, so that only rounding is lost. Belongs to one thread.
public final class Y4MWriter {
  private let path: String
  private let descriptor: CInt
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
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
    var facts = stat()
    if fstat(descriptor, &facts) == 0, facts.st_size > 0 {
      close(descriptor)
      throw UserError("\(path): expected no such file yet, found one; give another name or remove it")
    }
    self.path = path
    self.width = width
    self.height = height
    block = .allocate(byteCount: Self.frameLine.count + width * height * 3, alignment: 64)
    block.copyBytes(from: Self.frameLine)
    let header = "YUV4MPEG2 W\(width) H\(height) F\(framesPerSecond):1 Ip A1:1 C444 XCOLORRANGE=FULL\n"
    try Array(header.utf8).withUnsafeBufferPointer { (header) throws(UserError) in
      try write(UnsafeRawBufferPointer(header))
    }
  }

  deinit {
    close(descriptor)
    block.deallocate()
  }

  /// Appends a frame, `[H, W, 3]` bytes. Errors: another size than the file's, a full disk.
  public func append(_ pixels: UnsafeRawBufferPointer, width: Int, height: Int) throws(UserError) {
    guard width == self.width, height == self.height else {
      throw UserError(
        "\(path): expected frames of \(self.width)×\(self.height), found \(width)×\(height); "
          + "a Y4M file has one size: record to another file")
    }
    precondition(pixels.count >= width * height * 3)
    YUVConversion.separate(
      pixels.baseAddress!.assumingMemoryBound(to: UInt8.self), pixelCount: width * height,
      into: (block.baseAddress! + Self.frameLine.count).assumingMemoryBound(to: UInt8.self))
    try write(UnsafeRawBufferPointer(block))
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(UserError) {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.failure(path, errno)
      }
      done += count
    }
  }

  private static func failure(_ path: String, _ code: CInt) -> UserError {
    let why = String(cString: strerror(code))
    return UserError(
      "\(path): cannot be written: \(why) (errno \(code)); check the folder, its permissions and the disk")
  }
}
