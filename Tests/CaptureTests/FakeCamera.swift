import CV4L2
import Capture
import Frames
import Glibc
import Pixels
import Platform
import Synchronization

/// A driver of one camera, played by the test: answers every call that the room makes, and fails where told to.
final class FakeCamera: Sendable {
  struct Format {
    var fourCC: FourCC
    var sizes: [(width: Int, height: Int, rates: [UInt32])]
  }

  struct State {
    var path = "/dev/video0"
    var card = "Fake Camera"
    var driver = "fake"
    var bus = "usb-1"
    var capabilities = UInt32(V4L2_CAP_VIDEO_CAPTURE) | UInt32(V4L2_CAP_STREAMING)
    /// `nil`: the driver does not set CAP_DEVICE_CAPS.
    var deviceCapabilities: UInt32? = UInt32(V4L2_CAP_VIDEO_CAPTURE) | UInt32(V4L2_CAP_STREAMING)
    var formats = [Format(fourCC: .yuyv, sizes: [(640, 480, [30, 15])])]
    /// While `false`, opening fails with ENOENT, and everything on an open descriptor with ENODEV.
    var isPresent = true
    /// errno values for the next calls of a request, one each, then it works again; 0 lets a call through.
    var failures: [UInt: [Int32]] = [:]
    /// The format whose stream cannot start, and why.
    var refusedFormat: (FourCC, Int32)?
    var openError: Int32?
    /// No frame comes.
    var isSilent = false
    /// A format in which no frame comes.
    var silentFormat: FourCC?
    /// So many frames come with V4L2_BUF_FLAG_ERROR.
    var flaggedFrames = 0
    /// No frame comes after the last of those.
    var isSilentAfterFlagged = false
    /// So many buffers come empty, flagged and with the number 0, as after a failed transfer.
    var unfilledFrames = 0
    /// V4L2_IN_ST_… of the only input.
    var inputStatus: Int32 = 0
    var usb: USBDevice?
    /// Frames come, but this much shorter than they should be.
    var missingBytes = 0
    /// Sequence numbers that the driver skips before the next frame.
    var skipped = 0
    /// From capture to dequeue, in nanoseconds; `nil`: timestamps on no known clock.
    var age: Int64? = 1_000_000
    /// What every byte of a frame is.
    var content: UInt8 = 128
    /// Frames of a format without a fixed size, one after the other, over and over.
    var compressed: [[UInt8]] = []

    /// Controls by their number, in order; a menu has names.
    var controls: [Control] = []
    /// errno for setting a control.
    var refusedControls: [UInt32: Int32] = [:]

    struct Control {
      var id: UInt32
      var title: String
      var type: v4l2_ctrl_type
      var range: ClosedRange<Int64> = 0...1
      var step: UInt64 = 1
      var defaultValue: Int64 = 0
      var flags: Int32 = 0
      /// `nil` is a gap in the menu.
      var items: [String?] = []
      var value: Int32
    }

    /// Titles of the controls that were set, in order.
    var controlsSet: [String] = []
    var opened = 0
    var closed = 0
    var streamStarts = 0
    /// Pauses that were asked for with no stream to wait for, and milliseconds of the longest.
    var pauses = 0
    var longestPause: Int32 = 0
    var layout = v4l2_pix_format()
    fileprivate var givesFrames: Bool { !isSilent && layout.pixelformat != silentFormat?.code }
    fileprivate var isStreaming = false
    fileprivate var queue: [Int] = []
    fileprivate var sequence: UInt32 = 0
  }

  private let state: Mutex<State>
  private let memory: Buffers

  private final class Buffers: @unchecked Sendable {  // the pointer never changes
    static let byteCount = 4 << 20
    let base = UnsafeMutableRawPointer.allocate(byteCount: 4 * byteCount, alignment: 64)
    deinit { base.deallocate() }
  }

  init(_ change: (inout State) -> Void = { _ in }) {
    var initial = State()
    change(&initial)
    state = Mutex(initial)
    memory = Buffers()
  }

  @discardableResult
  func with<R: Sendable>(_ body: (inout State) -> R) -> R { state.withLock { state in body(&state) } }

  var calls: V4L2Calls {
    var calls = V4L2Calls.live
    calls.open = { path in
      self.with { state in
        if let error = state.openError { return .failure(error) }
        guard state.isPresent, path == state.path else { return .failure(ENOENT) }
        state.opened += 1
        return Answer(7)
      }
    }
    // A look, or the controls' own descriptor: closing it leaves the stream alone.
    calls.look = { path in
      self.with { state in
        if let error = state.openError { return .failure(error) }
        guard state.isPresent, path == state.path else { return .failure(ENOENT) }
        state.opened += 1
        return Answer(8)
      }
    }
    calls.close = { descriptor in
      self.with {
        $0.closed += 1
        guard descriptor == 7 else { return }
        $0.isStreaming = false
        $0.queue = []
        $0.sequence = 0
      }
      return Answer(0)
    }
    calls.ioctl = { _, request, argument in
      // The pointer stays on this thread; only the checker does not know that.
      nonisolated(unsafe) let argument = argument
      return self.with { Self.answer(&$0, request, argument, self.memory.base) }
    }
    calls.map = { _, _, offset in Answer(Int(bitPattern: self.memory.base + offset)) }
    calls.unmap = { _, _ in Answer(0) }
    calls.poll = { descriptors, milliseconds in
      // The real wake-up descriptor, and our own word on the camera's.
      var wake = descriptors[0]
      let limit = Nanoseconds.now() + Nanoseconds(milliseconds: Double(milliseconds))
      if descriptors[1].fd < 0 {
        self.with { ($0.pauses, $0.longestPause) = ($0.pauses + 1, max($0.longestPause, milliseconds)) }
      }
      while true {
        if Glibc.poll(&wake, 1, 2) > 0 {
          descriptors[0].revents = wake.revents
          return Answer(1)
        }
        let events: Int16 =
          descriptors[1].fd < 0 ? 0 : self.with { $0.isPresent ? ($0.givesFrames ? Int16(POLLIN) : 0) : Int16(POLLHUP) }
        if events != 0 {
          descriptors[1].revents = events
          return Answer(1)
        }
        if limit <= .now() { return Answer(0) }
      }
    }
    calls.nodes = { self.with { $0.isPresent ? [$0.path] : [] } }
    calls.facts = { _ in NodeFacts(index: 0, usb: self.with { $0.usb }) }
    return calls
  }

  private static func answer(
    _ state: inout State, _ request: UInt, _ argument: UnsafeMutableRawPointer, _ memory: UnsafeMutableRawPointer
  ) -> Answer {
    guard state.isPresent else { return .failure(ENODEV) }
    if var failures = state.failures[request], !failures.isEmpty {
      let error = failures.removeFirst()
      state.failures[request] = failures
      if error != 0 { return .failure(error) }
    }
    switch request {
    case cv4l2_QUERYCAP:
      let raw = argument.assumingMemoryBound(to: v4l2_capability.self)
      copy(state.card, to: &raw.pointee.card)
      copy(state.driver, to: &raw.pointee.driver)
      copy(state.bus, to: &raw.pointee.bus_info)
      raw.pointee.capabilities = state.capabilities
      if let device = state.deviceCapabilities {
        raw.pointee.capabilities |= UInt32(V4L2_CAP_DEVICE_CAPS)
        raw.pointee.device_caps = device
      }
    case cv4l2_ENUM_FMT:
      let raw = argument.assumingMemoryBound(to: v4l2_fmtdesc.self)
      guard Int(raw.pointee.index) < state.formats.count else { return .failure(EINVAL) }
      let format = state.formats[Int(raw.pointee.index)]
      raw.pointee.pixelformat = format.fourCC.code
      copy("A format", to: &raw.pointee.description)
    case cv4l2_ENUM_FRAMESIZES:
      let raw = argument.assumingMemoryBound(to: v4l2_frmsizeenum.self)
      let format = state.formats.first { $0.fourCC.code == raw.pointee.pixel_format }
      guard let format, Int(raw.pointee.index) < format.sizes.count else { return .failure(EINVAL) }
      let size = format.sizes[Int(raw.pointee.index)]
      raw.pointee.type = V4L2_FRMSIZE_TYPE_DISCRETE.rawValue
      raw.pointee.discrete = v4l2_frmsize_discrete(width: UInt32(size.width), height: UInt32(size.height))
    case cv4l2_ENUM_FRAMEINTERVALS:
      let raw = argument.assumingMemoryBound(to: v4l2_frmivalenum.self)
      let format = state.formats.first { $0.fourCC.code == raw.pointee.pixel_format }
      let size = format?.sizes.first { $0.width == Int(raw.pointee.width) && $0.height == Int(raw.pointee.height) }
      guard let size, Int(raw.pointee.index) < size.rates.count else { return .failure(EINVAL) }
      raw.pointee.type = V4L2_FRMIVAL_TYPE_DISCRETE.rawValue
      raw.pointee.discrete = v4l2_fract(numerator: 1, denominator: size.rates[Int(raw.pointee.index)])
    case cv4l2_S_FMT:
      let raw = argument.assumingMemoryBound(to: v4l2_format.self)
      let layout = FourCC(raw.pointee.fmt.pix.pixelformat).pixelFormat.map {
        PixelLayout($0, width: Int(raw.pointee.fmt.pix.width), height: Int(raw.pointee.fmt.pix.height))
      }
      raw.pointee.fmt.pix.bytesperline = UInt32(layout?.bytesPerRow ?? 0)
      raw.pointee.fmt.pix.sizeimage = UInt32(layout?.frameBytes ?? 1000)
      raw.pointee.fmt.pix.colorspace = V4L2_COLORSPACE_SRGB.rawValue
      state.layout = raw.pointee.fmt.pix
    case cv4l2_S_PARM: break
    case cv4l2_G_PARM:
      let raw = argument.assumingMemoryBound(to: v4l2_streamparm.self)
      raw.pointee.parm.capture.timeperframe = v4l2_fract(numerator: 1, denominator: 30)
    case cv4l2_REQBUFS, cv4l2_STREAMOFF: break
    case cv4l2_G_INPUT: argument.assumingMemoryBound(to: Int32.self).pointee = 0
    case cv4l2_ENUMINPUT:
      let raw = argument.assumingMemoryBound(to: v4l2_input.self)
      copy("HDMI", to: &raw.pointee.name)
      raw.pointee.status = UInt32(state.inputStatus)
    case cv4l2_QUERYBUF:
      let raw = argument.assumingMemoryBound(to: v4l2_buffer.self)
      raw.pointee.length = UInt32(Buffers.byteCount)
      raw.pointee.m.offset = raw.pointee.index * UInt32(Buffers.byteCount)
    case cv4l2_QBUF: state.queue.append(Int(argument.assumingMemoryBound(to: v4l2_buffer.self).pointee.index))
    case cv4l2_STREAMON:
      if let (format, error) = state.refusedFormat, format.code == state.layout.pixelformat { return .failure(error) }
      state.isStreaming = true
      state.streamStarts += 1
    case cv4l2_QUERY_EXT_CTRL:
      let raw = argument.assumingMemoryBound(to: v4l2_query_ext_ctrl.self)
      let last = raw.pointee.id & ~UInt32(V4L2_CTRL_FLAG_NEXT_CTRL)
      guard let control = state.controls.first(where: { $0.id > last }) else { return .failure(EINVAL) }
      raw.pointee.id = control.id
      raw.pointee.type = control.type.rawValue
      raw.pointee.minimum = control.range.lowerBound
      raw.pointee.maximum = control.range.upperBound
      raw.pointee.step = control.step
      raw.pointee.default_value = control.defaultValue
      raw.pointee.flags = UInt32(control.flags)
      copy(control.title, to: &raw.pointee.name)
    case cv4l2_QUERYMENU:
      let raw = argument.assumingMemoryBound(to: v4l2_querymenu.self)
      let items = state.controls.first { $0.id == raw.pointee.id }?.items ?? []
      guard Int(raw.pointee.index) < items.count, let name = items[Int(raw.pointee.index)] else {
        return .failure(EINVAL)
      }
      copy(name, to: &raw.pointee.name)
    case cv4l2_G_CTRL, cv4l2_S_CTRL:
      let raw = argument.assumingMemoryBound(to: v4l2_control.self)
      guard let index = state.controls.firstIndex(where: { $0.id == raw.pointee.id }) else { return .failure(EINVAL) }
      if request == cv4l2_S_CTRL {
        if let error = state.refusedControls[raw.pointee.id] { return .failure(error) }
        state.controls[index].value = raw.pointee.value
        state.controlsSet.append(state.controls[index].title)
      }
      raw.pointee.value = state.controls[index].value
    case cv4l2_DQBUF: return dequeue(&state, argument.assumingMemoryBound(to: v4l2_buffer.self), memory)
    default: return .failure(ENOTTY)
    }
    return Answer(0)
  }

  private static func dequeue(
    _ state: inout State, _ raw: UnsafeMutablePointer<v4l2_buffer>, _ memory: UnsafeMutableRawPointer
  ) -> Answer {
    guard state.isStreaming, state.givesFrames, !state.queue.isEmpty else { return .failure(EAGAIN) }
    let index = state.queue.removeFirst()
    if state.unfilledFrames > 0 {
      state.unfilledFrames -= 1
      raw.pointee.index = UInt32(index)
      (raw.pointee.bytesused, raw.pointee.sequence) = (0, 0)
      raw.pointee.flags = UInt32(V4L2_BUF_FLAG_ERROR)
      return Answer(0)
    }
    memset(memory + index * Buffers.byteCount, Int32(state.content), Int(state.layout.sizeimage))
    raw.pointee.index = UInt32(index)
    raw.pointee.bytesused = state.layout.sizeimage - UInt32(state.missingBytes)
    if !state.compressed.isEmpty {
      let frame = state.compressed[Int(state.sequence) % state.compressed.count]
      (memory + index * Buffers.byteCount).copyMemory(from: frame, byteCount: frame.count)
      raw.pointee.bytesused = UInt32(frame.count)
    }
    raw.pointee.sequence = state.sequence + UInt32(state.skipped)
    state.sequence += UInt32(state.skipped) + 1
    state.skipped = 0
    raw.pointee.flags = 0
    if state.flaggedFrames > 0 {
      raw.pointee.flags = UInt32(V4L2_BUF_FLAG_ERROR)
      state.flaggedFrames -= 1
      if state.flaggedFrames == 0, state.isSilentAfterFlagged { state.isSilent = true }
    }
    if let age = state.age {
      let captured = Nanoseconds.now().count - age
      raw.pointee.flags |= UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
      raw.pointee.timestamp = timeval(
        tv_sec: Int(captured / 1_000_000_000), tv_usec: Int(captured % 1_000_000_000 / 1000))
    }
    return Answer(0)
  }

  private static func copy<T>(_ words: String, to field: inout T) {
    withUnsafeMutableBytes(of: &field) { bytes in
      for (index, byte) in words.utf8.prefix(bytes.count - 1).enumerated() { bytes[index] = byte }
    }
  }
}

extension V4L2Camera {
  convenience init(_ fake: FakeCamera, path: String = "/dev/video0") {
    self.init(path: path, wish: StreamWish(), calls: fake.calls)
  }
}

/// Several cameras on one machine.
func together(_ fakes: [FakeCamera]) -> V4L2Calls {
  let all = fakes.map(\.calls)
  var calls = V4L2Calls.live
  // A descriptor tells whose it is.
  @Sendable func open(_ path: String, _ answer: (V4L2Calls) -> Answer) -> Answer {
    guard let index = all.firstIndex(where: { $0.nodes().contains(path) }) else { return .failure(ENOENT) }
    var found = answer(all[index])
    if found.error == 0 { found.value += 100 * index }
    return found
  }
  calls.open = { path in open(path) { $0.open(path) } }
  calls.look = { path in open(path) { $0.look(path) } }
  calls.close = { all[Int($0) / 100].close($0 % 100) }
  calls.ioctl = { all[Int($0) / 100].ioctl($0 % 100, $1, $2) }
  calls.map = { all[Int($0) / 100].map($0 % 100, $1, $2) }
  calls.unmap = { _, _ in Answer(0) }
  calls.poll = { descriptors, limit in
    let descriptor = descriptors[1].fd
    guard descriptor >= 0 else { return all[0].poll(descriptors, limit) }
    return all[Int(descriptor) / 100].poll(descriptors, limit)
  }
  calls.nodes = { all.flatMap { $0.nodes() } }
  calls.facts = { path in all.first { $0.nodes().contains(path) }?.facts(path) ?? NodeFacts() }
  return calls
}

/// How long to wait for what should come: only what never comes is missed, however busy the machine is.
let patience = Nanoseconds(seconds: 40)

/// Waits for something that another thread brings about.
func eventually(within time: Nanoseconds = patience, _ holds: () -> Bool) -> Bool {
  let end = Nanoseconds.now() + time
  while Nanoseconds.now() < end {
    if holds() { return true }
    usleep(2000)
  }
  return holds()
}
