import Glibc

/// Counts the bytes that one thread writes, as the kernel counts them: ncurses writes straight to the descriptor and
/// tells nobody how much.
final class WriteCounter {
  private let file: Int32

  /// For the calling thread; `nil` where the kernel was built without it (CONFIG_TASK_IO_ACCOUNTING).
  init?() {
    file = open("/proc/thread-self/io", O_RDONLY | O_CLOEXEC)
    if file < 0 || total == nil {
      if file >= 0 { close(file) }
      return nil
    }
  }

  deinit { close(file) }

  /// Bytes written since the thread began.
  var total: Int? {
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
      let count = pread(file, buffer.baseAddress, buffer.count, 0)
      guard count > 0 else { return nil }
      return Self.field("wchar: ", in: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  private static func field(_ name: StaticString, in text: UnsafeRawBufferPointer) -> Int? {
    let length = name.utf8CodeUnitCount
    guard text.count > length else { return nil }
    for start in 0..<text.count - length where memcmp(text.baseAddress! + start, name.utf8Start, length) == 0 {
      var value = 0
      for byte in text[(start + length)...] {
        guard byte >= 0x30, byte <= 0x39 else { break }
        value = value * 10 + Int(byte - 0x30)
      }
      return value
    }
    return nil
  }
}
