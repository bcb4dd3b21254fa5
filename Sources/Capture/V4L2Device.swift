import CV4L2
import Frames
import Glibc

/// An open video node: typed requests over `V4L2Calls`. Belongs to one thread at a time.
package final class V4L2Device {
  package let path: String
  package let descriptor: Int32
  private let calls: V4L2Calls
  private var isOpen = true

  /// - Parameter isLook: only to ask what it is.
  package init(path: String, calls: V4L2Calls, isLook: Bool = false) throws(CallError) {
    let answer = isLook ? calls.look(path) : calls.open(path)
    guard answer.error == 0 else { throw CallError(call: "open", code: answer.error) }
    self.path = path
    self.calls = calls
    descriptor = Int32(answer.value)
  }

  deinit { close() }

  package func close() {
    if isOpen { _ = calls.close(descriptor) }
    isOpen = false
  }

  /// One ioctl, tried again while a signal interrupts it.
  func request<T>(_ call: String, _ code: UInt, _ argument: inout T) throws(CallError) {
    while true {
      let answer = withUnsafeMutablePointer(to: &argument) {
        calls.ioctl(descriptor, code, UnsafeMutableRawPointer($0))
      }
      if answer.error == 0 { return }
      if answer.error != EINTR { throw CallError(call: call, code: answer.error) }
    }
  }

  /// Like `request`, but `nil` where the driver has no more items, or none of the kind.
  private func item<T>(_ call: String, _ code: UInt, _ argument: inout T) throws(CallError) -> T? {
    do {
      try request(call, code, &argument)
      return argument
    } catch {
      if error.code == EINVAL || error.code == ENOTTY { return nil }
      throw error
    }
  }

  // MARK: What it is

  package struct Capability: Sendable, Hashable {
    package var driver: String
    package var card: String
    package var bus: String
    /// What this node can do, not what the whole device can.
    package var flags: UInt32

    package var capturesVideo: Bool { flags & UInt32(V4L2_CAP_VIDEO_CAPTURE) != 0 }
    package var capturesMultiPlanar: Bool {
      flags & UInt32(V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_VIDEO_M2M_MPLANE) == UInt32(V4L2_CAP_VIDEO_CAPTURE_MPLANE)
    }
    package var streams: Bool { flags & UInt32(V4L2_CAP_STREAMING) != 0 }
  }

  package func capability() throws(CallError) -> Capability {
    var raw = v4l2_capability()
    try request("VIDIOC_QUERYCAP", cv4l2_QUERYCAP, &raw)
    // `capabilities` speaks for every node of the device: a camera's metadata node would pass for a camera.
    let flags = raw.capabilities & UInt32(V4L2_CAP_DEVICE_CAPS) != 0 ? raw.device_caps : raw.capabilities
    return Capability(driver: text(of: raw.driver), card: text(of: raw.card), bus: text(of: raw.bus_info), flags: flags)
  }

  // MARK: What it offers

  package func formats() throws(CallError) -> [CameraFormat] {
    var formats: [CameraFormat] = []
    for index in 0..<256 {
      var raw = v4l2_fmtdesc()
      raw.index = UInt32(index)
      raw.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
      guard let found = try item("VIDIOC_ENUM_FMT", cv4l2_ENUM_FMT, &raw) else { break }
      let fourCC = FourCC(found.pixelformat)
      formats.append(
        CameraFormat(
          fourCC: fourCC, description: text(of: found.description), sizes: try sizes(of: fourCC)))
    }
    return formats
  }

  private func sizes(of fourCC: FourCC) throws(CallError) -> [CameraSize] {
    var sizes: [CameraSize] = []
    for index in 0..<256 {
      var raw = v4l2_frmsizeenum()
      raw.index = UInt32(index)
      raw.pixel_format = fourCC.code
      guard let found = try item("VIDIOC_ENUM_FRAMESIZES", cv4l2_ENUM_FRAMESIZES, &raw) else { break }
      guard found.type == V4L2_FRMSIZE_TYPE_DISCRETE.rawValue else {
        for (width, height) in CameraSize.usual(within: found.stepwise) {
          sizes.append(try size(width, height, fourCC))
        }
        break
      }
      sizes.append(try size(Int(found.discrete.width), Int(found.discrete.height), fourCC))
    }
    return sizes
  }

  private func size(_ width: Int, _ height: Int, _ fourCC: FourCC) throws(CallError) -> CameraSize {
    var rates: [Double] = []
    for index in 0..<128 {
      var raw = v4l2_frmivalenum()
      raw.index = UInt32(index)
      raw.pixel_format = fourCC.code
      raw.width = UInt32(width)
      raw.height = UInt32(height)
      guard let found = try item("VIDIOC_ENUM_FRAMEINTERVALS", cv4l2_ENUM_FRAMEINTERVALS, &raw) else { break }
      if found.type == V4L2_FRMIVAL_TYPE_DISCRETE.rawValue {
        if let rate = found.discrete.rate { rates.append(rate) }
      } else {
        // The longest and the shortest interval that the driver accepts; it rounds anything between.
        rates += [found.stepwise.min.rate, found.stepwise.max.rate].compactMap { $0 }
        break
      }
    }
    return CameraSize(width: width, height: height, rates: rates.sorted(by: >))
  }

  // MARK: Format and rate

  /// Asks for a format; returns what the driver chose instead, padding and colour description included.
  package func setFormat(_ fourCC: FourCC, width: Int, height: Int, bytesPerRow: Int = 0) throws(CallError)
    -> PixelLayout
  {
    var raw = v4l2_format()
    raw.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    raw.fmt.pix.pixelformat = fourCC.code
    raw.fmt.pix.width = UInt32(width)
    raw.fmt.pix.height = UInt32(height)
    raw.fmt.pix.bytesperline = UInt32(bytesPerRow)
    raw.fmt.pix.field = V4L2_FIELD_NONE.rawValue
    try request("VIDIOC_S_FMT", cv4l2_S_FMT, &raw)
    return PixelLayout(raw.fmt.pix)
  }

  /// Asks for a rate in frames a second; returns the one that the driver keeps, `nil` where it has none.
  package func setRate(_ rate: Double) throws(CallError) -> Double? {
    var raw = v4l2_streamparm()
    raw.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    raw.parm.capture.timeperframe = v4l2_fract(numerator: 1000, denominator: UInt32(max(1, rate * 1000)))
    _ = try item("VIDIOC_S_PARM", cv4l2_S_PARM, &raw)
    var found = v4l2_streamparm()
    found.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    return try item("VIDIOC_G_PARM", cv4l2_G_PARM, &found)?.parm.capture.timeperframe.rate
  }

  // MARK: Streaming

  /// Asks for `count` memory-mapped buffers; returns how many there are.
  package func requestBuffers(_ count: Int) throws(CallError) -> Int {
    var raw = v4l2_requestbuffers()
    raw.count = UInt32(count)
    raw.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    raw.memory = V4L2_MEMORY_MMAP.rawValue
    try request("VIDIOC_REQBUFS", cv4l2_REQBUFS, &raw)
    return Int(raw.count)
  }

  package func mapBuffer(_ index: Int) throws(CallError) -> UnsafeMutableRawBufferPointer {
    var raw = buffer(index)
    try request("VIDIOC_QUERYBUF", cv4l2_QUERYBUF, &raw)
    let byteCount = Int(raw.length)
    let answer = calls.map(descriptor, byteCount, Int(raw.m.offset))
    guard answer.error == 0, let address = UnsafeMutableRawPointer(bitPattern: answer.value) else {
      throw CallError(call: "mmap", code: answer.error)
    }
    return UnsafeMutableRawBufferPointer(start: address, count: byteCount)
  }

  package func unmap(_ buffer: UnsafeMutableRawBufferPointer) {
    if let address = buffer.baseAddress { _ = calls.unmap(address, buffer.count) }
  }

  package func enqueue(_ index: Int) throws(CallError) {
    var raw = buffer(index)
    try request("VIDIOC_QBUF", cv4l2_QBUF, &raw)
  }

  /// A filled buffer, to be given back with `enqueue`; `nil` where none is ready.
  package func dequeue() throws(CallError) -> FilledBuffer? {
    var raw = buffer(0)
    do {
      try request("VIDIOC_DQBUF", cv4l2_DQBUF, &raw)
    } catch {
      if error.code == EAGAIN { return nil }
      throw error
    }
    return FilledBuffer(raw)
  }

  package func startStream() throws(CallError) {
    var type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    try request("VIDIOC_STREAMON", cv4l2_STREAMON, &type)
  }

  package func stopStream() throws(CallError) {
    var type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    try request("VIDIOC_STREAMOFF", cv4l2_STREAMOFF, &type)
  }

  private func buffer(_ index: Int) -> v4l2_buffer {
    var raw = v4l2_buffer()
    raw.index = UInt32(index)
    raw.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    raw.memory = V4L2_MEMORY_MMAP.rawValue
    return raw
  }
}

/// A buffer that the driver has filled.
package struct FilledBuffer: Sendable, Hashable {
  package var index: Int
  package var byteCount: Int
  /// The driver's number of the frame.
  package var sequence: Int
  /// The driver says that the data may be corrupt.
  package var isFlagged: Bool
  /// `nil` unless it is on the monotonic clock.
  package var timestamp: Nanoseconds?

  init(_ raw: v4l2_buffer) {
    index = Int(raw.index)
    byteCount = Int(raw.bytesused)
    sequence = Int(raw.sequence)
    isFlagged = raw.flags & UInt32(V4L2_BUF_FLAG_ERROR) != 0
    if raw.flags & UInt32(V4L2_BUF_FLAG_TIMESTAMP_MASK) == UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) {
      timestamp = Nanoseconds(Int64(raw.timestamp.tv_sec) * 1_000_000_000 + Int64(raw.timestamp.tv_usec) * 1000)
    }
  }
}

extension v4l2_fract {
  /// Frames a second of an interval in seconds.
  fileprivate var rate: Double? { numerator == 0 || denominator == 0 ? nil : Double(denominator) / Double(numerator) }
}

/// The text in a C array of characters, up to its first zero.
func text<T>(of characters: T) -> String {
  withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
