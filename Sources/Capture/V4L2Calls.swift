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
  /// What /sys tells of a node.
  package var facts: @Sendable (_ path: String) -> NodeFacts

  /// The kernel's calls, through libv4l2 with its conversion off, so that the frames stay as the camera gave them; multi-planar
  /// nodes without it.
  package static let live = V4L2Calls(
    open: { path in
      let answer = openNode(path)
      // Nodes that libv4l2 does not know are reached by the plain system calls.
      if answer.error == 0, isForLibrary(Int32(answer.value)) {
        _ = silencedLibrary
        _ = v4l2_fd_open(Int32(answer.value), V4L2_DISABLE_CONVERSION)
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
    nodes: { VideoNodes.all() },
    facts: { VideoNodes.facts(of: $0) })
}

/// A system call that failed.
package struct CallError: Error, Sendable, Hashable {
  /// `VIDIOC_STREAMON`, `open`.
  package var call: String
  /// errno, positive.
  package var code: Int32

  /// `VIDIOC_STREAMON: No space left on device`.
  package var message: String { "\(call): \(SystemError(code))" }

  /// The node or the camera behind it is not there any more.
  package var isGone: Bool { [ENODEV, ENXIO, ENOENT, ESHUTDOWN].contains(code) }

  /// The camera answered wrongly or not at all to what was asked for: something else may work.
  var isOfFormat: Bool {
    switch call {
    case "VIDIOC_S_FMT", "VIDIOC_S_PARM", "VIDIOC_STREAMON": [EIO, EPIPE, EPROTO, EILSEQ, ETIMEDOUT].contains(code)
    // Of buffers as large as the camera says that its frames are.
    case "VIDIOC_REQBUFS": code == ENOMEM
    default: false
    }
  }
}

private func openNode(_ path: String) -> Answer {
  PathText.withBytes(path) { Answer(Int(cv4l2_open($0, O_RDWR | O_NONBLOCK | O_CLOEXEC))) }
}

/// Speaks V4L2, and nothing of its multi-planar kind. Others make the library's plugin print: a complaint on standard error, or
/// a greeting on standard output, among our JSON (libv4l-mplane.c, `plugin_init`).
private func isForLibrary(_ descriptor: Int32) -> Bool {
  var capability = v4l2_capability()
  return cv4l2_ioctl(descriptor, cv4l2_QUERYCAP, &capability) == 0
    && capability.capabilities & UInt32(V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_VIDEO_OUTPUT_MPLANE) == 0
}

/// With its conversion off libv4l2 has only remarks on nodes that it cannot use, which our own messages say better.
private let silencedLibrary: Void = {
  if let sink = fopen("/dev/null", "we") { cv4l2_set_log_file(sink) }
}()
