import CV4L2
import Glibc
import Platform

/// What a system call answered: a value, or an error number read at once after the call.
package struct Answer: Sendable {
  package var value: Int
  /// 0 where the call succeeded, otherwise a positive errno.
  package var error: Int32

  /// From a C call's result. `errno` is read here, before anything else can change it; libv4l sets some values negated.
  package init(_ result: Int) {
    value = result
    error = result < 0 ? abs(errno) : 0
  }

  package static func failure(_ error: Int32) -> Answer {
    var answer = Answer(0)
    answer.value = -1
    answer.error = error
    return answer
  }
}

/// Every system call that the room makes on a video node, as values, so that a test can answer instead of the kernel.
package struct V4L2Calls: Sendable {
  /// Opens `path` for reading and writing, non-blocking; answers a descriptor.
  package var open: @Sendable (_ path: String) -> Answer
  /// The same without libv4l's plugins: enough to ask a node what it is.
  package var look: @Sendable (_ path: String) -> Answer
  package var close: @Sendable (_ descriptor: Int32) -> Answer
  package var ioctl: @Sendable (_ descriptor: Int32, _ request: UInt, _ argument: UnsafeMutableRawPointer) -> Answer
  /// Maps a buffer; answers its address.
  package var map: @Sendable (_ descriptor: Int32, _ byteCount: Int, _ offset: Int) -> Answer
  package var unmap: @Sendable (_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Answer
  package var poll: @Sendable (_ descriptors: UnsafeMutableBufferPointer<pollfd>, _ milliseconds: Int32) -> Answer
  /// Paths of the video nodes that exist, in the order of their numbers.
  package var nodes: @Sendable () -> [String]

  package init(
    open: @escaping @Sendable (String) -> Answer,
    look: (@Sendable (String) -> Answer)? = nil,
    close: @escaping @Sendable (Int32) -> Answer,
    ioctl: @escaping @Sendable (Int32, UInt, UnsafeMutableRawPointer) -> Answer,
    map: @escaping @Sendable (Int32, Int, Int) -> Answer,
    unmap: @escaping @Sendable (UnsafeMutableRawPointer, Int) -> Answer,
    poll: @escaping @Sendable (UnsafeMutableBufferPointer<pollfd>, Int32) -> Answer,
    nodes: @escaping @Sendable () -> [String]
  ) {
    self.open = open
    self.look = look ?? open
    self.close = close
    self.ioctl = ioctl
    self.map = map
    self.unmap = unmap
    self.poll = poll
    self.nodes = nodes
  }

  /// The kernel's calls, through libv4l2 with its conversion off, so that the frames stay as the camera gave them; multi-planar
  /// nodes without it.
  package static let live = V4L2Calls(
    open: { path in
      let answer = openNode(path)
      // Nodes that libv4l2 does not know are reached by the plain system calls. It gets none that does not speak V4L2:
      // its plugins would complain on standard error.
      if answer.error == 0, isForLibrary(Int32(answer.value)) {
        silently { _ = v4l2_fd_open(Int32(answer.value), V4L2_DISABLE_CONVERSION) }
      }
      return answer
    },
    look: { openNode($0) },
    close: { Answer(Int(v4l2_close($0))) },
    ioctl: { Answer(Int(cv4l2_ioctl($0, $1, $2))) },
    map: { descriptor, byteCount, offset in
      let address = v4l2_mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, Int64(offset))
      return Answer(Int(bitPattern: address))
    },
    unmap: { Answer(Int(v4l2_munmap($0, $1))) },
    poll: { Answer(Int(Glibc.poll($0.baseAddress, nfds_t($0.count), $1))) },
    nodes: { VideoNodes.all() })
}

/// A system call that failed.
package struct CallError: Error, Sendable, Hashable {
  /// `VIDIOC_STREAMON`, `open`.
  package var call: String
  /// errno, positive.
  package var code: Int32

  package init(call: String, code: Int32) {
    self.call = call
    self.code = code
  }

  /// `VIDIOC_STREAMON: No space left on device`.
  package var words: String { "\(call): \(SystemError(code))" }

  /// The node or the camera behind it is not there any more.
  package var isGone: Bool { [ENODEV, ENXIO, ENOENT, ESHUTDOWN].contains(code) }
}

private func openNode(_ path: String) -> Answer {
  PathText.withBytes(path) { Answer(Int(cv4l2_open($0, O_RDWR | O_NONBLOCK | O_CLOEXEC))) }
}

/// Speaks V4L2, and not only its multi-planar kind, which the library does not know (one of its plugins does, a little).
private func isForLibrary(_ descriptor: Int32) -> Bool {
  var capability = v4l2_capability()
  guard cv4l2_ioctl(descriptor, cv4l2_QUERYCAP, &capability) == 0 else { return false }
  let own = capability.capabilities & UInt32(V4L2_CAP_DEVICE_CAPS) != 0
  let flags = own ? capability.device_caps : capability.capabilities
  return flags & UInt32(V4L2_CAP_VIDEO_CAPTURE_MPLANE) == 0 || flags & UInt32(V4L2_CAP_VIDEO_CAPTURE) != 0
}

/// Runs `body` while libv4l2 cannot print over the screen, or into our JSON. With its conversion off it has only remarks on
/// nodes that it cannot use, which our own messages say better; its plugin for multi-planar nodes greets on standard output.
private func silently(_ body: () -> Void) {
  guard let sink else { return body() }
  cv4l2_set_log_file(sink)
  let output = cv4l2_exchange_stdout(sink)
  body()
  _ = cv4l2_exchange_stdout(output)
}
nonisolated(unsafe) private let sink = (try? File.open("/dev/null", O_WRONLY).copyOfDescriptor()).flatMap {
  fdopen($0, "w")
}
